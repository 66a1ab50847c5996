import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalOf, formatMoney, formatPlain } from './money.ts'
import { NO_CURRENCY } from '#protocol/money.ts'

describe('decimalOf', () => {
  it.each([
    ['0', 'EUR', '0.00'],
    ['5', 'EUR', '0.05'],
    ['-5', 'EUR', '-0.05'],
    ['1234', 'EUR', '12.34'],
    ['1234', 'JPY', '1234'],
    ['1234', 'KWD', '1.234'],
    ['7', 'UYW', '0.0007'],
  ])('%s %s is %s', (minor, currency, text) => expect(decimalOf(minor, currency)).toBe(text))

  it('keeps every digit of any amount', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF'), (minor, currency) => {
        expect(BigInt(decimalOf(String(minor), currency).replace('.', ''))).toBe(minor)
      }),
    )
  })
})

describe('formatMoney', () => {
  it('groups, and says the currency', () => {
    expect(formatMoney(123_456, 'EUR')).toBe('€1,234.56')
    expect(formatMoney('-123456', 'EUR')).toBe('-€1,234.56')
    expect(formatMoney(123_456, 'JPY')).toBe('JP¥123,456')
    expect(formatMoney(1250, NO_CURRENCY)).toBe('1,250 points')
  })

  it('loses nothing of sums beyond 2^53 and beyond 64 bits', () => {
    expect(formatMoney('9007199254740993', 'EUR')).toBe('€90,071,992,547,409.93')
    expect(formatMoney('9223372036854775807', 'KWD').replace(/\s/g, ' ')).toBe('KWD 9,223,372,036,854,775.807')
    expect(formatPlain('123456789012345678901234567890', 'EUR')).toBe('1,234,567,890,123,456,789,012,345,678.90')
  })

  it('has the digits of ISO 4217, not of local custom', () => {
    expect(formatPlain('100', 'HUF')).toBe('1.00')
    expect(formatPlain('100', 'CLP')).toBe('100')
  })

  it('agrees with itself digit by digit for any amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (minor) => {
        expect(BigInt(formatPlain(String(minor), 'EUR').replaceAll(/[,.]/g, ''))).toBe(minor)
      }),
    )
  })
})
