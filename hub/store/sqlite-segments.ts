import type { Database } from 'better-sqlite3'
import { row, type Cell } from './sqlite-rows.ts'
import { entryReader } from './segment.ts'
import type { Head, Segment, StoredEntry } from './hub-store.ts'
import type { Id } from '#protocol/ids.ts'

/** Custody's part of the SQLite store: segments, and the entries that are read from them. */

export const segmentColumns = ['seq', 'count', 'till', 'epoch', 'n', 'head', 'receivedAt', 'floorAt', 'known', 'signed', 'bytes'] as const
export const segmentCells = (segment: Segment): { readonly [C in (typeof segmentColumns)[number]]: Cell } => ({ ...segment, signed: segment.signed ? 1 : 0 })

type StoredHead = Omit<Head, 'acks'> & { readonly acks: string }
export const headCells = (head: Head): StoredHead => ({ ...head, acks: JSON.stringify(head.acks) })
export const headRow = (found: StoredHead): Head => ({ ...row(found), acks: JSON.parse(found.acks) as Head['acks'] })

export const LAST_SEQ = 'coalesce((SELECT seq + count - 1 FROM segments ORDER BY seq DESC LIMIT 1), 0)'

type StoredSegment = Omit<Segment, 'signed'> & { readonly signed: number }
const segmentRow = (found: StoredSegment): Segment => ({ ...row(found), signed: found.signed === 1 })

export function segmentsReader(db: Database) {
  const columns = segmentColumns.join(', ')
  const holding = db.prepare<[number], StoredSegment>(`SELECT ${columns} FROM segments WHERE seq <= ? ORDER BY seq DESC LIMIT 1`)
  const at = db.prepare<[number], StoredSegment>(`SELECT ${columns} FROM segments WHERE seq = ?`)
  // From the last one that begins at or before the first wanted entry.
  const overlapping = db.prepare<{ till: Id; epoch: number; from: number; to: number }, StoredSegment>(
    `SELECT ${columns} FROM segments WHERE till = $till AND epoch = $epoch AND n <= $to AND n >= coalesce(
       (SELECT max(n) FROM segments WHERE till = $till AND epoch = $epoch AND n <= $from), 0) ORDER BY n`,
  )
  const before = db.prepare<[Id, number, number], Pick<Segment, 'seq' | 'count' | 'n'>>(
    'SELECT seq, count, n FROM segments WHERE till = ? AND epoch = ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
  )
  const next = db.prepare<[Id, number], number | null>('SELECT floorAt FROM segments WHERE till = ? AND epoch > ? ORDER BY epoch, n LIMIT 1').pluck()
  const links = db.prepare<[Id, number], number>('SELECT seq FROM links WHERE payment = ? ORDER BY seq LIMIT ?').pluck()

  const shaped = (found: StoredSegment | undefined): Segment | undefined => (found === undefined ? undefined : segmentRow(found))
  const read = entryReader({
    holding(seq) {
      const found = shaped(holding.get(seq))
      return found !== undefined && seq < found.seq + found.count ? found : undefined
    },
    after: ({ seq, count }) => shaped(at.get(seq + count)),
  })

  return {
    entries: read.entries,
    segments: read.segments,
    hashes: (till: Id, epoch: number, from: number, to: number): StoredEntry[] =>
      overlapping.all({ till, epoch, from, to }).flatMap((found) => read.unpack(segmentRow(found)).filter(({ n }) => n >= from && n <= to)),
    floorAfter: (till: Id, epoch: number): number | undefined => next.get(till, epoch) ?? undefined,
    reached(till: Id, epoch: number, seq: number): number {
      const last = before.get(till, epoch, seq)
      return last === undefined ? 0 : last.n + Math.min(last.count - 1, seq - last.seq)
    },
    entriesOf: (payment: Id, limit: number): StoredEntry[] => links.all(payment, limit).flatMap((seq) => read.entry(seq) ?? []),
  }
}
