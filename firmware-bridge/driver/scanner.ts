import type { DurationMs } from '#protocol/time.ts'
import { decodeScans, giveUpFrame, isUnfinished, startScanDecoder, type ScanDecoder, type ScanFraming, type ScanItem } from '../codec/scanner.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type LineEvent, type LineState, type Step } from './machine.ts'

/**
 * A frame that stays unfinished through two silent beats was cut off: without this the next scan would be glued to its beginning and sell
 * something else. Two beats rather than one long one, because after a freeze of this process one beat may end before the bytes that waited
 * in the kernel are read; it takes a second one, and by then they have been.
 */
export const SILENT_BEAT: DurationMs = 150

export type ScannerState = {
  readonly line: LineState
  readonly decoder: ScanDecoder
  readonly silentBeats: number
  readonly scans: number
  readonly garbageBytes: number
  readonly opened: number
}

export function scannerDriver(framing: ScanFraming): Driver<ScannerState, LineEvent> {
  return {
    start: { line: NOT_OPENED, decoder: startScanDecoder(framing), silentBeats: 0, scans: 0, garbageBytes: 0, opened: 0 },
    step,
    health({ line, scans, garbageBytes, opened }) {
      const counters = { scans, garbage_bytes: garbageBytes, opened }
      return line.open ? { state: 'ready', counters } : absent(line.why, counters)
    },
  }
}

function step(state: ScannerState, event: LineEvent): Step<ScannerState> {
  switch (event.type) {
    case 'opened':
      return { state: { ...state, line: { open: true }, opened: state.opened + 1 }, effects: [] }
    case 'closed':
      return took({ ...state, line: { open: false, why: event.why } }, giveUpFrame(state.decoder))
    case 'bytes':
      return took(state, decodeScans(state.decoder, event.bytes))
    case 'timer':
      if (state.silentBeats === 0) return { state: { ...state, silentBeats: 1 }, effects: [beat] }
      return took(state, giveUpFrame(state.decoder))
  }
}

const beat: Effect = { type: 'startTimer', timer: 'beat', after: SILENT_BEAT }

function took(state: ScannerState, { decoder, items }: { readonly decoder: ScanDecoder; readonly items: readonly ScanItem[] }): Step<ScannerState> {
  let { scans, garbageBytes } = state
  for (const item of items) {
    if (item.type === 'scan') scans++
    else garbageBytes += item.bytes
  }
  const reports = items.map((report): Effect => ({ type: 'report', report }))
  return {
    state: { ...state, decoder, scans, garbageBytes, silentBeats: 0 },
    effects: [...reports, isUnfinished(decoder) ? beat : { type: 'stopTimer', timer: 'beat' }],
  }
}
