import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { decimalWeight } from '#protocol/device/weight.ts'
import type { EntryBody, SaleLine, TaxTotal } from '#protocol/journal/entry.ts'
import { decimal, money, sum, type Currency, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import { percent } from './pricing.ts'

/** What a receipt says beyond the sale itself. */
export type ReceiptHeading = {
  readonly merchant: string
  readonly store: string
  readonly till: string
  /** Whose sale it is, by the name that the shop gave them. */
  readonly servedBy?: string | undefined
  readonly at: EpochMs
  readonly copy: boolean
}

/** Money that was given back. A refund has a receipt number of its own; a void only undoes the sale `of`, so `receiptNumber` is that of the sale. */
export type Returned = {
  readonly kind: 'refund' | 'void'
  readonly receiptNumber: string
  readonly of: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly at: EpochMs
  /** It was paid in notes and coins, and so it goes back. */
  readonly cash?: true
}

type DecidedBy = 'hub' | 'policy' | 'cash'
type CashGiven = { readonly tenderedMinor: Minor; readonly changeMinor: Minor }

const decisions: Readonly<Record<DecidedBy, string>> = {
  hub: 'Approved by the hub',
  policy: 'Accepted offline, settles when online',
  cash: 'Paid in cash',
}

/** The paper receipt of a completed sale, as blocks that any printer's driver can lay out. */
export function receiptOf(sale: EntryBody<'sale.completed'>, heading: ReceiptHeading, decidedBy: DecidedBy, cash?: CashGiven): PrintDocument {
  const amount = (minor: Minor): string => decimal(money(minor, sale.currency))
  const blocks = [...headOf(heading), ...numberOf(`Receipt ${sale.receiptNumber}`, heading)]
  for (const line of sale.lines) blocks.push(...lineOf(line, sale.currency))
  if (sale.note !== undefined) blocks.push({ kind: 'text', text: sale.note })
  blocks.push({ kind: 'rule' }, ...addedTaxesOf(sale), { kind: 'pair', left: `TOTAL ${sale.currency}`, right: amount(sale.totalMinor), bold: true })
  if (sale.roundingMinor !== undefined) blocks.push({ kind: 'pair', left: 'Rounding', right: amount(sale.roundingMinor) })
  const tender = cash === undefined ? 'Wallet' : 'Cash'
  for (const payment of sale.payments) blocks.push({ kind: 'pair', left: tender, right: amount(payment.amountMinor) })
  if (cash !== undefined) {
    blocks.push(
      { kind: 'pair', left: 'Given', right: amount(cash.tenderedMinor) },
      { kind: 'pair', left: 'Change', right: amount(cash.changeMinor), bold: true },
    )
  }
  blocks.push(...savedOf(sale), { kind: 'feed', lines: 1 })
  if (sale.taxIncluded === undefined) blocks.push(...sale.taxes.map((tax) => taxOf(tax, 'incl. ', sale.currency)))
  blocks.push(
    { kind: 'rule' },
    { kind: 'text', text: decisions[decidedBy], align: 'center' },
    // The receipt's number and nothing else: a payment's id is nobody's business before the hub has it, or another till could claim it first.
    { kind: 'qr', data: sale.receiptNumber },
    { kind: 'text', text: 'Thank you', align: 'center' },
  )
  return blocks
}

/** What it costs by price and count, and below it what was taken off and why. */
function lineOf(line: SaleLine, currency: Currency): PrintBlock[] {
  const { name, unitMinor, totalMinor, discountMinor = 0, reasons = [] } = line
  const amount = (minor: Minor): string => decimal(money(minor, currency))
  const count = countOf(line, amount(unitMinor), currency)
  const price = amount(totalMinor + discountMinor)
  const priced: PrintBlock[] =
    count === undefined
      ? [{ kind: 'pair', left: name, right: price }]
      : [
          { kind: 'text', text: name },
          { kind: 'pair', left: `  ${count}`, right: price },
        ]
  if (discountMinor === 0) return priced
  const others = reasons.slice(0, -1).map((reason): PrintBlock => ({ kind: 'text', text: `  ${reason}` }))
  return [...priced, ...others, { kind: 'pair', left: `  ${reasons.at(-1) ?? 'Discount'}`, right: amount(-discountMinor) }]
}

/** Where tax is not in the prices: what they come to, and the taxes that make it the total. */
function addedTaxesOf({ taxIncluded, taxes, lines, currency }: EntryBody<'sale.completed'>): PrintBlock[] {
  if (taxIncluded === undefined) return []
  const net = decimal(money(sum(lines.map(({ totalMinor }) => totalMinor)), currency))
  return [{ kind: 'pair', left: 'Subtotal', right: net }, ...taxes.map((tax) => taxOf(tax, 'plus ', currency))]
}

function taxOf({ ratePpm, netMinor, taxMinor, exempt }: TaxTotal, word: string, currency: Currency): PrintBlock {
  const [net, tax] = [netMinor, taxMinor].map((minor) => decimal(money(minor, currency)))
  return { kind: 'pair', left: exempt === true ? `exempt from tax ${net}` : `${word}${percent(ratePpm)} % tax on ${net}`, right: tax ?? '' }
}

function savedOf({ lines, currency }: EntryBody<'sale.completed'>): PrintBlock[] {
  const saved = sum(lines.map(({ discountMinor }) => discountMinor ?? 0))
  return saved === 0 ? [] : [{ kind: 'pair', left: 'You saved', right: decimal(money(saved, currency)) }]
}

/** How a line's total came about, where that is more than its price: `2 x 1.20`, `0.486 kg x 2.99 EUR/kg`. */
function countOf({ quantity, weight }: SaleLine, unitPrice: string, currency: Currency): string | undefined {
  if (weight !== undefined) return `${decimalWeight(weight)} ${weight.unit} x ${unitPrice} ${currency}/${weight.unit}`
  return quantity > 1 ? `${quantity} x ${unitPrice}` : undefined
}

/** The paper receipt of a refund or a void. */
export function returnReceiptOf({ kind, receiptNumber, of, amountMinor, currency, cash }: Returned, heading: ReceiptHeading): PrintDocument {
  const title = kind === 'refund' ? 'REFUND' : 'VOID'
  return [
    ...headOf(heading),
    { kind: 'text', text: title, align: 'center', bold: true, size: 'double' },
    ...numberOf(kind === 'refund' ? `Refund ${receiptNumber}` : `Void of ${of}`, heading),
    { kind: 'pair', left: 'Of receipt', right: of },
    { kind: 'pair', left: `TOTAL ${currency}`, right: `-${decimal(money(amountMinor, currency))}`, bold: true },
    { kind: 'pair', left: cash === true ? 'Cash' : 'Wallet', right: `-${decimal(money(amountMinor, currency))}` },
    { kind: 'rule' },
    { kind: 'text', text: cash === true ? 'Given back in cash' : 'Goes back to the wallet that paid', align: 'center' },
    { kind: 'qr', data: receiptNumber },
  ]
}

function headOf({ merchant, store, copy }: ReceiptHeading): PrintBlock[] {
  const copied: PrintBlock[] = copy ? [{ kind: 'text', text: '*** COPY ***', align: 'center', bold: true }] : []
  return [
    { kind: 'text', text: merchant, align: 'center', bold: true, size: 'double' },
    { kind: 'text', text: store, align: 'center' },
    { kind: 'feed', lines: 1 },
    ...copied,
  ]
}

const numberOf = (number: string, { till, servedBy, at }: ReceiptHeading): PrintBlock[] => [
  { kind: 'pair', left: number, right: till },
  ...(servedBy === undefined ? [] : [{ kind: 'text', text: `Served by ${servedBy}` } as const]),
  { kind: 'text', text: `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` },
  { kind: 'rule' },
]
