import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aucOfScores, distanceAccepting, ratesOf, resampled, seeded, sortedPairs, type Pair } from './face-scores.ts'

const pair = fc.record({ distance: fc.double({ min: 0.01, max: 1, noNaN: true }), one: fc.nat({ max: 5 }), other: fc.nat({ max: 5 }) })
const isGenuine = ({ one, other }: Pair): boolean => one === other
const both = fc
  .array(pair, { minLength: 2, maxLength: 60 })
  .filter((pairs) => pairs.some(isGenuine) && !pairs.every(isGenuine) && new Set(pairs.map(({ distance }) => distance)).size === pairs.length)

test('rates are what counting each pair gives', () => {
  fc.assert(
    fc.property(both, fc.double({ min: 0, max: 1, noNaN: true }), (pairs, threshold) => {
      const rates = ratesOf(sortedPairs(pairs), threshold)
      const [owners, strangers] = [pairs.filter(isGenuine), pairs.filter((one) => !isGenuine(one))]
      const wins = owners.flatMap((a) => strangers.map((b) => (a.distance < b.distance ? 1 : 0))).reduce<number>((sum, won) => sum + won, 0)
      expect(rates?.auc).toBeCloseTo(wins / (owners.length * strangers.length))
      expect(rates?.fnmr_at_threshold_pct).toBeCloseTo((100 * owners.filter(({ distance }) => distance > threshold).length) / owners.length)
      expect(rates?.fmr_at_threshold_pct).toBeCloseTo((100 * strangers.filter(({ distance }) => distance <= threshold).length) / strangers.length)
      // No more than a hundredth of so few may be accepted: none.
      const nearest = Math.min(...strangers.map(({ distance }) => distance))
      expect(rates?.tar_at_far_1pct).toBeCloseTo((100 * owners.filter(({ distance }) => distance < nearest).length) / owners.length)
    }),
    { numRuns: 60 },
  )
})

test('a person drawn twice counts as if each pair were there as often', () => {
  fc.assert(
    fc.property(both, fc.array(fc.nat({ max: 2 }), { minLength: 6, maxLength: 6 }), (pairs, weights) => {
      const times = ({ one, other }: Pair): number => (one === other ? (weights[one] ?? 0) : (weights[one] ?? 0) * (weights[other] ?? 0))
      const repeated = pairs.flatMap((one) => Array.from({ length: times(one) }, () => one))
      const [weighted, plain] = [ratesOf(sortedPairs(pairs), 0.5, weights), ratesOf(sortedPairs(repeated), 0.5)]
      if (plain === undefined) {
        expect(weighted).toBeUndefined()
        return
      }
      for (const name of ['auc', 'fnmr_at_threshold_pct', 'fmr_at_threshold_pct', 'tar_at_far_0_1pct'] as const)
        expect(weighted?.[name]).toBeCloseTo(plain[name])
    }),
    { numRuns: 60 },
  )
})

test('the distance that accepts a share of pairs accepts no more', () => {
  const pairs = Array.from({ length: 1000 }, (_, i) => ({ distance: (i + 1) / 1000, one: 0, other: 1 }))
  expect(distanceAccepting(pairs, 0.001)).toBeCloseTo(0.0015)
  expect(distanceAccepting(pairs, 0.98)).toBeCloseTo(0.9805)
})

test('a sample has as many people as there are, the same ones every time', () => {
  const draw = (): readonly number[] => [...resampled(20, seeded(7))]
  expect(draw().reduce((sum, weight) => sum + weight, 0)).toBe(20)
  expect(draw()).toEqual(draw())
  expect(aucOfScores([1, 2, 2, 3].map((score, i) => ({ score, isOne: i > 1 })))).toBe(0.875)
})
