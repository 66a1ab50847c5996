import fc from 'fast-check'
import { expect, test } from 'vitest'
import { feeBack, feeOf } from './fees.ts'
import type { FeeSchedule } from '../merchants/merchant.ts'

const schedule = (rate: Partial<FeeSchedule['rates'][number]>, taxPpm = 0): FeeSchedule => ({
  rates: [{ instrument: 'card', tiers: [{ fromMinor: 0, ppm: 0 }], fixedMinor: 0, minimumMinor: 0, ...rate }],
  taxPpm,
  atRefund: 'kept',
  chargebackMinor: 0,
})

test('a share, a fixed part, and the tax on both', () => {
  expect(feeOf(schedule({ tiers: [{ fromMinor: 0, ppm: 14_000 }], fixedMinor: 5 }, 190_000), 'card', 10_00, 0n)).toEqual({ feeMinor: 19, taxMinor: 4 })
})

test('never less than the least nor more than the most', () => {
  const bounded = schedule({ tiers: [{ fromMinor: 0, ppm: 10_000 }], minimumMinor: 8, maximumMinor: 50 })
  expect([1_00, 20_00, 900_00].map((amount) => feeOf(bounded, 'card', amount, 0n).feeMinor)).toEqual([8, 20, 50])
})

test('the step that the month has reached counts for the whole payment', () => {
  const tiered = schedule({
    tiers: [
      { fromMinor: 0, ppm: 20_000 },
      { fromMinor: 1000_00, ppm: 10_000 },
    ],
  })
  expect([0n, 999_99n, 1000_00n].map((volume) => feeOf(tiered, 'card', 100_00, volume).feeMinor)).toEqual([2_00, 2_00, 1_00])
})

test('what has no rate costs nothing, and neither does nothing', () => {
  expect(feeOf(schedule({ fixedMinor: 5 }), 'wallet', 10_00, 0n).feeMinor).toBe(0)
  expect(feeOf(schedule({ fixedMinor: 5 }), 'card', 0, 0n).feeMinor).toBe(0)
})

const rates = fc.record({
  tiers: fc
    .uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 3 })
    .chain((froms) =>
      fc
        .array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: froms.length + 1, maxLength: froms.length + 1 })
        .map((ppms) => [0, ...froms.toSorted((a, b) => a - b)].map((fromMinor, at) => ({ fromMinor, ppm: ppms[at] ?? 0 }))),
    ),
  fixedMinor: fc.integer({ min: 0, max: 500 }),
  minimumMinor: fc.integer({ min: 0, max: 500 }),
  maximumMinor: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
})
const amounts = fc.integer({ min: 0, max: 100_000_000 })
const volumes = fc.bigInt({ min: 0n, max: 2n ** 62n })

test('more is never cheaper, only fixed parts outweigh an amount, and the tax is of the fee', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 300_000 }), amounts, amounts, volumes, (rate, taxPpm, one, other, volume) => {
      const fees = schedule(rate, taxPpm)
      const [less, more] = [Math.min(one, other), Math.max(one, other)]
      const [first, second] = [feeOf(fees, 'card', less, volume), feeOf(fees, 'card', more, volume)]
      expect(first.feeMinor).toBeLessThanOrEqual(second.feeMinor)
      expect(second.feeMinor).toBeLessThanOrEqual(Math.max(more + rate.fixedMinor, rate.minimumMinor))
      if (rate.fixedMinor === 0 && rate.minimumMinor === 0) expect(second.feeMinor).toBeLessThanOrEqual(more)
      expect(Number.isSafeInteger(second.feeMinor) && second.feeMinor >= 0).toBe(true)
      expect(Math.abs(second.taxMinor - (second.feeMinor * taxPpm) / 1_000_000)).toBeLessThanOrEqual(0.5)
    }),
  )
})

test('the parts of a fee that come back are the fee when everything has gone back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 12 }),
      (feeMinor, taxMinor, parts) => {
        const captured = parts.reduce((sum, part) => sum + part, 0)
        let gone = 0
        const sums = { feeMinor: 0, taxMinor: 0 }
        for (const part of parts) {
          gone += part
          const back = feeBack({ feeMinor, taxMinor }, captured, gone, part)
          expect(back.feeMinor).toBeGreaterThanOrEqual(0)
          sums.feeMinor += back.feeMinor
          sums.taxMinor += back.taxMinor
        }
        expect(sums).toEqual({ feeMinor, taxMinor })
      },
    ),
  )
})
