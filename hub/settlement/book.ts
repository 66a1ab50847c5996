import { feeBack, feeOf, NO_FEE, taxed, type Fee } from './fees.ts'
import {
  newPosition,
  noTotals,
  positionDocument,
  positionRow,
  readPosition,
  readWindow,
  WINDOW_COUNTER,
  windowDocument,
  windowId,
  windowRow,
  type Position,
  type SettlementWindow,
  type TotalName,
} from './window.ts'
import { localDate, windowAt } from './windows.ts'
import type { Desk } from '../intake/desk.ts'
import type { Transfer, TransferRequest } from '../ledger/ledger.ts'
import { feesAccount, feeTaxAccount, merchantAccount, transferIds } from '../ledger/names.ts'
import type { MerchantTerms } from '../merchants/merchant.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import { DAY } from '#protocol/time.ts'

/**
 * Every posting that touches a merchant's account is counted in exactly one window, in the commit that posts it: the one that is open then, whenever the till took
 * the payment. So closing a window reads its totals and no payments. The one posting that no window counts is the payout itself.
 */
export type Settled = { readonly merchant: Id; readonly currency: Currency; readonly terms: MerchantTerms }

/** What a posting is to the merchant, by the end of its name. Undefined: a payout, which is what windows come to. */
const kinds: Readonly<Record<string, TotalName | undefined>> = {
  post: 'sales',
  pay: 'sales',
  refund: 'refunds',
  return: 'refunds',
  tip: 'tips',
  untip: 'tips',
  chargeback: 'chargebacks',
  represented: 'chargebacks',
  reserve: 'reserve',
  release: 'reserve',
  claim: 'claims',
  offset: 'claims',
  back: 'returned',
  fees: 'fees',
  tax: 'feeTax',
}
const lastPart = (id: string): string => id.slice(id.lastIndexOf('/') + 1)
export const kindOfPosting = (id: string): TotalName | undefined => (lastPart(id) === 'proposed' ? undefined : (kinds[lastPart(id)] ?? 'other'))

/** Whether it is about what a merchant is paid and what that costs it, beside the money of its payments. */
export const isSettlementPosting = (id: string): boolean =>
  id.startsWith('payout/') || ['chargebacks', 'reserve', 'claims', 'fees', 'feeTax'].includes(kindOfPosting(id) ?? '')

/** Signed, as the account's owner sees it. */
const effectOn = (account: string, { credit, amount }: Transfer): bigint => (credit === account ? amount : -amount)

/** The last step of whoever changes rows: counts what was posted, and posts what it costs. Does nothing where no merchant's account was touched. */
export function bookPostings(desk: Desk, settled: Settled): void {
  const account = merchantAccount(settled.merchant, settled.currency)
  const moves = desk.posted.filter(
    ({ id, debit, credit, window }) => window === undefined && (debit === account || credit === account) && kindOfPosting(id) !== undefined,
  )
  if (moves.length === 0) return
  const book = new WindowBook(desk, settled)
  const window = book.openNow()
  book.count(window.id, moves)
  book.save()
}

/** Windows and position of one merchant in one currency, on a desk that has their rows. */
export class WindowBook {
  readonly #desk: Desk
  readonly #settled: Settled
  readonly #account: string
  /** Of now, by the merchant's clock: asked for at every sale. */
  readonly #month: string
  readonly #windows = new Map<string, SettlementWindow>()
  position: Position

  constructor(desk: Desk, settled: Settled) {
    this.#desk = desk
    this.#settled = settled
    this.#account = merchantAccount(settled.merchant, settled.currency)
    this.#month = localDate(settled.terms.timeZone, desk.now).slice(0, 7)
    const row = desk.document(positionDocument(settled.merchant, settled.currency))
    this.position = row === undefined ? newPosition(settled.merchant, settled.currency) : readPosition(row)
  }

  window(id: string): SettlementWindow | undefined {
    const row = this.#desk.document(windowDocument(id))
    return this.#windows.get(id) ?? (row && readWindow(row))
  }
  keep(window: SettlementWindow): void {
    this.#windows.set(window.id, window)
  }

  /** The window for what is posted at this moment. A clock that was put back finds the one that is open, and never one that has ended. */
  openNow(): SettlementWindow {
    const { now } = this.#desk
    const { merchant, currency, terms } = this.#settled
    const current = this.position.open === undefined ? undefined : this.window(this.position.open)
    if (current?.state === 'open' && now < current.endsAt) return current
    const lastEnd = Math.max(this.position.lastEnd, current?.endsAt ?? 0)
    const { startsAt, endsAt, date } = windowAt(terms, Math.max(now, lastEnd))
    this.#desk.count(WINDOW_COUNTER)
    const number = this.#desk.countOf(WINDOW_COUNTER)
    const id = windowId(merchant, currency, endsAt, lastEnd > startsAt ? lastEnd : undefined)
    const opened = { id, number, merchant, currency, date, startsAt: Math.max(startsAt, lastEnd), endsAt, totals: noTotals, closed: undefined }
    const window: SettlementWindow = { ...opened, state: 'open', postings: 0, feePostings: 0 }
    this.keep(window)
    this.position = { ...this.position, open: id, lastEnd }
    return window
  }

  /** Posts something that belongs into this window, whatever is open now. */
  post(id: string, request: TransferRequest & { readonly kind: 'single' }): void {
    const posted = this.#desk.apply(request)
    invariant(posted.ok, `settlement can post ${request.id}`)
    this.count(id, [posted.value.transfer])
  }

  count(id: string, moves: readonly Transfer[]): void {
    const window = this.window(id)
    invariant(window?.state === 'open', 'only an open window counts')
    const totals: Record<TotalName, bigint> = { ...window.totals }
    const left = refundedBy(moves)
    const due = { feeMinor: 0, taxMinor: 0 }
    for (const move of moves) {
      const kind = kindOfPosting(move.id)
      invariant(kind !== undefined && move.window === undefined, 'a posting is counted once')
      totals[kind] += effectOn(this.#account, move)
      const fee = this.#feeFor(kind, move, left)
      due.feeMinor += fee.feeMinor
      due.taxMinor += fee.taxMinor
      this.#desk.annotate({ ...move, window: window.number, ...(fee === NO_FEE ? {} : fee) })
    }
    const feePostings = window.feePostings + 1
    totals.fees += this.#charge(window, `${window.id}/${feePostings}/fees`, due.feeMinor)
    totals.feeTax += this.#charge(window, `${window.id}/${feePostings}/tax`, due.taxMinor)
    const isCharged = due.feeMinor !== 0 || due.taxMinor !== 0
    this.keep({ ...window, totals, postings: window.postings + moves.length, feePostings: isCharged ? feePostings : window.feePostings })
  }

  /** For the whole of what was posted at once: one posting and not one for each payment, which know their own share. Answers with what it did to the account. */
  #charge({ number }: SettlementWindow, id: string, minor: Minor): bigint {
    if (minor === 0) return 0n
    const { merchant, currency } = this.#settled
    const isTax = lastPart(id) === 'tax'
    const account = {
      id: (isTax ? feeTaxAccount : feesAccount)(merchant, currency),
      label: isTax ? 'Tax on fees' : 'Fees',
      currency,
      side: 'credit',
      rule: 'none',
    } as const
    const to = this.#desk.openAccount(account)
    const [debit, credit] = minor > 0 ? [this.#account, to] : [to, this.#account]
    const charged = this.#desk.apply({ kind: 'single', id, debit, credit, amount: BigInt(Math.abs(minor)) })
    invariant(charged.ok, 'fees are posted once')
    this.#desk.annotate({ ...charged.value.transfer, window: number })
    return BigInt(-minor)
  }

  /** Below zero: it comes back. */
  #feeFor(kind: TotalName, move: Transfer, left: Map<Id, Minor>): Fee {
    const { fees } = this.#settled.terms
    const payment = move.payment === undefined ? undefined : this.#desk.payment(move.payment)
    if (kind === 'chargebacks') return move.debit === this.#account ? taxed(fees, fees.chargebackMinor) : NO_FEE
    if (payment === undefined || (kind !== 'sales' && kind !== 'refunds')) return NO_FEE
    if (kind === 'refunds') return fees.atRefund === 'returned' ? this.#feeBack(payment, Number(move.amount), left) : NO_FEE
    const month = this.#month
    const volume = this.position.month === month ? this.position.volume : 0n
    this.position = { ...this.position, month, volume: volume + move.amount }
    return feeOf(fees, instrumentOf(payment), Number(move.amount), volume)
  }

  #feeBack(payment: Payment, partMinor: Minor, left: Map<Id, Minor>): Fee {
    const { post, pay } = transferIds(payment.id)
    const { feeMinor = 0, taxMinor = 0 } = this.#desk.transfer(post) ?? this.#desk.transfer(pay) ?? {}
    const later = (left.get(payment.id) ?? partMinor) - partMinor
    left.set(payment.id, later)
    const gone = payment.state === 'VOIDED' ? payment.capturedMinor : payment.refundedMinor
    const back = feeBack({ feeMinor, taxMinor }, payment.capturedMinor, Math.max(partMinor, gone - later), partMinor)
    return back.feeMinor === 0 && back.taxMinor === 0 ? NO_FEE : { feeMinor: 0 - back.feeMinor, taxMinor: 0 - back.taxMinor }
  }

  save(): void {
    for (const window of this.#windows.values()) this.#desk.saveDocument(windowRow(window, this.#desk.document(windowDocument(window.id))?.version ?? 0))
    const { merchant, currency, terms } = this.#settled
    const { owingSince } = this.position
    const version = this.#desk.document(positionDocument(merchant, currency))?.version ?? 0
    this.#desk.saveDocument(positionRow(this.position, version, owingSince === undefined ? undefined : owingSince + terms.recoverAfterDays * DAY))
  }
}

/** What of each payment goes back in these postings. */
function refundedBy(moves: readonly Transfer[]): Map<Id, Minor> {
  const sums = new Map<Id, Minor>()
  for (const { id, payment, amount } of moves)
    if (payment !== undefined && kindOfPosting(id) === 'refunds') sums.set(payment, (sums.get(payment) ?? 0) + Number(amount))
  return sums
}

const instrumentOf = ({ profile }: Payment) => (profile === 'card' || profile === 'scheme' ? profile : 'wallet')

/** What a desk has to load beside everything else, so that postings can be counted. */
export async function settlementRows(store: Pick<HubStore, 'get'>, { merchant, currency, terms }: Settled, payments: readonly Payment[]) {
  const position = await store.get('documents', [positionDocument(merchant, currency)])
  const open = position[0] === undefined ? undefined : readPosition(position[0]).open
  const window = open === undefined ? [] : await store.get('documents', [windowDocument(open)])
  const paidBack = terms.fees.atRefund === 'returned' ? payments.filter(({ funds }) => funds === 'posted') : []
  const ids = paidBack.flatMap(({ id }) => [transferIds(id).post, transferIds(id).pay])
  return {
    documents: [...position, ...window],
    accounts: await store.get('accounts', [feesAccount(merchant, currency), feeTaxAccount(merchant, currency)]),
    counters: await store.get('counters', [WINDOW_COUNTER]),
    transfers: ids.length === 0 ? [] : await store.get('transfers', ids),
  }
}
