import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate, decimal, exponentOf, isCurrency, money, scale, sum } from './money.ts'

const amount = fc.maxSafeInteger()

describe('currencies', () => {
  test.each([
    ['JPY', 0],
    ['EUR', 2],
    ['USD', 2],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %i decimal digits (ISO 4217)', (currency, exponent) => expect(exponentOf(currency)).toBe(exponent))

  test.each(['', 'eur', 'EURO', 'XXX', 'XTS', 'XAU', 'constructor', '€'])('%o is none that anybody pays in', (text) => {
    expect(isCurrency(text)).toBe(false)
    expect(() => exponentOf(text)).toThrow('invariant')
  })

  test('no code stands in two lists', () => {
    const codes = ['AED', 'BIF', 'BHD', 'ZWG', 'UYI', 'UYU', 'UYW'].map((code) => exponentOf(code))
    expect(codes).toEqual([2, 0, 3, 2, 0, 2, 4])
  })
})

describe('amounts', () => {
  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)])('%d is not an amount of minor units', (broken) => {
    expect(() => money(broken, 'EUR')).toThrow('invariant')
  })

  test('a sum that leaves the safe integers is not returned', () => {
    expect(sum([])).toBe(0)
    expect(sum([1, 2, -3])).toBe(0)
    expect(() => sum([Number.MAX_SAFE_INTEGER, 1])).toThrow('invariant')
    expect(() => sum([Number.MAX_SAFE_INTEGER, 1, -1])).toThrow('invariant')
  })
})

describe('scale', () => {
  test.each([
    [5, 1, 10, 1],
    [-5, 1, 10, -1],
    [4, 1, 10, 0],
    [-4, 1, 10, 0],
    [15, 1, 10, 2],
    [25, 1, 10, 3],
    [-25, 1, 10, -3],
    [1999, 190_000, 1_190_000, 319],
    [100, -1, 3, -33],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('%i × %i / %i is %i: halves go away from zero (EN 16931)', (value, numerator, denominator, expected) => {
    expect(scale(value, numerator, denominator)).toBe(expected)
  })

  test('is the nearest integer, and the one further from zero of two nearest', () => {
    const ratio = fc.integer({ min: -2_000_000, max: 2_000_000 })
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), ratio, fc.integer({ min: 1, max: 2_000_000 }), (value, numerator, denominator) => {
        const exact = BigInt(value) * BigInt(numerator)
        const twiceTheError = 2n * (BigInt(scale(value, numerator, denominator)) * BigInt(denominator) - exact)
        const halfUp = exact < 0n ? -twiceTheError : twiceTheError
        expect(halfUp > -BigInt(denominator) && halfUp <= BigInt(denominator)).toBe(true)
      }),
    )
  })

  test('treats money given and money taken alike', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 2_000_000 }), fc.integer({ min: 1 }), (value, numerator, denominator) => {
        const there = scale(value, numerator, denominator)
        expect(scale(-value, numerator, denominator)).toBe(there === 0 ? 0 : -there)
      }),
    )
  })

  test('never gives -0, which JSON and Object.is treat unlike 0', () => {
    expect(Object.is(scale(-1, 1, 1000), 0)).toBe(true)
  })

  test.each([
    [1, 1, 0],
    [1, 1, -1],
    [1, 0.5, 1],
    [1, 1, 0.5],
    [Number.MAX_SAFE_INTEGER, 2, 1],
  ])('%d × %d / %d throws', (value, numerator, denominator) => expect(() => scale(value, numerator, denominator)).toThrow('invariant'))
})

describe('allocate', () => {
  const weights = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 20 }).filter((list) => list.some((weight) => weight > 0))

  test.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [-100, [1, 1, 1], [-34, -33, -33]],
    [1, [1, 1], [1, 0]],
    [5, [3, 7], [2, 3]],
    [10, [0, 1, 0], [0, 10, 0]],
    [0, [1, 2], [0, 0]],
  ])('%i by %j is %j', (total, by, expected) => expect(allocate(total, by)).toEqual(expected))

  test('the parts add up to the whole, to the last unit', () => {
    fc.assert(fc.property(amount, weights, (total, by) => allocate(total, by).reduce((all, part) => all + BigInt(part), 0n) === BigInt(total)))
  })

  test('no part is further than one unit from its exact share, and none of weight 0 gets anything', () => {
    fc.assert(
      fc.property(amount, weights, (total, by) => {
        const whole = by.reduce((all, weight) => all + BigInt(weight), 0n)
        for (const [index, part] of allocate(total, by).entries()) {
          const weight = BigInt(by[index] ?? 0)
          const error = BigInt(part) * whole - BigInt(total) * weight
          expect(error < whole && -error < whole).toBe(true)
          expect(weight > 0n || Object.is(part, 0)).toBe(true)
        }
      }),
    )
  })

  test('more weight never gets less', () => {
    fc.assert(
      fc.property(fc.nat(), weights, (total, by) => {
        const parts = allocate(total, by).map((part, index) => ({ part, weight: by[index] ?? 0 }))
        for (const a of parts) for (const b of parts) expect(a.weight > b.weight && a.part < b.part).toBe(false)
      }),
    )
  })

  test.each([[[]], [[0, 0]], [[-1, 2]], [[0.5, 0.5]]])('weights %j throw', (by) => expect(() => allocate(100, by)).toThrow('invariant'))
})

describe('decimal', () => {
  test.each([
    [-1234, 'EUR', '-12.34'],
    [5, 'EUR', '0.05'],
    [-5, 'EUR', '-0.05'],
    [0, 'EUR', '0.00'],
    [1234, 'JPY', '1234'],
    [-7, 'JPY', '-7'],
    [1234, 'KWD', '1.234'],
    [1, 'CLF', '0.0001'],
  ])('%i %s is %s', (amountMinor, currency, expected) => expect(decimal({ amountMinor, currency })).toBe(expected))

  test('says every digit and no other', () => {
    fc.assert(
      fc.property(amount, fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'), (amountMinor, currency) => {
        expect(Number(decimal({ amountMinor, currency }).replace('.', '')) + 0).toBe(amountMinor + 0)
      }),
    )
  })
})
