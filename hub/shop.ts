import { z } from 'zod'
import { policyRules } from './policy/rules.ts'
import { walletTerms } from './wallets/terms.ts'
import { isTimeZone } from '#protocol/local-time.ts'
import { catalogueSchema, MAX_PRODUCTS, policySchema, productSchema } from '#protocol/hub/messages.ts'

/** Whom this hub serves: plain JSON, so that a real shop is other data and not other code. Prices include their tax, unless it says otherwise. */
export const shopSchema = z.strictObject({
  merchant: catalogueSchema.shape.merchant,
  store: catalogueSchema.shape.store,
  currency: catalogueSchema.shape.currency,
  /** Where policies begin: what a person signs at the console comes after it. Another one in this file is a new version. */
  policy: policyRules.extend({ version: policySchema.shape.version }),
  catalogueVersion: catalogueSchema.shape.version,
  products: z.array(productSchema).max(MAX_PRODUCTS),
  labels: catalogueSchema.shape.labels,
  cashRoundingMinor: catalogueSchema.shape.cashRoundingMinor,
  promotions: catalogueSchema.shape.promotions,
  taxIncluded: catalogueSchema.shape.taxIncluded,
  taxRounding: catalogueSchema.shape.taxRounding,
  receiptLanguage: catalogueSchema.shape.receiptLanguage,
  timeZone: z.string().refine(isTimeZone, 'not a time zone of the IANA database').optional(),
  /** From whom receipts come that are sent. */
  receiptsFrom: z.email().max(254).optional(),
  returns: catalogueSchema.shape.returns,
  credits: catalogueSchema.shape.credits,
  tips: catalogueSchema.shape.tips,
  foreignCash: catalogueSchema.shape.foreignCash,
  orders: catalogueSchema.shape.orders,
  merchantQr: catalogueSchema.shape.merchantQr,
  loyalty: catalogueSchema.shape.loyalty,
  staff: catalogueSchema.shape.staff,
  /** What its wallets may spend without the hub. Without it no phone is served, but in a demo. */
  wallets: walletTerms.optional(),
})
export type Shop = z.infer<typeof shopSchema>
