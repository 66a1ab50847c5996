import type { Place } from './conservation.ts'
import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/**
 * `GET /api/places`: where money is now and was at the end of each of the last days (UTC), by kind of place. Minor units as decimal text, debits less credits:
 * above zero where it is, below zero whose it is. `whole` is false while the hub, which has just started, still reads older postings.
 */
export type PlacesView = {
  readonly at: EpochMs
  readonly whole: boolean
  readonly currencies: readonly {
    readonly currency: Currency
    readonly places: readonly { readonly place: Place; readonly minor: string }[]
    /** The oldest first; the last one is today. */
    readonly days: readonly { readonly day: string; readonly places: Readonly<Partial<Record<Place, string>>> }[]
  }[]
}

/**
 * `GET /api/postings?place=&currency=&account=&before=`: postings, the newest first. What is not asked for is not looked at. `next`: where to go on (`before`); there
 * may be more behind it even where none was found, since the hub looks through so many at a time and no further.
 */
export type PostingsView = {
  readonly postings: readonly PlacedPosting[]
  readonly next?: number
  /** Everything younger than this was looked through. */
  readonly searchedTo?: EpochMs
}
export type PlacedPosting = {
  readonly seq: number
  readonly id: string
  readonly kind: string
  readonly debit: string
  readonly credit: string
  readonly amountMinor: string
  readonly currency: Currency
  readonly at: EpochMs
  readonly payment?: Id
}

/** What waits for somebody beside what the overview counts. */
export const concerns = ['payoutsToApprove', 'merchantsToAgree', 'payoutsBack', 'claims', 'bankLines', 'bankIncidents', 'webhooksOff', 'riskDrift'] as const
export type Concern = (typeof concerns)[number]
/**
 * `GET /api/attention`: only what is there, and no more than `MAX_COUNTED` of each counted. `policy`: what tills may lose at worst each time that they are cut off, by the policy in
 * force.
 */
export type AttentionView = {
  readonly at: EpochMs
  readonly concerns: readonly { readonly what: Concern; readonly count: number; readonly since?: EpochMs }[]
  readonly policy: { readonly currency: Currency; readonly worstMinor: Minor }
  /** Payments that people should look at, and what is kept of them meanwhile. */
  readonly risk?: { readonly cases: number; readonly heldMinor: Minor; readonly since?: EpochMs }
}
export const MAX_COUNTED = 200
