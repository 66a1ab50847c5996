import type { Desk, Shopkeeper } from './desk.ts'
import { lossAccount, merchantAccount, transferIds, uncollectedAccount } from '../ledger/names.ts'
import type { Payment } from '../store/hub-store.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { invariant } from '#protocol/outcome.ts'

type Shop = Pick<Shopkeeper, 'merchant' | 'currency' | 'duplicateBorneBy'>

/**
 * Who loses what was captured and will never be paid: whoever the policy names for a code that paid twice, else the shop, which chose to accept alone. The issuer
 * owes the merchant what it bears, so the hub pays it out; a loss of the shop's own stands against what it sold, and nobody is paid anything.
 */
function lossOf(desk: Desk, { merchant, duplicateBorneBy }: Shop, { verdict, currency }: Payment): { readonly debit: string; readonly credit: string } {
  const account = (id: string, label: string, side: 'debit' | 'credit') => desk.openAccount({ id, label, currency, side, rule: 'none' })
  if (verdict === 'hub.duplicate_code' && duplicateBorneBy === 'issuer')
    return { debit: account(lossAccount('issuer', merchant, currency), 'Losses of the wallets’ issuer', 'debit'), credit: merchantAccount(merchant, currency) }
  const credit = account(uncollectedAccount(merchant, currency), 'Sold and never paid', 'credit')
  return { debit: account(lossAccount('merchant', merchant, currency), 'Losses of the shop', 'debit'), credit }
}

/** Of a payment that is written off just now. */
export function postLoss(desk: Desk, shop: Shop, payment: Payment): void {
  const amount = BigInt(keptMinor(payment))
  if (amount === 0n) return
  const posted = desk.apply({ kind: 'single', id: transferIds(payment.id).loss, payment: payment.id, ...lossOf(desk, shop, payment), amount })
  invariant(posted.ok, 'a payment is written off once')
}

/** The goods came back, so less is lost. Does nothing for what was written off before there were accounts of losses. */
export function lessenLoss(desk: Desk, payment: Payment, { id, amount }: { readonly id: string; readonly amount: bigint }): void {
  const loss = desk.transfer(transferIds(payment.id).loss)
  if (loss === undefined) return
  const lessened = desk.apply({ kind: 'single', id, payment: payment.id, debit: loss.credit, credit: loss.debit, amount })
  invariant(lessened.ok, 'a loss can always be made smaller')
}
