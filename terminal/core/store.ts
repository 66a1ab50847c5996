import type { Head } from './journal.ts'

/** An entry as it lies on the disk. `hash` chains it to the one before. */
export type StoredEntry = { readonly epoch: number; readonly n: number; readonly bytes: Uint8Array; readonly hash: Uint8Array }

/** One transaction. Records are small JSON texts: projections of the journal that would be slow to rebuild, and drafts that are not journaled yet. */
export type Change = {
  readonly entries?: readonly StoredEntry[]
  readonly put?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

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
  /** All records whose name starts with `prefix`. */
  records(prefix: string): Map<string, string>
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
  readonly code: 'till.disk_full' | 'till.journal_corrupt' | 'till.busy'
  constructor(code: StoreError['code'], cause: unknown) {
    super(`${code}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'StoreError'
    this.code = code
  }
}
