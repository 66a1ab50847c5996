import type { PrintBlock } from '#protocol/device/messages.ts'
import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import { decimal, money, sum, type Currency, type Minor } from '#protocol/money.ts'
import { depositOf } from './goods.ts'
import type { PaperWords } from '#protocol/paper-words.ts'

type Sold = EntryBody<'sale.completed'>

const text = (words: string): PrintBlock => ({ kind: 'text', text: words })
const pair = (left: string, minor: Minor, currency: Currency): PrintBlock => ({ kind: 'pair', left, right: decimal(money(minor, currency)) })

/** Below the price of a line: how it was made, what is in it, the numbers of its pieces, and last its deposit, which is a price of its own. */
export function beyondPrice(line: SaleLine, currency: Currency, words: PaperWords): PrintBlock[] {
  const { quantity, modifiers = [], parts = [], serials = [], batch, depositMinor } = line
  const made = modifiers.map(({ name, priceMinor }) => text(priceMinor === 0 ? `  + ${name}` : `  + ${name} (${decimal(money(priceMinor, currency))})`))
  const numbers = [...serials.map((serial) => `${words.serial} ${serial}`), ...(batch === undefined ? [] : [`${words.batch} ${batch}`])]
  const each = depositMinor === undefined || quantity === 1 ? '' : ` ${quantity} x ${decimal(money(depositMinor, currency))}`
  return [
    ...made,
    ...parts.map((part) => text(`  ${quantity * part.quantity} x ${part.name}`)),
    ...numbers.map((number) => text(`  ${number}`)),
    ...(depositMinor === undefined ? [] : [pair(`  ${words.deposit}${each}`, depositOf(line), currency)]),
  ]
}

/** Before the total: what makes it other than the sum of the goods. Deposits of a sale without tax in its prices stand here once more, since its subtotal is without. */
export function beyondGoods({ lines, empties = [], exemption, taxIncluded, currency }: Sold, words: PaperWords): PrintBlock[] {
  const deposit = sum(lines.map(depositOf))
  return [
    ...(taxIncluded === false && deposit > 0 ? [pair(words.deposit, deposit, currency)] : []),
    ...empties.map(({ depositMinor, quantity }) =>
      pair(`${words.empties} ${quantity} x ${decimal(money(depositMinor, currency))}`, -quantity * depositMinor, currency),
    ),
    ...exemptionOn(exemption, taxIncluded, currency, words),
  ]
}

function exemptionOn(exemption: Sold['exemption'], taxIncluded: false | undefined, currency: Currency, words: PaperWords): PrintBlock[] {
  if (exemption === undefined) return []
  // Added taxes are simply not there; those in the prices are taken off them.
  return [text(`${words.exempt}: ${exemption.reason}`), ...(taxIncluded === false ? [] : [pair(words.taxNotCharged, -exemption.untaxedMinor, currency)])]
}

export const pointsOn = ({ pointsEarned }: Sold, words: PaperWords): PrintBlock[] =>
  pointsEarned === undefined ? [] : [{ kind: 'pair', left: words.pointsEarned, right: String(pointsEarned) }]
