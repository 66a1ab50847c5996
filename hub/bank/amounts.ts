import { exponentOf, isCurrency, type Currency } from '#protocol/money.ts'

/** At most 18 digits altogether (ActiveOrHistoricCurrencyAndAmount): what fits the ledger's columns as well. */
export const MOST_MINOR = 10n ** 15n

/** Minor units as ISO 20022 writes them: a point, exactly the digits of the currency (JPY none, KWD three). Negative amounts do not exist there. */
export function writeAmount(minor: bigint, currency: Currency): string {
  if (minor < 0n || minor >= MOST_MINOR) throw new RangeError('an amount in a bank file is not negative and has at most 15 digits')
  const exponent = exponentOf(currency)
  const digits = String(minor).padStart(exponent + 1, '0')
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** Undefined for what is no amount of this currency: too many digits, a fraction of its smallest unit, a sign, an exponent. */
export function readAmount(text: string, currency: string): bigint | undefined {
  if (!isCurrency(currency)) return undefined
  const [, whole, fraction = ''] = /^(\d{1,15})(?:\.(\d{1,5}))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const exponent = exponentOf(currency)
  if (/[1-9]/.test(fraction.slice(exponent))) return undefined
  const minor = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'))
  return minor < MOST_MINOR ? minor : undefined
}

/** A control sum: amounts of one or several currencies added up as decimal numbers, at most 17 fraction digits of which none is needed. */
export function controlSum(amounts: readonly { readonly minor: bigint; readonly currency: Currency }[]): string {
  const DIGITS = 4
  const total = amounts.reduce((sum, { minor, currency }) => sum + minor * 10n ** BigInt(DIGITS - exponentOf(currency)), 0n)
  const digits = String(total).padStart(DIGITS + 1, '0')
  const fraction = digits.slice(-DIGITS).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -DIGITS) : `${digits.slice(0, -DIGITS)}.${fraction}`
}
