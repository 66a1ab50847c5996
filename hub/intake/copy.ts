import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { EMPTY, encodeRecord, extended, records, scan, type CopiedSegment, type Extent } from './copy-record.ts'
import { syncFolder, writeDurably } from '#protocol/node/durable-file.ts'
import { lastSeqOf } from '../store/segment.ts'
import type { Segment } from '../store/hub-store.ts'
import { concat } from '#protocol/bytes.ts'
import { invariant } from '#protocol/outcome.ts'

export type { CopiedSegment } from './copy-record.ts'

/**
 * The second place of everything in custody: only what is here too may be called `safe`, and forgotten by its till. In the order of the
 * hub, appended, never rewritten, and readable without the database.
 */
export interface EntryCopy {
  /** Hub sequence of the last entry that is durable here, 0 for none. */
  readonly lastSeq: number
  /** Continues at `lastSeq` without a gap. False: it could not be written (the disk is full, say); nothing changed, try again later. */
  append(segments: readonly Segment[]): Promise<boolean>
  /** Whole segments, from the one that holds the first entry after `afterSeq` on. */
  read(afterSeq: number): AsyncIterable<CopiedSegment>
  /** Reads what was not read when it was opened. False: there was damage, it was begun anew, and everything has to be appended again. */
  verify(): Promise<boolean>
  close(): Promise<void>
}

/** How much may have to be read at the next start. */
const CHECKPOINT_EVERY = 64 * 1024 * 1024
const FILE_MODE = 0o600

const checkpointShape = z.strictObject({
  size: z.int().nonnegative(),
  lastAt: z.int().nonnegative(),
  lastFirst: z.int().positive(),
  lastSeq: z.int().nonnegative(),
})
const checkpointOf = (path: string): string => `${path}.checkpoint`

export type CopyOptions = {
  warn(line: string): void
  /** Between pieces of a mebibyte while the whole file is verified. */
  pause(): Promise<void>
}

/**
 * Opens or creates the file. Only what came after the last checkpoint is read, so that a start takes as long after years as on the first day; `verify` reads
 * the rest. An unfinished last record, as a power cut leaves it, is cut off. A file that is damaged before its end is kept under another name and
 * begun anew: custody fills it again from the database. `warn` tells the operator.
 */
export async function openCopyFile(path: string, options: CopyOptions): Promise<EntryCopy> {
  mkdirSync(dirname(path), { recursive: true })
  const file = await openExisting(path)
  const from = await readCheckpoint(path, file)
  const { broken, ...extent } = await scan(file, from)
  const copy = new CopyFile(path, options, file, { extent, verifiedFrom: from.size })
  if (broken === 'damaged') await copy.beginAnew(extent.lastSeq)
  syncFolder(dirname(path))
  if (broken === 'torn') await file.truncate(extent.size)
  return copy
}

async function openExisting(path: string): Promise<FileHandle> {
  return await open(path, existsSync(path) ? 'r+' : 'wx+')
}

/** Believed only if the record that it calls the last one is there: the file may have been replaced. */
async function readCheckpoint(path: string, file: FileHandle): Promise<Extent> {
  if (!existsSync(checkpointOf(path))) return EMPTY
  const parsed = checkpointShape.safeParse(parseJson(readFileSync(checkpointOf(path), 'utf8')))
  if (!parsed.success) return EMPTY
  const claimed = parsed.data
  for await (const piece of records(file, claimed.lastAt, claimed.size)) {
    const fits = 'segment' in piece && piece.end === claimed.size && piece.segment.seq === claimed.lastFirst && lastSeqOf(piece.segment) === claimed.lastSeq
    return fits ? claimed : EMPTY
  }
  return EMPTY
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function freeName(path: string): string {
  for (let number = 1; ; number++) if (!existsSync(`${path}.damaged-${number}`)) return `${path}.damaged-${number}`
}

class CopyFile implements EntryCopy {
  readonly #path: string
  readonly #options: CopyOptions
  #file: FileHandle
  /** Up to here all is good and durable; what a failed write left behind it is written over. */
  #extent: Extent
  /** Bytes before this one have not been read since the file was opened. */
  #unread: number
  #checkpointAt: number
  #closed = false

  constructor(path: string, options: CopyOptions, file: FileHandle, { extent, verifiedFrom }: { extent: Extent; verifiedFrom: number }) {
    this.#path = path
    this.#options = options
    this.#file = file
    this.#extent = extent
    this.#unread = verifiedFrom
    this.#checkpointAt = verifiedFrom
  }

  get lastSeq(): number {
    return this.#extent.lastSeq
  }

  async append(segments: readonly Segment[]): Promise<boolean> {
    let next = this.#extent
    const encoded = segments.map((segment) => {
      invariant(segment.seq === next.lastSeq + 1, 'the copy continues where it ends')
      const record = encodeRecord(segment)
      next = extended(next, segment, next.size + record.length)
      return record
    })
    if (encoded.length === 0) return true
    const file = this.#file
    try {
      await writeAt(file, concat(...encoded), this.#extent.size)
      await file.datasync()
    } catch {
      await file.truncate(this.#extent.size).catch(() => undefined)
      return false
    }
    // Damage was found meanwhile: these bytes went to the file that was put aside.
    if (file !== this.#file) return false
    this.#extent = next
    if (next.size - this.#checkpointAt >= CHECKPOINT_EVERY) this.#checkpoint()
    return true
  }

  async *read(afterSeq: number): AsyncIterable<CopiedSegment> {
    const from = afterSeq >= this.#extent.lastFirst - 1 ? this.#extent.lastAt : 0
    for await (const piece of records(this.#file, from, this.#extent.size)) if ('segment' in piece && lastSeqOf(piece.segment) > afterSeq) yield piece.segment
  }

  async verify(): Promise<boolean> {
    const checked = await scan(this.#file, EMPTY, this.#unread, async () => {
      await this.#options.pause()
      invariant(!this.#closed, 'nobody reads a closed copy')
    }).catch((error: unknown) => ({ broken: String(error), lastSeq: 0 }))
    if (this.#closed || checked.broken === undefined) return true
    await this.beginAnew(checked.lastSeq)
    return false
  }

  async beginAnew(goodUpTo: number): Promise<void> {
    const kept = freeName(this.#path)
    const old = this.#file
    renameSync(this.#path, kept)
    rmSync(checkpointOf(this.#path), { force: true })
    this.#file = await openExisting(this.#path)
    this.#extent = EMPTY
    this.#unread = 0
    this.#checkpointAt = 0
    await old.close()
    syncFolder(dirname(this.#path))
    this.#options.warn(`the second copy of the journal is damaged after entry ${goodUpTo}; it was kept as ${kept} and is written anew`)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#extent.size > this.#checkpointAt) this.#checkpoint()
    await this.#file.close()
  }

  /** It only saves time: without it everything is read at the next start. */
  #checkpoint(): void {
    try {
      writeDurably(checkpointOf(this.#path), JSON.stringify(this.#extent), FILE_MODE)
      this.#checkpointAt = this.#extent.size
    } catch (error) {
      this.#options.warn(`the second copy has no new checkpoint: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
}

/** The simulator's second place. `crash` as in the memory store: what was appended stays. */
export function memoryCopy(kept: CopiedSegment[] = []): EntryCopy {
  return {
    get lastSeq() {
      const last = kept.at(-1)
      return last === undefined ? 0 : lastSeqOf(last)
    },
    append(segments) {
      kept.push(...segments)
      return Promise.resolve(true)
    },
    async *read(afterSeq) {
      yield* kept.filter((segment) => lastSeqOf(segment) > afterSeq)
    },
    verify: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  }
}
