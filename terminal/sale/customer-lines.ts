import { decimalWeight } from '#protocol/device/weight.ts'
import { decimal, money, type Currency, type Minor } from '#protocol/money.ts'
import type { Line, Sale } from './basket.ts'
import { lineTotal } from './goods.ts'
import { totalsOf } from './tax.ts'

/** The smallest display of a counter: two lines of twenty characters. */
export const DISPLAY_COLUMNS = 20

/** What a customer should see: how far the sale is, with the sum that is being paid or was. */
export type CustomerScene = {
  readonly shop: string
  readonly sale: Sale
  readonly currency: Currency
  readonly paying:
    | { readonly stage: 'selling' }
    | { readonly stage: 'awaiting' | 'checking'; readonly amountMinor: Minor }
    /** `changeMinor`: what goes back, for cash. */
    | { readonly stage: 'approved'; readonly amountMinor: Minor; readonly changeMinor?: Minor }
}

/** The two lines of a customer's display, at most twenty characters each. */
export function customerLines({ shop, sale, currency, paying }: CustomerScene): readonly [string, string] {
  const amount = (minor: Minor): string => decimal(money(minor, currency))
  const sum = (word: string, minor: Minor): string => pair(word, `${amount(minor)} ${currency}`)
  switch (paying.stage) {
    case 'awaiting':
      return [sum('Total', paying.amountMinor), 'Please pay']
    case 'checking':
      return [sum('Total', paying.amountMinor), 'One moment']
    case 'approved':
      return [sum('Paid', paying.amountMinor), (paying.changeMinor ?? 0) > 0 ? sum('Change', paying.changeMinor ?? 0) : 'Thank you']
    case 'selling': {
      const line = sale.lines.find(({ id }) => id === sale.touched) ?? sale.lines.at(-1)
      if (line === undefined) return [fit(shop), 'Welcome']
      return [pair(`${countOf(line)}${line.name}`, amount(lineTotal(line))), sum('Total', totalsOf(sale).totalMinor)]
    }
  }
}

function countOf({ quantity, weight }: Line): string {
  if (weight !== undefined) return `${decimalWeight(weight)} ${weight.unit} `
  return quantity > 1 ? `${quantity} x ` : ''
}

/** The right text whole, the left one as far as there is room before it. */
function pair(left: string, right: string): string {
  const room = Math.max(0, DISPLAY_COLUMNS - right.length - 1)
  return fit(`${[...left].slice(0, room).join('').padEnd(room)} ${right}`)
}

const fit = (text: string): string => [...text].slice(0, DISPLAY_COLUMNS).join('')
