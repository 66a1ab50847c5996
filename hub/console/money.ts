import { exponentOf, NO_CURRENCY, type Currency } from '#protocol/money.ts'
import { locale, words } from './words.ts'

/**
 * Amounts for reading. Ledger totals are decimal strings of minor units that outgrow 2^53, so the decimal point is set in the text and Intl
 * gets a string: no amount ever becomes a float.
 */

const digitsOf = (currency: Currency): number => (currency === NO_CURRENCY ? 0 : exponentOf(currency))

/** `-1234` EUR as `-12.34`, of any length. */
export function decimalOf(minor: string, currency: Currency): string {
  const exponent = digitsOf(currency)
  const negative = minor.startsWith('-')
  const digits = (negative ? minor.slice(1) : minor).padStart(exponent + 1, '0')
  const point = digits.length - exponent
  const text = exponent === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return negative ? `-${text}` : text
}

const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: Currency, style: 'currency' | 'decimal'): Intl.NumberFormat {
  const key = `${style} ${currency}`
  const known = formats.get(key)
  if (known !== undefined) return known
  // The digits of ISO 4217, which is what minor units mean here; Intl's own defaults follow CLDR and differ for some currencies.
  const digits = digitsOf(currency)
  const format = new Intl.NumberFormat(locale, { style, currency, minimumFractionDigits: digits, maximumFractionDigits: digits })
  formats.set(key, format)
  return format
}

/** `€12.34`; of what is no currency, `1,234 points`. */
export const formatMoney = (minor: string | number, currency: Currency): string =>
  currency === NO_CURRENCY
    ? words.points.of(formatPlain(String(minor), currency))
    : formatOf(currency, 'currency').format(decimalOf(String(minor), currency) as `${number}`)

/** What a table of this currency is called. */
export const nameOf = (currency: Currency): string => (currency === NO_CURRENCY ? words.points.title : currency)

/** `12.34`, for a column whose heading names the currency. */
export const formatPlain = (minor: string, currency: Currency): string => formatOf(currency, 'decimal').format(decimalOf(minor, currency) as `${number}`)
