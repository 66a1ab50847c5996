import type { EntryBody, SaleLine } from '#protocol/journal/entry.ts'
import { exactSum, roundings } from './exact.ts'

type Sale = EntryBody<'sale.completed'>

/** What a till claims of goods that are more than a price: bundles, what was chosen, deposits, numbers of pieces. Undefined when all is well. */
export function wrongInGoods({ quantity, unitMinor, totalMinor, weight, modifiers = [], parts, depositMinor = 0, serials }: SaleLine): string | undefined {
  const deposit = BigInt(quantity) * BigInt(depositMinor)
  if (deposit > BigInt(totalMinor)) return `a deposit of ${deposit} in ${totalMinor}`
  const chosen = exactSum(modifiers.map(({ priceMinor }) => priceMinor))
  if (chosen > BigInt(unitMinor)) return `choices of ${chosen} in a price of ${unitMinor}`
  const shares = parts === undefined ? undefined : exactSum(parts.map((part) => part.totalMinor))
  if (shares !== undefined && shares !== BigInt(totalMinor) - deposit) return `the parts add up to ${shares}, not ${BigInt(totalMinor) - deposit}`
  if (parts?.some(({ taxPpm, taxExempt }) => taxExempt === true && taxPpm !== 0) === true) return 'tax on a part that is exempt'
  if (serials !== undefined && serials.length !== quantity) return `${serials.length} numbers of ${quantity} pieces`
  return weight !== undefined && (parts !== undefined || serials !== undefined || deposit > 0n) ? 'a weighed line with pieces in it' : undefined
}

/** One piece cannot be sold twice in one sale. */
export function wrongNumbers({ lines }: Sale): string | undefined {
  const numbers = lines.flatMap(({ gtin, serials = [] }) => serials.map((serial) => `${gtin} ${serial}`))
  return new Set(numbers).size === numbers.length ? undefined : 'a piece is sold twice'
}

/** Points are somebody's, and those that were spent took something off. */
export function wrongPoints({ customer, pointsEarned = 0, pointsSpent = 0, lines }: Sale): string | undefined {
  if (customer === undefined && pointsEarned + pointsSpent > 0) return 'points of nobody'
  const off = exactSum(lines.map(({ discountMinor = 0 }) => discountMinor))
  return BigInt(pointsSpent) > off ? `${pointsSpent} points spent, and ${off} taken off` : undefined
}

/** What is taxed of a line: never its deposit, and of a bundle each part by its own rate. */
export const taxedOf = (line: SaleLine): readonly Pick<SaleLine, 'taxPpm' | 'taxExempt' | 'totalMinor'>[] =>
  line.parts ?? [{ taxPpm: line.taxPpm, taxExempt: line.taxExempt, totalMinor: line.totalMinor - line.quantity * (line.depositMinor ?? 0) }]

export const emptiesIn = ({ empties = [] }: Pick<Sale, 'empties'>): bigint =>
  empties.reduce((sofar, one) => sofar + BigInt(one.depositMinor) * BigInt(one.quantity), 0n)

const MILLION = 1_000_000n

/** Who pays no tax: it is taken off the prices that have it in them, rounded as the sale's taxes are, and one row of them says what is left. */
export function wrongExemption(sale: Sale): string | undefined {
  const { exemption, taxes, lines, taxIncluded, taxRounding } = sale
  if (exemption === undefined) return undefined
  const amounts = lines.flatMap(taxedOf)
  const [only, ...others] = taxes
  if (only === undefined || others.length > 0 || only.exempt !== true || only.taxMinor !== 0 || only.ratePpm !== 0) return 'taxes of who is exempt'
  const whole = (rate: bigint): bigint => (taxIncluded === false ? MILLION : MILLION + rate)
  const rates = [...new Set(amounts.map(({ taxPpm }) => taxPpm))]
  const bounds = rates.flatMap((ppm) => {
    const own = amounts.filter(({ taxPpm }) => taxPpm === ppm).map(({ totalMinor }) => totalMinor)
    const rounded = taxRounding === 'line' ? own.map(BigInt) : [exactSum(own)]
    return rounded.map((amount) => roundings(amount * BigInt(ppm), whole(BigInt(ppm))))
  })
  const least = bounds.reduce((sofar, [lowest]) => sofar + lowest, 0n)
  const most = bounds.reduce((sofar, [, highest]) => sofar + highest, 0n)
  const untaxed = BigInt(exemption.untaxedMinor)
  if (untaxed < least || untaxed > most) return `${untaxed} of tax not paid, by the goods ${least} to ${most}`
  const goods = exactSum(amounts.map(({ totalMinor }) => totalMinor))
  const net = taxIncluded === false ? goods : goods - untaxed
  return BigInt(only.netMinor) === net ? undefined : `a net of ${only.netMinor}, by the goods ${net}`
}
