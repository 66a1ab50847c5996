import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { syncFolder } from '../durable-file.ts'
import type { StoredEntry } from '../store/hub-store.ts'
import { concat } from '#protocol/bytes.ts'
import { fromCbor, toCbor } from '#protocol/cose.ts'
import { MAX_BATCH_BYTES } from '#protocol/hub/messages.ts'
import { isId } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * The second place of every entry in custody: only what is here too may be called `safe`, and forgotten by its till. In the order of the
 * hub, appended, never rewritten, and readable without the database.
 */
export interface EntryCopy {
  /** Hub sequence of the last entry that is durable here, 0 for none. */
  readonly lastSeq: number
  /** Continues at `lastSeq` without a gap. False: it could not be written (the disk is full, say); nothing changed, try again later. */
  append(entries: readonly StoredEntry[]): Promise<boolean>
  /** From the first entry after `afterSeq` on, in pieces. */
  read(afterSeq: number): AsyncIterable<CopiedEntry>
  close(): Promise<void>
}

/** Its hash is not copied: it follows from the chain. */
export type CopiedEntry = Omit<StoredEntry, 'hash'>

/** A record is `length` and `crc32` (32 bits each, big endian) of the bytes that follow: CBOR of `[seq, till, epoch, n, receivedAt, bytes]`. */
const HEADER_BYTES = 8
/** An entry came in a batch, and the rest of a record is small. */
const MAX_RECORD_BYTES = MAX_BATCH_BYTES + 1024
const READ_BYTES = 1024 * 1024

const encodeRecord = ({ seq, till, epoch, n, receivedAt, bytes }: CopiedEntry): Uint8Array => {
  const body = toCbor([seq, till, epoch, n, receivedAt, bytes])
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.length, 0)
  header.writeUInt32BE(crc32(body), 4)
  return concat(header, body)
}

function decodeRecord(body: Uint8Array): CopiedEntry | undefined {
  const fields = fromCbor(body)
  if (!fields.ok || !Array.isArray(fields.value)) return undefined
  const [seq, till, epoch, n, receivedAt, bytes] = fields.value as unknown[]
  const shaped = Number.isSafeInteger(seq) && typeof till === 'string' && isId(till) && Number.isSafeInteger(epoch) && Number.isSafeInteger(n)
  if (!shaped || !Number.isSafeInteger(receivedAt) || !(bytes instanceof Uint8Array)) return undefined
  return { seq: Number(seq), till, epoch: Number(epoch), n: Number(n), receivedAt: Number(receivedAt), bytes }
}

/**
 * Opens or creates the file and reads all of it, so that damage is found at the start and not on the day it is needed. An unfinished last
 * record, as a power cut leaves it, is cut off. A file that is damaged before its end is kept under another name and begun anew: custody
 * fills it again from the database. `warn` tells the operator.
 */
export async function openCopyFile(path: string, warn: (line: string) => void): Promise<EntryCopy> {
  mkdirSync(dirname(path), { recursive: true })
  let file = await openExisting(path)
  let scan = await scanAll(file)
  if (scan.broken === 'damaged') {
    await file.close()
    const kept = freeName(path)
    renameSync(path, kept)
    warn(`the second copy of the journal is damaged after entry ${scan.lastSeq}; it was kept as ${kept} and is written anew`)
    file = await openExisting(path)
    scan = await scanAll(file)
  }
  syncFolder(dirname(path))
  if (scan.broken === 'torn') await file.truncate(scan.size)
  return new CopyFile(file, scan)
}

async function openExisting(path: string): Promise<FileHandle> {
  return await open(path, existsSync(path) ? 'r+' : 'wx+')
}

function freeName(path: string): string {
  for (let number = 1; ; number++) if (!existsSync(`${path}.damaged-${number}`)) return `${path}.damaged-${number}`
}

class CopyFile implements EntryCopy {
  lastSeq: number
  readonly #file: FileHandle
  /** Bytes up to here are good and durable; what a failed write left behind them is written over. */
  #size: number
  /** Where the last record begins, so that looking at it does not mean reading everything. */
  #lastAt: number

  constructor(file: FileHandle, { size, lastAt, lastSeq }: Scan) {
    this.#file = file
    this.#size = size
    this.#lastAt = lastAt
    this.lastSeq = lastSeq
  }

  async append(entries: readonly StoredEntry[]): Promise<boolean> {
    const last = entries.at(-1)
    if (last === undefined) return true
    invariant(
      entries.every(({ seq }, index) => seq === this.lastSeq + 1 + index),
      'the copy continues where it ends',
    )
    const encoded = entries.map(encodeRecord)
    const bytes = concat(...encoded)
    try {
      await writeAt(this.#file, bytes, this.#size)
      await this.#file.datasync()
    } catch {
      await this.#file.truncate(this.#size).catch(() => undefined)
      return false
    }
    this.#size += bytes.length
    this.#lastAt = this.#size - (encoded.at(-1)?.length ?? 0)
    this.lastSeq = last.seq
    return true
  }

  async *read(afterSeq: number): AsyncIterable<CopiedEntry> {
    const from = afterSeq === this.lastSeq - 1 ? this.#lastAt : 0
    for await (const piece of records(this.#file, from)) if ('entry' in piece && piece.entry.seq > afterSeq) yield piece.entry
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
}

type Piece = { readonly entry: CopiedEntry; readonly end: number } | { readonly broken: 'torn' | 'damaged' }

/** Every record from the byte `start` on, where one begins; at most one `broken` piece, at the end. */
async function* records(file: FileHandle, start: number): AsyncGenerator<Piece, void> {
  const { size } = await file.stat()
  let held = Buffer.alloc(0)
  let position = start
  for (;;) {
    const need = held.length < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + held.readUInt32BE(0)
    if (held.length >= HEADER_BYTES && held.length >= need) {
      const body = held.subarray(HEADER_BYTES, need)
      const entry = crc32(body) === held.readUInt32BE(4) ? decodeRecord(body) : undefined
      if (entry === undefined) {
        yield { broken: start + need >= size ? 'torn' : 'damaged' }
        return
      }
      start += need
      held = held.subarray(need)
      yield { entry, end: start }
      continue
    }
    if (need > HEADER_BYTES + MAX_RECORD_BYTES) {
      yield { broken: 'damaged' }
      return
    }
    const chunk = Buffer.alloc(READ_BYTES)
    const { bytesRead } = await file.read(chunk, 0, READ_BYTES, position)
    if (bytesRead === 0) {
      if (held.length > 0) yield { broken: 'torn' }
      return
    }
    position += bytesRead
    held = Buffer.concat([held, chunk.subarray(0, bytesRead)])
  }
}

type Scan = { readonly size: number; readonly lastAt: number; readonly lastSeq: number; readonly broken: 'torn' | 'damaged' | undefined }

async function scanAll(file: FileHandle): Promise<Scan> {
  let good = { size: 0, lastAt: 0, lastSeq: 0 }
  for await (const piece of records(file, 0)) {
    if ('broken' in piece) return { ...good, broken: piece.broken }
    if (piece.entry.seq !== good.lastSeq + 1) return { ...good, broken: 'damaged' }
    good = { size: piece.end, lastAt: good.size, lastSeq: piece.entry.seq }
  }
  return { ...good, broken: undefined }
}

/** The simulator's second place. `crash` as in the memory store: what was appended stays. */
export function memoryCopy(kept: CopiedEntry[] = []): EntryCopy {
  return {
    get lastSeq() {
      return kept.length
    },
    append(entries) {
      kept.push(...entries)
      return Promise.resolve(true)
    },
    async *read(afterSeq) {
      yield* kept.slice(afterSeq)
    },
    close: () => Promise.resolve(),
  }
}
