import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** Minor units as decimal text: sums outgrow what JSON's numbers carry. */
export type TotalText = string

/** `GET /api/settlement`: the newest windows and payouts, and what merchants owe. `who`: who is signed in; without it an approval has to name its person. */
export type SettlementState = {
  readonly who?: string
  readonly windows: readonly WindowView[]
  readonly payouts: readonly PayoutView[]
  readonly claims: readonly {
    readonly id: Id
    readonly merchant: string
    readonly currency: Currency
    readonly leftMinor: TotalText
    readonly openedAt: EpochMs
  }[]
}

/** `totals`: those that are not 0, as the merchant sees them. */
export type WindowView = {
  readonly id: string
  readonly merchant: string
  readonly currency: Currency
  readonly date: string
  readonly endsAt: EpochMs
  readonly state: 'open' | 'closed'
  readonly postings: number
  readonly totals: Readonly<Partial<Record<WindowTotal, TotalText>>>
  readonly netMinor: TotalText
  readonly payout?: Id
  /** `hub`, or who ended it before its time (`POST /api/windows/:id/close` `{by?}`, which answers with the state). */
  readonly closedBy?: string
}
export type WindowTotal = 'sales' | 'refunds' | 'tips' | 'chargebacks' | 'reserve' | 'claims' | 'returned' | 'other' | 'fees' | 'feeTax'

/** `digest`: what an approval names. `POST /api/payouts/:id/approve` `{digest, by?}` and `…/reject` `{reason, by?}` answer with the state. */
export type PayoutView = {
  readonly id: Id
  readonly merchant: string
  readonly currency: Currency
  readonly amountMinor: TotalText
  readonly state: 'proposed' | 'approved' | 'sent' | 'accepted' | 'settled' | 'rejected' | 'returned'
  readonly iban: string
  readonly holder: string
  readonly windows: readonly string[]
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly approvedBy?: string
  readonly digest: string
}

/** `GET /api/windows/:id`: what a window counts, the first `MAX_WINDOW_POSTINGS`. `effectMinor`: on what the merchant gets. */
export type WindowDetail = { readonly window: WindowView; readonly postings: readonly WindowPosting[] }
export type WindowPosting = {
  readonly id: string
  readonly payment?: Id
  readonly at: EpochMs
  readonly kind: WindowTotal
  readonly effectMinor: TotalText
  readonly feeMinor?: Minor
  readonly taxMinor?: Minor
}
