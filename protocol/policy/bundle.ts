import { z } from 'zod'
import { unbase64url } from '../bytes.ts'
import { MAX_MODEL_BYTES, readCompactTrees } from '../risk/compact-trees.ts'
import { LONE_FEATURES } from '../risk/lone.ts'
import { amount, currency, epochMs, id, ppm } from '../journal/entry.ts'

/**
 * What a till may do without the hub, signed by the policy key. A lower version is refused even if signed; of one version, the one that was issued later
 * holds. Sums are in minor units of `currency`, durations in milliseconds. What was added after the first version is optional: a till may have kept one that
 * was signed before.
 */

/** How a payment may be made, as far as a policy tells ways apart. A shown code binds neither till nor amount; a bound one both. */
export const instrumentKinds = ['wallet_shown', 'wallet_bound', 'card', 'credit'] as const
export type InstrumentKind = (typeof instrumentKinds)[number]

const instrumentCaps = z.strictObject({
  perPaymentMinor: amount,
  /** Of one instrument on one till, until the hub has settled its payments. */
  perInstrumentMinor: amount,
  /** So many payments of one instrument, until the hub has settled them. Missing: any number. */
  perInstrumentCount: z.int().min(1).max(1000).optional(),
})
export type InstrumentCaps = z.infer<typeof instrumentCaps>

/** From so long after the hub was heard last, every cap is this share of itself, in parts per million. */
const step = z.strictObject({ afterMs: z.int().positive(), capsPpm: ppm })
export type Step = z.infer<typeof step>

const shrinks = (steps: readonly Step[]): boolean =>
  steps.every(({ afterMs, capsPpm }, at) => at === 0 || (afterMs > (steps[at - 1]?.afterMs ?? 0) && capsPpm <= (steps[at - 1]?.capsPpm ?? 0)))

export const offlineRules = z.strictObject({
  perPaymentMinor: amount,
  /** Above this a code must be bound to the till's request; a code that is merely shown can be relayed or photographed. */
  perShownCodeMinor: amount,
  /** Per instrument, since the hub last settled this till's payments of it. */
  perInstrumentMinor: amount,
  /** On this till, not yet settled. */
  perTillMinor: amount,
  /** Since the last hub-signed time. */
  maxOfflineMs: z.int().nonnegative(),
  /** Tighter caps of one kind, beside those above. A wallet's kind that is missing has those above alone; `card` and `credit` that are missing are not taken at all. */
  instruments: z
    .strictObject({ wallet_shown: instrumentCaps, wallet_bound: instrumentCaps, card: instrumentCaps, credit: instrumentCaps })
    .partial()
    .optional(),
  /** Later ones are lower; after `maxOfflineMs` nothing is accepted any more. */
  steps: z.array(step).max(10).refine(shrinks, 'each step is later and lower than the one before').optional(),
  /** The share of every cap that is left while the till's clock is in doubt, in parts per million. Missing: nothing is. */
  doubtfulClockPpm: ppm.optional(),
})
export type OfflineRules = z.infer<typeof offlineRules>

/** Which deny list a till must have. `check`: see `DenyList.check`. */
export const denyListReference = z.strictObject({
  version: z.int().positive(),
  size: z.int().nonnegative(),
  check: z.string().regex(/^[0-9a-f]{12}$/),
  /** A till whose list was confirmed by the hub longer ago than this accepts nothing alone. */
  maxAgeMs: z.int().positive(),
})
export type DenyListReference = z.infer<typeof denyListReference>

/** `compactTreesBytes` over `loneFeatures`, in base64url. */
const loneModel = z
  .string()
  .max(Math.ceil((MAX_MODEL_BYTES * 4) / 3))
  .refine((text) => readCompactTrees(unbase64url(text) ?? new Uint8Array(0))?.features === LONE_FEATURES, 'no model of what a lone till knows')

/** What a till without the hub refuses beside its caps: see `protocol/risk/lone.ts`. */
export const loneRisk = z.strictObject({
  model: loneModel,
  /** In the model's unit, 1/4096 logit: a payment whose score is higher is refused. */
  refuseAbove: z
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31),
})
export type LoneRisk = z.infer<typeof loneRisk>

const tillStanding = z.strictObject({
  payments: z.int().nonnegative(),
  frauds: z.int().nonnegative(),
  run: z.int().nonnegative(),
  lastFraudAt: epochMs.optional(),
})

export const duplicateBearers = ['issuer', 'merchant'] as const
export type DuplicateBearer = (typeof duplicateBearers)[number]

export const policySchema = z.strictObject({
  v: z.literal(1),
  version: z.int().positive(),
  till: id,
  issuedAt: epochMs,
  validUntil: epochMs,
  currency,
  offline: offlineRules,
  /** The store's cap, and the share of it that this till alone may spend: the shares of all tills, old ones that one may still hold included, never exceed it. */
  storeSlice: z.strictObject({ storeMinor: amount, sliceMinor: z.int().nonnegative() }).optional(),
  denyList: denyListReference.optional(),
  /** `standing`: what the hub knew about this till when it signed. */
  risk: loneRisk.extend({ standing: tillStanding.optional() }).optional(),
  /** How long a till with a live link waits for the hub's decision before the policy decides. */
  holdWaitMs: z.int().min(50).max(60_000),
  /** Who bears the loss when one code paid twice. */
  duplicateBorneBy: z.enum(duplicateBearers),
})
export type Policy = z.infer<typeof policySchema>
