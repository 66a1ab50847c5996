import { giveFromDrawer } from './cash.ts'
import { fundCredit } from './credits.ts'
import type { Desk } from './desk.ts'
import type { Bench } from './payments.ts'
import { tookBack, type SoldGoods } from './sold-goods.ts'
import { returnTransfer } from '../ledger/names.ts'
import type { Payment, ReturnRow, StoredEntry } from '../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Entry, EntryBody, ReturnedLine } from '#protocol/journal/entry.ts'
import { unitsOf, worthOf } from '#protocol/journal/returning.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/**
 * Goods that came back. With a receipt the money has moved by the refunds that stand before it; what is judged here is whether the sale had these goods, whether
 * they were there to come back, and whether they are worth so much: by the same sums as at the till (protocol/journal/returning.ts). Without a receipt there is
 * nothing to compare with but the shop's caps, so every one of them is counted for the till and the person.
 */
type Returned = EntryBody<'goods.returned'>

export function judgeReturned(desk: Desk, bench: Bench, stored: StoredEntry, { at, body }: Extract<Entry, { kind: 'goods.returned' }>): void {
  const content = hex(bench.crypto.sha256(utf8(JSON.stringify([stored.till, body]))))
  const known = desk.returned(body.returnId)
  if (known !== undefined) {
    if (known.content !== content) desk.setAside(stored, 'entry.conflict', `another return has the id ${body.returnId}`)
    return
  }
  const wrong = wrongInSums(bench, body) ?? (body.of === undefined ? undefined : wrongBySale(desk, stored, body))
  const row: ReturnRow = {
    id: body.returnId,
    version: 0,
    till: stored.till,
    at,
    content,
    receipt: body.of,
    staff: body.staff,
    paidMinor: body.paidMinor,
    paidAs: body.as,
  }
  desk.saveReturn(row)
  if (wrong === undefined) accept(desk, bench, stored, body)
  else desk.setAside(stored, 'return.mismatch', wrong, body.refunds[0]?.paymentId)
  if (body.of === undefined) judgeWithoutReceipt(desk, bench, stored, body, wrong === undefined)
}

/** What has to be so by itself. */
function wrongInSums({ shop }: Bench, { currency, lines, taxes, taxIncluded, totalMinor, paidMinor, refunds, as, of, creditId }: Returned): string | undefined {
  if (currency !== shop.currency) return `goods in ${currency}`
  if ((as === 'credit') !== (creditId !== undefined) && paidMinor > 0) return 'store credit without its id, or the other way round'
  const exact = (amounts: readonly number[]): bigint => amounts.reduce((sofar, amount) => sofar + BigInt(amount), 0n)
  const added = taxIncluded === false ? exact(taxes.map(({ taxMinor }) => taxMinor)) : 0n
  if (of === undefined) {
    const worth = exact(lines.map((line) => line.totalMinor)) + added
    if (worth !== BigInt(totalMinor)) return `the lines add up to ${worth}, not ${totalMinor}`
    return as === 'as_paid' || refunds.length > 0 || paidMinor > totalMinor ? 'money went back as if there were a receipt' : undefined
  }
  const refunded = exact(refunds.map(({ amountMinor }) => amountMinor))
  return refunded === BigInt(paidMinor) ? undefined : `the refunds add up to ${refunded}, not ${paidMinor}`
}

/** Against the sale, and against the refunds that gave its money back. */
function wrongBySale(desk: Desk, { till }: StoredEntry, body: Returned): string | undefined {
  const goods = body.saleId === undefined ? undefined : desk.soldGoods(till, body.saleId)
  if (goods === undefined || goods.sale.receiptNumber !== body.of) return `no sale ${body.saleId ?? ''} with receipt ${body.of ?? ''}`
  const { sale } = goods
  for (const { refundId, paymentId, amountMinor } of body.refunds) {
    const refund = desk.refund(refundId)
    const isMade = refund?.till === till && refund.payment === paymentId && refund.amountMinor === amountMinor && refund.verdict === 'approved'
    if (!isMade) return `no refund ${refundId} over ${amountMinor} of ${paymentId}`
    if (refund.returnId !== undefined) return `refund ${refundId} is of another return`
    if ((refund.paidAs ?? 'as_paid') !== body.as) return `refund ${refundId} did not go back ${body.as}`
    if (!sale.payments.some((payment) => payment.paymentId === paymentId)) return `payment ${paymentId} is of another sale`
  }
  if (new Set(body.refunds.map(({ refundId }) => refundId)).size !== body.refunds.length) return 'a refund is counted twice'
  return wrongInWorth(goods, body)
}

function wrongInWorth({ sale, returned: before, heldBackMinor }: SoldGoods, body: Returned): string | undefined {
  const wanted = wantedBy(body)
  if (!wanted.ok) return wanted.code
  const worth = worthOf(sale, before, wanted.value)
  if (!worth.ok) return `${worth.code}: ${worth.detail ?? ''}`
  const { lines, taxes, totalMinor, isAll } = worth.value
  const minors = (some: readonly ReturnedLine[]): string => some.map(({ line, totalMinor: minor }) => `${line}:${minor}`).join()
  if (minors(lines) !== minors(body.lines) || totalMinor !== body.totalMinor) return `these goods were sold for ${totalMinor}, not ${body.totalMinor}`
  const sums = (some: Returned['taxes']): string =>
    some.map(({ ratePpm, netMinor, taxMinor, exempt }) => [ratePpm, netMinor, taxMinor, exempt === true].join('/')).join()
  if (sums(taxes) !== sums(body.taxes)) return 'the taxes are not those of the sale'
  const most = totalMinor + (isAll ? Math.max(0, sale.roundingMinor ?? 0) + heldBackMinor : 0)
  return body.paidMinor > most ? `${body.paidMinor} was given back for goods worth ${most}` : undefined
}

function wantedBy({ lines }: Returned): Outcome<{ readonly line: number; readonly units: number }[], 'return.mismatch'> {
  const wanted = lines.flatMap((returned) => (returned.line === undefined ? [] : [{ line: returned.line, units: unitsOf(returned) }]))
  return wanted.length === lines.length ? ok(wanted) : fail('return.mismatch')
}

function accept(desk: Desk, { shop }: Bench, stored: StoredEntry, body: Returned): void {
  const goods = body.saleId === undefined ? undefined : desk.soldGoods(stored.till, body.saleId)
  if (goods === undefined) return
  tookBack(goods, body)
  for (const { paymentId } of goods.sale.payments) if (desk.payment(paymentId) !== undefined) desk.link(paymentId, stored.seq)
  for (const { refundId } of body.refunds) {
    const refund = desk.refund(refundId)
    if (refund !== undefined) desk.saveRefund({ ...refund, returnId: body.returnId })
  }
  if (body.creditId === undefined) return
  // No till gives credit for what a wallet has only promised: it would be good when the promise is not.
  const haveCome = body.refunds.every(({ paymentId }) => isPaid(desk.payment(paymentId)))
  if (haveCome) fundCredit(desk, shop, stored, { id: body.creditId, amountMinor: body.paidMinor, backing: body.returnId })
  else desk.setAside(stored, 'credit.not_paid', `credit ${body.creditId} over ${body.paidMinor} is worth nothing yet`, body.refunds[0]?.paymentId)
}

const isPaid = (payment: Payment | undefined): boolean => payment?.funds === 'posted' || payment?.verdict === 'held'

/** Notes that are out of the drawer are out, whoever doubts it; credit that nothing allows is worth nothing. */
function judgeWithoutReceipt(desk: Desk, { shop }: Bench, stored: StoredEntry, body: Returned, isRight: boolean): void {
  const { returnId, as, paidMinor, creditId } = body
  const most = (as === 'cash' ? shop.returns?.withoutReceipt?.cashMinor : shop.returns?.withoutReceipt?.creditMinor) ?? 0
  if (paidMinor > most) desk.setAside(stored, 'return.over_cap', `${paidMinor} without a receipt, where ${most} is the most`)
  if (as === 'cash' && paidMinor > 0 && body.currency === shop.currency) {
    giveFromDrawer(desk, shop, stored.till, returnTransfer(returnId), paidMinor)
    desk.countRefund(stored.till, paidMinor)
  }
  if (as === 'credit' && creditId !== undefined && isRight && paidMinor <= most)
    fundCredit(desk, shop, stored, { id: creditId, amountMinor: paidMinor, backing: returnId })
}
