import type { Account, Transfer } from '../ledger/ledger.ts'

export type Cell = string | number | bigint | Uint8Array | undefined

/** Of the versioned tables, as fields of their rows; `version` goes without saying. */
export const columns = {
  tills: ['id', 'name', 'registeredAt', 'codeHash', 'codeExpiresAt', 'publicKey', 'passwordHash', 'enrolledAt', 'revokedAt'],
  heads: ['id', 'epoch', 'n', 'hash', 'seq', 'receivedAt', 'floorAt', 'acks'],
  accounts: ['id', 'label', 'currency', 'side', 'rule', 'debitsPosted', 'creditsPosted', 'debitsPending', 'creditsPending'],
  transfers: ['id', 'kind', 'debit', 'credit', 'amount', 'currency', 'status', 'expiresAt', 'pendingId', 'payment', 'at', 'window', 'feeMinor', 'taxMinor'],
  payments: [
    'id',
    'till',
    'epoch',
    'n',
    'intended',
    'at',
    'content',
    'saleId',
    'amountMinor',
    'currency',
    'wallet',
    'profile',
    'state',
    'decidedBy',
    'verdict',
    'decision',
    'funds',
    'capturedMinor',
    'refundedMinor',
    'receiptNumber',
    'settledAt',
    'exception',
    'unpaidSince',
    'attempts',
    'nextAttemptAt',
    'risk',
    'riskSeq',
  ],
  credits: ['id', 'till', 'at', 'why', 'amountMinor', 'currency', 'seal', 'backing', 'fundedAt'],
  creditDays: ['id', 'issuedMinor'],
  cards: ['id', 'dueAt', 'reversingSince', 'body'],
  counters: ['id', 'value'],
  lendings: ['id', 'body'],
  sendings: ['id', 'till', 'at', 'receiptNumber', 'sealed', 'state', 'code', 'changedAt'],
  documents: ['id', 'dueAt', 'body'],
  shifts: ['id', 'closed', 'payments', 'capturedMinor', 'refunds', 'refundedMinor'],
  refunds: [
    'id',
    'till',
    'epoch',
    'n',
    'at',
    'content',
    'payment',
    'amountMinor',
    'currency',
    'verdict',
    'requested',
    'decision',
    'answeredAt',
    'paidAs',
    'returnId',
  ],
  returns: ['id', 'till', 'at', 'content', 'receipt', 'staff', 'paidMinor', 'paidAs'],
} as const

/** NULL is an absent value, here as everywhere. */
export function row<T extends object>(found: T): T {
  for (const key in found) if (found[key] === null) found[key] = undefined as T[typeof key]
  return found
}

/** Rows with totals are read with 64-bit integers; all but the totals are small. */
export const accountRow = (found: Account): Account => ({ ...row(found), version: Number(found.version) })
const small = (value: number | undefined): number | undefined => (value === undefined ? undefined : Number(value))
export const transferRow = <T extends Transfer>(found: T): T => {
  const { version, expiresAt, at, window, feeMinor, taxMinor } = row(found)
  return {
    ...found,
    version: Number(version),
    expiresAt: small(expiresAt),
    at: Number(at),
    window: small(window),
    feeMinor: small(feeMinor),
    taxMinor: small(taxMinor),
  }
}
