import type { ModifierGroup } from '#protocol/hub/goods.ts'
import type { Product } from '#protocol/hub/messages.ts'
import type { Modifier, SaleLine, SoldPart } from '#protocol/journal/entry.ts'
import { allocate, sum, type Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { goodsTotal } from './goods.ts'

/** Which choice of each group of a product, by their places in the catalogue. */
export type Choices = readonly (readonly number[])[]

/** What was chosen, in the order of the catalogue. `sale.bad_choice`: too little or too much of a group, twice the same, or nothing that it has. */
export function modifiersOf(groups: readonly ModifierGroup[], choices: Choices): Outcome<readonly Modifier[]> {
  if (choices.length !== groups.length) return fail('sale.bad_choice')
  const chosen: Modifier[] = []
  for (const [at, { min, max, choices: offered }] of groups.entries()) {
    const wanted = [...new Set(choices[at])].toSorted((a, b) => a - b)
    const found = wanted.flatMap((place) => offered[place] ?? [])
    if (found.length !== choices[at]?.length || found.length < min || found.length > max) return fail('sale.bad_choice')
    chosen.push(...found)
  }
  return ok(chosen)
}

export const modifiersPrice = (modifiers: readonly Modifier[] = []): Minor => sum(modifiers.map(({ priceMinor }) => priceMinor))

/** What is in a bundle, with what one of it would cost alone: that decides how much of the bundle's price is taxed as it. */
export type Ingredient = Omit<SoldPart, 'totalMinor'> & {
  readonly priceMinor: Minor
  readonly depositMinor?: Minor | undefined
  readonly ageYears?: number | undefined
}

/** `sale.unknown_product`: the catalogue has a bundle and not what is in it. */
export function ingredientsOf(parts: NonNullable<Product['parts']>, productOf: (gtin: string) => Product | undefined): Outcome<readonly Ingredient[]> {
  const found: Ingredient[] = []
  for (const { gtin, quantity } of parts) {
    const product = productOf(gtin)
    // What is weighed, or a bundle itself, has no price of a piece that could be shared out.
    if (product === undefined || product.soldBy !== undefined || product.parts !== undefined) return fail('sale.unknown_product', gtin)
    const { name, priceMinor, taxPpm, taxExempt, depositMinor, ageYears } = product
    found.push({ gtin, name, quantity, priceMinor, taxPpm: taxExempt === true ? 0 : taxPpm, ...(taxExempt && { taxExempt }), depositMinor, ageYears })
  }
  return ok(found)
}

type Bundle = Pick<SaleLine, 'quantity' | 'unitMinor' | 'weight' | 'discountMinor' | 'parts'> & { readonly partPrices?: readonly Minor[] | undefined }

/**
 * A bundle's line with its price, after discounts, shared out over its parts in proportion to what they would cost alone. Shares are whole minor units and add
 * up exactly: each is rounded down, and what is left goes one unit each to those that lost most (`allocate`). Parts that are all free share by their number.
 */
export function shared<Line extends Bundle>(line: Line): Line {
  const { parts, partPrices } = line
  if (parts === undefined) return line
  invariant(partPrices?.length === parts.length, 'every part of a bundle has a price')
  const worth = parts.map(({ quantity }, at) => quantity * (partPrices[at] ?? 0))
  const shares = allocate(goodsTotal(line), worth.some((minor) => minor > 0) ? worth : parts.map(({ quantity }) => quantity))
  return { ...line, parts: parts.map((part, at) => ({ ...part, totalMinor: shares[at] ?? 0 })) }
}
