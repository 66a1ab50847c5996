import type { EntryView, ExceptionView, PaymentDetail, RefundView } from './overview.ts'

/** `GET /api/trace/:key`: everything that the hub knows about a payment id, a refund id, a receipt number, or the serial or batch number of something sold. Empty lists when it knows nothing. */
export type HubTrace = {
  readonly payments: readonly TracedPayment[]
  /** A refund that was asked for and belongs to no payment. */
  readonly strayRefunds: readonly RefundView[]
}

export type TracedPayment = Omit<PaymentDetail, 'entries'> & { readonly entries: readonly TracedEntry[]; readonly exceptions: readonly ExceptionView[] }

/** `safe`: in a second place too. `seq`: its number in the hub's order. */
export type TracedEntry = EntryView & {
  readonly tillName: string
  readonly seq: number
  readonly safe: boolean
  /** What it says, in words, and the amount in it. */
  readonly detail: string
  readonly amountMinor?: number
}
