import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { decimalWeight } from '#protocol/device/weight.ts'
import type { EntryBody, ReturnedLine, TaxTotal } from '#protocol/journal/entry.ts'
import { decimal, money, sum, type Minor } from '#protocol/money.ts'
import { paperWords, type PaperWords } from '#protocol/paper-words.ts'
import { headOf, numberOf, taxOf, type ReceiptHeading } from './receipt.ts'

type Goods = EntryBody<'goods.returned'>

/**
 * The paper of goods that came back: what, with which tax, and how their value went back. `creditCode`: of the store credit, as a QR code; whoever has this
 * paper may spend it.
 */
export function goodsReceiptOf(goods: Goods, heading: ReceiptHeading, creditCode: string | undefined): PrintDocument {
  const { currency, of, receiptNumber, lines, taxes, taxIncluded, totalMinor, paidMinor, reason } = goods
  const words = paperWords(heading.language)
  const less = (minor: Minor): string => decimal(money(-minor, currency))
  const worth = sum([...lines.map((line) => line.totalMinor), ...(taxIncluded === false ? taxes.map(({ taxMinor }) => taxMinor) : [])])
  // Who was exempt was sold the goods for less than their prices.
  const untaxed: PrintBlock[] = worth === totalMinor ? [] : [{ kind: 'pair', left: words.taxNotCharged, right: less(totalMinor - worth) }]
  const differs: PrintBlock[] = paidMinor === totalMinor ? [] : [{ kind: 'pair', left: words.settledBefore, right: less(paidMinor - totalMinor) }]
  return [
    ...headOf(heading, words),
    { kind: 'text', text: words.returnTitle, align: 'center', bold: true, size: 'double' },
    ...numberOf(`${words.returned} ${receiptNumber}`, heading, words),
    of === undefined ? { kind: 'text', text: words.noReceipt } : { kind: 'pair', left: words.ofReceipt, right: of },
    { kind: 'text', text: reason },
    { kind: 'rule' },
    ...lines.map((line): PrintBlock => ({ kind: 'pair', left: `${countOf(line)}${line.name}`, right: less(line.totalMinor) })),
    { kind: 'rule' },
    ...(taxIncluded === undefined ? [] : taxes.map((tax) => taxOf(taken(tax), words.added, currency, words))),
    ...untaxed,
    ...differs,
    { kind: 'pair', left: `${words.total} ${currency}`, right: less(paidMinor), bold: true },
    ...(taxIncluded === undefined ? taxes.map((tax) => taxOf(taken(tax), words.included, currency, words)) : []),
    { kind: 'rule' },
    { kind: 'text', text: wayOf(goods, words), align: 'center' },
    { kind: 'qr', data: creditCode ?? receiptNumber },
  ]
}

/** Below a total that is less than nothing, its taxes are too. */
const taken = ({ netMinor, taxMinor, ...tax }: TaxTotal): TaxTotal => ({ ...tax, netMinor: 0 - netMinor, taxMinor: 0 - taxMinor })

const countOf = ({ quantity, weight }: ReturnedLine): string =>
  weight === undefined ? (quantity > 1 ? `${quantity} x ` : '') : `${decimalWeight(weight)} ${weight.unit} `

function wayOf({ as }: Goods, words: PaperWords): string {
  if (as === 'cash') return words.backInCash
  return as === 'credit' ? words.backAsCredit : words.backAsPaid
}
