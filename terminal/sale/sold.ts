import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { Line, Sale } from './basket.ts'
import { lineTotal } from './goods.ts'
import { totalsOf } from './tax.ts'

type BeyondGoods = Pick<EntryBody<'sale.completed'>, 'empties' | 'exemption' | 'customer' | 'pointsEarned' | 'pointsSpent'>

/** What the entry of a paid sale says about its goods, whoever paid and however. */
export type Sold = Pick<EntryBody<'sale.completed'>, 'lines' | 'taxes' | 'totalMinor' | 'taxIncluded' | 'taxRounding' | 'note' | keyof BeyondGoods>

export function soldAs(sale: Sale): Sold {
  const { totalMinor, taxes, untaxedMinor } = totalsOf(sale)
  const { taxIncluded, taxRounding, note } = sale
  return {
    lines: sale.lines.map(soldLine),
    taxes: [...taxes],
    totalMinor,
    ...(taxIncluded === undefined ? {} : { taxIncluded }),
    ...(taxRounding === undefined ? {} : { taxRounding }),
    ...(note === undefined ? {} : { note }),
    ...beyondGoods(sale, untaxedMinor),
  }
}

function beyondGoods({ empties, exemption, customer, points }: Sale, untaxedMinor: Minor): BeyondGoods {
  return {
    ...(empties === undefined ? {} : { empties: [...empties] }),
    ...(exemption === undefined ? {} : { exemption: { reason: exemption.reason, untaxedMinor } }),
    ...(customer === undefined ? {} : { customer: customer.id }),
    ...(points === undefined || points.earned === 0 ? {} : { pointsEarned: points.earned }),
    ...(points === undefined || points.spent === 0 ? {} : { pointsSpent: points.spent }),
  }
}

/** Without what only the basket needs to know. */
const soldLine = ({
  id: _,
  category: __,
  openPrice: ___,
  discount: ____,
  partPrices: _____,
  madeToOrder: ______,
  giftCard: _______,
  ...line
}: Line): SaleLine => ({
  ...line,
  totalMinor: lineTotal(line),
})
