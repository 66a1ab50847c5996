import { unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeBatch, type Packing } from '#protocol/hub/messages.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import type { Epochs, Named } from './epochs.ts'
import { follows, type Head, type Owner } from './journal.ts'
import { compare, type Place } from './outbox.ts'
import type { StoredEntry, TillStore } from './store.ts'

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
  store: Pick<TillStore, 'readAfter' | 'head'>,
  epochs: Pick<Epochs, 'onwards' | 'carries'>,
  place: Place,
  lastAckHex: string,
  said?: Named,
  maxBytes = BATCH_BYTES,
  packing?: Pick<Packing, 'pack'>,
): Batched {
  const after = epochs.onwards(place)
  const next = store.readAfter(after, maxBytes, BATCH_ENTRIES).filter((entry) => epochs.carries(entry))
  const [first] = next
  const { epoch, n: from } = first ?? { epoch: after.epoch, n: after.n + 1 }
  const [before] = from === 1 ? [] : store.readAfter({ epoch, n: from - 2 }, 1, 1)
  const known = said?.epoch === epoch && said.n === from - 1 ? unhex(said.head) : undefined
  const previous = before?.epoch === epoch && before.n === from - 1 ? before.hash : (known ?? GENESIS)
  const entries = undamaged(crypto, { epoch, n: from - 1, hash: previous }, next)
  const last = entries.at(-1)
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
    entries: entries.map((entry) => entry.bytes),
  }
  // Packing pays: with Zstandard's fastest level a payment of a backlog is 300 to 420 bytes in place of 1,700, since the texts around codes and ids repeat, and the
  // hub takes it into custody for 55 µs of processor time in place of 92 (signature, hashes and both disks have less to do). Deflate costs what it saves.
  const bytes = encodeBatch(signer, batch, packing)
  const upTo = last === undefined ? undefined : { epoch: last.epoch, n: last.n }
  return { bytes, entries: entries.length, last: upTo, damaged: entries.length < next.length }
}

/** The first of them, up to one that does not follow. */
function undamaged(crypto: Pick<Crypto, 'sha256'>, before: Head, entries: readonly StoredEntry[]): readonly StoredEntry[] {
  let at = before
  const broken = entries.findIndex((entry) => {
    const bad = !follows(crypto, at, entry)
    at = entry
    return bad
  })
  return broken === -1 ? entries : entries.slice(0, broken)
}
