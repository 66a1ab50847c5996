import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { lastSeqOf } from '../store/segment.ts'
import type { Segment } from '../store/hub-store.ts'
import { concat } from '#protocol/bytes.ts'
import { fromCbor, toCbor } from '#protocol/cose.ts'
import { MAX_BATCH_BYTES } from '#protocol/hub/messages.ts'
import { isId } from '#protocol/ids.ts'

/** A segment as it is copied: its head is not, since that follows from the chain. */
export type CopiedSegment = Omit<Segment, 'head'>

/**
 * A record of the copy is `length` and `crc32` (32 bits each, big endian) of the bytes that follow. These are CBOR: of a batch
 * `[2, seq, count, till, epoch, n, known, receivedAt, floorAt or null, batch]`, and of an entry from before batches were kept
 * `[seq, till, epoch, n, receivedAt, entry]`.
 */
const HEADER_BYTES = 8
const VERSION = 2
/** A batch, and the rest of a record is small. */
const MAX_RECORD_BYTES = MAX_BATCH_BYTES + 1024
const READ_BYTES = 1024 * 1024

export function encodeRecord({ seq, count, till, epoch, n, known, receivedAt, floorAt, signed, bytes }: CopiedSegment): Uint8Array {
  const body = toCbor(signed ? [VERSION, seq, count, till, epoch, n, known, receivedAt, floorAt ?? null, bytes] : [seq, till, epoch, n, receivedAt, bytes])
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.length, 0)
  header.writeUInt32BE(crc32(body), 4)
  return concat(header, body)
}

function decodeRecord(body: Uint8Array): CopiedSegment | undefined {
  const read = fromCbor(body)
  if (!read.ok || !Array.isArray(read.value)) return undefined
  const fields = read.value as unknown[]
  const old = fields.length === 6
  if (!old && (fields.length !== 10 || fields[0] !== VERSION)) return undefined
  const [seq, count, till, epoch, n, known, receivedAt, floorAt, bytes] = old
    ? [fields[0], 1, fields[1], fields[2], fields[3], 0, fields[4], null, fields[5]]
    : fields.slice(1)
  const numbers = [seq, count, epoch, n, known, receivedAt, floorAt ?? 0]
  if (!numbers.every((value) => Number.isSafeInteger(value)) || typeof till !== 'string' || !isId(till) || !(bytes instanceof Uint8Array)) return undefined
  return {
    seq: Number(seq),
    count: Number(count),
    till,
    epoch: Number(epoch),
    n: Number(n),
    known: Number(known),
    receivedAt: Number(receivedAt),
    floorAt: floorAt === null ? undefined : Number(floorAt),
    signed: !old,
    bytes,
  }
}

export type Piece = { readonly segment: CopiedSegment; readonly end: number } | { readonly broken: 'torn' | 'damaged' }

/** Every record from the byte `start` on, where one begins, up to `stop`; at most one `broken` piece, at the end. */
export async function* records(file: FileHandle, start: number, stop = Infinity): AsyncGenerator<Piece, void> {
  const size = Math.min(stop, (await file.stat()).size)
  let held = Buffer.alloc(0)
  let position = start
  for (;;) {
    const need = held.length < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + held.readUInt32BE(0)
    if (held.length >= HEADER_BYTES && held.length >= need) {
      const body = held.subarray(HEADER_BYTES, need)
      const segment = crc32(body) === held.readUInt32BE(4) ? decodeRecord(body) : undefined
      if (segment === undefined) {
        yield { broken: start + need >= size ? 'torn' : 'damaged' }
        return
      }
      start += need
      held = held.subarray(need)
      yield { segment, end: start }
      continue
    }
    if (need > HEADER_BYTES + MAX_RECORD_BYTES) {
      yield { broken: 'damaged' }
      return
    }
    const wanted = Math.min(READ_BYTES, size - position)
    const chunk = Buffer.alloc(Math.max(0, wanted))
    const { bytesRead } = wanted <= 0 ? { bytesRead: 0 } : await file.read(chunk, 0, wanted, position)
    if (bytesRead === 0) {
      if (held.length > 0) yield { broken: 'torn' }
      return
    }
    position += bytesRead
    held = Buffer.concat([held, chunk.subarray(0, bytesRead)])
  }
}

/** How far a copy is good: bytes, where its last record begins, and the entries in it. */
export type Extent = { readonly size: number; readonly lastAt: number; readonly lastFirst: number; readonly lastSeq: number }
export const EMPTY: Extent = { size: 0, lastAt: 0, lastFirst: 1, lastSeq: 0 }

export const extended = (before: Extent, segment: CopiedSegment, end: number): Extent => ({
  size: end,
  lastAt: before.size,
  lastFirst: segment.seq,
  lastSeq: lastSeqOf(segment),
})

/** Reads on from a good extent, to the end or up to the byte `stop`; calls `pause` after each large piece, so that others get the disk too. */
export async function scan(
  file: FileHandle,
  from: Extent,
  stop?: number,
  pause?: () => Promise<void>,
): Promise<Extent & { readonly broken?: 'torn' | 'damaged' }> {
  let good = from
  let pausedAt = from.size
  for await (const piece of records(file, from.size, stop)) {
    if ('broken' in piece) return { ...good, broken: piece.broken }
    if (piece.segment.seq !== good.lastSeq + 1) return { ...good, broken: 'damaged' }
    good = extended(good, piece.segment, piece.end)
    if (pause === undefined || good.size - pausedAt < READ_BYTES) continue
    pausedAt = good.size
    await pause()
  }
  return good
}
