import { MAX_MILLI, type FromBridge, type ScaleReading, type WeightUnit } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { DurationMs } from '#protocol/time.ts'
import { cas } from '../codec/scale-cas.ts'
import { dialog06 } from '../codec/scale-dialog-06.ts'
import { sics } from '../codec/scale-sics.ts'
import { toledo8217 } from '../codec/scale-toledo-8217.ts'
import { giveUpAnswer, NO_BYTES, scaleDecoder, type ScaleAnswer, type ScaleDecoder, type ScaleItem, type ScaleProtocol } from '../codec/scale.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type Health, type LineEvent, type LineState, type OrderEvent, type Step } from './machine.ts'

const protocols = { 'toledo-8217': toledo8217, sics, 'dialog-06': dialog06, cas } as const satisfies Record<string, ScaleProtocol>

export type ScaleOptions = { readonly protocol: keyof typeof protocols; readonly unit: WeightUnit }

/** Between two questions while goods are on the scale or are waited for: twice as long as the slowest answer takes at 4800 baud. */
export const ASK_BUSY: DurationMs = 150
/** While nothing lies on it. */
export const ASK_IDLE: DurationMs = 400
/** A scale answers within tens of milliseconds, or, a slow one, when it has measured once more. */
export const ANSWER_TIMEOUT: DurationMs = 700
/** Questions without an answer until the scale counts as gone: one may be lost to noise. */
export const MAX_SILENT = 3
/** A dialogue with one scale has at most four parts; a scale that goes on for ever is cut short. */
export const MAX_TURNS = 6
export const MAX_ORDERS = 8
/** Results kept, so that an order that comes again is answered and not carried out again. */
export const MAX_RESULTS = 256

type OrderResult = Extract<FromBridge, { type: 'order_result' }>
type What = 'weigh' | 'zero' | 'tare'
type WeightAnswer = Extract<ScaleAnswer, { type: 'weight' }>

type Waiting = {
  readonly order: string
  readonly what: What
  /** Its question was put after it came: an answer that was already on its way may tell of the goods before. */
  readonly asked: boolean
}

export type ScaleState = {
  readonly line: LineState
  readonly decoder: ScaleDecoder
  /** Turns of the question under way; undefined between two questions. */
  readonly turns: number | undefined
  /** It has refused in this question and was asked why: whoever refuses that too is not asked for ever. */
  readonly refused: boolean
  /** The order whose command that question was. */
  readonly command: string | undefined
  /** Questions in a row without an answer. */
  readonly silent: number
  /** It has answered on this line. */
  readonly heard: boolean
  /** What the till was told last on this line. */
  readonly reading: ScaleReading | undefined
  /** The weight that it gave last, to whichever question, since some give it once; undefined where one may have been lost on the way. */
  readonly given: WeightAnswer | undefined
  /** Told by the last answer, and no reading. */
  readonly trouble: { readonly code: ErrorCode; readonly detail: string } | undefined
  /** Of the last weighing; what a price-computing scale shows meanwhile. */
  readonly unitMinor: number
  /** Oldest first. */
  readonly waiting: readonly Waiting[]
  /** Oldest first. */
  readonly results: readonly OrderResult[]
  readonly counters: { readonly readings: number; readonly timeouts: number; readonly garbage_bytes: number; readonly opened: number }
}

/**
 * A scale that is asked, again and again, what it shows: slowly while it is empty, faster while something is wanted of it. What it shows is told when it
 * changes. A weighing ends with the first stable weight that was asked for after the order came; zero and tare with the scale's own confirmation,
 * or, where it gives none, when it shows zero.
 */
export function scaleDriver({ protocol: name, unit }: ScaleOptions): Driver<ScaleState, LineEvent | OrderEvent> {
  const protocol: ScaleProtocol = protocols[name]
  const decode = scaleDecoder(protocol)

  const ordered = (state: ScaleState, { order, what, deadline }: OrderEvent): Step<ScaleState> => {
    const known = state.results.find((result) => result.order === order)
    if (known) return { state, effects: [{ type: 'report', report: known }] }
    if (state.waiting.some((waiting) => waiting.order === order)) return still(state)
    if (what.do === 'open_drawer' || what.do === 'show') return end(state, order, 'failed', 'device.unsupported')
    if (what.do !== 'weigh' && protocol[what.do] === undefined) return end(state, order, 'failed', 'device.unsupported')
    if (!state.line.open) return end(state, order, 'failed', 'device.absent')
    if (state.waiting.length >= MAX_ORDERS) return end(state, order, 'failed', 'device.busy')
    const waiting = [...state.waiting, { order, what: what.do, asked: false }]
    const unitMinor = what.do === 'weigh' ? what.unitMinor : state.unitMinor
    const taken: Step<ScaleState> = { state: { ...state, waiting, unitMinor }, effects: [{ type: 'startTimer', timer: deadlineOf(order), after: deadline }] }
    return state.turns === undefined ? after(taken, ask) : taken
  }

  /** Puts the next question: a command that waits for its turn, or what the scale shows. */
  const ask = (state: ScaleState): Step<ScaleState> => {
    if (!state.line.open) return still(state)
    const command = state.waiting.find((waiting) => waiting.what !== 'weigh' && !waiting.asked)
    const bytes = (command && command.what !== 'weigh' ? protocol[command.what] : undefined) ?? protocol.ask(state.unitMinor)
    // After silence the next answer may be the late one to a question from before the order.
    const isAsked = (one: Waiting) => one === command || (one.what === 'weigh' && state.silent === 0)
    const waiting = state.waiting.map((one) => (isAsked(one) ? { ...one, asked: true } : one))
    return { state: { ...state, waiting, turns: 1, refused: false, command: command?.order }, effects: [{ type: 'stopTimer', timer: 'ask' }, ...send(bytes)] }
  }

  const took = (before: ScaleState, item: ScaleItem): Step<ScaleState> => {
    if (item.type === 'garbage') return garbage({ ...before, given: undefined }, item.bytes)
    const state = item.type === 'weight' ? { ...before, given: item } : before
    // Nobody asked: a scale that is set to send by itself, or the late answer to a question that was given up.
    if (state.turns === undefined) return still(state)
    const isRefusedAgain = item.type === 'refused' && state.refused
    const next = state.turns < MAX_TURNS && !isRefusedAgain ? protocol.follow(item) : undefined
    if (next) return { state: { ...state, turns: state.turns + 1, refused: item.type === 'refused' }, effects: send(next) }
    const isRefused = item.type === 'state' && item.state === 'unstable' && state.command !== undefined
    const heard = isRefused ? putAgain(state, state.command) : state
    return after(answered({ ...heard, turns: undefined, command: undefined, silent: 0, heard: true }, item), rest)
  }

  const answered = (state: ScaleState, answer: ScaleAnswer): Step<ScaleState> => {
    switch (answer.type) {
      case 'done':
        return endCommands(state, 'done')
      case 'not_done':
        return endCommands(state, 'failed', answer.state === undefined ? 'device.fault' : codeOf(answer.state))
      case 'error':
        return endCommands({ ...state, trouble: { code: 'device.fault', detail: answer.detail } }, 'failed', 'device.fault')
      case 'accepted':
      case 'refused':
      case 'no_weight':
        return still({ ...state, trouble: undefined })
      case 'unchanged':
        return state.given ? answered(state, state.given) : still({ ...state, reading: undefined, trouble: LOST })
      case 'state':
        return show(state, { state: answer.state })
      case 'weight':
        if (answer.unit !== undefined && answer.unit !== unit) return wrongUnit(state, answer.unit)
        return show(state, readingOf(answer, unit))
    }
  }

  return {
    start: {
      line: NOT_OPENED,
      decoder: NO_BYTES,
      turns: undefined,
      refused: false,
      command: undefined,
      silent: 0,
      heard: false,
      reading: undefined,
      given: undefined,
      trouble: undefined,
      unitMinor: 0,
      waiting: [],
      results: [],
      counters: { readings: 0, timeouts: 0, garbage_bytes: 0, opened: 0 },
    },
    step(state, event) {
      switch (event.type) {
        case 'opened':
          return ask({ ...state, line: { open: true }, counters: { ...state.counters, opened: state.counters.opened + 1 } })
        case 'closed':
          return closed(state, event.why)
        case 'bytes': {
          const { decoder, items } = decode(state.decoder, event.bytes)
          return follow({ ...state, decoder }, items, took)
        }
        case 'timer':
          if (event.timer === 'ask') return ask(state)
          return event.timer === 'answer' ? noAnswer(state) : late(state, event.timer.slice(DEADLINE.length))
        case 'order':
          return ordered(state, event)
      }
    },
    health,
  }
}

/** Nothing has moved since a weight that never came here: what the till was told before is of other goods, for all that is known. */
const LOST = { code: 'device.scale_told', detail: 'it gives each weight once, and one was lost' } as const satisfies ScaleState['trouble']

function health({ line, silent, heard, trouble, counters }: ScaleState): Health {
  if (!line.open) return absent(line.why, counters)
  if (silent >= MAX_SILENT) return { state: 'fault', code: 'device.timeout', detail: 'no answer', counters }
  if (trouble) return { state: 'fault', ...trouble, counters }
  return heard ? { state: 'ready', counters } : absent('connected, has not answered yet', counters)
}

// What the scale shows

function readingOf({ milli, stable }: WeightAnswer, unit: WeightUnit): ScaleReading {
  if (!stable) return { state: 'unstable' }
  if (milli === 0) return { state: 'zero' }
  if (milli < 0) return { state: 'under' }
  return milli > MAX_MILLI ? { state: 'over' } : { state: 'stable', weight: { milli, unit } }
}

/** Tells the till, if it is something new, and ends the orders that waited for it. */
function show(before: ScaleState, reading: ScaleReading): Step<ScaleState> {
  const state = { ...before, trouble: undefined }
  if (isSame(before.reading, reading)) return settle(state, reading)
  const told = { ...state, reading, counters: { ...state.counters, readings: state.counters.readings + 1 } }
  return after({ state: told, effects: [{ type: 'report', report: { type: 'reading', reading } }] }, (now) => settle(now, reading))
}

function isSame(one: ScaleReading | undefined, other: ScaleReading): boolean {
  if (one?.state === 'stable' && other.state === 'stable') return one.weight.milli === other.weight.milli
  return one?.state === other.state
}

function settle(state: ScaleState, reading: ScaleReading): Step<ScaleState> {
  const isEnded = ({ what, asked }: Waiting) => asked && (what === 'weigh' ? reading.state === 'stable' : reading.state === 'zero')
  const ended = state.waiting.filter(isEnded)
  const weight = reading.state === 'stable' ? reading.weight : undefined
  return follow(state, ended, (now, { order, what }) => end(now, order, 'done', undefined, what === 'weigh' ? weight : undefined))
}

function wrongUnit(state: ScaleState, unit: string): Step<ScaleState> {
  const detail = unit === 'other' ? 'it weighs in a unit that nobody sells by' : `it weighs in ${unit}`
  const weighings = state.waiting.filter(({ what, asked }) => what === 'weigh' && asked)
  const step = follow({ ...state, trouble: { code: 'device.scale_unit', detail } }, weighings, (now, { order }) =>
    end(now, order, 'failed', 'device.scale_unit'),
  )
  // What was shown before is not true any more, and cannot be said in this unit.
  return { ...step, state: { ...step.state, reading: undefined } }
}

const CODES = {
  unstable: 'device.scale_unstable',
  zero: 'device.scale_zero',
  over: 'device.scale_over',
  under: 'device.scale_under',
} as const satisfies Record<Exclude<ScaleReading['state'], 'stable'>, ErrorCode>
const codeOf = (state: keyof typeof CODES): ErrorCode => CODES[state]

// Orders

const DEADLINE = 'deadline:'
const deadlineOf = (order: string): string => DEADLINE + order

function end(state: ScaleState, order: string, result: OrderResult['result'], code?: ErrorCode, weight?: OrderResult['weight']): Step<ScaleState> {
  const told: OrderResult = { type: 'order_result', order, result, ...(code && { code }), ...(weight && { weight }) }
  return {
    state: {
      ...state,
      waiting: state.waiting.filter((waiting) => waiting.order !== order),
      results: [...state.results, told].slice(-MAX_RESULTS),
    },
    effects: [
      { type: 'stopTimer', timer: deadlineOf(order) },
      { type: 'report', report: told },
    ],
  }
}

/** The scale has answered a command: the oldest one that was put to it. */
function endCommands(state: ScaleState, result: OrderResult['result'], code?: ErrorCode): Step<ScaleState> {
  const command = state.waiting.find(({ what, asked }) => what !== 'weigh' && asked)
  return command ? end(state, command.order, result, code) : still(state)
}

/** A scale whose plate moves carries no command out. It is given the command again until the plate rests. */
const putAgain = (state: ScaleState, order: string | undefined): ScaleState => ({
  ...state,
  waiting: state.waiting.map((one) => (one.order === order ? { ...one, asked: false } : one)),
})

/** Given up. A weighing changes nothing, so it has failed; a command that was sent may have been carried out. */
function giveUp(state: ScaleState, { order, what, asked }: Waiting, code: ErrorCode): Step<ScaleState> {
  return end(state, order, what !== 'weigh' && asked ? 'unknown' : 'failed', code)
}

function late(state: ScaleState, order: string): Step<ScaleState> {
  const waiting = state.waiting.find((one) => one.order === order)
  if (!waiting) return still(state)
  const { reading, silent, trouble } = state
  if (trouble) return giveUp(state, waiting, trouble.code)
  const isSilent = silent > 0 || reading === undefined || reading.state === 'stable'
  return giveUp(state, waiting, isSilent ? 'device.timeout' : codeOf(reading.state))
}

// Questions and silence

const send = (bytes: Uint8Array): readonly Effect[] => [
  { type: 'send', bytes },
  { type: 'startTimer', timer: 'answer', after: ANSWER_TIMEOUT },
]

/** Until the next question. */
function rest(state: ScaleState): Step<ScaleState> {
  const isIdle = state.waiting.length === 0 && (state.reading === undefined || state.reading.state === 'zero')
  return {
    state,
    effects: [
      { type: 'stopTimer', timer: 'answer' },
      { type: 'startTimer', timer: 'ask', after: isIdle ? ASK_IDLE : ASK_BUSY },
    ],
  }
}

/** No answer, or half of one: gives it up and asks again. After some of these nobody knows any more what the scale shows. */
function noAnswer(state: ScaleState): Step<ScaleState> {
  const { decoder, items } = giveUpAnswer(state.decoder)
  const silent = state.silent + 1
  const counters = { ...state.counters, timeouts: state.counters.timeouts + 1 }
  const reading = silent >= MAX_SILENT ? undefined : state.reading
  const unheard = { ...state, decoder, silent, counters, reading, given: undefined, turns: undefined, command: undefined }
  return after(follow(unheard, items, tookGarbage), rest)
}

function closed(state: ScaleState, why: string): Step<ScaleState> {
  const { decoder, items } = giveUpAnswer(state.decoder)
  const down: ScaleState = {
    ...state,
    line: { open: false, why },
    decoder,
    turns: undefined,
    command: undefined,
    silent: 0,
    heard: false,
    reading: undefined,
    given: undefined,
    trouble: undefined,
  }
  const stopped: Step<ScaleState> = {
    state: down,
    effects: [
      { type: 'stopTimer', timer: 'ask' },
      { type: 'stopTimer', timer: 'answer' },
    ],
  }
  const told = after(stopped, (now) => follow(now, items, tookGarbage))
  return after(told, (now) => follow(now, now.waiting, (at, waiting) => giveUp(at, waiting, 'device.absent')))
}

const tookGarbage = (state: ScaleState, item: ScaleItem): Step<ScaleState> => (item.type === 'garbage' ? garbage(state, item.bytes) : still(state))

function garbage(state: ScaleState, bytes: number): Step<ScaleState> {
  const counters = { ...state.counters, garbage_bytes: state.counters.garbage_bytes + bytes }
  return { state: { ...state, counters }, effects: [{ type: 'report', report: { type: 'garbage', bytes } }] }
}

// Steps in a row

const still = (state: ScaleState): Step<ScaleState> => ({ state, effects: [] })

function after(first: Step<ScaleState>, next: (state: ScaleState) => Step<ScaleState>): Step<ScaleState> {
  const second = next(first.state)
  return { state: second.state, effects: [...first.effects, ...second.effects] }
}

function follow<Item>(state: ScaleState, items: readonly Item[], next: (state: ScaleState, item: Item) => Step<ScaleState>): Step<ScaleState> {
  return items.reduce<Step<ScaleState>>((so, item) => after(so, (now) => next(now, item)), still(state))
}
