import type { Head } from '../store/hub-store.ts'
import { equalBytes, hex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Batch } from '#protocol/hub/messages.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry, type EntryBody } from '#protocol/journal/entry.ts'

/** What a batch is, measured by what the hub has of its till. */
export type Checked =
  /** Continues the chain: the last `count` entries are new, `known` were in custody already. `head` is the chain hash of the last. */
  | { readonly type: 'fresh'; readonly known: number; readonly count: number; readonly head: Uint8Array; readonly lost?: string }
  | { readonly type: 'known' }
  /** Something is missing before it. */
  | { readonly type: 'gap' }
  /** Contradicts what is stored: `n` is the first entry that does, 0 for the epoch as a whole. */
  | { readonly type: 'contradiction'; readonly code: 'custody.fork' | 'custody.rollback'; readonly n: number; readonly detail: string }

/** What the hub has of a batch's till. */
export type Known = {
  readonly head: Head | undefined
  /** Hashes of the batch's own epoch from the entry before its first one to its last, as far as the hub has them. */
  readonly stored: ReadonlyMap<number, Uint8Array>
  /** The hash at the place that the batch's opening names, if it names one and the hub has it. */
  readonly named: Uint8Array | undefined
  /** The batch cites an acknowledgement that told of this very head: the till knows where the hub stands and has nothing in between. */
  readonly knowsHead: boolean
  /** A person brought the batch in a file: it may hold the end of an epoch that the till closed without it. */
  readonly imported: boolean
}

/** The body of `epoch.opened`, if that is what the batch begins with. */
export function openingOf(batch: Batch): EntryBody<'epoch.opened'> | undefined {
  const [first] = batch.entries
  if (batch.from !== 1 || first === undefined) return undefined
  const entry = decodeEntry(first, { till: batch.till, epoch: batch.epoch, n: 1 })
  return entry.ok && entry.value.kind === 'epoch.opened' ? entry.value.body : undefined
}

/** Places a batch whose signature is good. Pure; the entries' bytes are hashed, not read, but for the first of a new epoch. */
export function checkChain(crypto: Pick<Crypto, 'sha256'>, batch: Batch, known: Known): Checked {
  const { head, stored, imported } = known
  const current = head?.epoch ?? 0
  if (batch.epoch > current) return checkNewEpoch(crypto, batch, known)
  const lastN = batch.epoch === current ? (head?.n ?? 0) : Infinity
  if (batch.from > lastN + 1) return { type: 'gap' }

  const before = batch.from === 1 ? GENESIS : stored.get(batch.from - 1)
  if (before === undefined) return imported ? { type: 'gap' } : afterTheEnd(batch, batch.from - 1)
  if (!equalBytes(batch.previous, before)) return fork(Math.max(1, batch.from - 1))
  let hash = batch.previous
  let fresh = 0
  for (const [index, bytes] of batch.entries.entries()) {
    const n = batch.from + index
    hash = chainHash(crypto, hash, bytes)
    const same = n > lastN ? undefined : stored.get(n)
    if (same === undefined && n <= lastN && !imported) return afterTheEnd(batch, n)
    if (same === undefined) fresh += 1
    else if (!equalBytes(same, hash)) return fork(n)
  }
  return fresh === 0 ? { type: 'known' } : { type: 'fresh', known: batch.entries.length - fresh, count: fresh, head: hash }
}

const fork = (n: number): Checked => ({ type: 'contradiction', code: 'custody.fork', n, detail: 'differs from the entry that is stored under this number' })

/**
 * A till that goes on writing an epoch which it had closed: a second copy of its journal is in use. What it had exported before its disk lost it comes by
 * import, and continues what is stored.
 */
const afterTheEnd = (batch: Batch, n: number): Checked => ({
  type: 'contradiction',
  code: 'custody.rollback',
  n,
  detail: `entry ${n} of epoch ${batch.epoch}, which was closed before it`,
})

/**
 * A new epoch begins with `epoch.opened` and names an entry that the hub has, by its hash. That is the head when the till was restored; after damage it is the
 * last good entry of the till, which may lie before the head, and so it does when entries of the old journal were still on their way while the till
 * opened the epoch. Nothing vanishes between two epochs: what is behind the named entry stays in custody.
 */
function checkNewEpoch(crypto: Pick<Crypto, 'sha256'>, batch: Batch, { head, named, knowsHead }: Known): Checked {
  if (batch.from !== 1) return { type: 'gap' }
  const rollback = (detail: string): Checked => ({ type: 'contradiction', code: 'custody.rollback', n: 0, detail: `epoch ${batch.epoch}: ${detail}` })
  if (batch.entries.length === 0 || !equalBytes(batch.previous, GENESIS)) return rollback('does not begin at the beginning')
  const opening = openingOf(batch)
  if (opening === undefined) return rollback('does not begin with epoch.opened')

  const { previous } = opening
  if (previous === undefined) {
    if (head !== undefined) return rollback('names no epoch before it')
    return batch.epoch > 1 ? rollback('is not the first, and names none before it') : begun(crypto, batch)
  }
  const place = `entry ${previous.n} of epoch ${previous.epoch}`
  if (previous.epoch >= batch.epoch) return rollback(`names ${place}, which is not before it`)
  const [epoch, n] = [head?.epoch ?? 0, head?.n ?? 0]
  if (previous.epoch > epoch || (previous.epoch === epoch && previous.n > n)) {
    if (previous.n === 0 && head === undefined) return begun(crypto, batch)
    // The hub lost it, coming back from a backup, and its till may send it again first. One that knows where the hub stands has lost it too.
    return knowsHead ? begun(crypto, batch, `everything between entry ${n} of epoch ${epoch} and ${place} is lost to hub and till`) : { type: 'gap' }
  }
  const same = previous.n === 0 ? GENESIS : named
  return same !== undefined && hex(same) === previous.head ? begun(crypto, batch) : rollback(`names ${place} with a hash that is not stored`)
}

function begun(crypto: Pick<Crypto, 'sha256'>, { entries }: Batch, lost?: string): Checked {
  const head = entries.reduce((hash, bytes) => chainHash(crypto, hash, bytes), GENESIS)
  return { type: 'fresh', known: 0, count: entries.length, head, ...(lost === undefined ? {} : { lost }) }
}
