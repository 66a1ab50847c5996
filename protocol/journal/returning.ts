import { scale, sum, type Minor } from '../money.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import type { EntryBody, ReturnedLine, SaleLine, TaxTotal } from './entry.ts'

/**
 * What part of a sale that comes back is worth: as it was paid, with its discounts and its tax. Worked out by the till that gives money back, and again by the
 * hub that judges it. Everything is a difference of two running sums that are rounded (`scale`) from the start of the sale, so that whatever the pieces come
 * back in, all of them together are worth what was paid, to the last minor unit, in every rate.
 */
type Sale = Pick<EntryBody<'sale.completed'>, 'lines' | 'taxes' | 'taxIncluded' | 'exemption'>

/** So many pieces, or thousandths of a unit of weight, of a line of the sale, counted from 0. */
export type WantedBack = { readonly line: number; readonly units: number }

/** What comes back, as its entry says it. Minor units. */
export type Worth = Pick<EntryBody<'goods.returned'>, 'lines' | 'taxes' | 'totalMinor'> & {
  /** Nothing of the sale is left with the customer. */
  readonly isAll: boolean
}

/** Pieces, or thousandths of a unit of weight. */
export const unitsOf = ({ quantity, weight }: Pick<SaleLine, 'quantity' | 'weight'>): number => weight?.milli ?? quantity

/** How much of each line came back already. */
export function unitsBack({ lines }: Pick<Sale, 'lines'>, before: readonly ReturnedLine[]): readonly number[] {
  return lines.map((_, line) => sum(before.filter((returned) => returned.line === line).map(unitsOf)))
}

/** Whether a line can come back at all: a gift card is money and no goods. */
export const isReturnable = ({ creditId }: SaleLine): boolean => creditId === undefined

/** Below this the payments of a sale must not fall while its gift cards are good: the cards and the tip, less what rounding for cash let go. Minor units. */
export function owedForGifts({ lines, tipMinor = 0, roundingMinor = 0 }: Pick<EntryBody<'sale.completed'>, 'lines' | 'tipMinor' | 'roundingMinor'>): Minor {
  const gifts = sum(lines.map((line) => (isReturnable(line) ? 0 : line.totalMinor)))
  return gifts === 0 ? 0 : gifts + tipMinor + Math.min(0, roundingMinor)
}

export function worthOf(
  sale: Sale,
  before: readonly ReturnedLine[],
  wanted: readonly WantedBack[],
): Outcome<Worth, 'return.more_than_sold' | 'return.not_returnable'> {
  if (wanted.length === 0 || wanted.some(({ line, units }) => sale.lines[line] === undefined || !Number.isSafeInteger(units) || units < 1))
    return fail('return.more_than_sold', 'no such line, or nothing of it')
  const back = unitsBack(sale, before)
  const now = sale.lines.map((_, line) => sum(wanted.filter((want) => want.line === line).map(({ units }) => units)))
  for (const [line, sold] of sale.lines.entries()) {
    if ((now[line] ?? 0) === 0) continue
    if (!isReturnable(sold)) return fail('return.not_returnable', sold.name)
    if ((back[line] ?? 0) + (now[line] ?? 0) > unitsOf(sold)) return fail('return.more_than_sold', sold.name)
  }
  const after = back.map((units, line) => units + (now[line] ?? 0))
  const taxes = difference(taxesAt(sale, back), taxesAt(sale, after))
  const deposits = depositsAt(sale, after) - depositsAt(sale, back)
  return ok({
    lines: now.flatMap((units, line) => (units === 0 ? [] : returnedLine(sale, line, back[line] ?? 0, units))),
    taxes,
    totalMinor: sum(taxes.map(({ netMinor, taxMinor }) => netMinor + taxMinor)) + deposits,
    isAll: sale.lines.every((sold, line) => after[line] === unitsOf(sold)),
  })
}

function returnedLine({ lines }: Sale, line: number, back: number, units: number): ReturnedLine[] {
  const sold = lines[line]
  if (sold === undefined) return []
  const { gtin, name, weight } = sold
  const part = weight === undefined ? { quantity: units } : { quantity: 1, weight: { ...weight, milli: units } }
  return [{ line, gtin, name, ...part, totalMinor: priceAt(sold, back + units) - priceAt(sold, back) }]
}

/** What so many units of a line cost, deposit included. */
const priceAt = (line: SaleLine, units: number): Minor => sum(goodsAt(line, units).map(({ minor }) => minor)) + depositAt(line, units)

const depositAt = (line: SaleLine, units: number): Minor => scale(line.quantity * (line.depositMinor ?? 0), units, unitsOf(line))
const depositsAt = ({ lines }: Sale, units: readonly number[]): Minor => sum(lines.map((line, at) => depositAt(line, units[at] ?? 0)))

type Taxed = { readonly group: string; readonly minor: Minor }
const EXEMPT = 'exempt'
const groupOf = (ratePpm: number, exempt: true | undefined): string => (exempt === true ? EXEMPT : String(ratePpm))

/** What so many units cost without deposit, by how it is taxed: a bundle by the rates of what is in it. */
function goodsAt(line: SaleLine, units: number): readonly Taxed[] {
  const { parts, taxPpm, taxExempt, totalMinor, quantity, depositMinor = 0 } = line
  const whole = unitsOf(line)
  if (parts === undefined) return [{ group: groupOf(taxPpm, taxExempt), minor: scale(totalMinor - quantity * depositMinor, units, whole) }]
  return parts.map((part) => ({ group: groupOf(part.taxPpm, part.taxExempt), minor: scale(part.totalMinor, units, whole) }))
}

/** Net and tax of the first so many units of each line. For a customer who is exempt the sale has one group, whatever its goods. */
function taxesAt({ lines, taxes, taxIncluded, exemption }: Sale, units: readonly number[]): readonly TaxTotal[] {
  const all = lines.map((line) => goodsAt(line, unitsOf(line)))
  const some = lines.map((line, at) => goodsAt(line, units[at] ?? 0))
  return taxes.map((tax) => {
    const fits = ({ group }: Taxed): boolean => exemption !== undefined || group === groupOf(tax.ratePpm, tax.exempt)
    const minorOf = (goods: readonly (readonly Taxed[])[]): Minor => sum(goods.flatMap((own) => own.filter(fits).map(({ minor }) => minor)))
    const [part, whole] = [minorOf(some), minorOf(all)]
    const share = (minor: Minor): Minor => (whole === 0 ? 0 : scale(minor, part, whole))
    const taxMinor = share(tax.taxMinor)
    // With the tax in the prices, what is no tax of them is net; otherwise the prices are the net.
    const netMinor = exemption !== undefined ? share(tax.netMinor) : taxIncluded === false ? part : part - taxMinor
    return { ...tax, netMinor, taxMinor }
  })
}

const difference = (before: readonly TaxTotal[], after: readonly TaxTotal[]): TaxTotal[] =>
  after.flatMap((tax, at) => {
    const { netMinor, taxMinor } = before[at] ?? { netMinor: 0, taxMinor: 0 }
    const part = { ...tax, netMinor: tax.netMinor - netMinor, taxMinor: tax.taxMinor - taxMinor }
    return part.netMinor === 0 && part.taxMinor === 0 ? [] : [part]
  })
