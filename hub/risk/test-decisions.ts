import { FEATURES, featureNames } from './features.ts'
import type { KnownDecision, PastDecisions } from './known.ts'
import { drawn } from './weighted.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'

/** Invented decisions for tests of what learns from them: fraud is what has one of two signs, and one payment in two hundred besides. */
export type Invented = {
  readonly from: EpochMs
  readonly days: number
  readonly perDay: number
  readonly seed?: number
  isFraud?(row: Float64Array, at: EpochMs): boolean
}

const [amount, run, z] = [featureNames.indexOf('amount'), featureNames.indexOf('terminal_fraud_run'), featureNames.indexOf('card_z_30d')]
export const usualFraud = (row: Float64Array): boolean => (row[amount] ?? 0) > 22_000 || ((row[run] ?? 0) > 2 && (row[z] ?? 0) > -1)

export function invented({ from, days, perDay, seed = 1, isFraud = usualFraud }: Invented): readonly KnownDecision[] {
  const next = drawn(seed)
  return Array.from({ length: days * perDay }, (_, n): KnownDecision => {
    const features = Float64Array.from({ length: FEATURES }, () => Math.floor(next() * 50))
    const at = from + Math.floor((n / perDay) * DAY)
    features[amount] = Math.floor(next() * 22_300)
    features[run] = next() < 0.02 ? 3 : 0
    features[z] = next() * 4 - 2
    return {
      payment: `p${seed}-${n}`,
      at,
      amountMinor: features[amount] ?? 0,
      currency: 'EUR',
      features,
      outcome: 'approve',
      isFraud: isFraud(features, at) || next() < 0.005,
    }
  })
}

export const pastOf = (decisions: readonly KnownDecision[]): PastDecisions => ({
  async *between(from, to) {
    const all = decisions.filter(({ at }) => at >= from && at < to)
    for (let k = 0; k < all.length; k += 1000) {
      yield all.slice(k, k + 1000)
      await Promise.resolve()
    }
  },
})
