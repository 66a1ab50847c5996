import { z } from 'zod'
import { amount, currency, epochMs, exchangeRate, ppm, productName, reason } from '../journal/entry.ts'
import { loyalty } from './goods.ts'

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
  /** Sold as a line with an open price, and worth what was paid for it: no goods, no tax. Needs `credits` of the catalogue. */
  giftCard: z.literal(true).optional(),
  /** Outside the tax altogether, which is not the same as a rate of zero. `taxPpm` does not count then. */
  taxExempt: z.literal(true).optional(),
}

/** Languages in which a customer is spoken to on paper. A till's own screen has its own choice. */
export const paperLanguages = ['en', 'zh', 'ar'] as const
export type PaperLanguage = (typeof paperLanguages)[number]

/** What a catalogue may say of all its products. */
export const catalogueTerms = {
  promotions: z.array(promotion).max(200).optional(),
  /** Prices are without tax, which is added to the total. */
  taxIncluded: z.literal(false).optional(),
  /** Tax is rounded for each line instead of once for each rate. */
  taxRounding: z.literal('line').optional(),
  /** Gift cards and store credit; missing: this shop issues none. `perDayMinor`: the most that one till may issue in a day. */
  credits: z.strictObject({ perDayMinor: z.int().positive() }).optional(),
  /** What a customer is offered to give on top, in parts per million of the total. Missing: nobody is asked for a tip. */
  tips: z.array(ppm.min(1)).min(1).max(4).optional(),
  /**
   * Where the shop is, as the EMVCo code on the customer display says it (tables 3.1 and 3.5 of its specification). Set: phones may pay at the hub, and what a
   * till shows is such a code.
   */
  merchantQr: z
    .strictObject({
      merchantCity: reason.max(15),
      country: z.string().regex(/^[A-Z]{2}$/),
      /** ISO 18245. */
      categoryCode: z.string().regex(/^\d{4}$/),
    })
    .optional(),
  /** Foreign notes and coins that are taken; change is in the shop's own currency. */
  foreignCash: z
    .array(z.strictObject({ currency, ...exchangeRate.shape }))
    .min(1)
    .max(10)
    .optional(),
  /** Orders that are paid in part: `leastDepositPpm` of the total has to be. Missing: any part will do. */
  orders: z.strictObject({ leastDepositPpm: ppm }).optional(),
  /** Missing: this shop has no points. */
  loyalty: loyalty.optional(),
  /** Of receipts and what else the customer reads; English if nothing is said. */
  receiptLanguage: z.enum(paperLanguages).optional(),
  /** Where the shop's clocks are (IANA), by which paper tells the time; UTC if nothing is said. */
  timeZone: z
    .string()
    .max(60)
    .regex(/^[A-Za-z0-9_+/-]+$/)
    .optional(),
  /** How goods may come back beside the way they were paid. */
  returns: z
    .strictObject({
      /** What was not paid in cash may go back in cash. */
      inCash: z.literal(true).optional(),
      asCredit: z.literal(true).optional(),
      /** At today's price, each up to so much. Missing: not at all. */
      withoutReceipt: z.strictObject({ cashMinor: amount, creditMinor: amount }).optional(),
    })
    .optional(),
}
