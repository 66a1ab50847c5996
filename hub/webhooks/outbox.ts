import type { HubEvent } from './event.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { Clock } from '#protocol/time.ts'

export const EVENTS = 'event/'
export const eventsOf = (merchant: string): string => `${EVENTS}${merchant}/`

/**
 * An event as a row for the very commit that it tells of: what happened is told if and only if it happened, whenever the hub is killed.
 * Whoever listens is found later (`dispatch.ts`).
 */
export function eventRow(
  { clock, crypto }: { readonly clock: Pick<Clock, 'now'>; readonly crypto: Pick<Crypto, 'randomBytes'> },
  event: HubEvent,
): DocumentRow {
  const id: Id = makeId(clock.now(), crypto.randomBytes(10))
  return { id: `${eventsOf(event.merchant)}${id}`, version: 0, dueAt: clock.now(), body: JSON.stringify({ ...event, id, at: clock.now() }) }
}
