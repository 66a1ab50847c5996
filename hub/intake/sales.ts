import type { Payment } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import type { Minor, Ppm } from '#protocol/money.ts'

type Sale = EntryBody<'sale.completed'>

/** What this hub knows of a payment (`Desk`), as far as a sale has to agree with it. */
export type KnownPayments = { payment(id: Id): Pick<Payment, 'receiptNumber' | 'capturedMinor' | 'saleId' | 'currency'> | undefined }

/** Adds a completed sale up again, without trusting the till's sums. Undefined when all is well, else what is wrong, for the exception's detail. */
export function wrongInSale(desk: KnownPayments, sale: Sale): string | undefined {
  for (const line of sale.lines) {
    const wrong = wrongInLine(line)
    if (wrong !== undefined) return wrong
  }
  const lines = exactSum(sale.lines.map(({ totalMinor }) => totalMinor))
  if (lines !== BigInt(sale.totalMinor)) return `the lines add up to ${lines}, not ${sale.totalMinor}`
  return wrongTaxes(sale) ?? wrongPayments(desk, sale)
}

function wrongInLine({ quantity, unitMinor, totalMinor, weight }: SaleLine): string | undefined {
  if (weight === undefined) {
    return BigInt(quantity) * BigInt(unitMinor) === BigInt(totalMinor) ? undefined : `${quantity} x ${unitMinor} is not ${totalMinor}`
  }
  if (quantity !== 1) return `${quantity} pieces of a weighed line`
  // Rounded once, to the nearest minor unit: a half either way is right.
  const error = 2n * (BigInt(totalMinor) * 1000n - BigInt(unitMinor) * BigInt(weight.milli))
  return error > 1000n || error < -1000n ? `${weight.milli} thousandths of ${unitMinor} are not ${totalMinor}` : undefined
}

/** Of what a till claims, which may add up to more than a safe integer. */
const exactSum = (amounts: readonly Minor[]): bigint => amounts.reduce((total, amount) => total + BigInt(amount), 0n)

/** Prices include their tax, and tax is computed for each rate as a whole. */
function wrongTaxes({ lines, taxes }: Sale): string | undefined {
  const gross = new Map<Ppm, bigint>()
  for (const { taxPpm, totalMinor } of lines) gross.set(taxPpm, (gross.get(taxPpm) ?? 0n) + BigInt(totalMinor))
  if (taxes.length !== gross.size) return `${taxes.length} tax rates where the lines have ${gross.size}`
  for (const { ratePpm, netMinor, taxMinor } of taxes) {
    const total = gross.get(ratePpm)
    if (total === undefined || exactSum([netMinor, taxMinor]) !== total) return `net and tax at ${ratePpm} ppm are not ${total ?? 0}`
    // |tax - gross * rate / (1 + rate)| is at most half a minor unit: whichever way a till rounds a half, it is right.
    const [rate, whole] = [BigInt(ratePpm), 1_000_000n + BigInt(ratePpm)]
    const error = 2n * (BigInt(taxMinor) * whole - total * rate)
    if (error > whole || error < -whole) return `the tax at ${ratePpm} ppm of ${total} is not ${taxMinor}`
  }
  return undefined
}

function wrongPayments(desk: KnownPayments, { saleId, payments, totalMinor, currency }: Sale): string | undefined {
  if (new Set(payments.map(({ paymentId }) => paymentId)).size !== payments.length) return 'a payment is counted twice'
  const paid = exactSum(payments.map(({ amountMinor }) => amountMinor))
  if (paid !== BigInt(totalMinor)) return `the payments add up to ${paid}, not ${totalMinor}`
  for (const { paymentId, amountMinor } of payments) {
    const payment = desk.payment(paymentId)
    // Whatever has become of its money since: the till captured it.
    const captured = payment?.receiptNumber !== undefined && payment.capturedMinor === amountMinor
    const good = captured && payment.saleId === saleId && payment.currency === currency
    if (!good) return `payment ${paymentId} is not captured for this sale over ${amountMinor} ${currency}`
  }
  return undefined
}
