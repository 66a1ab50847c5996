import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import type { Line, Sale } from './basket.ts'
import { lineTotal } from './goods.ts'
import { totalsOf } from './tax.ts'

/** What the entry of a paid sale says about its goods, whoever paid and however. */
export type Sold = Pick<EntryBody<'sale.completed'>, 'lines' | 'taxes' | 'totalMinor' | 'taxIncluded' | 'taxRounding' | 'note'>

export function soldAs(sale: Sale): Sold {
  const { totalMinor, taxes } = totalsOf(sale)
  const { taxIncluded, taxRounding, note } = sale
  return {
    lines: sale.lines.map(soldLine),
    taxes: [...taxes],
    totalMinor,
    ...(taxIncluded === undefined ? {} : { taxIncluded }),
    ...(taxRounding === undefined ? {} : { taxRounding }),
    ...(note === undefined ? {} : { note }),
  }
}

/** Without what only the basket needs to know. */
const soldLine = ({ id: _, category: __, openPrice: ___, discount: ____, ...line }: Line): SaleLine => ({ ...line, totalMinor: lineTotal(line) })
