import { exponentOf, NO_CURRENCY } from '#protocol/money.ts'

/** Minor units as a person reads them, for commands. Of any length: sums outgrow what numbers hold. */
export function decimalOf(minor: string, currency: string): string {
  const digits = currency === NO_CURRENCY ? 0 : exponentOf(currency)
  const whole = minor.replace('-', '').padStart(digits + 1, '0')
  const sign = minor.startsWith('-') ? '-' : ''
  return digits === 0 ? sign + whole : `${sign}${whole.slice(0, -digits)}.${whole.slice(-digits)}`
}
