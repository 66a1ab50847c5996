import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Ack } from '#protocol/hub/messages.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { isSettlementPosting } from '../../hub/settlement/book.ts'
import type { Account, Transfer } from '../../hub/ledger/ledger.ts'

/** The lines of the files that docs/artifacts.md describes. Amounts are integers of minor units; times are milliseconds since 1970. */
export type ApprovedLine = {
  readonly payment_id: string
  readonly amount_minor: number
  readonly currency: string
  readonly till: string
  readonly at_ms: number
}
export type CodeLine = { readonly payment_id: string; readonly code_sha256: string }
export type LedgerLine = {
  readonly posting_id: string
  readonly payment_id: string | null
  readonly kind: PostingKind
  readonly debit_account: string
  readonly credit_account: string
  readonly amount_minor: number
  readonly currency: string
  readonly at_ms: number
}
export type AccountLine = {
  readonly account: string
  readonly currency: string
  readonly debits_minor: number
  readonly credits_minor: number
  readonly held_debits_minor: number
  readonly held_credits_minor: number
}
export type AckLine = {
  readonly till: string
  readonly epoch: number
  readonly received: number
  readonly safe: number
  readonly settled: number
  readonly hub_epoch: number
  readonly hub_time_ms: number
  readonly at_ms: number
}

export const postingKinds = ['capture', 'refund', 'return', 'hold', 'release', 'expire', 'fund', 'settle'] as const
export type PostingKind = (typeof postingKinds)[number]

export const artifactNames = {
  approved: 'approved.jsonl',
  codes: 'codes.jsonl',
  ledger: 'ledger.jsonl',
  accounts: 'accounts.jsonl',
  acks: 'acks.jsonl',
} as const

/** A file of lines that are on their way to the disk as soon as `write` returns. */
export function lineFile<Line>(folder: string, name: string): { write(line: Line): void; close(): void } {
  mkdirSync(folder, { recursive: true })
  const file = openSync(join(folder, name), 'w')
  return { write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`), close: () => closeSync(file) }
}

/** The lines of a file that this program wrote. */
export function readLines<Line>(folder: string, name: string): Line[] {
  const lines = readFileSync(join(folder, name), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
}

/** What a transfer of the hub's ledger is called outside: by its kind, and a direct one by what its id says it is for. */
export function postingKind({ id, kind, payment }: Pick<Transfer, 'id' | 'kind' | 'payment'>): PostingKind {
  if (kind === 'pending') return 'hold'
  if (kind === 'void') return 'release'
  if (kind === 'expire') return 'expire'
  const end = id.slice(id.lastIndexOf('/') + 1)
  if (end === 'refund' || end === 'return') return end
  if (isSettlementPosting(id)) return 'settle'
  return payment === undefined ? 'fund' : 'capture'
}

export const ledgerLine = (transfer: Transfer): LedgerLine => ({
  posting_id: transfer.id,
  payment_id: transfer.payment ?? null,
  kind: postingKind(transfer),
  debit_account: transfer.debit,
  credit_account: transfer.credit,
  amount_minor: exact(transfer.amount),
  currency: transfer.currency,
  at_ms: transfer.at,
})

export const accountLine = (account: Account): AccountLine => ({
  account: account.id,
  currency: account.currency,
  debits_minor: exact(account.debitsPosted),
  credits_minor: exact(account.creditsPosted),
  held_debits_minor: exact(account.debitsPending),
  held_credits_minor: exact(account.creditsPending),
})

export const ackLine = ({ till, epoch, received, safe, settled, hubEpoch, hubTime }: Ack, at: EpochMs): AckLine => ({
  till,
  epoch,
  received: received.n,
  safe,
  settled,
  hub_epoch: hubEpoch,
  hub_time_ms: hubTime,
  at_ms: at,
})

/** JSON has no 64-bit integers; the sums of a test stay far below 2^53. */
function exact(amount: bigint): number {
  const number = Number(amount)
  invariant(Number.isSafeInteger(number), 'an amount of a test fits a JSON number')
  return number
}
