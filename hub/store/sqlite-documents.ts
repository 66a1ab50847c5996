import type Database from 'better-sqlite3'
import { endOf, type DocumentRange, type DocumentRow, type RiskRow } from './documents.ts'
import type { Payment } from './hub-store.ts'
import type { Transfer } from '../ledger/ledger.ts'
import { columns, row, transferRow } from './sqlite-rows.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What is asked for page by page. */
export function pagesReader(db: Database.Database) {
  const documentColumns = ['version', ...columns.documents].join(', ')
  const oldest = db.prepare<[string, string, number], DocumentRow>(`SELECT ${documentColumns} FROM documents WHERE id > ? AND id < ? ORDER BY id LIMIT ?`)
  const newest = db.prepare<[string, string, number], DocumentRow>(`SELECT ${documentColumns} FROM documents WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?`)
  const due = db.prepare<[number, string, string, number], DocumentRow>(
    `SELECT ${documentColumns} FROM documents WHERE dueAt <= ? AND id > ? AND id < ? ORDER BY dueAt, id LIMIT ?`,
  )
  const paymentsBefore = db.prepare<[number, number], Payment & { seq: number }>(
    `SELECT seq, version, ${columns.payments.join(', ')} FROM payments WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  )
  const ofWindow = db
    .prepare<[number, number, number], Transfer & { seq: bigint }>(
      `SELECT seq, version, ${columns.transfers.join(', ')} FROM transfers WHERE window = ? AND seq > ? ORDER BY seq LIMIT ?`,
    )
    .safeIntegers()
  const riskLog = db.prepare<[number, number], RiskRow>('SELECT seq, at, body FROM riskLog WHERE seq > ? ORDER BY seq LIMIT ?')
  return {
    riskLog: (afterSeq: number, limit: number): RiskRow[] => riskLog.all(afterSeq, limit),
    transfersOfWindow: (window: number, afterSeq: number, limit: number) =>
      ofWindow.all(window, afterSeq, limit).map((found) => ({ ...transferRow(found), seq: Number(found.seq) })),
    documents: ({ prefix, after, limit, newestFirst }: DocumentRange): DocumentRow[] =>
      (newestFirst === true ? newest.all(prefix, after ?? endOf(prefix), limit) : oldest.all(after ?? prefix, endOf(prefix), limit)).map(row),
    documentsDue: (prefix: string, now: EpochMs, limit: number): DocumentRow[] => due.all(now, prefix, endOf(prefix), limit).map(row),
    paymentsBefore: (beforeSeq: number, limit: number) => paymentsBefore.all(beforeSeq, limit).map(row),
  }
}
