import type { Desk, Shopkeeper } from './desk.ts'
import { pointsAccount, pointsIssuedAccount, pointsTransfers } from '../ledger/names.ts'
import { balanceOf } from '../ledger/ledger.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { allocate, NO_CURRENCY, type Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'

type Sale = EntryBody<'sale.completed'>
type Shop = Pick<Shopkeeper, 'merchant' | 'loyalty'>

/**
 * Points are kept in the same double-entry ledger as money, in ISO 4217's code for no currency: from what the merchant has issued to each customer, and back.
 * Those of a sale hang on its payments, in proportion to what each paid, so that they go back with its money.
 */
export function pointsOf(desk: Desk, customer: Id): string {
  const label = `Points of ${customer.slice(-6).toUpperCase()}`
  return desk.openAccount({ id: pointsAccount(customer), label, currency: NO_CURRENCY, side: 'credit', rule: 'none' })
}

const issuedBy = (desk: Desk, merchant: Id): string =>
  desk.openAccount({ id: pointsIssuedAccount(merchant), label: 'Points issued', currency: NO_CURRENCY, side: 'debit', rule: 'none' })

/** Once for each sale, by its payments' ids. What a till claims to have given beyond the rule of now is given as the rule says, and a person hears of it. */
export function postPoints(desk: Desk, stored: StoredEntry, sale: Sale, shop: Shop): void {
  const { customer, payments, pointsEarned = 0, pointsSpent = 0 } = sale
  if (customer === undefined) return
  const most = mostEarned(sale, shop)
  if (pointsEarned > most) desk.setAside(stored, 'entry.amount_mismatch', `${pointsEarned} points where the rule gives ${most}`, payments[0]?.paymentId)
  const [account, issued] = [pointsOf(desk, customer), issuedBy(desk, shop.merchant)]
  const before = balance(desk, account)
  const paid = payments.map(({ amountMinor }) => amountMinor)
  // Rounded for cash, a sale that points have paid for may leave nothing to pay.
  const weights = paid.some((minor) => minor > 0) ? paid : paid.map(() => 1)
  const [earned, spent] = [allocate(Math.min(pointsEarned, most), weights), allocate(pointsSpent, weights)]
  for (const [at, { paymentId }] of payments.entries()) {
    const ids = pointsTransfers(paymentId)
    move(desk, ids.earned, { debit: issued, credit: account }, earned[at] ?? 0)
    move(desk, ids.spent, { debit: account, credit: issued }, spent[at] ?? 0)
    // What another till asked for may have been given back before the hub heard what was sold.
    goBack(desk, paymentId, NOTHING_BACK)
  }
  if (pointsSpent > 0 && before < BigInt(pointsSpent))
    desk.setAside(stored, 'sale.too_many_points', `${pointsSpent} points spent of ${before}`, payments[0]?.paymentId)
}

/** By the rule of now, of everything that the goods cost. A rule that has become smaller since must not make a customer poorer unseen: that is an exception. */
function mostEarned({ lines }: Sale, { loyalty }: Shop): number {
  if (loyalty === undefined) return 0
  const goods = lines
    .filter(({ creditId }) => creditId === undefined)
    .reduce((sofar, { totalMinor, quantity, depositMinor = 0 }) => sofar + BigInt(totalMinor) - BigInt(quantity) * BigInt(depositMinor), 0n)
  const points = goods / BigInt(loyalty.earnPerMinor)
  return points > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(points)
}

/** Without the payment's id: what is listed under that is money. */
function move(desk: Desk, id: string, { debit, credit }: { readonly debit: string; readonly credit: string }, points: number): void {
  if (points === 0 || desk.transfer(id) !== undefined) return
  invariant(desk.apply({ kind: 'single', id, debit, credit, amount: BigInt(points) }).ok, 'points are posted once')
}

/** So much of so much: of a payment over nothing that was undone, 1 of 1. */
type Share = { readonly part: Minor; readonly whole: Minor }
const NOTHING_BACK: Share = { part: 0, whole: 1 }

/** What of a payment has gone back. */
function backOf(payment: Payment | undefined): Share {
  if (payment === undefined || payment.receiptNumber === undefined) return NOTHING_BACK
  const { state, capturedMinor, refundedMinor } = payment
  const whole = Math.max(1, capturedMinor)
  return { part: state === 'VOIDED' ? whole : refundedMinor, whole }
}

/** Does what may give money of these payments back, and then the same share of their points: earned ones from the customer, spent ones to the customer. */
export function withPoints(desk: Desk, payments: readonly Id[], act: () => void): void {
  const before = new Map(payments.map((id) => [id, backOf(desk.payment(id))]))
  act()
  for (const [id, was] of before) goBack(desk, id, was)
}

function goBack(desk: Desk, id: Id, was: Share): void {
  const is = backOf(desk.payment(id))
  if (is.part <= was.part) return
  const ids = pointsTransfers(id)
  for (const [what, posted] of [
    ['earned', desk.transfer(ids.earned)],
    ['spent', desk.transfer(ids.spent)],
  ] as const) {
    // Who never paid has lost what was earned already.
    if (posted === undefined || (what === 'earned' && desk.transfer(ids.forfeited) !== undefined)) continue
    const share = (minor: Minor): bigint => (posted.amount * BigInt(minor)) / BigInt(is.whole)
    move(desk, ids.back(what, is.part), { debit: posted.credit, credit: posted.debit }, Number(share(is.part) - share(was.part)))
  }
}

/** Of a payment that is written off just now: it earned nothing. What was spent for it stays spent, since the customer has the goods. */
export function forfeitPoints(desk: Desk, { id, capturedMinor, refundedMinor }: Payment): void {
  const ids = pointsTransfers(id)
  const earned = desk.transfer(ids.earned)
  if (earned === undefined || capturedMinor === 0) return
  const gone = (earned.amount * BigInt(refundedMinor)) / BigInt(capturedMinor)
  move(desk, ids.forfeited, { debit: earned.credit, credit: earned.debit }, Number(earned.amount - gone))
}

function balance(desk: Desk, id: string): bigint {
  const account = desk.account(id)
  invariant(account !== undefined, 'the account was opened just now')
  return balanceOf(account)
}
