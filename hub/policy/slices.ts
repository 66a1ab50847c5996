import type { Id } from '#protocol/ids.ts'
import { allocate, type Minor } from '#protocol/money.ts'
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
  const others = [...new Set(grants.flatMap((grant) => (grant.till === till ? [] : grant.till)))]
  const takenBy = (holders: readonly Id[]): Minor => holders.reduce((sum, other) => sum + reservedFor(grants, other), 0)
  // What tills that are gone may still hold is nobody's share.
  const shared = Math.max(0, storeMinor - takenBy(others.filter((other) => !tills.includes(other))))
  const shares = allocate(
    shared,
    tills.map(() => 1),
  )
  return Math.max(0, Math.min(shares[tills.indexOf(till)] ?? 0, storeMinor - takenBy(others)))
}

/** Without those that this till has put behind it: it has a later policy on its disk. */
export const withoutOlder = (grants: readonly Grant[], till: Id, held: Pick<Grant, 'version' | 'issuedAt'>): readonly Grant[] =>
  grants.filter((grant) => grant.till !== till || grant.version > held.version || (grant.version === held.version && grant.issuedAt >= held.issuedAt))
