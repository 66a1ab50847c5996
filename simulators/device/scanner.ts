import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import { openLine, type DeviceTransport, type LineOptions } from './line.ts'

/** What a scanner can be set to send around a code (any vendor's programming manual: prefix, suffix). */
const FRAMES = {
  cr: ['', '\r'],
  lf: ['', '\n'],
  crlf: ['', '\r\n'],
  'stx-etx': ['\u0002', '\u0003'],
} as const
export type ScannerFraming = keyof typeof FRAMES

/** How the bytes reach the computer: at once, in a few pieces, or one by one as at a low baud rate. */
export type ScannerPacing = 'whole' | 'pieces' | 'bytes'

/**
 * `noise`: bytes that are no frame. `half_frame`: a code that breaks off in its middle. `unplug_mid_frame`: because the cable was pulled.
 * `wrong_framing`: set to end codes in another way than the computer was told. `slow`: a byte now and then. `stuck_key`: the same code twenty times.
 * `flood`: codes without end, for a second. `frozen`: scans nothing until it is plugged in again.
 */
export const scannerFaults = ['noise', 'half_frame', 'unplug_mid_frame', 'wrong_framing', 'slow', 'stuck_key', 'flood', 'frozen'] as const
export type ScannerFault = (typeof scannerFaults)[number]

export type ScanOptions = {
  /** The AIM identifier that the scanner puts before the code (ISO/IEC 15424), e.g. `]E0` for EAN-13. */
  readonly aim?: string
  readonly pacing?: ScannerPacing
}

export type ScannerOptions = Partial<Pick<LineOptions, 'linkAs' | 'kind'>> & {
  readonly framing?: ScannerFraming
  readonly pacing?: ScannerPacing
  readonly timers?: Timers
}

export interface SimulatedScanner {
  transport(): DeviceTransport
  readonly plugged: boolean
  /** Reads a code, or several in so quick a succession that they leave as one burst. Resolves when the last byte has left; scans wait for one another. */
  scan(codes: string | readonly string[], options?: ScanOptions): Promise<void>
  readonly faults: readonly ScannerFault[]
  /** Something goes wrong, as it would while reading `code`. */
  fault(kind: ScannerFault, code?: string): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

/** Between pieces: longer than a byte takes at 9600 baud, so that they do arrive apart. */
const PIECE_GAP: DurationMs = 2

/** Slow, but not so slow that what is still to come must be given up. */
const SLOW_GAP: DurationMs = 120
const STUCK_TIMES = 20
const FLOOD_TIME: DurationMs = 1000

const NOISE = Uint8Array.of(0xff, 0x00, 0x81, 0x42, 0xfe, 0x1b, 0x7f)

/** A serial barcode scanner on a real line. */
export async function startScanner({ framing = 'crlf', pacing = 'whole', timers = systemTimers, ...line }: ScannerOptions = {}): Promise<SimulatedScanner> {
  const cable = await openLine({ ...line, onBytes: () => {} })
  let isFrozen = false
  const pause = (time: DurationMs = PIECE_GAP) => new Promise<void>((resolve) => void timers.after(time, resolve))
  const encode = (codes: readonly string[], aim = '', [before, after]: readonly [string, string] = FRAMES[framing]) =>
    new TextEncoder().encode(codes.map((code) => before + aim + code + after).join(''))

  const send = async (bytes: Uint8Array, how: ScannerPacing, gap = PIECE_GAP) => {
    const size = { whole: bytes.length, pieces: Math.ceil(bytes.length / 3), bytes: 1 }[how]
    for (let at = 0; at < bytes.length; at += size) {
      if (at > 0) await pause(gap)
      if (!isFrozen) cable.write(bytes.subarray(at, at + size))
    }
  }
  const pull = () => {
    cable.unplug()
    isFrozen = false
  }
  const flood = async (code: string) => {
    let isOver = false
    timers.after(FLOOD_TIME, () => (isOver = true))
    const burst = encode(Array<string>(100).fill(code))
    while (!isOver) {
      await send(burst, 'whole')
      await pause()
    }
  }
  const fail = async (kind: ScannerFault, code: string): Promise<void> => {
    const frame = encode([code])
    const half = frame.subarray(0, frame.length >> 1)
    switch (kind) {
      case 'noise':
        return send(NOISE, 'whole')
      case 'half_frame':
        return send(half, pacing)
      case 'unplug_mid_frame':
        await send(half, pacing)
        // What has left is on its way for a moment before the plug is out.
        await pause()
        return pull()
      case 'wrong_framing':
        return send(encode([code], '', FRAMES[framing === 'stx-etx' ? 'crlf' : 'stx-etx']), pacing)
      case 'slow':
        return send(frame, 'bytes', SLOW_GAP)
      case 'stuck_key':
        return send(encode(Array<string>(STUCK_TIMES).fill(code)), 'pieces')
      case 'flood':
        return flood(code)
      case 'frozen':
        isFrozen = true
    }
  }

  let busy: Promise<void> = Promise.resolve()
  const inTurn = (act: () => Promise<void>) => (busy = busy.then(act))
  return {
    transport: () => cable.transport(),
    get plugged() {
      return cable.plugged
    },
    scan: (codes, options = {}) => inTurn(() => send(encode(typeof codes === 'string' ? [codes] : codes, options.aim), options.pacing ?? pacing)),
    faults: scannerFaults,
    fault: (kind, code = '4006381333931') => inTurn(() => fail(kind, code)),
    unplug: pull,
    replug: () => cable.replug(),
    close: () => cable.close(),
  }
}
