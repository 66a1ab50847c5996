import { agree, nothingSeen, type Agreement } from '#protocol/barcode/agreement.ts'
import type { Code } from '#protocol/barcode/engine.ts'
import type { DurationMs } from '#protocol/time.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type LineEvent, type LineState, type Step } from './machine.ts'

/** What the eye tells of the pictures that the camera sent; they themselves never come here. */
export type CameraEvent =
  /** Undefined `codes`: the picture could not be read. `at` is monotonic. */
  | { readonly type: 'looked'; readonly codes: readonly Code[] | undefined; readonly at: DurationMs }
  /** A picture that nobody looked at, since the one before it was still being read. */
  | { readonly type: 'skipped' }
  /** The same picture again, byte for byte. A picture of the world has noise in it: two that are the same are one. */
  | { readonly type: 'repeated' }
  | { readonly type: 'garbage'; readonly bytes: number }
  /** The decoder died or hung, and was started afresh. */
  | { readonly type: 'decoder_failed' }

export type CameraState = {
  readonly line: LineState
  readonly agreement: Agreement
  /** Pictures in a row that showed nothing new, or nothing at all. */
  readonly useless: { readonly why: 'repeated' | 'unreadable'; readonly run: number }
  readonly counters: Readonly<Record<'scans' | 'pictures' | 'skipped' | 'repeated' | 'unreadable' | 'garbage_bytes' | 'decoder_failures' | 'opened', number>>
}

/** So many useless pictures in a row, and something is wrong with the camera: at 10 a second, five seconds. */
export const MAX_USELESS = 50
const TROUBLE = {
  repeated: 'the picture does not change any more, not even its noise',
  unreadable: 'what it sends are no pictures',
} as const
const USEFUL: CameraState['useless'] = { why: 'repeated', run: 0 }

/** A camera that looks at goods or phones. What it reads are scans like any scanner's; it knows no catalogue, so a code of bars takes two pictures. */
export function cameraDriver(): Driver<CameraState, LineEvent | CameraEvent> {
  return {
    start: {
      line: NOT_OPENED,
      agreement: nothingSeen,
      useless: USEFUL,
      counters: { scans: 0, pictures: 0, skipped: 0, repeated: 0, unreadable: 0, garbage_bytes: 0, decoder_failures: 0, opened: 0 },
    },
    step,
    health({ line, useless, counters }) {
      if (!line.open) return absent(line.why, counters)
      if (useless.run < MAX_USELESS) return { state: 'ready', counters }
      return { state: 'fault', code: 'device.fault', detail: TROUBLE[useless.why], counters }
    },
  }
}

function step(state: CameraState, event: LineEvent | CameraEvent): Step<CameraState> {
  const counted = (what: keyof CameraState['counters'], by = 1): CameraState => ({
    ...state,
    counters: { ...state.counters, [what]: state.counters[what] + by },
  })
  switch (event.type) {
    case 'opened':
      return quiet({ ...counted('opened'), line: { open: true }, useless: USEFUL })
    case 'closed':
      return quiet({ ...state, line: { open: false, why: event.why } })
    case 'looked':
      if (event.codes === undefined) return quiet({ ...counted('unreadable'), useless: longer(state, 'unreadable') })
      return looked(event.codes, event.at, counted('pictures'))
    case 'skipped':
      return quiet(counted('skipped'))
    case 'repeated':
      return quiet({ ...counted('repeated'), useless: longer(state, 'repeated') })
    case 'garbage':
      return { state: counted('garbage_bytes', event.bytes), effects: [{ type: 'report', report: { type: 'garbage', bytes: event.bytes } }] }
    case 'decoder_failed':
      return quiet(counted('decoder_failures'))
    case 'bytes':
    case 'timer':
      return quiet(state)
  }
}

const quiet = (state: CameraState): Step<CameraState> => ({ state, effects: [] })

const longer = ({ useless }: CameraState, why: CameraState['useless']['why']): CameraState['useless'] => ({ why, run: useless.run + 1 })

function looked(codes: readonly Code[], at: DurationMs, state: CameraState): Step<CameraState> {
  const { agreement, counted } = agree(state.agreement, codes, at, () => false)
  const reports = counted.map(({ text, aim }): Effect => ({ type: 'report', report: { type: 'scan', text, ...(aim.length === 3 && { aim }) } }))
  const counters = { ...state.counters, scans: state.counters.scans + reports.length }
  return { state: { ...state, agreement, counters, useless: USEFUL }, effects: reports }
}
