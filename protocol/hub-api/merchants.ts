import type { Id } from '../ids.ts'
import type { Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** Console ⇄ hub, about whom the hub settles with. Shares are parts per million, sums minor units of whatever currency was paid in. */
export type MerchantTermsView = {
  readonly id: Id
  readonly name: string
  readonly legalName?: string | undefined
  readonly country?: string | undefined
  readonly stores: readonly { readonly id: Id; readonly name: string }[]
  readonly state: 'active' | 'held'
  readonly timeZone: string
  readonly cutOff: string
  /** Of a payment by a wallet in another currency: at which rate it goes back; left out, at its own. */
  readonly refundRate?: 'original' | 'today' | undefined
  readonly fees: {
    readonly rates: readonly FeeRateView[]
    readonly taxPpm: number
    readonly atRefund: 'kept' | 'returned'
    readonly chargebackMinor: Minor
  }
  readonly reserve?: { readonly ppm: number; readonly days: number } | undefined
  readonly escrow?: { readonly secondPersonAboveMinor: Minor; readonly evidenceDays: number } | undefined
  readonly account?: { readonly iban: string; readonly name: string; readonly bic?: string | undefined } | undefined
  readonly recoverAfterDays: number
}
export type FeeRateView = {
  readonly instrument: 'wallet' | 'card' | 'scheme'
  readonly tiers: readonly { readonly fromMinor: Minor; readonly ppm: number }[]
  readonly fixedMinor: Minor
  readonly minimumMinor: Minor
  readonly maximumMinor?: Minor | undefined
}

/** What one version changed in the one before it, field by field, as a person reads it; empty: it was not there. */
export type FieldChange = { readonly field: string; readonly before: string; readonly after: string }

/** `inForce`: now; `planned`: from `from` on; `proposed`: when a second person agrees; `past`: until another one; `withdrawn`: never was. */
export type MerchantVersionView = {
  readonly number: number
  readonly by: string
  readonly at: EpochMs
  readonly from: EpochMs
  readonly state: 'inForce' | 'planned' | 'proposed' | 'past' | 'withdrawn'
  readonly decidedBy?: string
  readonly changes: readonly FieldChange[]
}

/** `GET /api/merchants`. `tills`: of its stores; a hub has the tills of its own shop. `next`: what is proposed or planned. */
export type MerchantsState = {
  readonly who?: string
  readonly merchants: readonly {
    readonly id: Id
    readonly name: string
    readonly state: MerchantTermsView['state']
    readonly isShop: boolean
    readonly stores: readonly { readonly id: Id; readonly name: string; readonly tills: number }[]
    readonly next?: 'proposed' | 'planned'
  }[]
}

/**
 * `GET /api/merchants/:id`. `terms`: of the newest version, which a change begins with; those in force where that one was taken back. `POST /api/merchants` with
 * `{terms, before, from?, by?}` makes another version (without an id: another merchant, whose id and whose stores' ids the hub makes), `…/:id/agree` and `…/:id/withdraw`
 * `{number, by?}` decide about it. All answer with the merchant.
 */
export type MerchantDetail = {
  readonly who?: string
  readonly newest: number
  readonly terms: MerchantTermsView
  /** The newest first. */
  readonly versions: readonly MerchantVersionView[]
}
