import type { FromBridge } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import {
  askStatus,
  askWhenDone,
  kindOfAnswer,
  nextQuestion,
  readStatus,
  type PrinterStatus,
  type StatusAnswers,
  type StatusQuestion,
} from '../codec/escpos-status.ts'
import { MAX_QR_BYTES } from './receipt.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type Health, type LineEvent, type LineState, type Step } from './machine.ts'

/** How often an idle printer is asked how it is, so that an empty roll is known before the sale and not after it. */
export const POLL: DurationMs = 2 * SECOND
/** A printer answers a real-time question within milliseconds. */
export const ANSWER_TIMEOUT: DurationMs = 1 * SECOND
/** Jobs that wait behind the one being printed. */
export const MAX_QUEUE = 8
/** Results kept, so that a job asked for again is answered and not printed again. A till asks within seconds, not hundreds of jobs later. */
export const MAX_RESULTS = 512
/** A printer that has carried out everything says so for each question it was asked, back to back; after such a silence it has said all. */
export const SETTLED: DurationMs = 250

/**
 * A job that broke off may have left the printer inside a command, which would swallow whatever comes next, questions included. Zeros fill up the
 * longest command that a receipt has; between commands they mean nothing.
 */
export const FILLER = new Uint8Array(MAX_QR_BYTES + 16)

type PrintResult = Extract<FromBridge, { type: 'print_result' }>

type Job = { readonly job: string; readonly bytes: Uint8Array }

export type PrintEvent = { readonly type: 'print'; readonly job: string; readonly bytes: Uint8Array; readonly deadline: DurationMs }

export type PrinterState = {
  readonly line: LineState
  /** The round of questions under way. */
  readonly round?: { readonly question: StatusQuestion; readonly answers: StatusAnswers }
  /** What the last round found; `silent` when it got no answer, undefined before the first one on this line. */
  readonly status?: PrinterStatus | 'silent'
  /**
   * The one job at the printer. `checking` the printer's state, or waiting for it to be `settling`: nothing of the job was sent. `sent`: all of
   * it was, and what came out is not known yet.
   */
  readonly active?: Job & { readonly phase: 'checking' | 'settling' | 'sent' }
  readonly queue: readonly Job[]
  /** Oldest first. */
  readonly results: readonly PrintResult[]
  /**
   * A job was given up after it was sent, so its answer to `askWhenDone` may still come. Taken for the next job's it would confirm a receipt
   * that nobody has seen: the next job is not sent before the printer is known to have nothing left to say.
   */
  readonly unsettled: boolean
  readonly counters: { readonly printed: number; readonly failed: number; readonly unknown: number; readonly opened: number; readonly stray_bytes: number }
}

/**
 * An ESC/POS printer. A job is checked first and refused as `failed` while nothing of it was sent; once sent it is `printed` when the printer
 * says that it has carried it out, and `unknown` when the line breaks or the deadline passes before that. It is never sent twice.
 */
export const printerDriver: Driver<PrinterState, LineEvent | PrintEvent> = {
  start: {
    line: NOT_OPENED,
    queue: [],
    results: [],
    unsettled: false,
    counters: { printed: 0, failed: 0, unknown: 0, opened: 0, stray_bytes: 0 },
  },
  step(state, event) {
    switch (event.type) {
      case 'opened':
        return startRound({ ...state, line: { open: true }, counters: count(state, 'opened') })
      case 'closed':
        return closed(state, event.why)
      case 'bytes':
        return follow(state, [...event.bytes], answered)
      case 'timer':
        return timerRan(state, event.timer)
      case 'print':
        return print(state, event)
    }
  },
  health,
}

function health({ line, status, counters }: PrinterState): Health {
  if (!line.open) return absent(line.why, counters)
  if (status === undefined) return absent('connected, has not answered yet', counters)
  if (status === 'silent') return { state: 'fault', code: 'device.timeout', detail: 'no answer to DLE EOT', counters }
  const refused = whyNot(status)
  if (refused) return { state: 'fault', ...refused, counters }
  return status.paper === 'near_end' ? { state: 'ready', detail: 'paper near its end', counters } : { state: 'ready', counters }
}

/** What keeps this printer from printing now. An open cover comes first: it makes the paper sensor say "out" as well. */
function whyNot(status: PrinterStatus): { readonly code: ErrorCode; readonly detail: string } | undefined {
  if (status.coverOpen) return { code: 'device.cover_open', detail: 'cover open' }
  if (status.paper === 'out') return { code: 'device.paper_out', detail: 'paper out' }
  if (status.error) return { code: 'device.fault', detail: `error: ${status.error}` }
  return status.offline ? { code: 'device.fault', detail: 'offline' } : undefined
}

// Jobs

function print(state: PrinterState, { job, bytes, deadline }: PrintEvent): Step<PrinterState> {
  const known = state.results.find((result) => result.job === job)
  if (known) return { state, effects: [{ type: 'report', report: known }] }
  if (state.active?.job === job || state.queue.some((waiting) => waiting.job === job)) return { state, effects: [] }
  if (!state.line.open) return finish(state, job, 'failed', 'device.absent')
  if (state.queue.length >= MAX_QUEUE) return finish(state, job, 'failed', 'device.busy')
  const queued = { ...state, queue: [...state.queue, { job, bytes }] }
  return after({ state: queued, effects: [{ type: 'startTimer', timer: deadlineOf(job), after: deadline }] }, startNext)
}

/** Takes the next job, if there is one and the printer is free, and checks the printer for it. */
function startNext(state: PrinterState): Step<PrinterState> {
  const [next, ...queue] = state.queue
  if (state.active || !next) return { state, effects: [] }
  const checking = { ...state, queue, active: { ...next, phase: 'checking' as const } }
  // A round under way will do: its answers are not older than a moment, and two rounds at once could not be told apart.
  return state.round ? { state: checking, effects: [] } : startRound(checking)
}

/** The end of a job. Its result is told now, and again to whoever asks for the same job again. */
function finish(state: PrinterState, job: string, result: PrintResult['result'], code?: ErrorCode): Step<PrinterState> {
  const told: PrintResult = code === undefined ? { type: 'print_result', job, result } : { type: 'print_result', job, result, code }
  const { active, ...rest } = state
  const ended: PrinterState = {
    ...(active && active.job !== job ? state : rest),
    queue: state.queue.filter((waiting) => waiting.job !== job),
    results: [...state.results, told].slice(-MAX_RESULTS),
    counters: count(state, result),
  }
  const effects: Effect[] = [
    { type: 'stopTimer', timer: deadlineOf(job) },
    ...(active?.job === job ? [{ type: 'stopTimer' as const, timer: 'settled' }] : []),
    { type: 'report', report: told },
  ]
  return { state: ended, effects }
}

/** Gives up the active job: `failed` if nothing of it was sent, else `unknown`, and its confirmation may still come. */
function giveUp(state: PrinterState, job: string, code: ErrorCode): Step<PrinterState> {
  if (state.active?.job !== job || state.active.phase !== 'sent') return finish(state, job, 'failed', code)
  return finish({ ...state, unsettled: true }, job, 'unknown', 'device.unknown_result')
}

function closed(state: PrinterState, why: string): Step<PrinterState> {
  const { round: _, status: __, ...rest } = state
  const down: Step<PrinterState> = {
    state: { ...rest, line: { open: false, why } },
    effects: [
      { type: 'stopTimer', timer: 'poll' },
      { type: 'stopTimer', timer: 'answer' },
      { type: 'stopTimer', timer: 'settled' },
    ],
  }
  const jobs = [...(state.active ? [state.active] : []), ...state.queue].map(({ job }) => job)
  return after(down, (at) => follow(at, jobs, (now, job) => giveUp(now, job, 'device.absent')))
}

// Status

function startRound(state: PrinterState): Step<PrinterState> {
  const question = 'printer'
  return {
    state: { ...state, round: { question, answers: {} } },
    effects: [{ type: 'stopTimer', timer: 'poll' }, ...ask(question)],
  }
}

const ask = (question: StatusQuestion): readonly Effect[] => [
  { type: 'send', bytes: askStatus(question) },
  { type: 'startTimer', timer: 'answer', after: ANSWER_TIMEOUT },
]

function answered(state: PrinterState, byte: number): Step<PrinterState> {
  const kind = kindOfAnswer(byte)
  if (kind === 'done' && state.active?.phase === 'sent') return after(finish(state, state.active.job, 'printed'), startNext)
  if (kind === 'done' && state.active?.phase === 'settling') return { state, effects: [{ type: 'startTimer', timer: 'settled', after: SETTLED }] }
  if (kind !== 'status' || !state.round) return { state: { ...state, counters: count(state, 'stray_bytes') }, effects: [] }
  const answers = { ...state.round.answers, [state.round.question]: byte }
  const question = nextQuestion(answers)
  return question ? { state: { ...state, round: { question, answers } }, effects: ask(question) } : endRound(state, readStatus(answers))
}

function endRound(before: PrinterState, status: PrinterStatus | 'silent'): Step<PrinterState> {
  const { round: _, ...state } = before
  const idle: Step<PrinterState> = {
    state: { ...state, status },
    effects: [
      { type: 'stopTimer', timer: 'answer' },
      { type: 'startTimer', timer: 'poll', after: POLL },
    ],
  }
  return state.active?.phase === 'checking' ? after(idle, sendOrRefuse) : idle
}

function sendOrRefuse(state: PrinterState): Step<PrinterState> {
  const { active, status } = state
  if (!active || status === undefined) return { state, effects: [] }
  const refused = status === 'silent' ? { code: 'device.timeout' as const } : whyNot(status)
  if (refused) return after(giveUp(state, active.job, refused.code), startNext)
  if (!state.unsettled) return transmit(state)
  return {
    state: { ...state, active: { ...active, phase: 'settling' } },
    effects: [
      { type: 'send', bytes: FILLER },
      { type: 'send', bytes: askWhenDone },
    ],
  }
}

function transmit({ active, ...state }: PrinterState): Step<PrinterState> {
  if (!active) return { state, effects: [] }
  return {
    state: { ...state, unsettled: false, active: { job: active.job, bytes: NOTHING, phase: 'sent' } },
    effects: [
      { type: 'send', bytes: active.bytes },
      { type: 'send', bytes: askWhenDone },
    ],
  }
}

/** What was sent is let go of: there is nothing left that could be sent again. */
const NOTHING = new Uint8Array(0)

// Time

const DEADLINE = 'deadline:'
const deadlineOf = (job: string): string => DEADLINE + job

function timerRan(state: PrinterState, timer: string): Step<PrinterState> {
  if (timer === 'poll') return startRound(state)
  if (timer === 'answer') return endRound(state, 'silent')
  if (timer === 'settled') return transmit(state)
  return after(giveUp(state, timer.slice(DEADLINE.length), 'device.timeout'), startNext)
}

// Steps in a row

function after(first: Step<PrinterState>, next: (state: PrinterState) => Step<PrinterState>): Step<PrinterState> {
  const second = next(first.state)
  return { state: second.state, effects: [...first.effects, ...second.effects] }
}

function follow<Item>(state: PrinterState, items: readonly Item[], next: (state: PrinterState, item: Item) => Step<PrinterState>): Step<PrinterState> {
  return items.reduce<Step<PrinterState>>((so, item) => after(so, (now) => next(now, item)), { state, effects: [] })
}

const count = ({ counters }: PrinterState, name: keyof PrinterState['counters']): PrinterState['counters'] => ({ ...counters, [name]: counters[name] + 1 })
