import type { StatementLine } from './camt053.ts'
import type { Day } from './business-days.ts'
import type { Batch, Transfer } from './pain001.ts'
import { asText } from '../settlement/window.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { BankAssignment, BankWhy } from '#protocol/hub-api/bank.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What the bank side keeps, as documents of the store: each kind under a prefix of its own, due as long as somebody has to do something about it. 64-bit integers
 * are decimal text in JSON.
 */
export const batchDocument = (id: Id): string => `bank-batch/${id}`
/** That a payout is in a batch: inserted once, so that no payout is written into two files. */
export const claimDocument = (payout: Id): string => `bank-claim/${payout}`
export const accountDocument = (currency: Currency): string => `bank-account/${currency}`
/** By the digest of what names them, since a bank names things with whatever characters it likes. */
export const fileDocument = (digest: string): string => `bank-file/${digest}`
export const statementDocument = (currency: Currency, digest: string): string => `bank-statement/${currency}/${digest}`
export const lineDocument = (currency: Currency, statement: number, line: number): string =>
  `bank-line/${currency}/${String(statement).padStart(8, '0')}/${String(line).padStart(6, '0')}`
/** Every file that went or came, in order of time. */
export const logDocument = (id: Id): string => `bank-log/${id}`
export const incidentDocument = (digest: string): string => `bank-incident/${digest}`

/** `making`: its payouts are claimed. `releasing`: they are under way, and the file is handed over or about to be. `out`: it was. */
export type BatchRow = { readonly state: 'making' | 'releasing' | 'out'; readonly by: string; readonly batch: Batch }
export const batchRow = (row: BatchRow, version: number): DocumentRow =>
  rowOf(batchDocument(row.batch.id), version, row.state === 'out' ? undefined : row.batch.createdAt, row)
export function readBatch(row: DocumentRow): BatchRow {
  const { batch, ...said } = bodyOf<Omit<BatchRow, 'batch'> & { readonly batch: Omit<Batch, 'transfers'> & { readonly transfers: readonly KeptTransfer[] } }>(
    row,
  )
  return { ...said, batch: { ...batch, transfers: batch.transfers.map((each) => ({ ...each, amountMinor: BigInt(each.amountMinor) })) } }
}
type KeptTransfer = Omit<Transfer, 'amountMinor'> & { readonly amountMinor: string }

/** Where the hub's book of the account stands: the last statement that was taken. */
export type AccountRow = { readonly iban: string; readonly closing: string; readonly sequence?: number; readonly statements: number; readonly day: Day }

/** A message that came, under the digest of its name. `content`: SHA-256 of the file, so that the same name with other contents is noticed. */
export type FileRow = { readonly content: string }
export type LogRow = {
  readonly at: EpochMs
  readonly way: 'out' | 'in'
  readonly name: string
  readonly outcome: 'sent' | 'read' | 'again' | 'quarantined'
  readonly detail: string
}

export type StatementRow = {
  readonly id: string
  readonly at: EpochMs
  readonly day: Day
  readonly currency: Currency
  readonly sequence?: number
  readonly opening: string
  readonly closing: string
  readonly content: string
  /** `waiting`: one is missing before it. Its lines are kept until that comes. */
  readonly state: 'booked' | 'waiting'
  /** The hub's own count; 0 while it waits. */
  readonly number: number
  readonly lines: number
  readonly waiting?: readonly KeptLine[]
}
export type KeptLine = Omit<StatementLine, 'minor'> & { readonly minor: string }

export type { BankAssignment as Assignment, BankWhy as WhyOpen } from '#protocol/hub-api/bank.ts'

export type Note = { readonly at: EpochMs; readonly by: string; readonly text: string }
export type LineRow = KeptLine & {
  readonly currency: Currency
  readonly statement: string
  readonly importedAt: EpochMs
  /** `proposed`: a person has said what it was, and another one has to agree. */
  readonly state: 'open' | 'proposed' | 'done'
  readonly why?: BankWhy
  readonly as?: BankAssignment
  /** Who said what it was, why, and who agreed; of a person only. */
  readonly by?: string
  readonly reason?: string
  readonly agreedBy?: string
  readonly assignedTo?: string
  readonly notes: readonly Note[]
}

/** Something about a file that a person has to look at and that is not about money on the account: a bad file, an answer that contradicts what happened. */
export type IncidentRow = {
  readonly at: EpochMs
  readonly code:
    | 'bank.malformed'
    | 'bank.conflict'
    | 'bank.sums'
    | 'bank.other_account'
    | 'bank.statement_gap'
    | 'bank.unknown_batch'
    | 'bank.contradiction'
    | 'bank.unpayable'
    | 'bank.put_back'
  readonly detail: string
  readonly notes: readonly Note[]
  readonly assignedTo?: string
  readonly closedBy?: string
}

export const bodyOf = <T>(row: DocumentRow): T => JSON.parse(row.body) as T
export const rowOf = (id: string, version: number, dueAt: EpochMs | undefined, body: unknown): DocumentRow => ({
  id,
  version,
  dueAt,
  body: JSON.stringify(body, asText),
})
