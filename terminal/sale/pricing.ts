import type { Product } from '#protocol/hub/messages.ts'
import type { Discount, Promotion } from '#protocol/hub/offers.ts'
import type { SaleLine } from '#protocol/journal/entry.ts'
import type { Minor, Ppm } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import { grossOf } from './goods.ts'
import { offOf, pieceCuts, spread, thresholdCuts, type Cut, type Goods } from './promotions.ts'

/** Of a line, as an entry keeps them. */
export const MAX_REASONS = 5
/** Of a whole sale: with them, the longest names in a three-byte script and a note, its entry is still below MAX_ENTRY_BYTES. */
export const MAX_REASON_CHARACTERS = 30_000

/** 190_000 ppm as `19`, 55_000 as `5.5`: a division of integers that only makes text. */
export const percent = (ppm: Ppm): string => String(ppm / 10_000)

/** The product at the price that holds now. */
export function productAt(product: Product, now: EpochMs): Product {
  const holding = (product.prices ?? []).filter(({ from, until }) => from <= now && (until === undefined || now < until))
  const latest = holding.toSorted((a, b) => b.from - a.from)[0]
  return latest === undefined ? product : { ...product, priceMinor: latest.priceMinor }
}

/** A line before its price is known in the end: `discount` is what the cashier took off. */
export type Priceable = Goods & Pick<SaleLine, 'discountMinor' | 'reasons'> & { readonly discount?: Discount | undefined }

/**
 * The lines with what is taken off each and why: first the promotions about pieces, then what the cashier took off the line, then the best threshold, then what
 * the cashier took off the sale. Every step takes from what the step before has left, so that no line ever costs less than nothing.
 */
export function discounted<Line extends Priceable>(lines: readonly Line[], offSale: Discount | undefined, promotions: readonly Promotion[]): readonly Line[] {
  const totals = lines.map(grossOf)
  const cuts: Cut[] = []
  const cut = (made: readonly Cut[]): void => {
    for (const { index, minor } of made) totals[index] = (totals[index] ?? 0) - minor
    cuts.push(...made)
  }
  cut(pieceCuts(lines, promotions))
  cut(lines.flatMap(({ discount }, index) => (discount === undefined ? [] : cutBy(discount, totals[index] ?? 0, index))))
  cut(thresholdCuts(lines, totals, promotions))
  if (offSale !== undefined)
    cut(
      spread(
        offOf(
          offSale,
          totals.reduce((sofar, total) => sofar + total, 0),
        ),
        totals,
        `${wordsOf(offSale)} on the sale`,
      ),
    )
  return withCuts(lines, cuts)
}

const wordsOf = (discount: Discount): string => ('ppm' in discount ? `Discount ${percent(discount.ppm)} %` : 'Discount')

function cutBy(discount: Discount, amountMinor: Minor, index: number): readonly Cut[] {
  const minor = offOf(discount, amountMinor)
  return minor === 0 ? [] : [{ index, minor, reason: wordsOf(discount) }]
}

function withCuts<Line extends Priceable>(lines: readonly Line[], cuts: readonly Cut[]): readonly Line[] {
  const cutsOf = new Map<number, Cut[]>()
  for (const one of cuts) cutsOf.set(one.index, [...(cutsOf.get(one.index) ?? []), one])
  let room = MAX_REASON_CHARACTERS
  return lines.map((line, index) => {
    const { discountMinor: _, reasons: __, ...plain } = line
    const own = cutsOf.get(index)
    // What is not spread is what the generic type cannot say: both are optional in every line.
    if (own === undefined) return plain as Line
    const reasons = [...new Set(own.map(({ reason }) => reason))].slice(0, MAX_REASONS)
    const length = reasons.reduce((sofar, { length: characters }) => sofar + characters, 0)
    const told = length <= room ? reasons : []
    room -= told.length === 0 ? 0 : length
    return { ...line, discountMinor: own.reduce((sofar, { minor }) => sofar + minor, 0), reasons: told }
  })
}
