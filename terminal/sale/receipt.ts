import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { decimalWeight } from '#protocol/device/weight.ts'
import type { EntryBody, SaleLine, TaxTotal } from '#protocol/journal/entry.ts'
import { decimal, money, sum, type Currency, type Minor } from '#protocol/money.ts'
import type { Credit } from '#protocol/credit/code.ts'
import type { PaperLanguage } from '#protocol/hub/offers.ts'
import type { EpochMs } from '#protocol/time.ts'
import { minuteIn } from '#protocol/local-time.ts'
import { paperWords, reasonIn, type PaperWords } from '#protocol/paper-words.ts'
import { depositOf } from './goods.ts'
import { percent } from './pricing.ts'
import { creditsOn, tendersOn, waysBack, type PrintedCredit, type Way } from './receipt-tenders.ts'
import type { CashGiven, Part } from './tenders.ts'
import { beyondGoods, beyondPrice, pointsOn } from './receipt-goods.ts'

/** What a receipt says beyond the sale itself. */
export type ReceiptHeading = {
  readonly merchant: string
  readonly store: string
  readonly till: string
  /** Whose sale it is, by the name that the shop gave them. */
  readonly servedBy?: string | undefined
  readonly at: EpochMs
  readonly copy: boolean
  /** English if nothing is said. */
  readonly language?: PaperLanguage | undefined
  /** By which it tells the time (IANA); UTC if nothing is said. */
  readonly timeZone?: string | undefined
}

/** Money that was given back. A refund has a receipt number of its own; a void only undoes the sale `of`, so `receiptNumber` is that of the sale. */
export type Returned = {
  readonly kind: 'refund' | 'void' | 'goods'
  readonly receiptNumber: string
  readonly of: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly at: EpochMs
  /** It was paid in notes and coins, and so it goes back. */
  readonly cash?: true
  /** It goes back in several ways; missing: in one, to the wallet or in cash. */
  readonly ways?: readonly Way[]
  /** What came back for it (kind `goods`; `of` is empty where there was no receipt), and the store credit that it became. */
  readonly goods?: EntryBody<'goods.returned'>
  readonly credit?: Credit
}

type DecidedBy = 'hub' | 'policy' | 'cash'
/** How a sale was paid in several parts, and the gift cards that were sold with it. */
type PaidWith = { readonly parts?: readonly Part[] | undefined; readonly credits?: readonly PrintedCredit[] | undefined }

/** The paper receipt of a completed sale, as blocks that any printer's driver can lay out. */
export function receiptOf(
  sale: EntryBody<'sale.completed'>,
  heading: ReceiptHeading,
  decidedBy: DecidedBy,
  cash?: CashGiven,
  paid: PaidWith = {},
): PrintDocument {
  const amount = (minor: Minor): string => decimal(money(minor, sale.currency))
  const words = paperWords(heading.language)
  const blocks = [...headOf(heading, words), ...numberOf(`${words.receipt} ${sale.receiptNumber}`, heading, words)]
  for (const line of sale.lines) blocks.push(...lineOf(line, sale.currency, words))
  if (sale.note !== undefined) blocks.push({ kind: 'text', text: sale.note })
  blocks.push({ kind: 'rule' }, ...addedTaxesOf(sale, words), ...beyondGoods(sale, words), {
    kind: 'pair',
    left: `${words.total} ${sale.currency}`,
    right: amount(sale.totalMinor),
    bold: true,
  })
  if (sale.roundingMinor !== undefined) blocks.push({ kind: 'pair', left: words.rounding, right: amount(sale.roundingMinor) })
  blocks.push(...tendersOn(sale, words, paid.parts, cash))
  blocks.push(...savedOf(sale, words), ...pointsOn(sale, words), { kind: 'feed', lines: 1 })
  if (sale.taxIncluded === undefined) blocks.push(...sale.taxes.map((tax) => taxOf(tax, words.included, sale.currency, words)))
  blocks.push(
    { kind: 'rule' },
    { kind: 'text', text: words.decided[decidedBy], align: 'center' },
    // The receipt's number and nothing else: a payment's id is nobody's business before the hub has it, or another till could claim it first.
    { kind: 'qr', data: sale.receiptNumber },
    { kind: 'text', text: words.thanks, align: 'center' },
    ...creditsOn(paid.credits ?? [], sale.currency, words),
  )
  return blocks
}

/** What it costs by price and count, and below it what was taken off and why. */
function lineOf(line: SaleLine, currency: Currency, words: PaperWords): PrintBlock[] {
  const { name, unitMinor, totalMinor, discountMinor = 0, reasons = [] } = line
  const amount = (minor: Minor): string => decimal(money(minor, currency))
  const count = countOf(line, amount(unitMinor), currency)
  const price = amount(totalMinor + discountMinor - depositOf(line))
  const priced: PrintBlock[] =
    count === undefined
      ? [{ kind: 'pair', left: name, right: price }]
      : [
          { kind: 'text', text: name },
          { kind: 'pair', left: `  ${count}`, right: price },
        ]
  const beyond = beyondPrice(line, currency, words)
  if (discountMinor === 0) return [...priced, ...beyond]
  const others = reasons.slice(0, -1).map((reason): PrintBlock => ({ kind: 'text', text: `  ${reasonIn(words, reason)}` }))
  return [...priced, ...others, { kind: 'pair', left: `  ${reasonIn(words, reasons.at(-1) ?? 'Discount')}`, right: amount(-discountMinor) }, ...beyond]
}

/** Where tax is not in the prices: what they come to, and the taxes that make it the total. */
function addedTaxesOf({ taxIncluded, taxes, lines, currency }: EntryBody<'sale.completed'>, words: PaperWords): PrintBlock[] {
  if (taxIncluded === undefined) return []
  const net = decimal(money(sum(lines.map((line) => line.totalMinor - depositOf(line))), currency))
  return [{ kind: 'pair', left: words.subtotal, right: net }, ...taxes.map((tax) => taxOf(tax, words.added, currency, words))]
}

export function taxOf({ ratePpm, netMinor, taxMinor, exempt }: TaxTotal, how: string, currency: Currency, words: PaperWords): PrintBlock {
  const [net, tax] = [netMinor, taxMinor].map((minor) => decimal(money(minor, currency)))
  return { kind: 'pair', left: exempt === true ? `${words.exempt} ${net}` : `${how} ${percent(ratePpm)} % ${words.taxOn} ${net}`, right: tax ?? '' }
}

function savedOf({ lines, currency }: EntryBody<'sale.completed'>, words: PaperWords): PrintBlock[] {
  const saved = sum(lines.map(({ discountMinor }) => discountMinor ?? 0))
  return saved === 0 ? [] : [{ kind: 'pair', left: words.saved, right: decimal(money(saved, currency)) }]
}

/** How a line's total came about, where that is more than its price: `2 x 1.20`, `0.486 kg x 2.99 EUR/kg`. */
function countOf({ quantity, weight }: SaleLine, unitPrice: string, currency: Currency): string | undefined {
  if (weight !== undefined) return `${decimalWeight(weight)} ${weight.unit} x ${unitPrice} ${currency}/${weight.unit}`
  return quantity > 1 ? `${quantity} x ${unitPrice}` : undefined
}

/** The paper receipt of a refund or a void. */
export function returnReceiptOf(
  { kind, receiptNumber, of, amountMinor, currency, cash, ways = [{ how: cash === true ? 'cash' : 'wallet', amountMinor }] }: Returned,
  heading: ReceiptHeading,
): PrintDocument {
  const words = paperWords(heading.language)
  const title = kind === 'refund' ? words.refundTitle : words.voidTitle
  return [
    ...headOf(heading, words),
    { kind: 'text', text: title, align: 'center', bold: true, size: 'double' },
    ...numberOf(kind === 'refund' ? `${words.refund} ${receiptNumber}` : `${words.voidOf} ${of}`, heading, words),
    { kind: 'pair', left: words.ofReceipt, right: of },
    { kind: 'pair', left: `${words.total} ${currency}`, right: `-${decimal(money(amountMinor, currency))}`, bold: true },
    ...waysBack(ways, currency, words),
    { kind: 'rule' },
    { kind: 'text', text: backWords(ways, words), align: 'center' },
    { kind: 'qr', data: receiptNumber },
  ]
}

function backWords(ways: readonly Way[], words: PaperWords): string {
  const kinds = new Set(ways.map(({ how }) => how))
  if (kinds.size > 1 || kinds.has('credit') || kinds.has('card')) return words.backInParts
  return kinds.has('cash') ? words.backInCash : words.backToWallet
}

export function headOf({ merchant, store, copy }: ReceiptHeading, words: PaperWords): PrintBlock[] {
  const copied: PrintBlock[] = copy ? [{ kind: 'text', text: words.copy, align: 'center', bold: true }] : []
  return [
    { kind: 'text', text: merchant, align: 'center', bold: true, size: 'double' },
    { kind: 'text', text: store, align: 'center' },
    { kind: 'feed', lines: 1 },
    ...copied,
  ]
}

export const numberOf = (number: string, { till, servedBy, at, timeZone }: ReceiptHeading, words: PaperWords): PrintBlock[] => [
  { kind: 'pair', left: number, right: till },
  ...(servedBy === undefined ? [] : [{ kind: 'text', text: `${words.servedBy} ${servedBy}` } as const]),
  { kind: 'text', text: minuteIn(timeZone, at) },
  { kind: 'rule' },
]
