import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Head } from './journal.ts'
import type { Place } from './outbox.ts'
import type { PaymentRecord } from './payments.ts'

/** An entry as it lies on the disk. `hash` chains it to the one before. */
export type StoredEntry = { readonly epoch: number; readonly n: number; readonly bytes: Uint8Array; readonly hash: Uint8Array }

/**
 * One transaction. Records are small JSON texts: projections of the journal that would be slow to rebuild, and drafts that are not journaled yet.
 * Payments are rows of a table, found by their ids and receipt numbers and added up by the disk; each replaces the one with its id.
 */
export type Change = {
  readonly entries?: readonly StoredEntry[]
  readonly payments?: readonly PaymentRecord[]
  readonly put?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** What is at risk with one instrument, and in how many payments. */
export type Risk = { readonly minor: Minor; readonly payments: number }

export type WaitingSum = { readonly payments: number; readonly amountMinor: Minor }

/** The till's payments. Where places are compared, they are the payments' `last`; `upTo` is the last place that counts, and the end if it is not given. */
export interface PaymentRows {
  get(id: Id): PaymentRecord | undefined
  byReceipt(number: string): PaymentRecord | undefined
  /** All that have this number, in any order. */
  onReceipt(number: string): PaymentRecord[]
  /** Captured payments, newest first, whatever became of them. */
  sold(limit: number): PaymentRecord[]
  /** Payments after a place, in order, up to another. */
  between(place: Place, upTo: Place): PaymentRecord[]
  /** Undecided payments, oldest first. */
  open(): PaymentRecord[]
  /** Sums of `riskOf` over decided payments after a place, by wallet, without payments that have none. */
  riskAfter(place: Place, upTo?: Place): Map<string, Risk>
  /** Sum of `keptOf` over payments after a place, and how many have one. */
  waitingAfter(place: Place, upTo?: Place): WaitingSum
  /** When the first payment after a place was intended. */
  oldestAfter(place: Place): EpochMs | undefined
}

/** What a commit waits for, in SQLite's words. A till's is always `FULL`; tests open one with `OFF`, to see that they would notice. */
export type Durability = 'FULL' | 'OFF'

/**
 * The till's disk: an append-only journal and a few named records, changed together.
 * Two bodies: `store-sqlite.ts` and, for the simulation, `simulators/world/disk.ts`; `store.conformance.ts` holds both to this text.
 */
export interface TillStore {
  /** All of it durable (fsynced) when this returns, or an exception and none of it. Throws `StoreError`. */
  commit(change: Change): void
  /** The newest entry's place and hash; undefined in an empty journal. */
  head(): Head | undefined
  /** Entries after a place, oldest first, all of one epoch, until `maxBytes` or `maxCount` is reached; at least one if there is any. */
  readAfter(place: { readonly epoch: number; readonly n: number }, maxBytes: number, maxCount: number): StoredEntry[]
  /**
   * The bytes alone of the entries after a place in its own epoch, under the same bounds, which costs half of `readAfter`; empty where there is none. Whoever
   * hashes them sees by `readAfter` of the last whether one is missing between.
   */
  bytesAfter(place: { readonly epoch: number; readonly n: number }, maxBytes: number, maxCount: number): Uint8Array[]
  /** All records whose name starts with `prefix`. */
  records(prefix: string): Map<string, string>
  /** Up to `limit` records whose names come after `name`, in their order. */
  recordsAfter(name: string, limit: number): Map<string, string>
  readonly payments: PaymentRows
  /** How much more the disk can take, in bytes. */
  roomBytes(): number
  /** Nobody waits at this moment: a disk may put in order now what a commit would have to later. Changes nothing that anybody reads. Throws `StoreError`. */
  rest(): void
  close(): void
}

/** The value of a record. One that cannot be read was not written by this program: the file is damaged. */
export function parseRecord<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new StoreError('till.journal_corrupt', error)
  }
}

/** Why the disk cannot be used. `code` is what the person at the till is told. */
export class StoreError extends Error {
  readonly code: 'till.disk_full' | 'till.journal_corrupt' | 'till.busy' | 'till.newer_journal'
  constructor(code: StoreError['code'], cause: unknown) {
    super(`${code}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'StoreError'
    this.code = code
  }
}
