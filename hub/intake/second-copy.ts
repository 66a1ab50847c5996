import type { CopiedSegment, EntryCopy } from './copy.ts'
import type { Changes, Head, HubStore, Segment } from '../store/hub-store.ts'
import { lastSeqOf } from '../store/segment.ts'
import { equalBytes } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { readBatch } from '#protocol/hub/messages.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { invariant } from '#protocol/outcome.ts'
import { zstd } from '#protocol/node/packing.ts'

type Both = { readonly store: HubStore; readonly copy: EntryCopy }

/** Read from the database and appended at once. */
const PIECE_BYTES = 8 * 1024 * 1024

/** Appends a piece of what the copy lacks; `fresh` spares reading back what was just stored. `more`: something is still lacking. */
export async function copyOut({ store, copy }: Both, fresh: readonly Segment[]): Promise<'whole' | 'more' | 'failed'> {
  if (fresh[0]?.seq === copy.lastSeq + 1) return (await copy.append(fresh)) ? 'whole' : 'failed'
  const missing = await store.segments(copy.lastSeq, PIECE_BYTES)
  if (missing.length === 0) return 'whole'
  return (await copy.append(missing)) ? 'more' : 'failed'
}

/**
 * Before custody opens: makes database and copy agree. Usually the copy lacks what was stored last. If it has *more* than the database, then
 * the database came back from a backup: what it lacks is taken from the copy, and the hub's epoch counts up so that tills know.
 * Throws when the two were never one.
 */
export async function reconcileCopy(ports: Both & { readonly crypto: Crypto; warn(line: string): void }): Promise<void> {
  const { store, copy, warn } = ports
  const { lastSeq } = await store.standing()
  const common = Math.min(lastSeq, copy.lastSeq)
  if (common > 0) {
    const [stored] = await store.segments(common - 1, 1)
    for await (const copied of copy.read(common - 1)) {
      if (stored === undefined || stored.seq !== copied.seq || !equalBytes(stored.bytes, copied.bytes))
        throw new Error(`the second copy is not of this database: entry ${common} differs`)
      break
    }
  }
  if (copy.lastSeq > lastSeq) {
    warn(`the database has ${lastSeq} entries and the second copy ${copy.lastSeq}: taking the rest from the copy`)
    await takeFromCopy(ports, lastSeq)
  }
  for (;;) {
    const copied = await copyOut(ports, [])
    if (copied === 'failed') warn(COPY_FAILED)
    if (copied !== 'more') return
  }
}

export const COPY_FAILED = 'the second copy of the journal cannot be written; tills are told that nothing new is safe'

async function takeFromCopy({ store, copy, crypto }: Both & { readonly crypto: Crypto }, afterSeq: number): Promise<void> {
  const { hubEpoch } = await store.standing()
  const commit = async (changes: Changes) => {
    const committed = await store.commit(changes)
    if (committed !== 'done') throw new Error(`the second copy could not be taken over: ${committed}`)
  }
  // The database's own count is as old as the backup, and one backup may be put back twice. The copy only grows, so its length keeps the epoch
  // above all that tills have heard of: they ignore what seems to come from before the last restore.
  await commit({ hubEpoch: { from: hubEpoch, to: Math.max(hubEpoch, copy.lastSeq) + 1 } })
  for await (const copied of copy.read(afterSeq)) {
    const [before] = await store.get('heads', [copied.till])
    const { till: id, epoch, n, count, receivedAt, floorAt } = copied
    // The end of an epoch that was closed without it, from an export: its till stands where it stood.
    const isLate = before !== undefined && epoch < before.epoch
    const [last] = isLate ? await store.hashes(id, epoch, n - 1, n - 1) : before?.epoch === epoch ? [before] : []
    const head = headAfter(crypto, last?.hash ?? GENESIS, copied)
    const row: Head = { id, version: before?.version ?? 0, epoch, n: n + count - 1, hash: head, seq: lastSeqOf(copied), receivedAt, floorAt, acks: [] }
    await commit({ segments: [{ ...copied, head }], heads: isLate ? [] : [row] })
  }
}

/** Where a copied segment leads from the hash before it. Throws when it does not follow: then it is not of this database. */
function headAfter(crypto: Crypto, from: Uint8Array, { seq, signed, known, bytes }: CopiedSegment): Uint8Array {
  if (!signed) return chainHash(crypto, from, bytes)
  const read = readBatch(bytes, zstd)
  invariant(read.ok, `segment ${seq} of the second copy is a batch`)
  const { previous, entries } = read.value.batch
  const at = entries.slice(0, known).reduce((hash, entry) => chainHash(crypto, hash, entry), previous)
  invariant(equalBytes(at, from), `segment ${seq} of the second copy follows what was before it`)
  return entries.slice(known).reduce((hash, entry) => chainHash(crypto, hash, entry), at)
}
