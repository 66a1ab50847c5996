import { z } from 'zod'
import { amount, epochMs, ppm, productName, reason } from '../journal/entry.ts'

/** What a shop takes off, and how its prices and taxes are to be read. Part of the signed catalogue; the till works it out alone, online or not. */

/** So much per million, or a sum in minor units. */
export const discount = z.union([z.strictObject({ ppm: ppm.min(1) }), z.strictObject({ amountMinor: z.int().positive() })])
export type Discount = z.infer<typeof discount>

/** Holds from `from` (inclusive) until `until` (exclusive). */
const period = { from: epochMs.optional(), until: epochMs.optional() }

const gtin = z.string().regex(/^\d{8,14}$/)

const offer = {
  /** What it is called on basket and receipt: `3 for 2 on drinks`. */
  name: reason,
  ...period,
  /** Only in a sale for which this was shown: printed on paper, in an advertisement, … Whoever has it may use it, once a sale. */
  coupon: z
    .string()
    .regex(/^[A-Za-z0-9-]{3,40}$/)
    .optional(),
  /** Of which products; of all if neither is given. */
  gtins: z.array(gtin).min(1).max(100).optional(),
  categories: z.array(productName).min(1).max(20).optional(),
}
const pieces = z.int().min(2).max(100)

/**
 * Promotions count in the order of the catalogue, and a piece that one has taken is not there for the next; only then come the thresholds, of which the
 * one that takes off the most counts. Pieces are taken from the dearest on. What is weighed is no piece: only `percent` and `threshold` are for it.
 */
export const promotion = z.discriminatedUnion('type', [
  /** `count` pieces, mixed as one likes, for `priceMinor` together. */
  z.strictObject({ type: z.literal('bundle'), ...offer, count: pieces, priceMinor: amount }),
  /** Of every `count` pieces the cheapest costs so much less: 1_000_000 is free. */
  z.strictObject({ type: z.literal('nth'), ...offer, count: pieces, ppm: ppm.min(1) }),
  /** So much off each. */
  z.strictObject({ type: z.literal('percent'), ...offer, ppm: ppm.min(1) }),
  /** From this sum of these products on, after everything above, so much off them. */
  z.strictObject({ type: z.literal('threshold'), ...offer, fromMinor: amount, off: discount }),
])
export type Promotion = z.infer<typeof promotion>

/** What a product may have beside its price. */
export const productTerms = {
  /** Prices for a time; where several hold, the one that began last counts, and `priceMinor` where none does. */
  prices: z
    .array(z.strictObject({ from: epochMs, until: epochMs.optional(), priceMinor: amount }))
    .max(20)
    .optional(),
  /** The cashier says what it costs; `priceMinor` is what stands there until then, 0 if it has to be said. */
  openPrice: z.literal(true).optional(),
  /** Outside the tax altogether, which is not the same as a rate of zero. `taxPpm` does not count then. */
  taxExempt: z.literal(true).optional(),
}

/** What a catalogue may say of all its products. */
export const catalogueTerms = {
  promotions: z.array(promotion).max(200).optional(),
  /** Prices are without tax, which is added to the total. */
  taxIncluded: z.literal(false).optional(),
  /** Tax is rounded for each line instead of once for each rate. */
  taxRounding: z.literal('line').optional(),
}
