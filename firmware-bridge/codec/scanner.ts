import { MAX_SCAN_CHARS } from '#protocol/device/messages.ts'
import { readScanText } from './scan-text.ts'

/**
 * What a serial scanner sends: text between framing bytes, optionally led by an AIM symbology identifier (ISO/IEC 15424 §4: `]`, a code
 * letter, a modifier). `line`: a frame ends with CR, LF or CRLF, whichever the scanner is set to. `stx-etx`: STX text ETX.
 */
export const scanFramings = ['line', 'stx-etx'] as const
export type ScanFraming = (typeof scanFramings)[number]

export type ScanItem =
  | { readonly type: 'scan'; readonly text: string; readonly aim?: string }
  /** Bytes that were thrown away; framing bytes are not counted. */
  | { readonly type: 'garbage'; readonly bytes: number }

export type ScanDecoder = {
  readonly framing: ScanFraming
  /** `between` frames, `inside` one, or `lost`: throwing bytes away until a frame can start again. */
  readonly at: 'between' | 'inside' | 'lost'
  /** Bytes of the unfinished frame, at most MAX_FRAME_BYTES of them. */
  readonly held: Uint8Array
  /** Bytes thrown away since the last `garbage`. */
  readonly thrown: number
}

/** A frame of so many bytes has at most as many characters. The largest QR code holds 2,953 bytes. */
export const MAX_FRAME_BYTES = MAX_SCAN_CHARS

const STX = 0x02
const ETX = 0x03
const LF = 0x0a
const CR = 0x0d

const NOTHING = new Uint8Array(0)

/** AIM identifier, then at least one character of data: a bare `]E0` is a code that says `]E0`. */
const AIM = /^\][A-Za-z][0-9A-Za-z](?=[^])/

export const startScanDecoder = (framing: ScanFraming): ScanDecoder => ({ framing, at: 'between', held: NOTHING, thrown: 0 })

/**
 * Takes the next bytes as they come, in pieces of any size; the items are the same however the bytes were cut. A frame that holds something
 * unreadable is thrown away whole: what is left of a damaged code could be another product's.
 */
export function decodeScans(decoder: ScanDecoder, bytes: Uint8Array): { readonly decoder: ScanDecoder; readonly items: readonly ScanItem[] } {
  const frame = new Uint8Array(Math.min(MAX_FRAME_BYTES, decoder.held.length + bytes.length))
  frame.set(decoder.held)
  let { at, thrown } = decoder
  let length = decoder.held.length
  const items: ScanItem[] = []

  const tellThrown = () => {
    if (thrown > 0) items.push({ type: 'garbage', bytes: thrown })
    thrown = 0
  }
  const throwAway = (count: number) => {
    thrown += count
    // Noise without end is still told, a frame's worth at a time.
    if (thrown >= MAX_FRAME_BYTES) tellThrown()
  }
  const keep = (byte: number) => {
    if (length < MAX_FRAME_BYTES) {
      frame[length++] = byte
      at = 'inside'
      return
    }
    at = 'lost'
    length = 0
    throwAway(MAX_FRAME_BYTES)
    throwAway(1)
  }
  const finish = () => {
    if (length > 0) {
      const scan = readFrame(frame.subarray(0, length))
      if (scan) items.push(scan)
      else throwAway(length)
    }
    tellThrown()
    at = 'between'
    length = 0
  }
  const restart = () => {
    throwAway(length)
    tellThrown()
    at = 'inside'
    length = 0
  }

  for (const byte of bytes) {
    if (decoder.framing === 'line') {
      if (byte === CR || byte === LF) finish()
      else if (at === 'lost') throwAway(1)
      else keep(byte)
    } else if (byte === STX) restart()
    else if (at === 'inside' && byte === ETX) finish()
    else if (at === 'inside') keep(byte)
    // Scanners like to add CR LF after ETX; that is no garbage.
    else if (byte !== CR && byte !== LF) throwAway(1)
  }
  return { decoder: { framing: decoder.framing, at, held: frame.slice(0, length), thrown }, items }
}

/** The frame under way will not be finished (silence, unplugged): gives up what is held. */
export function giveUpFrame(decoder: ScanDecoder): { readonly decoder: ScanDecoder; readonly items: readonly ScanItem[] } {
  const bytes = decoder.held.length + decoder.thrown
  return { decoder: startScanDecoder(decoder.framing), items: bytes === 0 ? [] : [{ type: 'garbage', bytes }] }
}

/** Whether silence now would mean that something was cut off. */
export const isUnfinished = (decoder: ScanDecoder): boolean => decoder.at !== 'between' || decoder.thrown > 0

function readFrame(frame: Uint8Array): ScanItem | undefined {
  const whole = readScanText(frame, false)
  if (whole === undefined) return undefined
  const aim = AIM.exec(whole)?.[0]
  return aim === undefined ? { type: 'scan', text: whole } : { type: 'scan', text: whole.slice(aim.length), aim }
}
