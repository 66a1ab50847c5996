import { creditAccounts, leftOf } from './credits.ts'
import type { Desk, Shopkeeper } from './desk.ts'
import type { SoldGoods } from './sold-goods.ts'
import { creditCancellation } from '../ledger/names.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { owedForGifts } from '#protocol/journal/returning.ts'
import type { Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * A gift card is worth something as long as its sale is paid for. A till that sells one, gives the money back and keeps the card would otherwise make money out of
 * nothing, and its drawer would be right: so no till gives that money back (`refund.gift_card_sold`), and where one did all the same, what is left on the card goes.
 */
type Sale = SoldGoods['sale']

const isGone = ({ state }: Payment): boolean =>
  state !== 'CAPTURED' && state !== 'RETRY' && state !== 'RECOVERY' && state !== 'RECOVERED' && state !== 'WRITTEN_OFF'

/** What of a sale's payments the customer has not had back. */
export const keptOf = (desk: Desk, { payments }: Sale): Minor =>
  payments.reduce((sofar, { paymentId }) => {
    const payment = desk.payment(paymentId)
    return payment === undefined || isGone(payment) ? sofar : sofar + keptMinor(payment)
  }, 0)

/** What of it has come, or is on its way. */
const comeOf = (desk: Desk, { payments }: Sale): Minor =>
  payments.reduce((sofar, { paymentId }) => {
    const payment = desk.payment(paymentId)
    return payment?.state === 'CAPTURED' || payment?.state === 'RECOVERED' ? sofar + keptMinor(payment) : sofar
  }, 0)

/** Whether the gift cards of a sale were paid for. */
export const giftsArePaid = (desk: Desk, sale: Sale): boolean => comeOf(desk, sale) >= owedForGifts(sale)

/** Some of these payments may have gone back just now: what is left on cards that nobody paid for is taken off them, and a person hears of it. */
export function takeBackGifts(desk: Desk, shop: Pick<Shopkeeper, 'merchant'>, stored: StoredEntry, payments: Iterable<Id>): void {
  for (const id of payments) {
    const payment = desk.payment(id)
    const sale = payment === undefined ? undefined : desk.soldGoods(payment.till, payment.saleId)?.sale
    if (payment === undefined || sale === undefined || (payment.refundedMinor === 0 && !isGone(payment))) continue
    if (keptOf(desk, sale) >= owedForGifts(sale)) continue
    for (const { creditId } of sale.lines) if (creditId !== undefined) cancel(desk, shop, stored, creditId, id)
  }
}

/** Once. What was spent of it is spent. */
function cancel(desk: Desk, shop: Pick<Shopkeeper, 'merchant'>, stored: StoredEntry, creditId: Id, payment: Id): void {
  const credit = desk.credit(creditId)
  const left = leftOf(desk, creditId)
  if (credit?.fundedAt === undefined || left === 0 || desk.transfer(creditCancellation(creditId)) !== undefined) return
  const { credit: debit, takings } = creditAccounts(desk, shop, creditId, credit.currency)
  const taken = desk.apply({ kind: 'single', id: creditCancellation(creditId), debit, credit: takings, amount: BigInt(left) })
  invariant(taken.ok, 'what is left of a credit can be taken off it')
  desk.setAside(stored, 'credit.sale_undone', `${left} of ${credit.amountMinor} was left on ${creditId}`, payment)
}
