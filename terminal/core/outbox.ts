import { SECOND, type DurationMs } from '#protocol/time.ts'

/** A place in the journal: everything up to it, in its epoch and all epochs before. */
export type Place = { readonly epoch: number; readonly n: number }

export const compare = (a: Place, b: Place): number => a.epoch - b.epoch || a.n - b.n

/** A batch that is not acknowledged after this is sent again. */
export const ACK_TIMEOUT: DurationMs = 3 * SECOND
/** With nothing to send, the hub is asked this often where it stands: its answer carries hub-signed time. */
export const IDLE_PROBE: DurationMs = 20 * SECOND

/**
 * The one drainer of a till (invariant 7), as a pure machine: at most one batch is under way, and only an acknowledgement moves it on, never
 * a broker's PUBACK. Times are monotonic milliseconds.
 */
export type Outbox = {
  readonly connected: boolean
  /** The hub has acknowledged something on this connection, and no answer is overdue: it can be asked for a decision. */
  readonly answering: boolean
  readonly received: Place
  readonly safe: Place
  readonly head: Place
  readonly waitingSince: DurationMs | undefined
  /** What is under way holds no entries: it only asks where the hub stands. */
  readonly probing: boolean
  readonly nextProbe: DurationMs
}

export type OutboxEvent =
  | { readonly type: 'connected' | 'disconnected' }
  | { readonly type: 'appended'; readonly head: Place }
  | { readonly type: 'acknowledged'; readonly received: Place; readonly safe: Place }
  /** A question that was sent got no answer in its time. */
  | { readonly type: 'unanswered' }
  /** Somebody wants to know now. */
  | { readonly type: 'sync' }
  | { readonly type: 'tick' }

/** `send`: the entries after `received`, or an empty batch. `reconnect`: the connection is up but nothing comes back. */
export type OutboxEffect = { readonly type: 'send' } | { readonly type: 'reconnect' }

type Step = { readonly state: Outbox; readonly effects: readonly OutboxEffect[] }

export const newOutbox = (head: Place, received: Place, safe: Place): Outbox => ({
  connected: false,
  answering: false,
  received,
  safe,
  head,
  waitingSince: undefined,
  probing: false,
  nextProbe: Infinity,
})

export const hasUnsent = (outbox: Outbox): boolean => compare(outbox.received, outbox.head) < 0

/** Entries that are not safe at the hub; at least 1 while any is not. */
export const entriesWaiting = ({ received, safe, head }: Outbox): number =>
  compare(received, head) < 0 || compare(safe, head) < 0 ? Math.max(1, head.n - safe.n) : 0

const send = (state: Outbox, now: DurationMs): Step => ({
  state: { ...state, waitingSince: now, probing: !hasUnsent(state), nextProbe: now + IDLE_PROBE },
  effects: [{ type: 'send' }],
})
const disconnected = (state: Outbox): Outbox => ({ ...state, connected: false, answering: false, waitingSince: undefined, nextProbe: Infinity })
const idle = (state: Outbox): Step => ({ state, effects: [] })

export function stepOutbox(state: Outbox, event: OutboxEvent, now: DurationMs): Step {
  switch (event.type) {
    case 'connected':
      return send({ ...state, connected: true, answering: false }, now)
    case 'disconnected':
      return idle(disconnected(state))
    case 'appended': {
      const next = { ...state, head: event.head }
      return state.connected && state.waitingSince === undefined ? send(next, now) : idle(next)
    }
    case 'acknowledged': {
      const heard = { ...state, answering: state.connected, received: event.received, safe: event.safe }
      // It says nothing of the batch under way, so it answers an older one: sending again at each of these would let a repeater make a storm.
      const stillWaiting = state.waitingSince !== undefined && !state.probing && compare(event.received, state.received) === 0
      if (stillWaiting) return idle(heard)
      const next = { ...heard, waitingSince: undefined }
      return state.connected && hasUnsent(next) ? send(next, now) : idle(next)
    }
    case 'unanswered':
      return idle({ ...state, answering: false })
    case 'sync':
      return sync(state, now)
    case 'tick':
      return tick(state, now)
  }
}

/** Asks at once, but never beside what is under way: that is waited for as long as an answer may take, and then the connection is no good. */
function sync(state: Outbox, now: DurationMs): Step {
  if (state.connected && state.waitingSince === undefined) return send(state, now)
  if (state.waitingSince !== undefined && now - state.waitingSince < ACK_TIMEOUT) return idle(state)
  return { state: disconnected(state), effects: [{ type: 'reconnect' }] }
}

function tick(state: Outbox, now: DurationMs): Step {
  if (!state.connected) return idle(state)
  if (state.waitingSince !== undefined && now - state.waitingSince >= ACK_TIMEOUT) {
    // After a second silence in a row the connection itself may be dead, as when a cable is pulled: asking again on it would wait for ever.
    return state.answering ? send({ ...state, answering: false }, now) : { state: disconnected(state), effects: [{ type: 'reconnect' }] }
  }
  return state.waitingSince === undefined && now >= state.nextProbe ? send(state, now) : idle(state)
}

/** With more than this to drain, a hub's decision would come too late to wait for: the policy decides at once. */
const BACKLOG_LIMIT = 200

/** Whether the hub can be asked about a payment now. */
export const canDecide = ({ answering, head, received }: Pick<Outbox, 'answering' | 'head' | 'received'>): boolean =>
  answering && head.epoch === received.epoch && head.n - received.n <= BACKLOG_LIMIT
