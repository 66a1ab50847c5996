import type { RiskOutcomeName } from './risk-cases.ts'
import type { ErrorCode } from '../errors.ts'
import type { Id } from '../ids.ts'
import type { Currency } from '../money.ts'
import type { HubPaymentEvent, PaymentState } from '../journal/payment.ts'
import type { EpochMs } from '../time.ts'

/**
 * Console ⇄ hub. `GET /api/overview` answers one of these; `GET /api/events` (Server-Sent Events) sends a new one whenever something changed,
 * at most four times a second. Ledger totals are decimal strings of minor units, since they outgrow 2^53.
 */
export type Overview = {
  readonly at: EpochMs
  readonly hub: { readonly epoch: number; readonly version: string; readonly startedAt: EpochMs }
  readonly money: {
    /** Debits equal credits in every currency, recomputed from all postings. */
    readonly balanced: boolean
    readonly totals: readonly { readonly currency: Currency; readonly debits: string; readonly credits: string }[]
    readonly accounts: readonly AccountView[]
    /** Promised to payments that are not complete yet. */
    readonly held: readonly { readonly currency: Currency; readonly minor: string }[]
  }
  readonly counts: {
    readonly settled: number
    readonly held: number
    readonly exceptions: number
    /** Entries in custody whose settling is not done yet. */
    readonly unsettledEntries: number
    /** Captured payments whose money has not come: `atRisk` has the first 100 of them. */
    readonly atRisk: number
  }
  readonly tills: readonly TillView[]
  /** Newest first, at most 100. */
  readonly payments: readonly PaymentView[]
  readonly exceptions: readonly ExceptionView[]
  /** Oldest first. */
  readonly atRisk: readonly AtRiskView[]
  /** Who gets money from cards. Missing where none are taken. */
  readonly acquirer?: AcquirerView
  /** Alipay, where this hub asks it. */
  readonly alipay?: AcquirerView
  /** This hub asks rules and models about payments. */
  readonly asksRisk?: boolean
}

export type AcquirerView = {
  readonly id: string
  /** `refused`: it answers, and does not let this hub in. */
  readonly link: 'ready' | 'connecting' | 'refused'
  readonly since: EpochMs
  /** Since the hub started. `silent`: no answer came in time. `stray`: an answer that nobody waited for. */
  readonly answered: number
  readonly silent: number
  readonly stray: number
  /** How many exchanges it has yet to say that it undid; `reversals` has the first 20 of them, those longest waiting first. */
  readonly waiting: number
  readonly reversals: readonly ReversalView[]
}
/** `card`: first six and last four digits at most. */
export type ReversalView = {
  readonly payment: Id
  readonly card: string
  readonly amountMinor: number
  readonly currency: Currency
  readonly since: EpochMs
  readonly tries: number
}

/**
 * A captured payment whose money the wallet did not have. `POST /api/payments/:id/retry` `{}` tries now; `POST /api/payments/:id/write-off` `{ reason }`
 * gives it up, in RECOVERY only. Both answer the payment's `PaymentDetail`, or `{ code, say, next }` when nothing has changed.
 */
export type AtRiskView = {
  readonly id: Id
  readonly till: string
  readonly state: Extract<PaymentState, 'RETRY' | 'RECOVERY'>
  /** What is still asked for: captured and not refunded. */
  readonly claimMinor: number
  readonly currency: Currency
  readonly code: ErrorCode
  readonly since: EpochMs
  readonly attempts: number
  /** Missing in RECOVERY: then only a person acts. */
  readonly nextAttemptAt?: EpochMs
}

export type AccountView = {
  readonly id: string
  readonly label: string
  readonly currency: Currency
  readonly side: 'debit' | 'credit'
  /** On the account's own side, minor units. */
  readonly posted: string
  /** Held but not posted yet. */
  readonly pending: string
}

export type TillView = {
  readonly id: Id
  readonly name: string
  readonly store: string
  readonly link: 'online' | 'offline' | 'never seen' | 'revoked'
  readonly since?: EpochMs
  readonly epoch: number
  readonly received: number
  readonly safe: number
  readonly lastEntryAt?: EpochMs
}

export type PaymentView = {
  readonly id: Id
  readonly till: string
  readonly amountMinor: number
  readonly currency: Currency
  /** Pseudonym, shortened for reading, or what may be shown of a card's number; this and the profile are missing where the code was not genuine or not kept. */
  readonly wallet?: string
  readonly profile?: 'show' | 'bound' | 'cash' | 'credit' | 'card' | 'merchant_qr' | 'scheme'
  readonly state: PaymentState
  readonly decidedBy?: 'hub' | 'policy'
  /** Money moved in the ledger. */
  readonly settled: boolean
  readonly refundedMinor: number
  readonly exception?: ErrorCode
  readonly receiptNumber?: string
  /** The till's time of the intent, and the hub's time of its settling. */
  readonly at: EpochMs
  readonly settledAt?: EpochMs
  /** Missing: risk was not asked. */
  readonly risk?: RiskOutcomeName
}

/** `GET /api/payments?before=`: a hundred payments, the newest first. `next`: where to go on. */
export type PaymentsPage = { readonly payments: readonly PaymentView[]; readonly next?: number }

export type ExceptionView = {
  readonly at: EpochMs
  readonly till: string
  readonly epoch: number
  readonly n: number
  readonly code: ErrorCode
  readonly detail?: string
  readonly paymentId?: Id
}

/** One entry behind a payment: `GET /api/payments/:id` answers a `PaymentDetail`. */
export type EntryView = {
  readonly till: Id
  readonly epoch: number
  readonly n: number
  readonly at: EpochMs
  readonly kind: string
  /** The reason that the entry itself gives, where it gives one. */
  readonly code?: ErrorCode
  /** What else it says, for a person. */
  readonly detail?: string
  readonly hash: string
  readonly receivedAt: EpochMs
  /** Exactly as its till wrote it. */
  readonly raw: string
}
export type PostingView = {
  readonly id: string
  readonly kind: string
  readonly debit: string
  readonly credit: string
  readonly amountMinor: string
  readonly currency: Currency
  readonly at: EpochMs
}
/** A refund that the payment's till made, or another one asked for; `verdict` is why it was refused otherwise. */
export type RefundView = {
  readonly id: Id
  readonly till: string
  readonly how: 'by its till' | 'on request' | 'by the hub'
  readonly amountMinor: number
  readonly currency: Currency
  readonly verdict: 'approved' | ErrorCode
  /** The till's time. */
  readonly at: EpochMs
}
/** What the hub did about a payment by itself, or a person there. */
export type HubStepView = {
  readonly at: EpochMs
  readonly event: HubPaymentEvent | 'hub.attempt_failed' | 'hub.exchanged' | 'hub.refund_asked_again'
  readonly detail?: string
}
/**
 * What the books have given back onto a card and the acquirer has refused to. `POST /api/payments/:id/refund-again` `{ reason }` asks it once more. Minor units;
 * `code`: why it refused, as it says so.
 */
export type RefusedRefundView = { readonly amountMinor: number; readonly code: string }
export type PaymentDetail = {
  readonly payment: PaymentView
  readonly entries: readonly EntryView[]
  readonly postings: readonly PostingView[]
  readonly refunds: readonly RefundView[]
  readonly steps: readonly HubStepView[]
  readonly refusedRefund?: RefusedRefundView
}

/** POST /api/tills { name }: registers a till and answers the one-time code with which it enrols. */
export type NewTill = { readonly till: Id; readonly code: string; readonly expiresAt: EpochMs }
