import type { Id } from '../ids.ts'
import type { Currency } from '../money.ts'
import type { EpochMs } from '../time.ts'
import type { EntryView, ExceptionView, PaymentDetail, RefundView } from './overview.ts'

/** `GET /api/trace/:key`: everything that the hub knows about a payment id, a refund id, a receipt number, or the serial or batch number of something sold. Empty lists when it knows nothing. */
export type HubTrace = {
  readonly payments: readonly TracedPayment[]
  /** A refund that was asked for and belongs to no payment. */
  readonly strayRefunds: readonly RefundView[]
  /** A phone paid it here, and no till has spoken of it yet. */
  readonly unclaimed?: UnclaimedView
}

/** `open`: held until `until`, then given back. Minor units. */
export type UnclaimedView = {
  readonly paymentId: Id
  readonly amountMinor: number
  readonly currency: Currency
  readonly at: EpochMs
  readonly until: EpochMs
  readonly state: 'open' | 'given_back'
}

export type TracedPayment = Omit<PaymentDetail, 'entries'> & { readonly entries: readonly TracedEntry[]; readonly exceptions: readonly ExceptionView[] }

/** `safe`: in a second place too. `seq`: its number in the hub's order. */
export type TracedEntry = Omit<EntryView, 'raw'> & {
  readonly tillName: string
  readonly seq: number
  readonly safe: boolean
  /** What it says, in words, and the amount in it. */
  readonly detail: string
  readonly amountMinor?: number
}
