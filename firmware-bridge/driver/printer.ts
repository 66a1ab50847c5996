import type { FromBridge } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import { kickDrawer, kickDrawerNow, MAX_COMMAND_BYTES, recover, type DrawerPin } from '../codec/escpos.ts'
import {
  askStatus,
  askWhenDone,
  AUTOMATIC_BYTES,
  kindOfAnswer,
  nextQuestion,
  readAutomatic,
  readStatus,
  type PrinterStatus,
  type StatusAnswers,
  type StatusQuestion,
} from '../codec/escpos-status.ts'
import { NOT_OPENED, type Driver, type Effect, type LineEvent, type LineState, type OrderEvent, type Step } from './machine.ts'
import { printerHealth, whyNot } from './printer-health.ts'

/** How often an idle printer is asked how it is, so that an empty roll is known before the sale and not after it. */
export const POLL: DurationMs = 2 * SECOND
/** A printer answers a real-time question within milliseconds. */
export const ANSWER_TIMEOUT: DurationMs = 1 * SECOND
/** Jobs and orders that wait behind the one under way. */
export const MAX_QUEUE = 8
/** Results kept, so that what is asked for again is answered and not done again. A till asks within seconds, not hundreds of jobs later. */
export const MAX_RESULTS = 512
/** A printer that has carried out everything says so for each question it was asked, back to back; after such a silence it has said all. */
export const SETTLED: DurationMs = 250

/**
 * A job that broke off may have left the printer inside a command, which would swallow whatever comes next, questions included. Zeros fill up the
 * longest command that a receipt has; between commands they mean nothing.
 */
export const FILLER = new Uint8Array(MAX_COMMAND_BYTES)

type Result = Extract<FromBridge, { type: 'print_result' | 'order_result' }>

/** A receipt to print, or the drawer to open. Ids of jobs and of orders are told apart by `type`. */
type Task = { readonly type: 'print' | 'drawer'; readonly id: string; readonly bytes: Uint8Array }

export type PrintEvent = { readonly type: 'print'; readonly job: string; readonly bytes: Uint8Array; readonly deadline: DurationMs }
type PrinterEvent = LineEvent | PrintEvent | OrderEvent

export type PrinterState = {
  readonly line: LineState
  /** The round of questions under way. */
  readonly round?: { readonly question: StatusQuestion; readonly answers: StatusAnswers }
  /** What is known of the printer's state; `silent` when it gave no answer, undefined before the first one on this line. */
  readonly status?: PrinterStatus | 'silent'
  /** What has come so far of the four bytes that a printer sends by itself. */
  readonly automatic: readonly number[]
  /** Told to the till, if anything was. */
  readonly drawerOpen?: boolean
  /**
   * The one task at the printer. `checking` the printer's state, or waiting for it to be `settling`: nothing of the task was sent. `sent`: all of
   * it was, and what came of it is not known yet. `kicked`: the drawer was, past a printer that cannot print; any answer after that will do.
   */
  readonly active?: Task & { readonly phase: 'checking' | 'settling' | 'sent' | 'kicked' }
  readonly queue: readonly Task[]
  /** Oldest first. */
  readonly results: readonly Result[]
  /**
   * A task was given up after it was sent, so its answer to `askWhenDone` may still come. Taken for the next one's it would confirm a receipt
   * that nobody has seen: the next task is not sent before the printer is known to have nothing left to say.
   */
  readonly unsettled: boolean
  readonly counters: Readonly<Record<'printed' | 'done' | 'failed' | 'unknown' | 'opened' | 'recoveries' | 'stray_bytes', number>>
}

export type PrinterOptions = {
  /** The pin of the connector that the drawer's solenoid hangs on; null: there is no drawer. */
  readonly drawerPin: DrawerPin | null
}

/**
 * An ESC/POS printer, and the cash drawer that hangs on it. A job is checked first and refused as `failed` while nothing of it was sent; once sent
 * it is `printed` when the printer says that it has carried it out, and `unknown` when the line breaks or the deadline passes before that. It is
 * never sent twice. `open_drawer` goes the same way, and past a printer that is out of paper or open: change must be given all the same.
 */
export function printerDriver({ drawerPin }: PrinterOptions): Driver<PrinterState, PrinterEvent> {
  return {
    start: {
      line: NOT_OPENED,
      automatic: [],
      queue: [],
      results: [],
      unsettled: false,
      counters: { printed: 0, done: 0, failed: 0, unknown: 0, opened: 0, recoveries: 0, stray_bytes: 0 },
    },
    step(state, event) {
      switch (event.type) {
        case 'opened':
          return startRound({ ...state, line: { open: true }, automatic: [], counters: count(state, 'opened') })
        case 'closed':
          return closed(state, event.why)
        case 'bytes':
          return follow(state, [...event.bytes], (at, byte) => heard(at, byte, drawerPin))
        case 'timer':
          return timerRan(state, event.timer, drawerPin)
        case 'print':
          return take(state, { type: 'print', id: event.job, bytes: event.bytes }, event.deadline)
        case 'order': {
          const task: Task = { type: 'drawer', id: event.order, bytes: drawerPin === null ? NOTHING : kickDrawer(drawerPin) }
          const possible = event.what.do === 'open_drawer' && drawerPin !== null
          return possible ? take(state, task, event.deadline) : finish(state, task, 'failed', 'device.unsupported')
        }
      }
    },
    health: printerHealth,
  }
}

// Tasks

function take(state: PrinterState, task: Task, deadline: DurationMs): Step<PrinterState> {
  const known = state.results.find((result) => keyOf(result) === keyOf(task))
  if (known) return { state, effects: [{ type: 'report', report: known }] }
  const waiting = [...(state.active ? [state.active] : []), ...state.queue]
  if (waiting.some((one) => keyOf(one) === keyOf(task))) return { state, effects: [] }
  if (!state.line.open) return finish(state, task, 'failed', 'device.absent')
  if (state.queue.length >= MAX_QUEUE) return finish(state, task, 'failed', 'device.busy')
  const queued = { ...state, queue: [...state.queue, task] }
  return after({ state: queued, effects: [{ type: 'startTimer', timer: deadlineOf(task), after: deadline }] }, startNext)
}

/** Takes the next task, if there is one and the printer is free, and checks the printer for it. */
function startNext(state: PrinterState): Step<PrinterState> {
  const [next, ...queue] = state.queue
  if (state.active || !next) return { state, effects: [] }
  const checking = { ...state, queue, active: { ...next, phase: 'checking' as const } }
  // A round under way will do: its answers are not older than a moment, and two rounds at once could not be told apart.
  return state.round ? { state: checking, effects: [] } : startRound(checking)
}

type End = 'succeeded' | 'failed' | 'unknown'

/** The end of a task. Its result is told now, and again to whoever asks for the same again. */
function finish(state: PrinterState, task: Pick<Task, 'type' | 'id'>, end: End, code?: ErrorCode): Step<PrinterState> {
  const told = resultOf(task, end, code)
  const { active, ...rest } = state
  const wasActive = active !== undefined && keyOf(active) === keyOf(task)
  const ended: PrinterState = {
    ...(wasActive ? rest : state),
    queue: state.queue.filter((waiting) => keyOf(waiting) !== keyOf(task)),
    results: [...state.results.filter((result) => keyOf(result) !== keyOf(told)), told].slice(-MAX_RESULTS),
    counters: count(state, told.result),
  }
  const effects: Effect[] = [
    { type: 'stopTimer', timer: deadlineOf(task) },
    ...(wasActive ? [{ type: 'stopTimer' as const, timer: 'settled' }] : []),
    { type: 'report', report: told },
  ]
  return { state: ended, effects }
}

function resultOf({ type, id }: Pick<Task, 'type' | 'id'>, end: End, code?: ErrorCode): Result {
  const why = code === undefined ? {} : { code }
  if (type === 'print') return { type: 'print_result', job: id, result: end === 'succeeded' ? 'printed' : end, ...why }
  return { type: 'order_result', order: id, result: end === 'succeeded' ? 'done' : end, ...why }
}

/** Gives up a task: `failed` if nothing of it was sent, else `unknown`; its confirmation may still come. */
function giveUp(state: PrinterState, task: Task, code: ErrorCode): Step<PrinterState> {
  const active = state.active && keyOf(state.active) === keyOf(task) ? state.active : undefined
  if (active?.phase !== 'sent' && active?.phase !== 'kicked') return finish(state, task, 'failed', code)
  const unsettled = state.unsettled || active.phase === 'sent'
  return finish({ ...state, unsettled }, task, 'unknown', task.type === 'print' ? 'device.unknown_result' : code)
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
  const tasks = [...(state.active ? [state.active] : []), ...state.queue]
  return after(down, (at) => follow(at, tasks, (now, task) => giveUp(now, task, 'device.absent')))
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

function heard(state: PrinterState, byte: number, drawerPin: PrinterOptions['drawerPin']): Step<PrinterState> {
  const kind = kindOfAnswer(byte)
  if (kind === 'automatic') return { state: { ...state, automatic: [byte] }, effects: [] }
  if (kind === 'done' && state.automatic.length > 0) return toldByItself(state, [...state.automatic, byte])
  if (kind === 'done') return carriedOut(state)
  if (kind !== 'status' || !state.round) return stray(state)
  const answers = { ...state.round.answers, [state.round.question]: byte }
  const question = nextQuestion(answers)
  // An answer in the middle of what it says by itself: the rest of that was lost.
  const now = { ...state, automatic: [] }
  return question ? { state: { ...now, round: { question, answers } }, effects: ask(question) } : endRound(now, readStatus(answers), drawerPin)
}

/** The printer has carried out all that it was sent before GS r. */
function carriedOut(state: PrinterState): Step<PrinterState> {
  if (state.active?.phase === 'sent') return after(finish(state, state.active, 'succeeded'), startNext)
  if (state.active?.phase === 'settling') return { state, effects: [{ type: 'startTimer', timer: 'settled', after: SETTLED }] }
  return stray(state)
}

const stray = (state: PrinterState): Step<PrinterState> => ({ state: { ...state, counters: count(state, 'stray_bytes') }, effects: [] })

function toldByItself(state: PrinterState, bytes: readonly number[]): Step<PrinterState> {
  return bytes.length < AUTOMATIC_BYTES ? { state: { ...state, automatic: bytes }, effects: [] } : learn({ ...state, automatic: [] }, readAutomatic(bytes))
}

/** The drawer's pin is high where a drawer is open and where there is none: that one is there shows when the pin is low. */
function learn(state: PrinterState, status: PrinterStatus): Step<PrinterState> {
  const open = status.drawerHigh
  if (state.drawerOpen === open || (open && state.drawerOpen === undefined)) return { state: { ...state, status }, effects: [] }
  return { state: { ...state, status, drawerOpen: open }, effects: [{ type: 'report', report: { type: 'drawer', open } }] }
}

function endRound(before: PrinterState, status: PrinterStatus | 'silent', drawerPin: PrinterOptions['drawerPin']): Step<PrinterState> {
  const { round: _, ...state } = before
  const learned = status === 'silent' ? { state: { ...state, status }, effects: [] } : learn(state, status)
  const idle: Step<PrinterState> = {
    state: learned.state,
    effects: [...learned.effects, { type: 'stopTimer', timer: 'answer' }, { type: 'startTimer', timer: 'poll', after: POLL }],
  }
  return after(after(idle, recoverFromJam), (now) => {
    if (now.active?.phase === 'checking') return sendOrRefuse(now, now.active, status, drawerPin)
    if (now.active?.phase !== 'kicked') return { state: now, effects: [] }
    return after(status === 'silent' ? giveUp(now, now.active, 'device.timeout') : finish(now, now.active, 'succeeded'), startNext)
  })
}

/**
 * A jammed cutter waits to be told to go on, and says so again if it is still jammed. A receipt that is waited for comes out to its end; of one that
 * was given up nothing more may come.
 */
function recoverFromJam(state: PrinterState): Step<PrinterState> {
  if (state.status === undefined || state.status === 'silent' || state.status.error !== 'cutter') return { state, effects: [] }
  const bytes = recover(state.active?.phase === 'sent' ? 'resume' : 'discard')
  return { state: { ...state, counters: count(state, 'recoveries') }, effects: [{ type: 'send', bytes }] }
}

function sendOrRefuse(state: PrinterState, active: Task, status: PrinterStatus | 'silent', drawerPin: PrinterOptions['drawerPin']): Step<PrinterState> {
  const refused = status === 'silent' ? { code: 'device.timeout' as const } : whyNot(status)
  if (!refused) return state.unsettled ? settle(state, active) : transmit(state)
  const canKick = active.type === 'drawer' && drawerPin !== null && status !== 'silent' && status.error !== 'unrecoverable'
  if (!canKick) return after(giveUp(state, active, refused.code), startNext)
  const kicked: Step<PrinterState> = {
    state: { ...state, active: { ...active, phase: 'kicked' } },
    effects: [{ type: 'send', bytes: kickDrawerNow(drawerPin) }],
  }
  return after(kicked, startRound)
}

function settle(state: PrinterState, active: Task): Step<PrinterState> {
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
    state: { ...state, unsettled: false, active: { ...active, bytes: NOTHING, phase: 'sent' } },
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
const deadlineOf = (task: Pick<Task, 'type' | 'id'>): string => DEADLINE + keyOf(task)

/** Names a task, or the task that a result is of. */
function keyOf(of: Pick<Task, 'type' | 'id'> | Result): string {
  if (of.type === 'print_result') return `print:${of.job}`
  return of.type === 'order_result' ? `drawer:${of.order}` : `${of.type}:${of.id}`
}

function timerRan(state: PrinterState, timer: string, drawerPin: PrinterOptions['drawerPin']): Step<PrinterState> {
  if (timer === 'poll') return startRound(state)
  if (timer === 'answer') return endRound(state, 'silent', drawerPin)
  if (timer === 'settled') return transmit(state)
  const late = [...(state.active ? [state.active] : []), ...state.queue].find((task) => deadlineOf(task) === timer)
  return late ? after(giveUp(state, late, 'device.timeout'), startNext) : { state, effects: [] }
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
