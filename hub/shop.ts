import { z } from 'zod'
import { catalogueSchema, encodeSigned, MAX_PRODUCTS, policySchema, productSchema, type Policy } from '#protocol/hub/messages.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'

/** Whom this hub serves: plain JSON, so that a real shop is other data and not other code. Prices include their tax, unless it says otherwise. */
export const shopSchema = z.strictObject({
  merchant: catalogueSchema.shape.merchant,
  store: catalogueSchema.shape.store,
  currency: catalogueSchema.shape.currency,
  policy: z.strictObject({
    version: policySchema.shape.version,
    /** From the moment it is signed. A hub that is up signs a fresh one in good time. */
    validForMs: z.int().positive(),
    offline: policySchema.shape.offline,
    holdWaitMs: policySchema.shape.holdWaitMs,
    duplicateBorneBy: policySchema.shape.duplicateBorneBy,
  }),
  catalogueVersion: catalogueSchema.shape.version,
  products: z.array(productSchema).max(MAX_PRODUCTS),
  labels: catalogueSchema.shape.labels,
  cashRoundingMinor: catalogueSchema.shape.cashRoundingMinor,
  promotions: catalogueSchema.shape.promotions,
  taxIncluded: catalogueSchema.shape.taxIncluded,
  taxRounding: catalogueSchema.shape.taxRounding,
  staff: catalogueSchema.shape.staff,
})
export type Shop = z.infer<typeof shopSchema>

/** The policy of one till, signed. Same version, same rules: only the time until which they hold moves on. */
export function signedPolicy(signer: Signer, shop: Shop, till: Id, now: EpochMs): Uint8Array {
  const { version, validForMs, offline, holdWaitMs, duplicateBorneBy } = shop.policy
  const policy: Policy = { v: 1, version, till, issuedAt: now, validUntil: now + validForMs, currency: shop.currency, offline, holdWaitMs, duplicateBorneBy }
  return encodeSigned(signer, signedTypes.policy, policy)
}
