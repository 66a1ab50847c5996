import type { Payment } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import { emptiesIn, taxedOf, wrongExemption, wrongInGoods, wrongNumbers, wrongPoints } from './goods.ts'
import { exactSum, roundings } from './exact.ts'

type Sale = EntryBody<'sale.completed'>

/** What this hub knows of a payment (`Desk`), as far as a sale has to agree with it. */
export type KnownPayments = { payment(id: Id): Pick<Payment, 'till' | 'receiptNumber' | 'capturedMinor' | 'saleId' | 'currency' | 'profile'> | undefined }

/** Adds a completed sale of `till` up again, without trusting its sums. Undefined when all is well, else what is wrong, for the exception's detail. */
export function wrongInSale(desk: KnownPayments, till: Id, sale: Sale): string | undefined {
  for (const line of sale.lines) {
    const wrong = wrongInLine(line) ?? wrongInGoods(line)
    if (wrong !== undefined) return wrong
  }
  const lines = exactSum(sale.lines.map(({ totalMinor }) => totalMinor))
  const added = sale.taxIncluded === false ? exactSum(sale.taxes.map(({ taxMinor }) => taxMinor)) : 0n
  const untaxed = sale.taxIncluded === false ? 0 : (sale.exemption?.untaxedMinor ?? 0)
  const due = lines + added - BigInt(untaxed) - emptiesIn(sale)
  if (due !== BigInt(sale.totalMinor)) return `the lines add up to ${due}, not ${sale.totalMinor}`
  return wrongNumbers(sale) ?? wrongPoints(sale) ?? (sale.exemption === undefined ? wrongTaxes(sale) : wrongExemption(sale)) ?? wrongPayments(desk, till, sale)
}

/** Nothing costs less than nothing: `totalMinor` cannot be negative in an entry, so no discount is more than the price that it is taken off. */
function wrongInLine({ quantity, unitMinor, totalMinor, weight, discountMinor = 0, depositMinor = 0, taxPpm, taxExempt }: SaleLine): string | undefined {
  if (taxExempt === true && taxPpm !== 0) return `${taxPpm} ppm of tax on what is exempt`
  const price = exactSum([totalMinor, discountMinor]) - BigInt(quantity) * BigInt(depositMinor)
  if (weight === undefined) return BigInt(quantity) * BigInt(unitMinor) === price ? undefined : `${quantity} x ${unitMinor} is not ${price}`
  if (quantity !== 1) return `${quantity} pieces of a weighed line`
  const [least, most] = roundings(BigInt(unitMinor) * BigInt(weight.milli), 1000n)
  return price < least || price > most ? `${weight.milli} thousandths of ${unitMinor} are not ${price}` : undefined
}

const EXEMPT = 'exempt'
/** What is taxed together: exempt is no rate, and not the same as a rate of 0. */
const groupOf = (ppm: number, exempt: true | undefined): string => (exempt === true ? EXEMPT : `${ppm} ppm`)

/** Tax is in the prices or added to them, and rounded once for each rate or once for each line, as the sale says. */
function wrongTaxes({ lines, taxes, taxIncluded, taxRounding }: Sale): string | undefined {
  const groups = new Map<string, bigint[]>()
  for (const { taxPpm, taxExempt, totalMinor } of lines.flatMap(taxedOf)) {
    const group = groupOf(taxPpm, taxExempt)
    const amounts = groups.get(group) ?? []
    amounts.push(BigInt(totalMinor))
    groups.set(group, amounts)
  }
  if (new Set(taxes.map(({ ratePpm, exempt }) => groupOf(ratePpm, exempt))).size !== groups.size || taxes.length !== groups.size) {
    return `${taxes.length} tax rates where the lines have ${groups.size}`
  }
  for (const { ratePpm, netMinor, taxMinor, exempt } of taxes) {
    const group = groupOf(ratePpm, exempt)
    const amounts = groups.get(group) ?? []
    const total = amounts.reduce((sofar, amount) => sofar + amount, 0n)
    const base = taxIncluded === false ? BigInt(netMinor) : exactSum([netMinor, taxMinor])
    if (base !== total || (exempt === true && ratePpm !== 0)) return `net and tax at ${group} are not ${total}`
    const [rate, million] = [BigInt(ratePpm), 1_000_000n]
    const bounds = (taxRounding === 'line' ? amounts : [total]).map((amount) => roundings(amount * rate, taxIncluded === false ? million : million + rate))
    const tax = BigInt(taxMinor)
    const isRight = bounds.reduce((sofar, [least]) => sofar + least, 0n) <= tax && tax <= bounds.reduce((sofar, [, most]) => sofar + most, 0n)
    if (!isRight) return `the tax at ${group} of ${total} is not ${taxMinor}`
  }
  return undefined
}

function wrongPayments(desk: KnownPayments, till: Id, { saleId, payments, totalMinor, currency, roundingMinor = 0, tipMinor = 0 }: Sale): string | undefined {
  if (new Set(payments.map(({ paymentId }) => paymentId)).size !== payments.length) return 'a payment is counted twice'
  const paid = exactSum(payments.map(({ amountMinor }) => amountMinor))
  const toPay = exactSum([totalMinor, roundingMinor, tipMinor])
  if (paid !== toPay) return `the payments add up to ${paid}, not ${toPay}`
  const isInCash = payments.some(({ paymentId }) => desk.payment(paymentId)?.profile === 'cash')
  if (roundingMinor !== 0 && !isInCash) return `rounded by ${roundingMinor}, and nothing of it was paid in cash`
  for (const { paymentId, amountMinor } of payments) {
    const payment = desk.payment(paymentId)
    // Whatever has become of its money since: the till captured it.
    const captured = payment?.receiptNumber !== undefined && payment.capturedMinor === amountMinor
    const good = captured && payment.till === till && payment.saleId === saleId && payment.currency === currency
    if (!good) return `payment ${paymentId} is not captured for this sale over ${amountMinor} ${currency}`
  }
  return undefined
}

/** It gives gift cards or points for its money: then the money must not have paid for another sale before. */
export const givesMore = ({ customer, lines }: Sale): boolean => customer !== undefined || lines.some(({ creditId }) => creditId !== undefined)

/**
 * A till that was put back to a backup with half of a sale paid may sell the rest a second time, and a rogue one may say so: what was paid for one is not paid for
 * the other. Said once more in the same words it is the same sale.
 */
export const wrongBeside = (first: Sale, sale: Sale): string | undefined =>
  JSON.stringify(first) === JSON.stringify(sale) ? undefined : `what paid for it had paid for ${first.receiptNumber} over ${first.totalMinor} before`
