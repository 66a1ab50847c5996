import type { DurationMs } from '#protocol/time.ts'
import { decodeScans, giveUpFrame, isUnfinished, startScanDecoder, type ScanDecoder, type ScanFraming, type ScanItem } from '../codec/scanner.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type LineEvent, type LineState, type Step } from './machine.ts'

/**
 * A frame that stays unfinished through two silent beats was cut off: without this the next scan would be glued to its beginning and sell
 * something else. Two beats rather than one long one, because after a freeze of this process one beat may end before the bytes that waited
 * in the kernel are read; it takes a second one, and by then they have been.
 */
export const SILENT_BEAT: DurationMs = 150

export type ScannerState<Decoder> = {
  readonly line: LineState
  readonly decoder: Decoder
  readonly silentBeats: number
  readonly scans: number
  readonly garbageBytes: number
  readonly opened: number
}

/** What scanners of one kind send, as steps of a decoder that is given everything that arrives, in order. */
export type ScanCodec<Decoder> = {
  readonly start: Decoder
  decode(decoder: Decoder, bytes: Uint8Array): Decoded<Decoder>
  /** What is held will not be finished: the device has been silent for too long. */
  giveUp(decoder: Decoder): Decoded<Decoder>
  /** Whether silence now would mean that something was cut off. */
  isUnfinished(decoder: Decoder): boolean
}
type Decoded<Decoder> = { readonly decoder: Decoder; readonly items: readonly ScanItem[] }

/** A scanner on a serial line. */
export const scannerDriver = (framing: ScanFraming): Driver<ScannerState<ScanDecoder>, LineEvent> =>
  driveScanner({ start: startScanDecoder(framing), decode: decodeScans, giveUp: giveUpFrame, isUnfinished })

/** A scanner of any kind. `onOpened`: what it has to be told before it scans. */
export function driveScanner<Decoder>(codec: ScanCodec<Decoder>, onOpened: readonly Effect[] = []): Driver<ScannerState<Decoder>, LineEvent> {
  const took = (state: ScannerState<Decoder>, { decoder, items }: Decoded<Decoder>): Step<ScannerState<Decoder>> => {
    let { scans, garbageBytes } = state
    for (const item of items) {
      if (item.type === 'scan') scans++
      else garbageBytes += item.bytes
    }
    const reports = items.map((report): Effect => ({ type: 'report', report }))
    return {
      state: { ...state, decoder, scans, garbageBytes, silentBeats: 0 },
      effects: [...reports, codec.isUnfinished(decoder) ? beat : { type: 'stopTimer', timer: 'beat' }],
    }
  }
  return {
    start: { line: NOT_OPENED, decoder: codec.start, silentBeats: 0, scans: 0, garbageBytes: 0, opened: 0 },
    step(state, event) {
      switch (event.type) {
        case 'opened':
          return { state: { ...state, line: { open: true }, opened: state.opened + 1 }, effects: onOpened }
        case 'closed':
          // What is plugged in next begins at a beginning.
          return took({ ...state, line: { open: false, why: event.why } }, { decoder: codec.start, items: codec.giveUp(state.decoder).items })
        case 'bytes':
          return took(state, codec.decode(state.decoder, event.bytes))
        case 'timer':
          if (state.silentBeats === 0) return { state: { ...state, silentBeats: 1 }, effects: [beat] }
          return took(state, codec.giveUp(state.decoder))
      }
    },
    health({ line, scans, garbageBytes, opened }) {
      const counters = { scans, garbage_bytes: garbageBytes, opened }
      return line.open ? { state: 'ready', counters } : absent(line.why, counters)
    },
  }
}

const beat: Effect = { type: 'startTimer', timer: 'beat', after: SILENT_BEAT }
