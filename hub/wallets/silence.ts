import type { LinkState } from '../link/hub-link.ts'
import { isInUse } from '../policy/policies.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { MINUTE, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** A till that has just come back has yet to tell what it took alone. */
const TELLS_ALL_WITHIN: DurationMs = 10 * MINUTE

/**
 * Of each till that the hub may not have heard everything from: a time that all is younger than which it has yet to tell. Its own clock has no say in that: see `floorAt` of
 * its head.
 */
export async function silentSince(store: HubStore, linkOf: (till: Id) => LinkState | undefined, now: EpochMs): Promise<readonly EpochMs[]> {
  const isHeard = (link: LinkState | undefined): boolean => link?.state === 'online' && now - link.since >= TELLS_ALL_WITHIN
  const silent = (await store.tills()).filter((till) => isInUse(till) && !isHeard(linkOf(till.id)))
  const heads = await store.get(
    'heads',
    silent.map(({ id }) => id),
  )
  const floors = new Map(heads.map(({ id, floorAt, receivedAt }) => [id, floorAt === undefined ? undefined : Math.min(floorAt, receivedAt)]))
  return silent.map(({ id, enrolledAt }) => floors.get(id) ?? enrolledAt ?? 0)
}
