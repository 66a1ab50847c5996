import { z } from 'zod'
import { loneRisk, offlineRules, policySchema, type Policy } from '#protocol/policy/bundle.ts'

/** What a person decides about all tills of a store; `desk.ts` makes a signed policy of it for each. Durations in milliseconds. */
export const policyRules = z.strictObject({
  /** From the moment it is signed. A hub that is up signs a fresh one in good time. */
  validForMs: z.int().positive(),
  offline: offlineRules,
  /** What all tills of the store together may have at risk. Missing: what each of them may. */
  storeMinor: offlineRules.shape.perTillMinor.optional(),
  /** A till whose deny list was confirmed longer ago accepts nothing alone. Missing: tills need no deny list. */
  denyListMaxAgeMs: z.int().positive().optional(),
  /** What a lone till refuses beside its caps, by a model that was fitted to this shop's payments: see `lone-curve.ts`. Missing: nothing. */
  risk: loneRisk.optional(),
  holdWaitMs: policySchema.shape.holdWaitMs,
  duplicateBorneBy: policySchema.shape.duplicateBorneBy,
})
export type PolicyRules = z.infer<typeof policyRules>

/** The part of a signed policy that is the same on every till. */
export const termsOf = ({ offline, holdWaitMs, duplicateBorneBy }: PolicyRules): Pick<Policy, 'offline' | 'holdWaitMs' | 'duplicateBorneBy'> => ({
  offline,
  holdWaitMs,
  duplicateBorneBy,
})
