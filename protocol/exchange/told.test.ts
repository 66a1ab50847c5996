import { describe, expect, it } from 'vitest'
import { exchangeOnPaper, rateText, toldOf } from './told.ts'

describe('what people are told of an exchange', () => {
  it('shows at least six digits of a rate that count, cut off and never rounded up', () => {
    const shown = (numerator: number, denominator: number): string => rateText({ numerator, denominator })
    expect([shown(78_123, 10_000), shown(163, 1), shown(29_345, 1), shown(2, 3), shown(69, 2_000_000), shown(1, 8), shown(200, 3)]).toEqual([
      '7.8123',
      '163',
      '29345',
      '0.666666',
      '0.0000345',
      '0.125',
      '66.6666',
    ])
  })

  it('says both currencies, the rate and the margin on paper', () => {
    const exchange = {
      quote: '0198c0de-0000-7000-8000-000000000001',
      currency: 'CNY',
      amountMinor: 9913,
      marginMinor: 147,
      marginPpm: 15_000,
      rate: { numerator: 78_123, denominator: 10_000 },
      source: 'ECB',
      rateAt: 1_800_000_000_000,
    }
    expect(exchangeOnPaper(toldOf(exchange), 'EUR')).toEqual({ sum: 'CNY 99.13', rate: '1 EUR = 7.8123 CNY + 1.5 %' })
    expect(exchangeOnPaper(toldOf({ ...exchange, currency: 'JPY', marginPpm: 0 }), 'EUR')).toEqual({ sum: 'JPY 9913', rate: '1 EUR = 7.8123 JPY' })
  })
})
