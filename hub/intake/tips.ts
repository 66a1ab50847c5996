import type { Desk, Shopkeeper } from './desk.ts'
import { cashTakings, creditTakings, merchantAccount, tipsAccount, transferIds } from '../ledger/names.ts'
import type { Payment } from '../store/hub-store.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { invariant } from '#protocol/outcome.ts'

/** What customers gave beyond the total is no takings: it is owed to those who served. */
type Shop = Pick<Shopkeeper, 'merchant' | 'currency'>

const tipsOf = (desk: Desk, { merchant, currency }: Shop): string =>
  desk.openAccount({ id: tipsAccount(merchant, currency), label: 'Tips', currency, side: 'credit', rule: 'none' })

/** Where the money of a payment went. */
function takingsOf({ profile }: Payment, { merchant, currency }: Shop): string {
  if (profile === 'cash') return cashTakings(merchant, currency)
  return profile === 'credit' ? creditTakings(merchant, currency) : merchantAccount(merchant, currency)
}

/** Out of what the last payments of the sale brought in, once. What went back as a whole before the hub heard of the sale brought no tip. */
export function postTip(desk: Desk, shop: Shop, { tipMinor = 0, payments }: Pick<EntryBody<'sale.completed'>, 'tipMinor' | 'payments'>): void {
  let left = tipMinor
  for (const { paymentId, amountMinor } of payments.toReversed()) {
    const payment = desk.payment(paymentId)
    const share = Math.min(left, amountMinor)
    left -= share
    if (share === 0 || payment === undefined || payment.state === 'VOIDED' || payment.state === 'REFUNDED') continue
    const id = transferIds(paymentId).tip
    if (desk.transfer(id) !== undefined) continue
    const tipped = desk.apply({ kind: 'single', id, payment: paymentId, debit: takingsOf(payment, shop), credit: tipsOf(desk, shop), amount: BigInt(share) })
    invariant(tipped.ok, 'a tip is posted once')
  }
}

/** Of a payment that went back as a whole nothing is left for anybody. */
export function undoTip(desk: Desk, shop: Shop, payment: Payment): void {
  const { tip, untip } = transferIds(payment.id)
  const posted = desk.transfer(tip)
  if (posted === undefined || desk.transfer(untip) !== undefined) return
  const { amount } = posted
  const undone = desk.apply({ kind: 'single', id: untip, payment: payment.id, debit: tipsOf(desk, shop), credit: takingsOf(payment, shop), amount })
  invariant(undone.ok, 'a tip is undone once')
}
