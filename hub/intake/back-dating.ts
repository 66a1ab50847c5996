import type { SentAck } from '../store/hub-store.ts'
import type { Batch } from '#protocol/hub/messages.ts'
import { MINUTE, SECOND, type EpochMs } from '#protocol/time.ts'

/**
 * How far a till can back-date. Each batch cites the last acknowledgement that its till has seen and says how many entries wait behind it. With none, all that
 * the till writes later is younger than that acknowledgement, whose time is the hub's own: the *floor* of every later entry. Pure.
 */
export type Timeline = {
  readonly floorAt: EpochMs | undefined
  /** Oldest first. */
  readonly acks: readonly SentAck[]
}

/** A till cites one of the last two; the rest is for answers that overtook each other. */
const MAX_ACKS = 4
/** A till's clock may go back this far. */
const TOLERANCE_BACK = 2 * SECOND
/** And be this far ahead of the hub's. */
const TOLERANCE_AHEAD = 2 * MINUTE

export const NO_TIMELINE: Timeline = { floorAt: undefined, acks: [] }

/** The hub has sent an acknowledgement. One that is older than the one before means that the hub's clock was put back: nothing of before bounds anything. */
export function said(timeline: Timeline, ack: SentAck): Timeline {
  const last = timeline.acks.at(-1)
  if (last !== undefined && ack.at < last.at) return { floorAt: undefined, acks: [ack] }
  return { floorAt: timeline.floorAt, acks: [...timeline.acks, ack].slice(-MAX_ACKS) }
}

/**
 * A batch was accepted that ends at the head. What it cites is the floor of what follows, and nothing older can be cited any more: a batch that comes a
 * second time lowers nothing.
 */
export function cited(timeline: Timeline, { lastAck, waiting }: { readonly lastAck: string; readonly waiting: Batch['waiting'] }): Timeline {
  const index = waiting === 0 ? timeline.acks.findIndex(({ hash }) => hash === lastAck) : -1
  const ack = timeline.acks[index]
  return ack === undefined ? timeline : { floorAt: ack.at, acks: timeline.acks.slice(index) }
}

/** The floor of entries that come now. One that lies in the hub's future is of a clock that was put back since. */
export const floorOf = ({ floorAt }: Timeline, now: EpochMs): EpochMs | undefined => (floorAt !== undefined && floorAt > now ? undefined : floorAt)

export type Dated = { readonly floorAt: EpochMs | undefined; readonly receivedAt: EpochMs }

/** What is wrong with the time `at` that an entry says of itself, if anything. */
export function misdated(at: EpochMs, { floorAt, receivedAt }: Dated): 'entry.backdated' | 'entry.postdated' | undefined {
  if (floorAt !== undefined && at < floorAt - TOLERANCE_BACK) return 'entry.backdated'
  return at > receivedAt + TOLERANCE_AHEAD ? 'entry.postdated' : undefined
}

/** When a code was shown at the earliest, whatever its entry says: a stale code stays stale. */
export const judgedAt = (at: EpochMs, dated: Dated): EpochMs => (misdated(at, dated) === 'entry.backdated' ? (dated.floorAt ?? at) : at)
