import type { Weight } from '#protocol/device/messages.ts'
import type { Product } from '#protocol/hub/messages.ts'
import type { Modifier } from '#protocol/journal/entry.ts'
import { sum } from '#protocol/money.ts'
import type { Line } from './basket.ts'
import { modifiersPrice, type Ingredient } from './making.ts'

/** What was asked about a product before it came into the basket. */
export type Chosen = {
  readonly modifiers?: readonly Modifier[]
  /** Of a bundle: what it is made of. */
  readonly ingredients?: readonly Ingredient[]
  readonly serial?: string
  readonly batch?: string
  /** So old the customer is at least: somebody has looked. Holds for the rest of the sale. */
  readonly ageYears?: number
}

/** How old who buys this has to be; undefined: nobody asks. */
export function yearsFor({ ageYears }: Pick<Product, 'ageYears'>, ingredients: readonly Ingredient[] = []): number | undefined {
  const years = [ageYears, ...ingredients.map((part) => part.ageYears)].filter((age) => age !== undefined)
  return years.length === 0 ? undefined : Math.max(...years)
}

/** A new line of one piece, or of what was weighed. */
export function lineOf(id: string, product: Product, chosen: Chosen, weight: Weight | undefined): Line {
  const { gtin, name, category, priceMinor, taxPpm, openPrice, giftCard } = product
  // A debt of the shop is no goods.
  const taxExempt = giftCard ?? product.taxExempt
  const { modifiers = [], ingredients, serial, batch } = chosen
  return {
    id,
    gtin,
    name,
    category,
    quantity: 1,
    unitMinor: priceMinor + modifiersPrice(modifiers),
    taxPpm: taxExempt === true ? 0 : taxPpm,
    ...(taxExempt === undefined ? {} : { taxExempt }),
    ...(openPrice === undefined ? {} : { openPrice }),
    ...(giftCard === undefined ? {} : { giftCard }),
    ...(weight === undefined ? {} : { weight }),
    ...(product.modifiers === undefined ? {} : { madeToOrder: true }),
    ...(modifiers.length === 0 ? {} : { modifiers: [...modifiers] }),
    ...(ingredients === undefined ? {} : partsOf(ingredients)),
    ...depositFor(product, ingredients),
    ...(serial === undefined ? {} : { serials: [serial] }),
    ...(batch === undefined ? {} : { batch }),
    ...(yearsFor(product, ingredients) === undefined ? {} : { ageChecked: true }),
  }
}

/** Their shares of the price are worked out with the basket (`shared`). */
const partsOf = (ingredients: readonly Ingredient[]): Pick<Line, 'parts' | 'partPrices'> => ({
  parts: ingredients.map(({ gtin, name, quantity, taxPpm, taxExempt }) => ({ gtin, name, quantity, taxPpm, ...(taxExempt && { taxExempt }), totalMinor: 0 })),
  partPrices: ingredients.map(({ priceMinor }) => priceMinor),
})

/** A bundle that says nothing of a deposit has those of the bottles in it. */
function depositFor({ depositMinor }: Product, ingredients: readonly Ingredient[] = []): Pick<Line, 'depositMinor'> {
  const minor = depositMinor ?? sum(ingredients.map((part) => part.quantity * (part.depositMinor ?? 0)))
  return minor === 0 ? {} : { depositMinor: minor }
}

/** Whether one more of `wanted` is one more of `line`: every weighing, every serial number and every price that was typed is a line of its own. */
export function isSameGoods(line: Line, wanted: Line): boolean {
  const isAlone = ({ weight, discount, openPrice, serials }: Line): boolean =>
    weight !== undefined || discount !== undefined || openPrice !== undefined || serials !== undefined
  return !isAlone(line) && !isAlone(wanted) && makeOf(line) === makeOf(wanted)
}

const makeOf = ({ gtin, name, unitMinor, taxPpm, taxExempt, modifiers, parts, partPrices, depositMinor, batch, ageChecked }: Line): string =>
  JSON.stringify([
    gtin,
    name,
    unitMinor,
    taxPpm,
    taxExempt,
    modifiers,
    parts?.map((part) => [part.gtin, part.name, part.quantity, part.taxPpm, part.taxExempt]),
    partPrices,
    depositMinor,
    batch,
    ageChecked,
  ])

/** What of a sale's entry grows with how its goods are made: with the longest names and reasons it must still fit into one (`MAX_ENTRY_BYTES`). */
export const MAX_MAKING_CHARACTERS = 40_000

export const makingCharacters = (lines: readonly Line[]): number =>
  sum(
    lines.map(({ modifiers, parts, serials, batch }) =>
      modifiers === undefined && parts === undefined && serials === undefined && batch === undefined
        ? 0
        : JSON.stringify([modifiers, parts, serials, batch]).length,
    ),
  )
