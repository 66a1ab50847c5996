import { equalBytes, unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeBatch, type Packing } from '#protocol/hub/messages.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import type { Epochs, Named } from './epochs.ts'
import { follows, type Head, type Owner } from './journal.ts'
import { compare, type Place } from './outbox.ts'
import type { TillStore } from './store.ts'

/** Filled by bytes: entries differ a hundredfold in size. One entry always fits (`MAX_BATCH_BYTES`). */
export const BATCH_BYTES = 512 * 1024
/** While somebody is being served: a scan that comes just behind an acknowledgement waits until the next batch is made, and must not feel it. */
export const SMALL_BATCH_BYTES = 48 * 1024
const BATCH_ENTRIES = 2000

export type Batched = {
  readonly bytes: Uint8Array
  readonly entries: number
  /** The last entry in it; undefined in an empty one. */
  readonly last: Place | undefined
  /** The next entry does not follow from the one before: it was damaged, and must not go out under this till's signature. */
  readonly damaged: boolean
}

/**
 * The signed batch of the entries that come next after a place; an empty one where there are none, which asks where the hub stands.
 * `said`: a head that the hub has named, for when the entry there has been lost here.
 */
export function batchAfter(
  crypto: Pick<Crypto, 'sha256'>,
  { till, signer }: Owner,
  store: Pick<TillStore, 'readAfter' | 'bytesAfter' | 'head'>,
  epochs: Pick<Epochs, 'onwards' | 'carries'>,
  place: Place,
  lastAckHex: string,
  said?: Named,
  maxBytes = BATCH_BYTES,
  packing?: Pick<Packing, 'pack'>,
): Batched {
  const after = epochs.onwards(place)
  const { epoch, n: from } = firstAfter(store, epochs, after)
  const [before] = from === 1 ? [] : store.readAfter({ epoch, n: from - 2 }, 1, 1)
  const known = said?.epoch === epoch && said.n === from - 1 ? unhex(said.head) : undefined
  const previous = before?.epoch === epoch && before.n === from - 1 ? before.hash : (known ?? GENESIS)
  const start = { epoch, n: from - 1, hash: previous }
  const { entries, damaged } = unbroken(crypto, store, epochs, start, maxBytes) ?? upToDamage(crypto, store, epochs, start, maxBytes)
  const last = entries.length === 0 ? undefined : { epoch, n: from + entries.length - 1 }
  const head = store.head()
  const behind = last ?? after
  const batch = {
    till,
    epoch,
    from,
    previous,
    lastAck: unhex(lastAckHex) ?? new Uint8Array(0),
    // Exact within an epoch, and more than none where others follow: what counts is whether there are any.
    waiting: head === undefined || compare(behind, head) >= 0 ? 0 : head.epoch === behind.epoch ? head.n - behind.n : head.n,
    entries,
  }
  // Packing pays: with Zstandard's fastest level a payment of a backlog is 300 to 420 bytes in place of 1,700, since the texts around codes and ids repeat, and the
  // hub takes it into custody for 55 µs of processor time in place of 92 (signature, hashes and both disks have less to do). Deflate costs what it saves.
  const bytes = encodeBatch(signer, batch, packing)
  return { bytes, entries: entries.length, last, damaged }
}

/** The next place of which an entry goes to the hub as it is; where there is none, the one after. */
function firstAfter(store: Pick<TillStore, 'readAfter'>, epochs: Pick<Epochs, 'carries'>, after: Place): Place {
  const [first] = store.readAfter(after, 1, 1).filter((entry) => epochs.carries(entry))
  return first ?? { epoch: after.epoch, n: after.n + 1 }
}

type Next = { readonly entries: readonly Uint8Array[]; readonly damaged: boolean }

/** All that fit, if the hash in which they end is the one that is stored with the last: then none is missing and none was damaged. */
function unbroken(
  crypto: Pick<Crypto, 'sha256'>,
  store: Pick<TillStore, 'readAfter' | 'bytesAfter'>,
  epochs: Pick<Epochs, 'carries'>,
  before: Head,
  maxBytes: number,
): Next | undefined {
  const entries = store.bytesAfter(before, maxBytes, BATCH_ENTRIES)
  if (entries.length === 0) return { entries, damaged: false }
  const n = before.n + entries.length
  const [last] = store.readAfter({ epoch: before.epoch, n: n - 1 }, 1, 1)
  if (last?.epoch !== before.epoch || last.n !== n || !epochs.carries(last)) return undefined
  const hash = entries.reduce((at, bytes) => chainHash(crypto, at, bytes), before.hash)
  return equalBytes(hash, last.hash) ? { entries, damaged: false } : undefined
}

/** The first of them, up to one that does not follow. */
function upToDamage(
  crypto: Pick<Crypto, 'sha256'>,
  store: Pick<TillStore, 'readAfter'>,
  epochs: Pick<Epochs, 'carries'>,
  before: Head,
  maxBytes: number,
): Next {
  const next = store.readAfter(before, maxBytes, BATCH_ENTRIES).filter((entry) => entry.epoch === before.epoch && epochs.carries(entry))
  let at = before
  const broken = next.findIndex((entry) => {
    const bad = !follows(crypto, at, entry)
    at = entry
    return bad
  })
  return { entries: (broken === -1 ? next : next.slice(0, broken)).map(({ bytes }) => bytes), damaged: broken !== -1 }
}
