import { z } from 'zod'
import { catalogueSchema, encodeSigned, policySchema, type Policy } from '#protocol/hub/messages.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'

/** Whom this hub serves: plain JSON, so that a real shop is other data and not other code. Prices include their tax. */
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
  products: catalogueSchema.shape.products,
  labels: catalogueSchema.shape.labels,
})
export type Shop = z.infer<typeof shopSchema>

/** The policy of one till, signed. Same version, same rules: only the time until which they hold moves on. */
export function signedPolicy(signer: Signer, shop: Shop, till: Id, now: EpochMs): Uint8Array {
  const { version, validForMs, offline, holdWaitMs, duplicateBorneBy } = shop.policy
  const policy: Policy = { v: 1, version, till, issuedAt: now, validUntil: now + validForMs, currency: shop.currency, offline, holdWaitMs, duplicateBorneBy }
  return encodeSigned(signer, signedTypes.policy, policy)
}

export function signedCatalogue(signer: Signer, { merchant, store, currency, catalogueVersion, products, labels }: Shop): Uint8Array {
  const labelled = labels === undefined ? {} : { labels }
  return encodeSigned(signer, signedTypes.catalogue, { v: 1, version: catalogueVersion, merchant, store, currency, products, ...labelled })
}
