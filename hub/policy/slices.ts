import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { HOUR, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** A slice of the store's cap that was signed for a till, and which may be in its hands until its end. */
export type Grant = {
  readonly till: Id
  readonly version: number
  readonly issuedAt: EpochMs
  readonly validUntil: EpochMs
  readonly sliceMinor: Minor
}

/** A till's clock goes by the hub's, which may have been wrong when they last spoke: a slice counts for so long after its end. */
const CLOCKS_DIFFER: DurationMs = 3 * HOUR

/** Those that a till may still spend. */
export const livingGrants = (grants: readonly Grant[], now: EpochMs): readonly Grant[] => grants.filter(({ validUntil }) => now <= validUntil + CLOCKS_DIFFER)

/** What one till may spend of the store's cap by whichever policy it holds: an offline till may not have heard of the newest. Of living grants. */
export const reservedFor = (grants: readonly Grant[], till: Id): Minor =>
  grants.reduce((most, grant) => (grant.till === till ? Math.max(most, grant.sliceMinor) : most), 0)

/**
 * The slice that a till may be given now: an equal share, but never more than all other tills' slices leave, the old ones included that one of them may still hold. So
 * the slices in all hands never add up to more than the store's cap, whatever was re-signed while tills were away. `tills` has this one too.
 */
export function sliceFor(grants: readonly Grant[], tills: readonly Id[], till: Id, storeMinor: Minor): Minor {
  const most = new Map<Id, Minor>()
  for (const { till: other, sliceMinor } of grants) if (other !== till) most.set(other, Math.max(most.get(other) ?? 0, sliceMinor))
  const present = new Set(tills)
  let [taken, gone] = [0, 0]
  for (const [other, minor] of most) {
    taken += minor
    if (!present.has(other)) gone += minor
  }
  // What tills that are gone may still hold is nobody's share. Of equal shares the first ones get what does not come out even, as `allocate` does it; a chain has
  // thousands of tills, and each asks for its own.
  const shared = Math.max(0, storeMinor - gone)
  const share = Math.floor(shared / tills.length) + (tills.indexOf(till) < shared % tills.length ? 1 : 0)
  return Math.max(0, Math.min(share, storeMinor - taken))
}

/** Without those that this till has put behind it: it has a later policy on its disk. */
export const withoutOlder = (grants: readonly Grant[], till: Id, held: Pick<Grant, 'version' | 'issuedAt'>): readonly Grant[] =>
  grants.filter((grant) => grant.till !== till || grant.version > held.version || (grant.version === held.version && grant.issuedAt >= held.issuedAt))
