import type { Segment, StoredEntry } from './hub-store.ts'
import { equalBytes } from '#protocol/bytes.ts'
import { readBatch } from '#protocol/hub/messages.ts'
import { chainHash } from '#protocol/journal/chain.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { invariant } from '#protocol/outcome.ts'
import { zstd } from '#protocol/node/packing.ts'

/**
 * The entries that a segment brought into custody, in order. Throws where it does not hold what it held when it was stored: the file is damaged then, and
 * nothing that is read from it may be settled.
 */
export function unpackSegment(segment: Segment): StoredEntry[] {
  const { seq, till, epoch, n, receivedAt, floorAt } = segment
  if (!segment.signed) return [{ seq, till, epoch, n, bytes: segment.bytes, hash: segment.head, receivedAt, floorAt }]
  const read = readBatch(segment.bytes, zstd)
  invariant(read.ok && read.value.batch.entries.length === segment.known + segment.count, `segment ${seq} holds its batch`)
  const { previous, entries } = read.value.batch
  let hash = previous
  const unpacked: StoredEntry[] = []
  for (const [index, bytes] of entries.entries()) {
    hash = chainHash(nodeCrypto, hash, bytes)
    const fresh = index - segment.known
    if (fresh >= 0) unpacked.push({ seq: seq + fresh, till, epoch, n: n + fresh, bytes, hash, receivedAt, floorAt })
  }
  invariant(equalBytes(hash, segment.head), `segment ${seq} ends where it ended`)
  return unpacked
}

/** Hub sequence of its last entry. */
export const lastSeqOf = ({ seq, count }: Pick<Segment, 'seq' | 'count'>): number => seq + count - 1

/** How segments are found, and the entries that are read from them: the same for every body of the store. */
export type SegmentShelf = {
  /** The one that holds this entry. */
  holding(seq: number): Segment | undefined
  /** The next one in the hub's order. */
  after(segment: Segment): Segment | undefined
}

export type EntryReader = {
  entries(afterSeq: number, limit: number, maxBytes: number): StoredEntry[]
  segments(afterSeq: number, maxBytes: number): Segment[]
  /** Undefined for one that is not in custody. */
  entry(seq: number): StoredEntry | undefined
  unpack(segment: Segment): readonly StoredEntry[]
}

/** Remembers the last segment: a turn of settling takes a part of one, and the next turn the rest. */
function unpackOnce(): (segment: Segment) => readonly StoredEntry[] {
  let last: { readonly seq: number; readonly entries: readonly StoredEntry[] } | undefined
  return (segment) => {
    if (last?.seq !== segment.seq) last = { seq: segment.seq, entries: unpackSegment(segment) }
    return last.entries
  }
}

export function entryReader(shelf: SegmentShelf, unpack: (segment: Segment) => readonly StoredEntry[] = unpackOnce()): EntryReader {
  return {
    unpack,
    segments(afterSeq, maxBytes) {
      const found: Segment[] = []
      let bytes = 0
      for (let next = shelf.holding(afterSeq + 1); next !== undefined && (found.length === 0 || bytes < maxBytes); next = shelf.after(next)) {
        found.push(next)
        bytes += next.bytes.length
      }
      return found
    },
    entries(afterSeq, limit, maxBytes) {
      const found: StoredEntry[] = []
      let bytes = 0
      for (let next = shelf.holding(afterSeq + 1); next !== undefined; next = shelf.after(next)) {
        for (const entry of unpack(next).slice(Math.max(0, afterSeq + 1 - next.seq))) {
          if (found.length > 0 && (found.length >= limit || bytes >= maxBytes)) return found
          found.push(entry)
          bytes += entry.bytes.length
        }
      }
      return found
    },
    entry(seq) {
      const segment = shelf.holding(seq)
      return segment === undefined ? undefined : unpack(segment)[seq - segment.seq]
    },
  }
}
