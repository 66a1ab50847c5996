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

/** `garbage`: noise on the line that is no frame. `half_frame`: a code that breaks off in its middle. `unplug_mid_frame`: because the cable was pulled. */
export type ScannerFault = 'garbage' | 'half_frame' | 'unplug_mid_frame'

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
  /** Something goes wrong, as it would while reading `code`. */
  fault(kind: ScannerFault, code?: string): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

/** Between pieces: longer than a byte takes at 9600 baud, so that they do arrive apart. */
const PIECE_GAP: DurationMs = 2

const NOISE = Uint8Array.of(0xff, 0x00, 0x81, 0x42, 0xfe, 0x1b, 0x7f)

/** A serial barcode scanner on a real line. */
export async function startScanner({ framing = 'crlf', pacing = 'whole', timers = systemTimers, ...line }: ScannerOptions = {}): Promise<SimulatedScanner> {
  const cable = await openLine({ ...line, onBytes: () => {} })
  const pause = () => new Promise<void>((resolve) => void timers.after(PIECE_GAP, resolve))
  const [before, after] = FRAMES[framing]
  const encode = (codes: readonly string[], aim = '') => new TextEncoder().encode(codes.map((code) => before + aim + code + after).join(''))

  const send = async (bytes: Uint8Array, how: ScannerPacing) => {
    const size = { whole: bytes.length, pieces: Math.ceil(bytes.length / 3), bytes: 1 }[how]
    for (let at = 0; at < bytes.length; at += size) {
      if (at > 0) await pause()
      cable.write(bytes.subarray(at, at + size))
    }
  }
  const fail = async (kind: ScannerFault, code: string) => {
    if (kind === 'garbage') return send(NOISE, 'whole')
    const frame = encode([code])
    await send(frame.subarray(0, frame.length >> 1), pacing)
    if (kind === 'half_frame') return
    // What has left is on its way for a moment before the plug is out.
    await pause()
    cable.unplug()
  }

  let busy: Promise<void> = Promise.resolve()
  const inTurn = (act: () => Promise<void>) => (busy = busy.then(act))
  return {
    transport: () => cable.transport(),
    get plugged() {
      return cable.plugged
    },
    scan: (codes, options = {}) => inTurn(() => send(encode(typeof codes === 'string' ? [codes] : codes, options.aim), options.pacing ?? pacing)),
    fault: (kind, code = '4006381333931') => inTurn(() => fail(kind, code)),
    unplug: () => cable.unplug(),
    replug: () => cable.replug(),
    close: () => cable.close(),
  }
}
