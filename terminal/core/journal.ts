import type { Crypto, Signer } from '#protocol/crypto.ts'
import { decodeEntry, encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { equalBytes, hex } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { CHECKPOINT_EVERY, RECORD_CHECKPOINT, signCheckpoint } from './checkpoint.ts'
import type { Epochs } from './epochs.ts'
import { compare, type Place } from './outbox.ts'
import type { Change, StoredEntry, TillStore } from './store.ts'

export type Head = { readonly epoch: number; readonly n: number; readonly hash: Uint8Array }

/** Whose journal it is, and who signs for it. */
export type Owner = { readonly till: Id; readonly signer: Signer; readonly former?: readonly { readonly signer: Signer; readonly until: EpochMs }[] }

/** A fact that has become an entry. */
export type Written = StoredEntry & { readonly fact: Fact; readonly at: EpochMs }

/**
 * Appends facts to the till's journal: numbers them, chains them, stores them. When `append` has returned, the entries are on the disk
 * (invariant 2), and only then may anything outside the till hear of them.
 */
export class Journal {
  readonly #owner: Owner
  readonly #crypto: Crypto
  readonly #store: TillStore
  #head: Head
  #lastAt: EpochMs
  /** Entries since the last checkpoint, as far as this process knows. */
  #unsigned: number

  constructor(owner: Owner, crypto: Crypto, store: TillStore, head: Head, lastAt: EpochMs) {
    this.#owner = owner
    this.#crypto = crypto
    this.#store = store
    this.#head = head
    this.#lastAt = lastAt
    this.#unsigned = head.n % CHECKPOINT_EVERY
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
   * Whether this is the hash (hex) of the entry at a place, or of an entry of a later epoch that carries it over: what the hub answers to names the entry
   * in which it came.
   */
  isCalled(place: Place, hashHex: string): boolean {
    const own = this.hashAt(place)
    if (own !== undefined && hex(own) === hashHex) return true
    for (let at: Place = { epoch: place.epoch + 1, n: 0 }; ;) {
      const page = this.#store.readAfter(at, PAGE_BYTES, PAGE_COUNT)
      const last = page.at(-1)
      if (last === undefined) return false
      const named = page.find(({ hash }) => hex(hash) === hashHex)
      if (named !== undefined) return this.#carries(named, place)
      at = last
    }
  }

  #carries(stored: StoredEntry, { epoch, n }: Place): boolean {
    const entry = decodeEntry(stored.bytes, { till: this.#owner.till, epoch: stored.epoch, n: stored.n })
    return entry.ok && entry.value.kind === 'entry.salvaged' && entry.value.body.epoch === epoch && entry.value.body.n === n
  }

  /**
   * Stores the facts, and `also`, in one transaction. Throws StoreError, and then nothing has changed. `now` is written as it is, also when it is
   * before the last entry's: the hub has set the clock back then, and it judges a payment code by the time of its entry. Order is in `n`.
   */
  append(now: EpochMs, facts: readonly Fact[], also: Omit<Change, 'entries'> = {}): Written[] {
    return this.#append(this.#head, now, facts, also)
  }

  /** Begins the next epoch: its first entry names the head that the hub is to join it to. */
  openEpoch(epoch: number, now: EpochMs, opening: Extract<Fact, { kind: 'epoch.opened' }>, also: Omit<Change, 'entries'> = {}): Written[] {
    invariant(epoch > this.#head.epoch, 'a new epoch is a higher one')
    return this.#append({ epoch, n: 0, hash: GENESIS }, now, [opening], also)
  }

  /** Signs where the journal stands, so that the next start has nothing to verify. Throws StoreError. */
  checkpoint(): void {
    this.#store.commit({ put: this.#signed(this.#head) })
    this.#unsigned = 0
  }

  #append(from: Head, now: EpochMs, facts: readonly Fact[], also: Omit<Change, 'entries'>): Written[] {
    const at = Math.floor(now)
    let head = from
    const written = facts.map((fact): Written => {
      const place = { till: this.#owner.till, epoch: head.epoch, n: head.n + 1 }
      const bytes = encodeEntry(place, at, fact)
      head = { epoch: place.epoch, n: place.n, hash: chainHash(this.#crypto, head.hash, bytes) }
      return { ...head, bytes, fact, at }
    })
    const due = this.#unsigned + facts.length >= CHECKPOINT_EVERY
    const put = due ? { ...also.put, ...this.#signed(head) } : also.put
    this.#store.commit({ ...also, ...(put === undefined ? {} : { put }), entries: written.map(({ epoch, n, bytes, hash }) => ({ epoch, n, bytes, hash })) })
    this.#unsigned = due ? 0 : this.#unsigned + facts.length
    this.#head = head
    this.#lastAt = at
    return written
  }

  #signed(head: Head): Record<string, string> {
    return { [RECORD_CHECKPOINT]: signCheckpoint(this.#owner.signer, this.#owner.till, head) }
  }
}

/** Opens the journal of a till, beginning epoch 1 in an empty store. Whether its entries follow is for `verify` to say. */
export function openJournal(owner: Owner, crypto: Crypto, store: TillStore, now: EpochMs): Journal {
  const head = store.head()
  if (head !== undefined) return new Journal(owner, crypto, store, head, newestAt(owner.till, store, head))
  const journal = new Journal(owner, crypto, store, { epoch: 1, n: 0, hash: GENESIS }, 0)
  journal.append(now, [{ kind: 'epoch.opened', body: { reason: 'enrolled' } }])
  return journal
}

const SEARCHED_FOR_TIME = 20

/** The time of the newest entry that can be read. */
function newestAt(till: Id, store: TillStore, head: Head): EpochMs {
  const newest = store.readAfter({ epoch: head.epoch, n: Math.max(0, head.n - SEARCHED_FOR_TIME) }, PAGE_BYTES, SEARCHED_FOR_TIME)
  for (const stored of newest.toReversed()) {
    const entry = decodeEntry(stored.bytes, { till, epoch: stored.epoch, n: stored.n })
    if (entry.ok) return entry.value.at
  }
  return 0
}

const PAGE_BYTES = 1024 * 1024
const PAGE_COUNT = 1000

/** The last entry that follows, and the first that does not. */
export type Verified = { readonly good: Head; readonly damaged?: Place; readonly count: number }

/**
 * Checks that every entry after `from` that its chain still carries follows from the one before: numbers without a gap, hashes over the stored bytes. Stops at
 * the first that does not, after `upTo`, or after `limit` entries. An epoch begins anew; whether it begins in the right place is for its hub to say.
 */
export function verify(
  crypto: Pick<Crypto, 'sha256'>,
  store: Pick<TillStore, 'readAfter'>,
  epochs: Pick<Epochs, 'onwards' | 'carries'>,
  from: Head,
  upTo?: Place,
  limit = Infinity,
): Verified {
  let good = onwards(epochs, from)
  let count = 0
  while (count < limit) {
    const page = store.readAfter(good, PAGE_BYTES, Math.min(PAGE_COUNT, limit - count))
    if (page.length === 0) break
    for (const stored of page) {
      if (upTo !== undefined && compare(stored, upTo) > 0) return { good, count }
      if (epochs.carries(stored)) {
        if (!follows(crypto, good, stored)) return { good, damaged: { epoch: stored.epoch, n: stored.n }, count }
        good = { epoch: stored.epoch, n: stored.n, hash: stored.hash }
        count += 1
      }
      const next = onwards(epochs, epochs.carries(stored) ? good : stored)
      if (next.epoch === good.epoch) continue
      good = next
      break
    }
  }
  return { good, count }
}

function onwards(epochs: Pick<Epochs, 'onwards'>, at: Head): Head {
  const place = epochs.onwards(at)
  return place.epoch === at.epoch ? at : { ...place, hash: GENESIS }
}

export function follows(crypto: Pick<Crypto, 'sha256'>, before: Head, stored: StoredEntry): boolean {
  const begins = stored.epoch !== before.epoch
  return stored.n === (begins ? 1 : before.n + 1) && equalBytes(stored.hash, chainHash(crypto, begins ? GENESIS : before.hash, stored.bytes))
}
