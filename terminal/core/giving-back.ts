import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Returned } from '../sale/receipt.ts'
import type { Credits } from './credits.ts'
import { creditIdOf, howOf } from './instruments/payer.ts'
import type { PaymentRecord } from './payments.ts'

/** So much of a payment goes back to where it came from: cash out of the drawer, the rest to its wallet or onto its card. */
export type Share = { readonly payment: PaymentRecord; readonly minor: Minor }

/** What each payment of a receipt gives of a sum, in their order, as far as something is left of it. Together less than the sum when there is not that much. */
export function sharesOf(payments: readonly PaymentRecord[], minor: Minor): readonly Share[] {
  let rest = minor
  return payments.flatMap((payment) => {
    const share = Math.min(rest, keptMinor(payment))
    rest -= share
    return share === 0 ? [] : [{ payment, minor: share }]
  })
}

/** Of these, what comes out of the drawer. */
export const inCash = (shares: readonly Share[]): Minor => shares.reduce((sum, { payment, minor }) => (payment.cash === undefined ? sum : sum + minor), 0)

/** How it goes back, for the paper. */
export function backOn(shares: readonly Share[]): Pick<Returned, 'cash' | 'ways'> {
  const [only] = shares
  if (shares.length === 1 && only?.payment.cash !== undefined) return { cash: true }
  return { ways: shares.map(({ payment, minor }) => ({ how: howOf(payment), amountMinor: minor })) }
}

/** What has to be stored about gift cards on which something is again. One may have paid several parts: what goes back of all of them is one sum. */
export function ontoCredits(shares: readonly Share[], credits: Credits): Record<string, string> {
  const back = new Map<Id, Minor>()
  for (const { payment, minor } of shares) {
    const creditId = creditIdOf(payment)
    if (creditId !== undefined) back.set(creditId, (back.get(creditId) ?? 0) + minor)
  }
  return Object.assign({}, ...[...back].map(([creditId, minor]) => credits.putSpent(creditId, 0 - minor))) as Record<string, string>
}
