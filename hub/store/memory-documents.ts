import { endOf, type DocumentRange, type DocumentRow, type RiskRow } from './documents.ts'
import type { MemoryDisk } from './memory.ts'
import type { EpochMs } from '#protocol/time.ts'

/** Page by page, as `sqlite-documents.ts` has it. */
export function memoryPages(disk: Pick<MemoryDisk, 'rows' | 'riskLog'>) {
  const between = (from: string, to: string): DocumentRow[] =>
    [...disk.rows.documents.values()].filter(({ id }) => id > from && id < to).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    riskLog: (afterSeq: number, limit: number): RiskRow[] => disk.riskLog.filter(({ seq }) => seq > afterSeq).slice(0, limit),
    documents: ({ prefix, after, limit, newestFirst }: DocumentRange): DocumentRow[] =>
      (newestFirst === true ? between(prefix, after ?? endOf(prefix)).toReversed() : between(after ?? prefix, endOf(prefix))).slice(0, limit),
    documentsDue: (prefix: string, now: EpochMs, limit: number): DocumentRow[] =>
      between(prefix, endOf(prefix))
        .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now)
        .toSorted((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
        .slice(0, limit),
    transfersOfWindow: (window: number, afterSeq: number, limit: number) =>
      [...disk.rows.transfers.values()]
        .map((transfer, index) => ({ ...transfer, seq: index + 1 }))
        .filter((transfer) => transfer.window === window && transfer.seq > afterSeq)
        .slice(0, limit),
    paymentsBefore: (beforeSeq: number, limit: number) =>
      [...disk.rows.payments.values()]
        .map((payment, index) => ({ ...payment, seq: index + 1 }))
        .slice(0, Math.max(0, Math.min(disk.rows.payments.size, beforeSeq - 1)))
        .toReversed()
        .slice(0, limit),
  }
}
