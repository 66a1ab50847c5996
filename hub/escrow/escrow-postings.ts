import type { Escrow } from './escrow.ts'
import type { Desk, Shopkeeper } from '../intake/desk.ts'
import { withPoints } from '../intake/points.ts'
import { refundByHub } from '../intake/refunds.ts'
import { escrowAccount, merchantAccount, walletAccount } from '../ledger/names.ts'
import type { Payment } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { allocate, type Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'

/** What escrow does to the books. What touches the merchant's account is counted in the window that is open then, and so released money is paid out with those. */

function post(desk: Desk, { payment }: Escrow, what: string, debit: string, credit: string, amountMinor: Minor): void {
  if (amountMinor === 0) return
  const posted = desk.apply({ kind: 'single', id: `escrow/${payment}/${what}`, debit, credit, amount: BigInt(amountMinor) })
  invariant(posted.ok, `${what} is posted once, of money that is there`)
}

export function postHeld(desk: Desk, escrow: Escrow): void {
  const { payment, merchant, currency, amountMinor } = escrow
  const id = escrowAccount(payment)
  const held = desk.openAccount({ id, label: 'Held for a delivery', currency, side: 'credit', rule: 'debits_must_not_exceed_credits' })
  post(desk, escrow, 'held', merchantAccount(merchant, currency), held, amountMinor)
}

type Ports = { readonly shop: Shopkeeper; readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'> }

/**
 * Everything leaves at once. What goes back to the buyer goes by the merchant's account and the way of every refund: with its fee by the merchant's terms, its
 * points, and never more than is left of the payment. A till may have given some back meanwhile, from the merchant's own: that is the first part of what the buyer
 * was to get, and so is the merchant's here. Otherwise a refund at the till would add to the decision, and eat what was to stay.
 */
export function postEnd(desk: Desk, { shop, crypto }: Ports, escrow: Escrow, payment: Payment, refundMinor: Minor): Escrow {
  const { merchant, currency, amountMinor } = escrow
  const [held, ofMerchant] = [escrowAccount(escrow.payment), merchantAccount(merchant, currency)]
  const left = payment.funds === 'posted' ? keptMinor(payment) : 0
  const alreadyBackMinor = Math.min(refundMinor, Math.max(0, amountMinor - left))
  const refundedMinor = refundMinor - alreadyBackMinor
  const shares = allocate(
    amountMinor - refundMinor,
    escrow.payees.map(({ parts }) => parts),
  )
  post(desk, escrow, 'for-buyer', held, ofMerchant, refundedMinor)
  post(desk, escrow, 'already-back', held, ofMerchant, alreadyBackMinor)
  const released = escrow.payees.map(({ wallet }, at) => ({ ...(wallet !== undefined && { wallet }), amountMinor: shares[at] ?? 0 }))
  for (const [at, { wallet, amountMinor: share }] of released.entries())
    post(desk, escrow, `released-${at}`, held, wallet === undefined ? ofMerchant : walletAccount(wallet), share)
  if (refundedMinor > 0) {
    const refundId = makeId(desk.now, crypto.randomBytes(10))
    withPoints(desk, [payment.id], () => refundByHub(desk, { shop, crypto }, payment, { refundId, amountMinor: refundedMinor, why: 'held for a delivery' }))
  }
  return { ...escrow, ended: { at: desk.now, refundedMinor, alreadyBackMinor, released } }
}
