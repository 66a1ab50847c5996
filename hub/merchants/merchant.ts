import { z } from 'zod'
import { isBic, isPayableIban } from '../bank/iban.ts'
import { id } from '#protocol/journal/entry.ts'
import { isTimeZone } from '#protocol/local-time.ts'

/** A share of an amount and a fixed part, between a least and a most. All of it in minor units of the currency that was paid in. */
const rate = z.strictObject({
  instrument: z.enum(['wallet', 'card', 'scheme']),
  /** By what was sold in the month before this payment: the last step that it reaches. The first begins at 0. */
  tiers: z
    .array(z.strictObject({ fromMinor: z.int().min(0), ppm: z.int().min(0).max(1_000_000) }))
    .min(1)
    .max(20)
    .refine((tiers) => tiers[0]?.fromMinor === 0 && tiers.every(({ fromMinor }, at) => at === 0 || fromMinor > (tiers[at - 1]?.fromMinor ?? 0)), {
      message: 'tiers begin at 0 and go up',
    }),
  fixedMinor: z.int().min(0).max(1_000_000).default(0),
  minimumMinor: z.int().min(0).max(1_000_000).default(0),
  maximumMinor: z.int().min(0).optional(),
})

export const feeSchedule = z.strictObject({
  /** One for each instrument at most; what has none costs nothing. */
  rates: z.array(rate).refine((rates) => new Set(rates.map(({ instrument }) => instrument)).size === rates.length, { message: 'one rate for each instrument' }),
  /** On fees, such as value added tax. */
  taxPpm: z.int().min(0).max(1_000_000),
  /** Of a fee, when what was paid goes back. */
  atRefund: z.enum(['kept', 'returned']),
  /** For each chargeback. */
  chargebackMinor: z.int().min(0).max(1_000_000),
})
export type FeeSchedule = z.infer<typeof feeSchedule>

/** What the hub's operator has agreed with a merchant. Every version of it is kept, with who made it when. */
export const merchantTerms = z.strictObject({
  id,
  name: z.string().trim().min(1).max(140),
  /** As it is registered, where that is another name. */
  legalName: z.string().trim().min(1).max(140).optional(),
  /** ISO 3166-1, two letters. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional(),
  stores: z.array(z.strictObject({ id, name: z.string().trim().min(1).max(140) })).max(10_000),
  /** `held`: windows close, and nothing is paid out until it is `active` again. */
  state: z.enum(['active', 'held']),
  /** IANA name. */
  timeZone: z.string().max(64).refine(isTimeZone, { message: 'no IANA time zone' }),
  /** Local time at which a day's window ends: `HH:MM`. */
  cutOff: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  fees: feeSchedule,
  /** This much of what is sold is kept back for so many days. */
  reserve: z.strictObject({ ppm: z.int().min(1).max(1_000_000), days: z.int().min(1).max(730) }).optional(),
  /** Of money that waits for a delivery: from which sum on two people decide a dispute, and how long both sides may say what happened. */
  escrow: z.strictObject({ secondPersonAboveMinor: z.int().min(0), evidenceDays: z.int().min(1).max(90) }).optional(),
  /** Of a payment by a wallet in another currency: at which rate it goes back. Left out: at its own. */
  refundRate: z.enum(['original', 'today']).optional(),
  /** Where its money goes. Without it everything waits. */
  account: z
    .strictObject({
      iban: z.string().refine(isPayableIban, { message: 'no IBAN' }),
      name: z.string().trim().min(1).max(70),
      bic: z.string().refine(isBic, { message: 'no BIC' }).optional(),
    })
    .optional(),
  /** Who owes the hub for so long is asked for it. */
  recoverAfterDays: z.int().min(1).max(365),
})
export type MerchantTerms = z.infer<typeof merchantTerms>
