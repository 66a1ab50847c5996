import type { Account, Transfer } from '../ledger/ledger.ts'
import type { DocumentRow, Pages, RiskRow } from './documents.ts'
import type { RiskOutcome } from '../risk/thresholds.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { HubPaymentEvent, PaymentState } from '#protocol/journal/payment.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Everything that the hub keeps, behind one interface with several bodies: `sqlite.ts` for one machine, `memory.ts` for the simulator.
 *
 * **Load, decide, commit.** Intake reads the rows that it needs, decides in memory with pure code, and hands over one set of changes that is
 * stored as a whole or not at all. There is no transaction to hold open while somebody computes, so nothing can interleave with one, a crash
 * can only drop it whole, and a body needs no locks: rows carry a version, and a change to a row that was changed since it was read makes
 * the whole commit `stale`.
 *
 * **Asynchronous**, although SQLite is not: a database server is a network away, and turning intake asynchronous later would touch
 * every line that handles money. The price is a microtask a call, and calls are few: about ten for hundreds of payments.
 *
 * Rows are values: nobody changes one in place. Times are of the hub's clock unless they say otherwise.
 */
export interface HubStore extends Pages {
  commit(changes: Changes): Promise<Committed>
  standing(): Promise<Standing>
  /** The rows with these ids that exist, in any order. */
  get<T extends keyof Keyed>(table: T, ids: readonly string[]): Promise<readonly Keyed[T][]>
  tills(): Promise<readonly Till[]>
  /** In the hub's order, starting behind `afterSeq`, until there are `limit` or they have `maxBytes`; at least one if there is any. */
  entries(afterSeq: number, limit: number, maxBytes: number): Promise<readonly StoredEntry[]>
  /** Chain hashes of one epoch of a till, `from` and `to` included, as far as they are stored; in order of n. */
  hashes(till: Id, epoch: number, from: number, to: number): Promise<readonly { readonly n: number; readonly hash: Uint8Array }[]>
  /** Segments in the hub's order, whole, beginning with the one that holds the entry behind `afterSeq`, until they have `maxBytes`; at least one if there is any. */
  segments(afterSeq: number, maxBytes: number): Promise<readonly Segment[]>
  /** The floor of the first entry of this till's next epoch that is stored: what bounded the times of the epoch before when it ended. */
  floorAfter(till: Id, epoch: number): Promise<EpochMs | undefined>
  /** The last n of a till's epoch whose entry is at or before `seq` in the hub's order, 0 for none. */
  reached(till: Id, epoch: number, seq: number): Promise<number>
  /** Open holds whose time has come, oldest first. */
  dueHolds(now: EpochMs, limit: number): Promise<readonly Transfer[]>
  /** Payments in RETRY whose next attempt has come, longest due first. */
  dueRetries(now: EpochMs, limit: number): Promise<readonly Id[]>
  /** Credit that was issued and not found to be backed, the newest first. */
  waitingCredits(limit: number): Promise<readonly CreditRow[]>
  /** Cards about which the acquirer has to be asked by now, longest due first. */
  dueCards(now: EpochMs, limit: number): Promise<readonly CardRow[]>
  /** Cards of which the acquirer has not confirmed yet that it undid something, those longest waiting first; `count` is of all of them. */
  reversals(limit: number): Promise<{ readonly count: number; readonly cards: readonly CardRow[] }>
  /** Decisions on payments of this till whose end the till has not journaled, newest first. */
  openDecisions(till: Id, limit: number): Promise<readonly Uint8Array[]>
  /** Answers to refund requests of this till which it has not journaled, newest first. */
  openRefundDecisions(till: Id, limit: number): Promise<readonly Uint8Array[]>
  /** Of one epoch, newest entries first. */
  exceptionsOf(till: Id, epoch: number, limit: number): Promise<readonly Exception[]>
  /** The first that were about it, at most `limit`: a till may repeat itself without end. */
  entriesOf(payment: Id, limit: number): Promise<readonly StoredEntry[]>
  newestPayments(limit: number): Promise<readonly Payment[]>
  paymentsOf(wallet: string, limit: number): Promise<readonly Payment[]>
  /** Captured payments with one of these numbers on their receipt, in the hub's order: several where a sale was paid in parts, `MAX_ON_RECEIPT` at most. */
  paymentsByReceipt(numbers: readonly string[]): Promise<readonly Payment[]>
  /** Payments for pieces with one of these serial or batch numbers, newest first, at most `MAX_WITH_NUMBER` for each number. */
  paymentsByNumber(numbers: readonly string[]): Promise<readonly Payment[]>
  /** In RETRY or RECOVERY, those longest unpaid first; `count` is of all of them. */
  atRisk(limit: number): Promise<{ readonly count: number; readonly payments: readonly Payment[] }>
  /** Refunds of a payment and what the hub did about it, in order. */
  refundsOf(payment: Id): Promise<readonly Refund[]>
  /** Returns without a receipt since a time, by till and person, the largest sums first, at most `limit`. */
  returnsWithoutReceipt(since: EpochMs, limit: number): Promise<readonly ReturnCount[]>
  /** Receipts to be sent, in one state or in any, the newest first. */
  sendings(state: SendingRow['state'] | undefined, limit: number): Promise<readonly SendingRow[]>
  stepsOf(payment: Id): Promise<readonly HubStep[]>
  newestExceptions(limit: number): Promise<readonly Exception[]>
  /** The hub's own accounts and those of merchants first, then the newest wallets. */
  accounts(limit: number): Promise<readonly Account[]>
  /** Everything that was posted, in order, at most `limit`, starting behind `afterSeq`. What became of a hold is as of now. */
  transfersAfter(afterSeq: number, limit: number): Promise<readonly (Transfer & { readonly seq: number })[]>
  /** What every posting after `afterPosting` adds up to, and what the accounts say: all as of one moment. */
  summary(afterPosting: number): Promise<Summary>
  close(): Promise<void>
}

/** For each number. One more than a sale can have payments (`sale.completed`), so that more than one sale is always seen to be. */
export const MAX_ON_RECEIPT = 21

/** For each number on a piece: more are not looked through for it. */
export const MAX_WITH_NUMBER = 20

/** `stale`: something that was read has changed since; load it again and decide again. `full`: the disk is. Nothing was stored in both cases. */
export type Committed = 'done' | 'stale' | 'full'

export type Standing = {
  /** 1 at first; larger each time that this hub comes back from a backup. */
  readonly hubEpoch: number
  /** Hub sequence of the last entry in custody, 0 for none. Gapless. */
  readonly lastSeq: number
  /** Every entry up to this one is settled. */
  readonly settledSeq: number
}

export type Keyed = {
  tills: Till
  heads: Head
  payments: Payment
  refunds: Refund
  returns: ReturnRow
  salvaged: Salvaged
  shifts: Shift
  credits: CreditRow
  creditDays: CreditDay
  cards: CardRow
  counters: Counter
  lendings: LendingRow
  sendings: SendingRow
  documents: DocumentRow
  codes: CodeUse
  wallets: Wallet
  accounts: Account
  transfers: Transfer
}

/**
 * Versioned rows (tills, heads, payments, refunds, returns, shifts, credits, cards, counters, lendings, sendings, documents, accounts, transfers) are inserted when their version is 0 and otherwise written over exactly the
 * version they carry. The rest is only ever inserted; a second row under one key makes the commit `stale`, except for exceptions, of which
 * the first stays.
 */
export type Changes = {
  readonly tills?: readonly Till[]
  readonly heads?: readonly Head[]
  /** Their `seq` continues the store's without a gap. */
  readonly segments?: readonly Segment[]
  readonly accounts?: readonly Account[]
  readonly transfers?: readonly Transfer[]
  readonly wallets?: readonly Wallet[]
  readonly payments?: readonly Payment[]
  readonly refunds?: readonly Refund[]
  readonly returns?: readonly ReturnRow[]
  readonly steps?: readonly HubStep[]
  readonly salvaged?: readonly Salvaged[]
  readonly shifts?: readonly Shift[]
  readonly credits?: readonly CreditRow[]
  readonly creditDays?: readonly CreditDay[]
  readonly cards?: readonly CardRow[]
  readonly counters?: readonly Counter[]
  readonly lendings?: readonly LendingRow[]
  readonly sendings?: readonly SendingRow[]
  readonly documents?: readonly DocumentRow[]
  /** Gone for good, if they still have the version that they carry. */
  readonly documentsGone?: readonly Pick<DocumentRow, 'id' | 'version'>[]
  readonly codes?: readonly CodeUse[]
  readonly links?: readonly PaymentEntry[]
  /** The same again changes nothing. */
  readonly numbers?: readonly SoldNumber[]
  readonly exceptions?: readonly Exception[]
  readonly riskLog?: readonly RiskRow[]
  readonly settled?: { readonly from: number; readonly to: number }
  readonly hubEpoch?: { readonly from: number; readonly to: number }
}

export type Till = {
  readonly id: Id
  readonly version: number
  readonly name: string
  readonly registeredAt: EpochMs
  /** Of the one-time code's secret: SHA-256, hex. Gone once it is used. */
  readonly codeHash: string | undefined
  readonly codeExpiresAt: EpochMs | undefined
  /** The key it made for itself, hex. Undefined until it is enrolled. */
  readonly publicKey: string | undefined
  /** SHA-256 of its MQTT password, hex. */
  readonly passwordHash: string | undefined
  readonly enrolledAt: EpochMs | undefined
  /** From then on its key counts for nothing: it was lost or stolen. */
  readonly revokedAt: EpochMs | undefined
}

/** Where the custody of a till stands: its last entry, and what bounds the times of the next. */
export type Head = {
  /** The till's. */
  readonly id: Id
  readonly version: number
  readonly epoch: number
  readonly n: number
  readonly hash: Uint8Array
  readonly seq: number
  readonly receivedAt: EpochMs
  /** What follows is younger than this; see `back-dating.ts`. */
  readonly floorAt: EpochMs | undefined
  /** The last acknowledgements that this till was sent, oldest first, as far as they were known when this row was written. */
  readonly acks: readonly SentAck[]
}

/** `hash`: SHA-256 of its bytes, hex; `epoch` and `n`: the head that it told of. */
export type SentAck = { readonly hash: string; readonly at: EpochMs; readonly epoch: number; readonly n: number }

/**
 * What custody keeps: a batch as it came, so that its till's signature stays as evidence and the cost is that of one row. Its entries are
 * decoded where they are needed (`unpackSegment`).
 */
export type Segment = {
  /** Hub sequence of its first entry that was new; the others follow without a gap. */
  readonly seq: number
  readonly count: number
  readonly till: Id
  readonly epoch: number
  /** Of the first entry that was new. */
  readonly n: number
  /** Chain hash of its last entry. */
  readonly head: Uint8Array
  readonly receivedAt: EpochMs
  /** Its entries are younger than this, if they say the truth. */
  readonly floorAt: EpochMs | undefined
  /** So many of the batch's first entries were in custody already. */
  readonly known: number
  /** False: `bytes` are those of one entry, from before batches were kept. */
  readonly signed: boolean
  /** The batch, exactly as it came. */
  readonly bytes: Uint8Array
}

export type StoredEntry = {
  readonly seq: number
  readonly till: Id
  readonly epoch: number
  readonly n: number
  /** Exactly as they came. */
  readonly bytes: Uint8Array
  /** Chain hash. */
  readonly hash: Uint8Array
  readonly receivedAt: EpochMs
  /** Of its segment. */
  readonly floorAt: EpochMs | undefined
}

/**
 * What became of a payment's money, apart from its state on the till: `none` was ever held, or it is `held`, `posted` to the merchant,
 * `released` (voided: the hold, or after the capture everything) or the hold `expired`. Of `posted` money `refundedMinor` went back.
 */
export type Funds = 'none' | 'held' | 'posted' | 'released' | 'expired'

export type Payment = {
  readonly id: Id
  readonly version: number
  /** Place, chain hash and time (the till's) of the entry that began it. */
  readonly till: Id
  readonly epoch: number
  readonly n: number
  readonly intended: string
  readonly at: EpochMs
  /** SHA-256 over what the intent says: the same id with another content is a conflict. */
  readonly content: string
  readonly saleId: Id
  readonly amountMinor: Minor
  readonly currency: Currency
  /** What the code said, where it could be read and was genuine. `cash`: there was none, only notes and coins.
   * `credit`: the id of the credit stands in place of the wallet. */
  readonly wallet: string | undefined
  readonly profile: 'show' | 'bound' | 'cash' | 'credit' | 'card' | 'merchant_qr' | 'scheme' | undefined
  readonly state: PaymentState
  readonly decidedBy: 'hub' | 'policy' | undefined
  /** The hub's own answer to the intent. Undefined for a payment that the till rejected. */
  readonly verdict: 'held' | ErrorCode | undefined
  /** The same, signed, as it was sent: only where a till waited for it. */
  readonly decision: Uint8Array | undefined
  readonly funds: Funds
  readonly capturedMinor: Minor
  /** Given back, or where the money never came, taken off the claim. At most `capturedMinor`. */
  readonly refundedMinor: Minor
  readonly receiptNumber: string | undefined
  readonly settledAt: EpochMs | undefined
  readonly exception: ErrorCode | undefined
  /** Since when it is captured without money; kept when the money comes. */
  readonly unpaidSince: EpochMs | undefined
  /** How often the hub has tried again by its schedule. */
  readonly attempts: number
  /** In RETRY only. */
  readonly nextAttemptAt: EpochMs | undefined
  /** What risk decided, and where in its log that is. Missing: it was not asked. */
  readonly risk?: RiskOutcome | undefined
  readonly riskSeq?: number | undefined
}

/** A refund that a till made of its own capture, or asked for. */
export type Refund = {
  /** The till's `refundId`. */
  readonly id: Id
  readonly version: number
  /** Place and time (the till's) of the entry that made it or asked. */
  readonly till: Id
  readonly epoch: number
  readonly n: number
  readonly at: EpochMs
  /** SHA-256 over what the entry says: the same id with another content is a conflict. */
  readonly content: string
  /** Undefined where no payment has the receipt number. */
  readonly payment: Id | undefined
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly verdict: 'approved' | ErrorCode
  /** Of a request: its chain hash, and the signed answer. */
  readonly requested: string | undefined
  readonly decision: Uint8Array | undefined
  /** Of a request: when the till's entry that it had the answer was settled. */
  readonly answeredAt: EpochMs | undefined
  /** It did not go back where it came from, but out of the drawer or as store credit. */
  readonly paidAs: 'cash' | 'credit' | undefined
  /** The return of goods that it is a part of. */
  readonly returnId: Id | undefined
}

/** Goods that came back. */
export type ReturnRow = {
  /** The till's `returnId`. */
  readonly id: Id
  readonly version: number
  readonly till: Id
  readonly at: EpochMs
  /** SHA-256 over what the entry says: the same id with another content is a conflict. */
  readonly content: string
  /** The receipt of the sale; undefined: there was none. */
  readonly receipt: string | undefined
  readonly staff: Id | undefined
  readonly paidMinor: Minor
  readonly paidAs: 'as_paid' | 'cash' | 'credit'
}
/** Without a receipt, by till and person. */
export type ReturnCount = { readonly till: Id; readonly staff: Id | undefined; readonly returns: number; readonly paidMinor: Minor }

/** Something that the hub did about a payment and no till knows. */
export type HubStep = {
  readonly payment: Id
  readonly at: EpochMs
  readonly event: HubPaymentEvent | 'hub.attempt_failed' | 'hub.exchanged' | 'hub.refund_asked_again'
  readonly detail: string | undefined
}

/** What a till's entries since it last closed a shift add up to. */
export type Shift = {
  /** The till's. */
  readonly id: Id
  readonly version: number
  /** How many ends the hub has heard of. */
  readonly closed: number
  readonly payments: number
  readonly capturedMinor: Minor
  readonly refunds: number
  readonly refundedMinor: Minor
}

/** A gift card or store credit, as its till said it. What is left of it is the balance of its account. */
export type CreditRow = {
  readonly id: Id
  readonly version: number
  readonly till: Id
  readonly at: EpochMs
  readonly why: 'gift' | 'store_credit'
  readonly amountMinor: Minor
  readonly currency: Currency
  /** What the proof of somebody who has its code must fit. */
  readonly seal: string
  /** The sale or the return that it was issued for. */
  readonly backing: Id
  /** When that was found to say the same; until then it is worth nothing. */
  readonly fundedAt: EpochMs | undefined
}
/** How much credit a till has issued on a day of its own time (UTC): `id` is `creditDayId`'s. */
export type CreditDay = { readonly id: string; readonly version: number; readonly issuedMinor: Minor }
export const creditDayId = (till: Id, at: EpochMs): string => `${till}/${new Date(at).toISOString().slice(0, 10)}`

/** What the hub and an acquirer have to do with each other about one payment by card: `id` is the payment's. */
export type CardRow = {
  readonly id: Id
  readonly version: number
  /** When there is something to ask next. */
  readonly dueAt: EpochMs | undefined
  /** Since when the acquirer is to undo something and has not said that it did. */
  readonly reversingSince: EpochMs | undefined
  /** JSON of a `CardCase` (hub/acquirers/card-case.ts). */
  readonly body: string
}
/** A number that is never given out twice. */
export type Counter = { readonly id: string; readonly version: number; readonly value: number }

/** That an entry came a second way: `id` is `salvagedKey`'s, `seq` the `entry.salvaged` that brought it first. */
export type Salvaged = { readonly id: string; readonly seq: number }

export const salvagedKey = (till: Id, epoch: number, n: number, sha256: string): string => `${till}/${epoch}/${n}/${sha256}`

/** That a code was used: `id` is `codeKey`'s. */
export type CodeUse = { readonly id: string; readonly payment: Id }

export const codeKey = (credentialId: string, counter: number): string => `${credentialId}/${counter}`
/** That a till's request was paid is kept beside the codes: two codes may answer one request, but only one of them pays. */
export const requestKey = (till: Id, nonce: string): string => `request/${till}/${nonce}`

export type Wallet = {
  /** Pseudonym. */
  readonly id: string
  /** The phone's key, hex. */
  readonly publicKey: string
  readonly currency: Currency
  readonly account: string
  readonly createdAt: EpochMs
}

/** What the hub lent a wallet to spend without it: `id` is the wallet's, `body` JSON of a `Lending` (hub/wallets/lending.ts). */
export type LendingRow = { readonly id: string; readonly version: number; readonly body: string }

/** That a payment was for a piece with this serial number, or from this batch. */
export type SoldNumber = { readonly number: string; readonly payment: Id; readonly seq: number }

/** A receipt that a customer wants sent. `handing`: what is to be sent is written and may have been handed over; by whom and where to is nowhere here in clear. */
export type SendingRow = {
  /** The till's `requestId`. */
  readonly id: Id
  readonly version: number
  readonly till: Id
  /** The till's time. */
  readonly at: EpochMs
  readonly receiptNumber: string
  /** The address as ciphertext, base64url (`protocol/node/sealed-address.ts`). */
  readonly sealed: string
  readonly state: 'waiting' | 'handing' | 'sent' | 'failed' | 'erased'
  /** Why it failed. */
  readonly code: ErrorCode | undefined
  /** Since when it is in this state. */
  readonly changedAt: EpochMs
}

export type PaymentEntry = { readonly payment: Id; readonly seq: number }

/** Something that a person should look at, where it was found. One row for each place and code. */
export type Exception = {
  readonly at: EpochMs
  readonly till: Id
  readonly epoch: number
  /** 0 when no entry is to blame. */
  readonly n: number
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly paymentId: Id | undefined
}

export type Summary = {
  /** Sums over all accounts. */
  readonly accounts: readonly {
    readonly currency: Currency
    readonly debitsPosted: bigint
    readonly creditsPosted: bigint
    readonly debitsPending: bigint
    readonly creditsPending: bigint
  }[]
  /** Sums over the postings that came after the given one, `payments` of which were of payments. */
  readonly postings: readonly { readonly currency: Currency; readonly amount: bigint; readonly payments: number }[]
  /** Sums over all open holds. */
  readonly holds: readonly { readonly currency: Currency; readonly amount: bigint; readonly count: number }[]
  readonly lastPosting: number
  readonly exceptions: number
}
