import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Two-phase double entry. A transfer moves an amount from a debit to a credit account, either at once (`single`) or in two steps: a `pending`
 * transfer reserves it, and exactly one of `post`, `void` and `expire` resolves the reservation. Transfers are never changed or removed,
 * except that a pending one learns what became of it. The model is that of TigerBeetle; the code is not.
 *
 * Pure: `applyTransfer` looks at the accounts and transfers it is shown and answers with those that have to be stored.
 * Amounts and totals are minor units as bigint, and must fit a signed 64-bit column.
 */
export type Side = 'debit' | 'credit'

export type AccountRule = 'none' | 'debits_must_not_exceed_credits'

export type Account = {
  readonly id: string
  /** How often it was stored, 0 for never. The store refuses to write over a version that was not read. */
  readonly version: number
  /** For people. */
  readonly label: string
  readonly currency: Currency
  /** The side on which its balance is read: `credit` for what the hub owes (wallets, merchants), `debit` for what it owns. */
  readonly side: Side
  readonly rule: AccountRule
  readonly debitsPosted: bigint
  readonly creditsPosted: bigint
  readonly debitsPending: bigint
  readonly creditsPending: bigint
}

export type TransferKind = 'single' | 'pending' | 'post' | 'void' | 'expire'
export type HoldStatus = 'open' | 'posted' | 'voided' | 'expired'

export type Transfer = {
  readonly id: string
  readonly version: number
  readonly kind: TransferKind
  readonly debit: string
  readonly credit: string
  /** Of a `void` or `expire`: what was released. */
  readonly amount: bigint
  readonly currency: Currency
  /** Of a `pending` transfer only. */
  readonly status: HoldStatus | undefined
  /** Of a `pending` transfer only: from this moment on it may be expired. */
  readonly expiresAt: EpochMs | undefined
  /** The transfer that this one resolves. */
  readonly pendingId: string | undefined
  /** The payment behind it, for those who look. */
  readonly payment: Id | undefined
  readonly at: EpochMs
  /** Number of the settlement window that counts it, and what it cost the merchant there (see hub/settlement/book.ts). Given once, with the posting. */
  readonly window?: number | undefined
  readonly feeMinor?: Minor | undefined
  readonly taxMinor?: Minor | undefined
}

type Named = { readonly id: string; readonly payment?: Id }
export type TransferRequest =
  | (Named & { readonly kind: 'single'; readonly debit: string; readonly credit: string; readonly amount: bigint })
  | (Named & { readonly kind: 'pending'; readonly debit: string; readonly credit: string; readonly amount: bigint; readonly expiresAt: EpochMs })
  /** Without an amount all that is held is posted; what an amount leaves over is released. */
  | (Named & { readonly kind: 'post'; readonly pendingId: string; readonly amount?: bigint })
  | (Named & { readonly kind: 'void'; readonly pendingId: string })
  | (Named & { readonly kind: 'expire'; readonly pendingId: string })

/** What the ledger is shown: at least everything that the request names, if it exists. */
export interface Books {
  account(id: string): Account | undefined
  transfer(id: string): Transfer | undefined
}

/** What to store. Both lists are empty when the transfer exists already with the same contents. */
export type Applied = { readonly transfer: Transfer; readonly accounts: readonly Account[]; readonly transfers: readonly Transfer[] }

export type LedgerCode =
  | 'ledger.conflict'
  | 'ledger.unknown_account'
  | 'ledger.currency_mismatch'
  | 'ledger.exceeds_credits'
  | 'ledger.not_pending'
  | 'ledger.exceeds_pending'

const MAX_TOTAL = 2n ** 63n - 1n

export function openAccount(account: Pick<Account, 'id' | 'label' | 'currency' | 'side' | 'rule'>): Account {
  return { ...account, version: 0, debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n }
}

/** Posted, on the account's own side. Negative when the other side outweighs it. */
export const balanceOf = ({ side, debitsPosted, creditsPosted }: Account): bigint =>
  side === 'debit' ? debitsPosted - creditsPosted : creditsPosted - debitsPosted

/** Reserved but not posted, on the account's own side. */
export const pendingOf = ({ side, debitsPending, creditsPending }: Account): bigint =>
  side === 'debit' ? debitsPending - creditsPending : creditsPending - debitsPending

/**
 * Applies one transfer at the time `at`. Idempotent by id: the same contents again change nothing, other contents are `ledger.conflict`.
 * A hold may be posted or voided until it is expired, even after its `expiresAt`: only the `expire` ends it, so that what happens
 * never depends on when somebody looked. Throws when a total would leave 64 bits.
 */
export function applyTransfer(books: Books, request: TransferRequest, at: EpochMs): Outcome<Applied, LedgerCode> {
  const existing = books.transfer(request.id)
  if (existing !== undefined) {
    return isSame(books, existing, request) ? ok({ transfer: existing, accounts: [], transfers: [] }) : fail('ledger.conflict', request.id)
  }
  return request.kind === 'single' || request.kind === 'pending' ? place(books, request, at) : resolve(books, request, at)
}

function isSame(books: Books, existing: Transfer, request: TransferRequest): boolean {
  if (existing.kind !== request.kind) return false
  if (request.kind === 'single' || request.kind === 'pending') {
    const { debit, credit, amount } = request
    const expiresAt = request.kind === 'pending' ? request.expiresAt : undefined
    return existing.debit === debit && existing.credit === credit && existing.amount === amount && existing.expiresAt === expiresAt
  }
  const asked = request.kind === 'post' ? (request.amount ?? books.transfer(request.pendingId)?.amount) : existing.amount
  return existing.pendingId === request.pendingId && existing.amount === asked
}

type Placing = Extract<TransferRequest, { kind: 'single' | 'pending' }>

function place(books: Books, request: Placing, at: EpochMs): Outcome<Applied, LedgerCode> {
  const { id, kind, amount } = request
  invariant(amount >= 0n && amount <= MAX_TOTAL, 'an amount is not negative and fits 64 bits')
  invariant(request.debit !== request.credit, 'a transfer has two accounts')
  const debit = books.account(request.debit)
  const credit = books.account(request.credit)
  if (debit === undefined || credit === undefined) return fail('ledger.unknown_account', debit === undefined ? request.debit : request.credit)
  if (debit.currency !== credit.currency) return fail('ledger.currency_mismatch', `${debit.currency} to ${credit.currency}`)
  const spoken = debit.debitsPosted + debit.debitsPending + amount
  if (debit.rule === 'debits_must_not_exceed_credits' && spoken > debit.creditsPosted) return fail('ledger.exceeds_credits', request.debit)

  const pending = kind === 'pending'
  const change = pending ? { posted: 0n, pending: amount } : { posted: amount, pending: 0n }
  const transfer: Transfer = {
    id,
    version: 0,
    kind,
    debit: debit.id,
    credit: credit.id,
    amount,
    currency: debit.currency,
    status: pending ? 'open' : undefined,
    expiresAt: pending ? request.expiresAt : undefined,
    pendingId: undefined,
    payment: request.payment,
    at,
  }
  return ok({ transfer, accounts: [debited(debit, change), credited(credit, change)], transfers: [transfer] })
}

type Resolving = Extract<TransferRequest, { kind: 'post' | 'void' | 'expire' }>
const statusAfter = { post: 'posted', void: 'voided', expire: 'expired' } as const

function resolve(books: Books, request: Resolving, at: EpochMs): Outcome<Applied, LedgerCode> {
  const { id, kind } = request
  const hold = books.transfer(request.pendingId)
  if (hold === undefined || hold.status !== 'open') return fail('ledger.not_pending', `${request.pendingId} is ${hold?.status ?? 'unknown'}`)
  invariant(kind !== 'expire' || (hold.expiresAt !== undefined && hold.expiresAt <= at), 'a hold is expired only when its time has come')
  const posted = kind === 'post' ? (request.amount ?? hold.amount) : 0n
  invariant(posted >= 0n, 'a posted amount is not negative')
  if (posted > hold.amount) return fail('ledger.exceeds_pending', `${posted} of ${hold.amount}`)
  const debit = books.account(hold.debit)
  const credit = books.account(hold.credit)
  invariant(debit !== undefined && credit !== undefined, 'the accounts of a hold exist')

  const change = { posted, pending: -hold.amount }
  const transfer: Transfer = {
    id,
    version: 0,
    kind,
    debit: hold.debit,
    credit: hold.credit,
    amount: kind === 'post' ? posted : hold.amount,
    currency: hold.currency,
    status: undefined,
    expiresAt: undefined,
    pendingId: hold.id,
    payment: request.payment ?? hold.payment,
    at,
  }
  const resolved: Transfer = { ...hold, status: statusAfter[kind] }
  return ok({ transfer, accounts: [debited(debit, change), credited(credit, change)], transfers: [resolved, transfer] })
}

type Change = { readonly posted: bigint; readonly pending: bigint }

const debited = (account: Account, { posted, pending }: Change): Account => ({
  ...account,
  debitsPosted: total(account.debitsPosted + posted),
  debitsPending: total(account.debitsPending + pending),
})

const credited = (account: Account, { posted, pending }: Change): Account => ({
  ...account,
  creditsPosted: total(account.creditsPosted + posted),
  creditsPending: total(account.creditsPending + pending),
})

function total(value: bigint): bigint {
  invariant(value >= 0n && value <= MAX_TOTAL, 'a total is not negative and fits 64 bits')
  return value
}
