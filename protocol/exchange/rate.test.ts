import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Currency } from '../money.ts'
import { chargeFor, crossRate, readRate, shareOf, worthBack, type Ratio } from './rate.ts'

const currencies: readonly Currency[] = ['EUR', 'CNY', 'JPY', 'KWD', 'CLF', 'VND']
const aCurrency = fc.constantFrom(...currencies)
const aRate = fc
  .tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 0, max: 7 }))
  .map(([digits, places]): Ratio => readRate((digits / 10 ** places).toFixed(places)) ?? { numerator: digits, denominator: 10 ** places })
const anAmount = fc.integer({ min: 1, max: 100_000_000 })
const aMargin = fc.integer({ min: 0, max: 200_000 })
const rateOf = (text: string): Ratio => readRate(text) ?? { numerator: 0, denominator: 1 }
const charged = (...[amountMinor, from, to, rate, ppm]: [number, Currency, Currency, string, number]) => {
  const charge = chargeFor(amountMinor, { from, to }, rateOf(rate), ppm)
  return charge.ok ? charge.value : charge.code
}

describe('what a wallet in another currency pays', () => {
  it('is counted in the minor units of both (ISO 4217), up to the next whole one', () => {
    expect(charged(1250, 'EUR', 'CNY', '7.8123', 0)).toEqual({ amountMinor: 9766, marginMinor: 0 })
    // 97.65375 is 97.66, and 1.5 % of that is 1.4649.
    expect(charged(1250, 'EUR', 'CNY', '7.8123', 15_000)).toEqual({ amountMinor: 9913, marginMinor: 147 })
    expect(charged(1, 'EUR', 'JPY', '163.2', 0)).toEqual({ amountMinor: 2, marginMinor: 0 })
    expect(charged(1250, 'EUR', 'KWD', '0.3325', 10_000)).toEqual({ amountMinor: 4199, marginMinor: 42 })
    expect(charged(100, 'JPY', 'KWD', '0.002037', 0)).toEqual({ amountMinor: 204, marginMinor: 0 })
  })

  it('is never nothing, however little the shop’s money is worth', () => {
    expect(charged(1, 'VND', 'KWD', '0.0000114', 0)).toEqual({ amountMinor: 1, marginMinor: 0 })
  })

  it('is refused where it would leave the safe integers', () => {
    expect(charged(Number.MAX_SAFE_INTEGER, 'EUR', 'VND', '29345', 15_000)).toBe('exchange.too_large')
  })

  it('never is less than its worth, grows with what is bought and with the margin', () =>
    fc.assert(
      fc.property(anAmount, fc.integer({ min: 0, max: 1000 }), aCurrency, aCurrency, aRate, aMargin, (amountMinor, more, from, to, rate, ppm) => {
        const pair = { from, to }
        const [less, much, dearer] = [
          chargeFor(amountMinor, pair, rate, ppm),
          chargeFor(amountMinor + more, pair, rate, ppm),
          chargeFor(amountMinor, pair, rate, ppm + 1),
        ]
        if (!less.ok || !much.ok || !dearer.ok) return
        expect(less.value.marginMinor).toBeGreaterThanOrEqual(0)
        expect(less.value.amountMinor).toBeGreaterThan(less.value.marginMinor)
        expect(much.value.amountMinor).toBeGreaterThanOrEqual(less.value.amountMinor)
        expect(dearer.value.amountMinor).toBeGreaterThanOrEqual(less.value.amountMinor)
      }),
      { numRuns: 300 },
    ))

  it('earns nobody anything on the way there and back, in one part or in many', () =>
    fc.assert(
      fc.property(fc.array(anAmount, { minLength: 1, maxLength: 5 }), aCurrency, aCurrency, aRate, aMargin, (parts, from, to, rate, ppm) => {
        const pair = { from, to }
        const charge = chargeFor(
          parts.reduce((sum, part) => sum + part, 0),
          pair,
          rate,
          ppm,
        )
        const back = parts.map((part) => worthBack(part, pair, rate) ?? Infinity).reduce((sum, part) => sum + part, 0)
        if (charge.ok) expect(back).toBeLessThanOrEqual(charge.value.amountMinor - charge.value.marginMinor)
      }),
      { numRuns: 300 },
    ))
})

describe('what goes back at its own rate', () => {
  it('adds up to exactly what was paid, whatever the parts', () =>
    fc.assert(
      fc.property(anAmount, fc.array(anAmount, { minLength: 1, maxLength: 6 }), (whole, parts) => {
        const all = parts.reduce((sum, part) => sum + part, 0)
        let [gone, back] = [0, 0]
        for (const part of parts) {
          const now = shareOf(whole, gone + part, all) - shareOf(whole, gone, all)
          expect(now).toBeGreaterThanOrEqual(0)
          gone += part
          back += now
        }
        expect(back).toBe(whole)
      }),
      { numRuns: 300 },
    ))
})

describe('a rate', () => {
  it('is read from its decimal digits, exactly', () => {
    expect(readRate('7.8123')).toEqual({ numerator: 78_123, denominator: 10_000 })
    expect(readRate('0.0000345')).toEqual({ numerator: 69, denominator: 2_000_000 })
    for (const text of ['', '0', '0.0', '-1', '1e3', '1,5', '01', ' 1', '12345678', '1.2345678', '1.', '.5', 'NaN', '١']) expect(readRate(text)).toBeUndefined()
  })

  it('of two against a third is their quotient, in safe integers', () =>
    fc.assert(
      fc.property(aRate, aRate, (wallet, shop) => {
        const { numerator, denominator } = crossRate(wallet, shop)
        expect(Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator)).toBe(true)
        expect(BigInt(numerator) * BigInt(wallet.denominator) * BigInt(shop.numerator)).toBe(
          BigInt(denominator) * BigInt(wallet.numerator) * BigInt(shop.denominator),
        )
      }),
      { numRuns: 300 },
    ))
})
