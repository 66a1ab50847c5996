import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calibrated, fitCalibration, uncalibrated } from './calibration.ts'

const row = fc.record({ logit: fc.double({ min: -20, max: 20, noNaN: true }), label: fc.constantFrom(0, 1), weight: fc.constantFrom(1, 10, 20) })
const fitted = (rows: readonly { logit: number; label: number; weight: number }[]) =>
  fitCalibration(
    Float64Array.from(rows, ({ logit }) => logit),
    Uint8Array.from(rows, ({ label }) => label),
    Float64Array.from(rows, ({ weight }) => weight),
  )

describe('a calibration', () => {
  it('never turns two payments round, and says probabilities', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 60 }),
        fc.double({ min: -30, max: 30, noNaN: true }),
        fc.double({ min: -30, max: 30, noNaN: true }),
        (rows, a, b) => {
          const calibration = fitted(rows)
          const [least, most] = [calibrated(calibration, Math.min(a, b)), calibrated(calibration, Math.max(a, b))]
          expect(least).toBeLessThanOrEqual(most)
          expect(least).toBeGreaterThan(0)
          expect(most).toBeLessThan(1)
        },
      ),
    )
  })

  it('is as good as any monotone guess, by squares: pools are the isotonic solution', () => {
    // A brute force over all ways to cut six rows into pools with rising means.
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 6, maxLength: 6 }), (labels) => {
        const { probabilities } = fitted(labels.map((label, k) => ({ logit: k, label, weight: 1000 })))
        expect([...probabilities]).toEqual([...probabilities].toSorted((a, b) => a - b))
        const cuts = Array.from({ length: 32 }, (_, mask) =>
          labels.reduce<number[][]>((pools, label, k) => {
            if (k > 0 && ((mask >> (k - 1)) & 1) === 0) pools.at(-1)?.push(label)
            else pools.push([label])
            return pools
          }, []),
        )
        const mean = (pool: readonly number[]): number => pool.reduce((sum, one) => sum + one, 0) / pool.length
        const rising = cuts.filter((pools) => pools.every((pool, k) => k === 0 || mean(pool) > mean(pools[k - 1] ?? [])))
        const loss = (pools: readonly number[][]): number => pools.reduce((sum, pool) => sum + pool.reduce((own, one) => own + (one - mean(pool)) ** 2, 0), 0)
        const best = rising.toSorted((a, b) => loss(a) - loss(b))[0] ?? []
        const said = best.flatMap((pool) => (pool.length === 1 ? [mean(pool)] : [mean(pool), mean(pool)]))
        expect(probabilities.length).toBe(said.length)
        said.forEach((probability, k) => expect(probabilities[k]).toBeCloseTo(probability, 3))
      }),
      { numRuns: 40 },
    )
  })

  it('of nothing is the logistic function', () => {
    expect(calibrated(uncalibrated, 0)).toBe(0.5)
    expect(calibrated(fitted([]), 2)).toBeCloseTo(0.8808, 4)
  })
})
