import { z } from 'zod'
import { amount, gtin, modifier, productName, soldPart } from '../journal/entry.ts'

/** What a product may be beyond its price: a variant, something made to order, something that not everybody may buy. Part of the signed catalogue. */

const word = productName.max(60)

/** One question about a product that is made to order, such as the milk of a coffee: from `min` to `max` of its choices, each with what it costs more. */
export const modifierGroup = z
  .strictObject({ name: word, min: z.int().min(0).max(20), max: z.int().min(1).max(20), choices: z.array(modifier).min(1).max(20) })
  .refine(({ min, max, choices }) => min <= max && min <= choices.length, 'more has to be chosen than can be')
export type ModifierGroup = z.infer<typeof modifierGroup>

/** Of a product at the most, over all its groups. */
export const MAX_MODIFIERS = 20

/** Also a bound for what an unmanned screen may be told to count: a crate of a hundred bottles. */
export const MAX_DEPOSIT_MINOR = 100_000

export const productGoods = {
  /**
   * One of several that a shelf shows as one: `of` is what they are called together, and each has a value for each option, in one order: `Size` is `M`.
   * Every variant is a product of its own, with its own GTIN and price.
   */
  variant: z
    .strictObject({
      of: productName,
      options: z
        .array(z.strictObject({ name: word, value: word }))
        .min(1)
        .max(4),
    })
    .optional(),
  modifiers: z.array(modifierGroup).min(1).max(8).optional(),
  /** Only for who is so old. The till asks once a sale, by the date on which the customer has to be born, and keeps none. */
  ageYears: z.int().min(1).max(99).optional(),
  /** Each piece has a number of its own (GS1 AI 21), or each packet one of its batch (AI 10), which has to be known to sell it. */
  tracks: z.enum(['serial', 'batch']).optional(),
  /** For each piece, given back for the empty one: on top of `priceMinor` and outside the tax. */
  depositMinor: z.int().positive().max(MAX_DEPOSIT_MINOR).optional(),
  /** Made of other products of this catalogue: sold at its own price, taxed by the rates of what is in it (`terminal/sale/making.ts`). */
  parts: z
    .array(z.strictObject({ gtin, quantity: soldPart.shape.quantity }))
    .min(1)
    .max(10)
    .optional(),
}

/** What a product must not be at once: a price that is typed or a weight says nothing about pieces, and what is in a bundle has no number of its own. */
export function isSound(
  product: { readonly [Term in keyof typeof productGoods]?: unknown } & { readonly soldBy?: unknown; readonly openPrice?: unknown },
): boolean {
  const { modifiers, tracks, depositMinor, parts, ageYears, soldBy, openPrice } = product
  const ofPieces = [modifiers, tracks, depositMinor, parts, ageYears].some((term) => term !== undefined)
  if (soldBy !== undefined && ofPieces) return false
  if (openPrice !== undefined && (modifiers !== undefined || parts !== undefined)) return false
  return parts === undefined || tracks === undefined
}

/** Points of a shop. Rounded down both ways: nobody gets, or is taken, a part of one. */
export const loyalty = z.strictObject({
  /** So much of a sale, after everything that is taken off and without deposits, earns one point. */
  earnPerMinor: amount.min(1),
  /** What a point takes off. */
  pointMinor: amount.min(1),
  /** The most points that a till lets one customer spend without the hub, between two answers of it. */
  offlinePoints: z.int().nonnegative().max(1_000_000),
})
export type Loyalty = z.infer<typeof loyalty>
