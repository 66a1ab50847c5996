import { z } from 'zod'
import { amount } from '#protocol/journal/entry.ts'
import { DAY, HOUR } from '#protocol/time.ts'

/** What a bank lets its wallets spend without it. Minor units. */
export const walletTerms = z.strictObject({
  perPaymentLimitMinor: amount,
  totalLimitMinor: amount,
  /** A phone that does not meet its bank for so long pays nothing any more. It meets it for the next credential from half of that on. */
  credentialLifetimeMs: z
    .int()
    .min(HOUR)
    .max(30 * DAY),
})
export type WalletTerms = z.infer<typeof walletTerms>
