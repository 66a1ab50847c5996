import type { Head } from '../store/hub-store.ts'
import { equalBytes, hex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Batch } from '#protocol/hub/messages.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'

export type FreshEntry = { readonly n: number; readonly bytes: Uint8Array; readonly hash: Uint8Array }

/** What a batch is, measured by what the hub has of its till. */
export type Checked =
  /** Continues the chain, possibly after entries that are known. */
  | { readonly type: 'fresh'; readonly entries: readonly FreshEntry[]; readonly repeats: boolean }
  | { readonly type: 'known' }
  /** Something is missing before it. */
  | { readonly type: 'gap' }
  /** Contradicts what is stored: `n` is the first entry that does, 0 for the epoch as a whole. */
  | { readonly type: 'contradiction'; readonly code: 'custody.fork' | 'custody.rollback'; readonly n: number; readonly detail: string }

/**
 * Places a batch whose signature is good. `stored` are the hashes of the batch's own epoch from the entry before its first one to its last,
 * as far as the hub has them. Pure; the entries' bytes are hashed, not read, but for the first of a new epoch.
 */
export function checkChain(crypto: Pick<Crypto, 'sha256'>, batch: Batch, head: Head | undefined, stored: ReadonlyMap<number, Uint8Array>): Checked {
  const current = head?.epoch ?? 0
  if (batch.epoch > current) return checkNewEpoch(crypto, batch, head)
  const lastN = batch.epoch === current ? (head?.n ?? 0) : Infinity
  if (batch.from > lastN + 1) return { type: 'gap' }

  const before = batch.from === 1 ? GENESIS : stored.get(batch.from - 1)
  if (before === undefined) return afterTheEnd(batch, batch.from - 1)
  if (!equalBytes(batch.previous, before)) return fork(Math.max(1, batch.from - 1))
  const fresh: FreshEntry[] = []
  let hash = batch.previous
  for (const [index, bytes] of batch.entries.entries()) {
    const n = batch.from + index
    hash = chainHash(crypto, hash, bytes)
    if (n > lastN) {
      fresh.push({ n, bytes, hash })
      continue
    }
    const known = stored.get(n)
    if (known === undefined) return afterTheEnd(batch, n)
    if (!equalBytes(known, hash)) return fork(n)
  }
  return fresh.length === 0 ? { type: 'known' } : { type: 'fresh', entries: fresh, repeats: batch.from <= lastN }
}

const fork = (n: number): Checked => ({ type: 'contradiction', code: 'custody.fork', n, detail: 'differs from the entry that is stored under this number' })

/** A till that goes on writing an epoch which it had closed: a second copy of its journal is in use. */
const afterTheEnd = (batch: Batch, n: number): Checked => ({
  type: 'contradiction',
  code: 'custody.rollback',
  n,
  detail: `entry ${n} of epoch ${batch.epoch}, which was closed before it`,
})

/** A new epoch begins with `epoch.opened` and names exactly the head that the hub has, so that nothing can vanish between two epochs. */
function checkNewEpoch(crypto: Pick<Crypto, 'sha256'>, batch: Batch, head: Head | undefined): Checked {
  if (batch.from !== 1) return { type: 'gap' }
  const [first] = batch.entries
  const rollback = (detail: string): Checked => ({ type: 'contradiction', code: 'custody.rollback', n: 0, detail: `epoch ${batch.epoch}: ${detail}` })
  if (first === undefined || !equalBytes(batch.previous, GENESIS)) return rollback('does not begin at the beginning')
  const opening = decodeEntry(first, { till: batch.till, epoch: batch.epoch, n: 1 })
  if (!opening.ok || opening.value.kind !== 'epoch.opened') return rollback('does not begin with epoch.opened')

  const named = opening.value.body.previous
  if (head === undefined && named !== undefined && named.n > 0) return { type: 'gap' }
  if (head === undefined && batch.epoch > 1) return rollback('is not the first, and names none before it')
  if (head !== undefined) {
    if (named === undefined) return rollback('names no epoch before it')
    if (named.epoch === head.epoch && named.n > head.n) return { type: 'gap' }
    const same = named.epoch === head.epoch && named.n === head.n && named.head === hex(head.hash)
    if (!same) return rollback(`names entry ${named.n} of epoch ${named.epoch}, not the head that is stored`)
  }
  let hash: Uint8Array = GENESIS
  const entries = batch.entries.map((bytes, index) => {
    hash = chainHash(crypto, hash, bytes)
    return { n: index + 1, bytes, hash }
  })
  return { type: 'fresh', entries, repeats: false }
}
