import { sum } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { lacksPrice, type Sale } from '../sale/basket.ts'
import { lineTotal } from '../sale/goods.ts'
import { totalsOf } from '../sale/tax.ts'
import type { TenderPorts } from './tender-stage.ts'

/** Whether what lies in a basket can be paid for. Gift cards are a debt of the shop, of which a till makes only so much in a day. */
export function payableOf(sale: Sale, { credits, clock }: Pick<TenderPorts, 'credits' | 'clock'>): Outcome<null> {
  if (sale.lines.length === 0) return fail('sale.empty')
  if (lacksPrice(sale)) return fail('sale.price_first')
  const { totalMinor, emptiesMinor } = totalsOf(sale)
  if (totalMinor <= 0) return fail(emptiesMinor > 0 ? 'sale.empties_exceed' : 'sale.nothing_to_pay')
  const gifts = sale.lines.filter(({ giftCard }) => giftCard === true)
  return gifts.length === 0 ? ok(null) : credits.mayIssue(sum(gifts.map(lineTotal)), clock.now())
}
