import type { Account, Transfer } from '../ledger/ledger.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { PaymentState } from '#protocol/journal/payment.ts'
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
export interface HubStore {
  commit(changes: Changes): Promise<Committed>
  standing(): Promise<Standing>
  /** The rows with these ids that exist, in any order. */
  get<T extends keyof Keyed>(table: T, ids: readonly string[]): Promise<readonly Keyed[T][]>
  tills(): Promise<readonly Till[]>
  /** In the hub's order, at most `limit`, starting behind `afterSeq`. */
  entries(afterSeq: number, limit: number): Promise<readonly StoredEntry[]>
  /** Chain hashes of one epoch of a till, `from` and `to` included, as far as they are stored; in order of n. */
  hashes(till: Id, epoch: number, from: number, to: number): Promise<readonly { readonly n: number; readonly hash: Uint8Array }[]>
  /** Open holds whose time has come, oldest first. */
  dueHolds(now: EpochMs, limit: number): Promise<readonly Transfer[]>
  /** Decisions on payments of this till whose end the till has not journaled, newest first. */
  openDecisions(till: Id, limit: number): Promise<readonly Uint8Array[]>
  /** Of one epoch, newest entries first. */
  exceptionsOf(till: Id, epoch: number, limit: number): Promise<readonly Exception[]>
  entriesOf(payment: Id): Promise<readonly StoredEntry[]>
  newestPayments(limit: number): Promise<readonly Payment[]>
  paymentsOf(wallet: string, limit: number): Promise<readonly Payment[]>
  newestExceptions(limit: number): Promise<readonly Exception[]>
  /** The hub's own accounts and those of merchants first, then the newest wallets. */
  accounts(limit: number): Promise<readonly Account[]>
  /** What every posting after `afterPosting` adds up to, and what the accounts say: all as of one moment. */
  summary(afterPosting: number): Promise<Summary>
  close(): Promise<void>
}

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
  codes: CodeUse
  wallets: Wallet
  accounts: Account
  transfers: Transfer
}

/**
 * Versioned rows (tills, heads, payments, accounts, transfers) are inserted when their version is 0 and otherwise written over exactly the
 * version they carry. The rest is only ever inserted; a second row under one key makes the commit `stale`, except for exceptions, of which
 * the first stays.
 */
export type Changes = {
  readonly tills?: readonly Till[]
  readonly heads?: readonly Head[]
  /** Their `seq` continues the store's without a gap. */
  readonly entries?: readonly StoredEntry[]
  readonly accounts?: readonly Account[]
  readonly transfers?: readonly Transfer[]
  readonly wallets?: readonly Wallet[]
  readonly payments?: readonly Payment[]
  readonly codes?: readonly CodeUse[]
  readonly links?: readonly PaymentEntry[]
  readonly exceptions?: readonly Exception[]
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
}

/** Where the custody of a till stands: its last entry. */
export type Head = {
  /** The till's. */
  readonly id: Id
  readonly version: number
  readonly epoch: number
  readonly n: number
  readonly hash: Uint8Array
  readonly seq: number
  readonly receivedAt: EpochMs
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
}

/**
 * What became of a payment's money, apart from its state on the till: `none` was ever held, or it is `held`, `posted` to the merchant,
 * `released` (voided) or the hold `expired`.
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
  /** What the code said, where it could be read and was genuine. */
  readonly wallet: string | undefined
  readonly profile: 'show' | 'bound' | undefined
  readonly state: PaymentState
  readonly decidedBy: 'hub' | 'policy' | undefined
  /** The hub's own answer to the intent. Undefined for a payment that the till rejected. */
  readonly verdict: 'held' | ErrorCode | undefined
  /** The same, signed, as it was sent: only where a till waited for it. */
  readonly decision: Uint8Array | undefined
  readonly funds: Funds
  readonly receiptNumber: string | undefined
  readonly settledAt: EpochMs | undefined
  readonly exception: ErrorCode | undefined
}

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
