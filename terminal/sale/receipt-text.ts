import { exchangeOnPaper } from '#protocol/exchange/told.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { EntryBody, TaxTotal } from '#protocol/journal/entry.ts'
import { decimal, money, type Currency, type Minor } from '#protocol/money.ts'
import { MAX_RECEIPT_TEXT_BYTES } from '#protocol/receipt-text.ts'
import { minuteIn } from '#protocol/local-time.ts'
import { paperWords } from '#protocol/paper-words.ts'
import { percent } from './pricing.ts'
import type { ReceiptHeading, Returned } from './receipt.ts'
import type { Part } from './tenders.ts'

type Heading = Pick<ReceiptHeading, 'merchant' | 'store' | 'at' | 'language' | 'timeZone'>

/** A receipt as a short text: who, when, which, as many of its lines as there is room for, the total and its taxes. Never longer than a QR code takes. */
export function receiptTextOf(sale: EntryBody<'sale.completed'>, heading: Heading, parts: readonly Pick<Part, 'exchange'>[] = []): string {
  const words = paperWords(heading.language)
  const amount = (minor: Minor): string => decimal(money(minor, sale.currency))
  const sums = [`${words.total} ${sale.currency} ${amount(sale.totalMinor)}`, ...exchangedOf(parts, sale.currency), ...taxesOf(sale.taxes, amount)]
  const lines = sale.lines.map(({ quantity, name, totalMinor }) => lineOf(quantity, name, amount(totalMinor)))
  return fitted(headOf(`${words.receipt} ${sale.receiptNumber}`, heading), lines, sums)
}

/** The same of money that went back. What is like money, the code of a store credit, is on the paper alone. */
export function returnedTextOf({ kind, receiptNumber, of, amountMinor, currency, goods }: Returned, heading: Heading): string {
  const words = paperWords(heading.language)
  const less = (minor: Minor): string => decimal(money(0 - minor, currency))
  const title = { refund: `${words.refund} ${receiptNumber}`, goods: `${words.returned} ${receiptNumber}`, void: `${words.voidOf} ${of}` }[kind]
  const about = kind === 'void' ? [] : [of === '' ? words.noReceipt : `${words.ofReceipt} ${of}`]
  const lines = goods?.lines.map(({ quantity, name, totalMinor }) => lineOf(quantity, name, less(totalMinor))) ?? []
  const sums = [`${words.total} ${currency} ${less(amountMinor)}`, ...taxesOf(goods?.taxes ?? [], less)]
  return fitted([...headOf(title, heading), ...about], lines, sums)
}

/** `CNY 99.13 (1 EUR = 7.8123 CNY + 1.5 %, ECB)`: of the first such wallets, as there is room for. */
const exchangedOf = (parts: readonly Pick<Part, 'exchange'>[], currency: Currency): readonly string[] =>
  parts
    .flatMap(({ exchange }) => exchange ?? [])
    .slice(0, MAX_EXCHANGED)
    .map((exchange) => {
      const { sum, rate } = exchangeOnPaper(exchange, currency)
      return `${sum} (${rate}, ${exchange.source} ${minuteIn(undefined, exchange.at)})`
    })

const headOf = (title: string, { merchant, store, at, timeZone }: Heading): readonly string[] => [
  cut(`${merchant}, ${store}`, MAX_NAME),
  title,
  minuteIn(timeZone, at),
]

const lineOf = (quantity: number, name: string, sum: string): string => `${quantity > 1 ? `${quantity} x ` : ''}${cut(name, MAX_NAME)} ${sum}`

const taxesOf = (taxes: readonly TaxTotal[], amount: (minor: Minor) => string): readonly string[] =>
  taxes.slice(0, MAX_TAXES).map(({ ratePpm, taxMinor }) => `${percent(ratePpm)} %: ${amount(taxMinor)}`)

function fitted(head: readonly string[], lines: readonly string[], sums: readonly string[]): string {
  for (let shown = lines.length; shown > 0; shown--) {
    const rest = shown < lines.length ? [`… +${lines.length - shown}`] : []
    const text = [...head, ...lines.slice(0, shown), ...rest, ...sums].join('\n')
    if (utf8(text).length <= MAX_RECEIPT_TEXT_BYTES) return text
  }
  return [...head, ...sums].join('\n')
}

/** In characters: three bytes each at most, but for a few. */
const MAX_NAME = 30
const MAX_TAXES = 4
const MAX_EXCHANGED = 2

const cut = (text: string, most: number): string => [...text].slice(0, most).join('')
