import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { decimalWeight } from '#protocol/device/weight.ts'
import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import { decimal, money, type Currency, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What a receipt says beyond the sale itself. */
export type ReceiptHeading = {
  readonly merchant: string
  readonly store: string
  readonly till: string
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
}

/** 190_000 ppm as `19`, 55_000 as `5.5`: a division of integers that only makes text. */
const percent = (ppm: number): string => String(ppm / 10_000)

/** The paper receipt of a completed sale, as blocks that any printer's driver can lay out. */
export function receiptOf(sale: EntryBody<'sale.completed'>, heading: ReceiptHeading, decidedBy: 'hub' | 'policy'): PrintDocument {
  const amount = (minor: Minor): string => decimal(money(minor, sale.currency))
  const blocks = [...headOf(heading), ...numberOf(`Receipt ${sale.receiptNumber}`, heading)]
  for (const line of sale.lines) {
    const count = countOf(line, amount(line.unitMinor), sale.currency)
    if (count !== undefined) blocks.push({ kind: 'text', text: line.name }, { kind: 'pair', left: `  ${count}`, right: amount(line.totalMinor) })
    else blocks.push({ kind: 'pair', left: line.name, right: amount(line.totalMinor) })
  }
  blocks.push({ kind: 'rule' }, { kind: 'pair', left: `TOTAL ${sale.currency}`, right: amount(sale.totalMinor), bold: true })
  for (const payment of sale.payments) blocks.push({ kind: 'pair', left: 'Wallet', right: amount(payment.amountMinor) })
  blocks.push({ kind: 'feed', lines: 1 })
  for (const tax of sale.taxes) {
    blocks.push({ kind: 'pair', left: `incl. ${percent(tax.ratePpm)} % tax on ${amount(tax.netMinor)}`, right: amount(tax.taxMinor) })
  }
  blocks.push(
    { kind: 'rule' },
    { kind: 'text', text: decidedBy === 'hub' ? 'Approved by the hub' : 'Accepted offline, settles when online', align: 'center' },
    // The receipt's number and nothing else: a payment's id is nobody's business before the hub has it, or another till could claim it first.
    { kind: 'qr', data: sale.receiptNumber },
    { kind: 'text', text: 'Thank you', align: 'center' },
  )
  return blocks
}

/** How a line's total came about, where that is more than its price: `2 x 1.20`, `0.486 kg x 2.99 EUR/kg`. */
function countOf({ quantity, weight }: SaleLine, unitPrice: string, currency: Currency): string | undefined {
  if (weight !== undefined) return `${decimalWeight(weight)} ${weight.unit} x ${unitPrice} ${currency}/${weight.unit}`
  return quantity > 1 ? `${quantity} x ${unitPrice}` : undefined
}

/** The paper receipt of a refund or a void. */
export function returnReceiptOf({ kind, receiptNumber, of, amountMinor, currency }: Returned, heading: ReceiptHeading): PrintDocument {
  const title = kind === 'refund' ? 'REFUND' : 'VOID'
  return [
    ...headOf(heading),
    { kind: 'text', text: title, align: 'center', bold: true, size: 'double' },
    ...numberOf(kind === 'refund' ? `Refund ${receiptNumber}` : `Void of ${of}`, heading),
    { kind: 'pair', left: 'Of receipt', right: of },
    { kind: 'pair', left: `TOTAL ${currency}`, right: `-${decimal(money(amountMinor, currency))}`, bold: true },
    { kind: 'pair', left: 'Wallet', right: `-${decimal(money(amountMinor, currency))}` },
    { kind: 'rule' },
    { kind: 'text', text: 'Goes back to the wallet that paid', align: 'center' },
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

const numberOf = (number: string, { till, at }: ReceiptHeading): PrintBlock[] => [
  { kind: 'pair', left: number, right: till },
  { kind: 'text', text: `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` },
  { kind: 'rule' },
]
