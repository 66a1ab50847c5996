import type { Crypto } from '#protocol/crypto.ts'
import { decodeEntry, encodeEntry, type Entry, type Fact } from '#protocol/journal/entry.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { equalBytes } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { StoreError, type Change, type StoredEntry, type TillStore } from './store.ts'

export type Head = { readonly epoch: number; readonly n: number; readonly hash: Uint8Array }

/** A fact that has become an entry. */
export type Written = StoredEntry & { readonly fact: Fact; readonly at: EpochMs }

/**
 * Appends facts to the till's journal: numbers them, chains them, stores them. When `append` has returned, the entries are on the disk
 * (invariant 2), and only then may anything outside the till hear of them.
 */
export class Journal {
  readonly #till: Id
  readonly #crypto: Crypto
  readonly #store: TillStore
  #head: Head
  #lastAt: EpochMs

  constructor(till: Id, crypto: Crypto, store: TillStore, head: Head, lastAt: EpochMs) {
    this.#till = till
    this.#crypto = crypto
    this.#store = store
    this.#head = head
    this.#lastAt = lastAt
  }

  get head(): Head {
    return this.#head
  }

  get lastAt(): EpochMs {
    return this.#lastAt
  }

  /** Hash of the entry at a place; undefined where there is none (before the first entry it is `GENESIS`). */
  hashAt(place: { readonly epoch: number; readonly n: number }): Uint8Array | undefined {
    if (place.n === 0) return GENESIS
    const [stored] = this.#store.readAfter({ epoch: place.epoch, n: place.n - 1 }, 1, 1)
    return stored?.epoch === place.epoch && stored.n === place.n ? stored.hash : undefined
  }

  /**
   * Stores the facts, and `also`, in one transaction. Throws StoreError, and then nothing has changed. `now` is written as it is, also when it is
   * before the last entry's: the hub has set the clock back then, and it judges a payment code by the time of its entry. Order is in `n`.
   */
  append(now: EpochMs, facts: readonly Fact[], also: Omit<Change, 'entries'> = {}): Written[] {
    const at = Math.floor(now)
    let head = this.#head
    const written = facts.map((fact): Written => {
      const place = { till: this.#till, epoch: head.epoch, n: head.n + 1 }
      const bytes = encodeEntry(place, at, fact)
      head = { epoch: place.epoch, n: place.n, hash: chainHash(this.#crypto, head.hash, bytes) }
      return { ...head, bytes, fact, at }
    })
    this.#store.commit({ ...also, entries: written.map(({ epoch, n, bytes, hash }) => ({ epoch, n, bytes, hash })) })
    this.#head = head
    this.#lastAt = at
    return written
  }
}

/** Opens the journal of a till, beginning epoch 1 in an empty store. */
export function openJournal(till: Id, crypto: Crypto, store: TillStore, now: EpochMs): Journal {
  const head = store.head()
  if (head !== undefined) return new Journal(till, crypto, store, head, lastEntry(till, store, head).at)
  const journal = new Journal(till, crypto, store, { epoch: 1, n: 0, hash: GENESIS }, 0)
  journal.append(now, [{ kind: 'epoch.opened', body: { reason: 'enrolled' } }])
  return journal
}

function lastEntry(till: Id, store: TillStore, head: Head): Entry {
  const [stored] = store.readAfter({ epoch: head.epoch, n: head.n - 1 }, 1, 1)
  invariant(stored !== undefined, 'the head of the journal is an entry')
  return decodeStored(till, stored)
}

/** An entry of this till's own journal; bytes that cannot be read there mean a damaged file. */
export function decodeStored(till: Id, stored: StoredEntry): Entry {
  const entry = decodeEntry(stored.bytes, { till, epoch: stored.epoch, n: stored.n })
  if (!entry.ok) throw new StoreError('till.journal_corrupt', `entry ${stored.epoch}/${stored.n}: ${entry.detail ?? entry.code}`)
  return entry.value
}

const PAGE_BYTES = 1024 * 1024
const PAGE_COUNT = 1000

/**
 * Every entry after a place, in order, with the chain checked along the way from `previous` (the hash at that place).
 * Throws StoreError `till.journal_corrupt` where an entry does not follow from the one before.
 */
export function* replay(till: Id, crypto: Crypto, store: TillStore, from: Head): Generator<{ stored: StoredEntry; entry: Entry }> {
  let at = from
  for (;;) {
    const page = store.readAfter(at, PAGE_BYTES, PAGE_COUNT)
    if (page.length === 0) return
    for (const stored of page) {
      const begins = stored.epoch !== at.epoch
      const follows = stored.n === (begins ? 1 : at.n + 1) && equalBytes(stored.hash, chainHash(crypto, begins ? GENESIS : at.hash, stored.bytes))
      if (!follows) throw new StoreError('till.journal_corrupt', `entry ${stored.epoch}/${stored.n} does not follow`)
      yield { stored, entry: decodeStored(till, stored) }
      at = stored
    }
  }
}
