import { afterEach, describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import { formatAge, formatMoney, formatRate, formatTime, formatWeight } from './format.ts'
import { setLanguage } from './words.ts'

afterEach(() => setLanguage('en'))

describe('money', () => {
  test('shows the minor units of its currency', () => {
    expect(formatMoney(1234, 'EUR')).toBe('€12.34')
    expect(formatMoney(5, 'EUR')).toBe('€0.05')
    expect(formatMoney(-5, 'EUR')).toBe('-€0.05')
    expect(formatMoney(1234, 'JPY')).toBe('JP¥1,234')
    expect(formatMoney(1234, 'KWD')).toBe('KWD\u00a01.234')
  })

  test('uses the exponent of ISO 4217 where Intl has another one', () => {
    expect(formatMoney(123_456, 'HUF')).toBe('HUF\u00a01,234.56')
  })

  test('loses no unit of an amount that a float would round', () => {
    expect(formatMoney(Number.MAX_SAFE_INTEGER, 'EUR')).toBe('€90,071,992,547,409.91')
  })
})

describe('in Chinese and Arabic', () => {
  test('money has the digits of its currency, in western figures', () => {
    setLanguage('zh')
    expect([formatMoney(1234, 'CNY'), formatMoney(1234, 'JPY'), formatMoney(1234, 'KWD')]).toEqual(['¥12.34', 'JP¥1,234', 'KWD\u00a01.234'])
    setLanguage('ar')
    expect([formatMoney(1234, 'SAR'), formatMoney(1234, 'JPY'), formatMoney(1234, 'KWD')].map((text) => text.replaceAll(/[^\d.,]/g, ''))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^12\.34/), expect.stringMatching(/^1,234/), expect.stringMatching(/^1\.234/)]),
    )
  })

  test('times and ages are said their way', () => {
    const at = new Date(2025, 5, 3, 14, 2).getTime()
    setLanguage('zh')
    expect([formatTime(at, at), formatAge(2 * HOUR)]).toEqual(['14:02', '2 小时'])
    setLanguage('ar')
    expect([formatTime(at, at), formatAge(2 * DAY)]).toEqual(['14:02', 'يومان'])
  })
})

test('rates are percentages', () => {
  expect(formatRate(190_000)).toBe('19%')
  expect(formatRate(55_000)).toBe('5.5%')
})

test('a time of another day says which', () => {
  const at = new Date(2025, 5, 3, 14, 2).getTime()
  expect(formatTime(at, at + 60_000)).toBe('14:02')
  expect(formatTime(at, at + 24 * 3_600_000)).toMatch(/Tue.*3 Jun.*14:02/)
})

test('ages are said as a person says them', () => {
  const ages = [59 * SECOND, MINUTE, 59 * MINUTE, HOUR, 3 * HOUR + 5 * MINUTE, 47 * HOUR, 2 * DAY, 40 * DAY]
  expect(ages.map(formatAge)).toEqual(['under a minute', '1 min', '59 min', '1 h', '3 h 5 min', '47 h', '2 days', '40 days'])
})

test('weights have all three places, as on the scale', () => {
  expect(formatWeight({ milli: 486, unit: 'kg' })).toBe('0.486 kg')
  expect(formatWeight({ milli: 12_000, unit: 'lb' })).toBe('12.000 lb')
})
