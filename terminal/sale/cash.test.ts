import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_CASH_MINOR } from '#protocol/journal/entry.ts'
import { foreignFor, roundedForCash, tenderSuggestions, worthOf } from './cash.ts'

const total = fc.integer({ min: 1, max: MAX_CASH_MINOR })

describe('a cash total', () => {
  test.each([
    [1002, 5, 1000],
    [1003, 5, 1005],
    [1005, 5, 1005],
    [2, 5, 0],
    [12_50, 1_00, 13_00],
    [12_49, 1_00, 12_00],
  ])('of %i in steps of %i is %i', (totalMinor, step, rounded) => {
    expect(roundedForCash(totalMinor, step)).toBe(rounded)
  })

  test('is a multiple of the step, and never further than half of it from the total', () => {
    fc.assert(
      fc.property(total, fc.integer({ min: 2, max: 1000 }), (totalMinor, step) => {
        const rounded = roundedForCash(totalMinor, step)
        expect(rounded % step).toBe(0)
        expect(2 * Math.abs(rounded - totalMinor)).toBeLessThanOrEqual(step)
      }),
    )
  })

  test('without a step is the total', () => {
    fc.assert(fc.property(total, (totalMinor) => roundedForCash(totalMinor) === totalMinor))
  })
})

describe('what a customer may give', () => {
  test.each([
    ['EUR', 12_34, [12_34, 15_00, 20_00, 50_00, 100_00]],
    ['EUR', 50_00, [50_00, 60_00, 100_00, 200_00]],
    ['JPY', 3210, [3210, 4000, 5000, 10_000]],
    ['KWD', 1234, [1234, 1250, 1500, 2000, 5000]],
    ['SEK', 12_00, [12_00, 15_00, 20_00, 50_00, 100_00]],
  ])('%s for %i', (currency, toPay, suggestions) => {
    expect(tenderSuggestions(toPay, currency)).toEqual(suggestions)
  })

  test('is the sum first, then more of it, without repeating itself', () => {
    fc.assert(
      fc.property(total, fc.constantFrom('EUR', 'USD', 'CHF', 'JPY', 'KWD', 'SEK'), (toPay, currency) => {
        const suggestions = tenderSuggestions(toPay, currency)
        expect(suggestions[0]).toBe(toPay)
        expect(suggestions.length).toBeLessThanOrEqual(5)
        for (const [index, given] of suggestions.entries()) if (index > 0) expect(given).toBeGreaterThan(suggestions[index - 1] ?? 0)
      }),
    )
  })
})

describe('foreign notes', () => {
  const ratio = { numerator: fc.integer({ min: 1, max: 1_000_000 }), denominator: fc.integer({ min: 1, max: 1_000_000 }) }
  const sums = { minor: fc.integer({ min: 1, max: 1_000_000_000 }), ...ratio }

  test('are worth what the rate says, down to a whole step of the shop’s cash and by less than that', () => {
    fc.assert(
      fc.property(fc.record({ ...sums, step: fc.constantFrom(1, 5, 10) }), ({ minor, step, ...rate }) => {
        const worth = worthOf(minor, rate, step)
        const exact = BigInt(minor) * BigInt(rate.numerator)
        const [least, most] = [BigInt(worth) * BigInt(rate.denominator), BigInt(worth + step) * BigInt(rate.denominator)]
        expect(worth % step === 0 && least <= exact && exact < most).toBe(true)
      }),
    )
  })

  test('that cover a sum are the fewest that do', () => {
    fc.assert(
      fc.property(fc.record(sums), ({ minor, ...rate }) => {
        const needed = foreignFor(minor, rate)
        expect(worthOf(needed, rate) >= minor && worthOf(needed - 1, rate) < minor).toBe(true)
      }),
    )
  })
})
