import type { FromBridge } from '#protocol/device/messages.ts'
import type { DurationMs } from '#protocol/time.ts'
import { encodeScreen, startDisplay, type DisplayProtocol } from '../codec/customer-display.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type LineEvent, type LineState, type OrderEvent, type Step } from './machine.ts'

/** 50 bytes take that long at 9600 baud: screens that come faster would queue up in the line, and the customer would see the past. */
export const SHOW_EVERY: DurationMs = 100
/** Results kept, so that an order that comes again is answered and not carried out again. */
export const MAX_RESULTS = 256

type OrderResult = Extract<FromBridge, { type: 'order_result' }>

export type DisplayState = {
  readonly line: LineState
  /** What the customer shall see; a display that comes back is given it again. */
  readonly wanted: readonly string[]
  /** The order that waits for the screen before it to be through, if one does. */
  readonly waiting: readonly string[]
  /** A screen may still be on its way through the line. */
  readonly writing: boolean
  /** Oldest first. */
  readonly results: readonly OrderResult[]
  readonly counters: { readonly shown: number; readonly failed: number; readonly opened: number }
}

export type DisplayOptions = { readonly protocol: DisplayProtocol; readonly columns: number }

/**
 * A customer display. It cannot answer: `done` means that its line took the text, and a display without power looks like one that works. An order
 * fails only when there is no line; its text is shown all the same when the display is back, unless another one came meanwhile.
 */
export function displayDriver({ protocol, columns }: DisplayOptions): Driver<DisplayState, LineEvent | OrderEvent> {
  const write = (state: DisplayState): Step<DisplayState> => ({
    state: { ...state, writing: true, counters: { ...state.counters, shown: state.counters.shown + 1 } },
    effects: [
      { type: 'send', bytes: encodeScreen(protocol, columns, state.wanted) },
      { type: 'startTimer', timer: 'written', after: SHOW_EVERY },
    ],
  })
  /** Writes what is wanted now; every order that waited for it is done. */
  const show = (state: DisplayState): Step<DisplayState> => {
    const written = write(state)
    return end(written, state.waiting, { result: 'done' })
  }
  return {
    start: { line: NOT_OPENED, wanted: [], waiting: [], writing: false, results: [], counters: { shown: 0, failed: 0, opened: 0 } },
    step(state, event) {
      switch (event.type) {
        case 'opened': {
          const opened = { ...state, line: { open: true } as const, counters: { ...state.counters, opened: state.counters.opened + 1 } }
          const first: Effect = { type: 'send', bytes: startDisplay(protocol) }
          const { state: next, effects } = show(opened)
          return { state: next, effects: [first, ...effects] }
        }
        case 'closed': {
          const closed = { ...state, line: { open: false, why: event.why } as const, writing: false }
          return end({ state: closed, effects: [{ type: 'stopTimer', timer: 'written' }] }, state.waiting, { result: 'failed', code: 'device.absent' })
        }
        case 'timer':
          return state.waiting.length > 0 ? show(state) : { state: { ...state, writing: false }, effects: [] }
        case 'bytes':
          return { state, effects: [] }
        case 'order':
          return take(state, event, show)
      }
    },
    health: ({ line, counters }) =>
      line.open ? { state: 'ready', detail: 'cannot answer: what is written is taken as shown', counters } : absent(line.why, counters),
  }
}

function take(state: DisplayState, { order, what }: OrderEvent, show: (state: DisplayState) => Step<DisplayState>): Step<DisplayState> {
  const known = state.results.find((result) => result.order === order)
  if (known) return { state, effects: [{ type: 'report', report: known }] }
  if (state.waiting.includes(order)) return { state, effects: [] }
  if (what.do !== 'show') return end({ state, effects: [] }, [order], { result: 'failed', code: 'device.unsupported' })
  const wanting = { ...state, wanted: what.lines }
  if (!state.line.open) return end({ state: wanting, effects: [] }, [order], { result: 'failed', code: 'device.absent' })
  // Whoever waited waits no longer: their text is not wanted any more.
  const overtaken = end({ state: wanting, effects: [] }, state.waiting, { result: 'done' })
  const waiting = { ...overtaken.state, waiting: [order] }
  if (state.writing) return { state: waiting, effects: overtaken.effects }
  const shown = show(waiting)
  return { state: shown.state, effects: [...overtaken.effects, ...shown.effects] }
}

function end({ state, effects }: Step<DisplayState>, orders: readonly string[], how: Pick<OrderResult, 'result' | 'code'>): Step<DisplayState> {
  const told = orders.map((order): OrderResult => ({ type: 'order_result', order, ...how }))
  const failed = how.result === 'failed' ? told.length : 0
  return {
    state: {
      ...state,
      waiting: state.waiting.filter((order) => !orders.includes(order)),
      results: [...state.results, ...told].slice(-MAX_RESULTS),
      counters: { ...state.counters, failed: state.counters.failed + failed },
    },
    effects: [...effects, ...told.map((report): Effect => ({ type: 'report', report }))],
  }
}
