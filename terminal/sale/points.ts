import type { Loyalty } from '#protocol/hub/goods.ts'
import { sum } from '#protocol/money.ts'
import { goodsTotal } from './goods.ts'
import { MAX_REASONS, type Priceable } from './pricing.ts'
import { spread } from './promotions.ts'

/** Of a customer in one sale: `wanted` were to be spent, `spent` are as many of them as the basket has a use for. */
export type Points = { readonly wanted: number; readonly spent: number; readonly earned: number }

/**
 * Points come last: spent ones are a discount on all goods after every other, and what is left of them earns new ones (deposits are no goods). Both are whole
 * points, rounded down, and one minor unit is always left to pay, since a sale needs a payment. A gift card is no goods either: what it pays for later earns
 * the points. Undefined without a rule or a customer.
 */
export function pointsOf<Line extends Priceable & { readonly giftCard?: true | undefined }>(
  lines: readonly Line[],
  loyalty: Loyalty | undefined,
  wanted: number,
): { readonly lines: readonly Line[]; readonly points: Points | undefined } {
  if (loyalty === undefined) return { lines, points: undefined }
  const totals = lines.map((line) => (line.giftCard === true ? 0 : goodsTotal(line)))
  const worth = sum(totals)
  const spent = Math.max(0, Math.min(wanted, Math.floor((worth - 1) / loyalty.pointMinor)))
  const off = spent * loyalty.pointMinor
  const cuts = new Map(spread(off, totals, `${spent} points`).map((cut) => [cut.index, cut]))
  const left = lines.map((line, index) => {
    const cut = cuts.get(index)
    if (cut === undefined) return line
    const { discountMinor = 0, reasons = [] } = line
    return { ...line, discountMinor: discountMinor + cut.minor, reasons: [...reasons.slice(0, MAX_REASONS - 1), cut.reason] }
  })
  return { lines: left, points: { wanted, spent, earned: Math.floor((worth - off) / loyalty.earnPerMinor) } }
}
