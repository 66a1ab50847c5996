import type { Random } from '../../world/random.ts'
import type { FileOp } from './system-calls.ts'

/**
 * What a power cut leaves of files that a program was writing. What was fsynced is there; of the rest the page cache may have written back any sectors in any
 * order, each as it was at some moment. A name is there once its folder was fsynced; before that the file system's own log may have got to any point.
 *
 * `dropped`: nothing that was not fsynced. `kept`: everything, as after a mere crash of the program. `in_order`: up to some moment, the last write torn.
 * `reordered`: pages of 4 KiB on their own. `torn`: sectors of 512 bytes on their own.
 */
export const manners = ['dropped', 'kept', 'in_order', 'reordered', 'torn'] as const
export type Manner = (typeof manners)[number]

/** The files of the folder after the cut. */
export type Image = ReadonlyMap<string, Uint8Array>

type DataOp = Extract<FileOp, { type: 'write' | 'truncate' }>
type NameOp = Extract<FileOp, { type: 'create' | 'rename' | 'unlink' }>
type Content = { bytes: Buffer; size: number }
type Inode = { readonly durable: Content; pending: { readonly at: number; readonly op: DataOp }[] }

const PAGE = 4096
const SECTOR = 512

/** Follows the operations of a program; `image` says what a cut at this moment could leave. */
export class PowerCut {
  readonly #live = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  #pendingNames: { readonly op: NameOp; readonly inode: Inode }[] = []
  #at = 0

  /** The program has done this. */
  apply(op: FileOp): void {
    this.#at += 1
    switch (op.type) {
      case 'create': {
        const inode: Inode = { durable: { bytes: Buffer.alloc(PAGE), size: 0 }, pending: [] }
        this.#live.set(op.file, inode)
        this.#pendingNames.push({ op, inode })
        return
      }
      case 'rename':
      case 'unlink':
        this.#pendingNames.push({ op, inode: this.#inode(op.file) })
        return rename(this.#live, op, this.#inode(op.file))
      case 'write':
      case 'truncate':
        return void this.#inode(op.file).pending.push({ at: this.#at, op })
      case 'sync': {
        const inode = this.#inode(op.file)
        for (const { op: data } of inode.pending) put(inode.durable, data)
        inode.pending = []
        return
      }
      case 'syncFolder':
        this.#durableNames = new Map(this.#live)
        this.#pendingNames = []
        return
      case 'mark':
    }
  }

  image(manner: Manner, random: Random): Image {
    const names = new Map(this.#durableNames)
    const logged = manner === 'dropped' ? 0 : manner === 'kept' ? this.#pendingNames.length : random.between(0, this.#pendingNames.length)
    for (const { op, inode } of this.#pendingNames.slice(0, logged)) rename(names, op, inode)
    const pendingAt = [...names.values()].flatMap(({ pending }) => pending.map(({ at }) => at)).toSorted((a, b) => a - b)
    const lastKept = manner === 'in_order' && pendingAt.length > 0 ? random.pick(pendingAt) : 0
    return new Map([...names].map(([file, inode]) => [file, contentAfter(inode, manner, lastKept, random)]))
  }

  #inode(file: string): Inode {
    const inode = this.#live.get(file)
    if (inode === undefined) throw new Error(`${file} was used before it was made`)
    return inode
  }
}

function rename(names: Map<string, Inode>, op: NameOp, inode: Inode): void {
  if (op.type !== 'create') names.delete(op.file)
  if (op.type !== 'unlink') names.set(op.type === 'rename' ? op.to : op.file, inode)
}

function contentAfter({ durable, pending }: Inode, manner: Manner, lastKept: number, random: Random): Uint8Array {
  const content: Content = { bytes: Buffer.from(durable.bytes), size: durable.size }
  switch (manner) {
    case 'dropped':
      break
    case 'kept':
      for (const { op } of pending) put(content, op)
      break
    case 'in_order':
      for (const { at, op } of pending) {
        if (at < lastKept) put(content, op)
        else if (at === lastKept) put(content, tornOff(op, random))
      }
      break
    case 'reordered':
    case 'torn':
      writeBack(content, pending, manner === 'torn' ? SECTOR : PAGE, random)
  }
  return content.bytes.subarray(0, content.size)
}

/** The beginning of a write, up to some sector's edge. */
function tornOff(op: DataOp, random: Random): DataOp {
  if (op.type === 'truncate') return op
  const edge = Math.floor((op.offset + random.between(0, op.bytes.length)) / SECTOR) * SECTOR
  return { ...op, bytes: op.bytes.subarray(0, Math.max(0, edge - op.offset)) }
}

/** Each sector as it was after some of the writes that touched it: mostly none or all of them. */
function writeBack(content: Content, pending: Inode['pending'], sector: number, random: Random): void {
  const pieces = pending.flatMap(({ op }): DataOp[] => (op.type === 'write' ? cut(op, sector) : [op]))
  const touches = new Map<number, number>()
  for (const piece of pieces) if (piece.type === 'write') touches.set(placeOf(piece, sector), (touches.get(placeOf(piece, sector)) ?? 0) + 1)
  const whole = random.real()
  const kept = new Map([...touches].map(([place, count]) => [place, random.chance(whole) ? count : random.between(0, count)]))
  const done = new Map<number, number>()
  for (const piece of pieces) {
    if (piece.type === 'truncate') {
      if (random.chance(whole)) put(content, piece)
      continue
    }
    const place = placeOf(piece, sector)
    const before = done.get(place) ?? 0
    done.set(place, before + 1)
    if (before < (kept.get(place) ?? 0)) put(content, piece)
  }
  // The size may be written back before the data: then there are zeros.
  if (random.chance(0.3)) for (const { op } of pending) if (op.type === 'write') grow(content, op.offset + op.bytes.length)
}

type Write = Extract<FileOp, { type: 'write' }>
const placeOf = (write: Write, sector: number): number => Math.floor(write.offset / sector)

function cut(write: Write, sector: number): Write[] {
  const pieces: Write[] = []
  for (let done = 0; done < write.bytes.length;) {
    const offset = write.offset + done
    const length = Math.min(sector - (offset % sector), write.bytes.length - done)
    pieces.push({ ...write, offset, bytes: write.bytes.subarray(done, done + length) })
    done += length
  }
  return pieces
}

function put(content: Content, op: DataOp): void {
  if (op.type === 'write') {
    if (op.bytes.length === 0) return
    grow(content, op.offset + op.bytes.length)
    content.bytes.set(op.bytes, op.offset)
  } else if (op.size < content.size) {
    content.bytes.fill(0, op.size, content.size)
    content.size = op.size
  } else grow(content, op.size)
}

function grow(content: Content, size: number): void {
  if (size > content.bytes.length) content.bytes = Buffer.concat([content.bytes, Buffer.alloc(Math.max(size, 2 * content.bytes.length) - content.bytes.length)])
  content.size = Math.max(content.size, size)
}
