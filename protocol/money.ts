import { invariant } from './outcome.ts'

/**
 * Money is a safe integer of minor units together with its currency; nothing near money is a float.
 * Sums that can outgrow 2^53 (the hub's ledger) are bigint there.
 */
export type Currency = string & { readonly __brand?: 'ISO 4217' }
export type Minor = number & { readonly __unit?: 'minor units' }
export type Money = { readonly amountMinor: Minor; readonly currency: Currency }

/** ISO 4217 alphabetic codes in circulation whose minor unit is not 2 digits. Codes in `TWO` have 2. */
const ZERO = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
const THREE = 'BHD IQD JOD KWD LYD OMR TND'
const FOUR = 'CLF UYW'
const TWO =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
  'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK ' +
  'LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON ' +
  'RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST ' +
  'XCD YER ZAR ZMW ZWG'

const exponents: ReadonlyMap<string, number> = new Map(
  (
    [
      [ZERO, 0],
      [TWO, 2],
      [THREE, 3],
      [FOUR, 4],
    ] as const
  ).flatMap(([codes, exponent]) => codes.split(' ').map((code) => [code, exponent] as const)),
)

/** ISO 4217 for what is no currency: in it the hub's ledger keeps points. Nobody pays in it: neither `isCurrency` nor `exponentOf` knows it. */
export const NO_CURRENCY: Currency = 'XXX'

export const isCurrency = (text: string): text is Currency => exponents.has(text)

/** Digits after the decimal point (ISO 4217: JPY 0, EUR 2, KWD 3). Throws for an unknown currency: edges check with `isCurrency`. */
export function exponentOf(currency: Currency): number {
  const exponent = exponents.get(currency)
  invariant(exponent !== undefined, `currency ${currency} is not in ISO 4217`)
  return exponent
}

export function money(amountMinor: Minor, currency: Currency): Money {
  invariant(Number.isSafeInteger(amountMinor), `amount ${amountMinor} is not a safe integer of minor units`)
  exponentOf(currency)
  return { amountMinor, currency }
}

/** Sum of minor units; throws when it leaves the safe integers. */
export function sum(amounts: Iterable<Minor>): Minor {
  let total = 0
  for (const amount of amounts) {
    total += amount
    invariant(Number.isSafeInteger(total), 'a sum of minor units left the safe integers')
  }
  return total
}

/** Parts per million: a 19 % tax is 190_000. */
export type Ppm = number & { readonly __unit?: 'parts per million' }

/**
 * Rounding, first of three: `amount * numerator / denominator`, halves away from zero (the commercial rounding of EN 16931).
 * Exact: the product is a bigint.
 */
export function scale(amount: Minor, numerator: number, denominator: number): Minor {
  invariant(Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator) && denominator > 0, 'a ratio needs safe integers, denominator > 0')
  const product = BigInt(amount) * BigInt(numerator)
  const divisor = BigInt(denominator)
  const magnitude = product < 0n ? -product : product
  const rounded = (2n * magnitude + divisor) / (2n * divisor)
  const result = Number(product < 0n ? -rounded : rounded)
  invariant(Number.isSafeInteger(result), 'a scaled amount left the safe integers')
  return result === 0 ? 0 : result
}

/**
 * Rounding, second of three, for who exchanges currencies and must not lose by fractions: `amount * numerator / denominator`, up to the next whole unit; a negative amount so
 * towards zero. A bigint, since a rate can make much of little.
 */
export function scaleUp(amount: Minor, numerator: bigint, denominator: bigint): bigint {
  invariant(Number.isSafeInteger(amount) && numerator >= 0n && denominator > 0n, 'a rate is not negative')
  const product = BigInt(amount) * numerator
  return product > 0n ? (product + denominator - 1n) / denominator : product / denominator
}

/**
 * Rounding, third of three: splits `total` in proportion to `weights` so that the parts add up to it exactly
 * (largest remainder; ties go to the earlier part). Weights are non-negative safe integers, not all zero.
 */
export function allocate(total: Minor, weights: readonly number[]): Minor[] {
  const whole = BigInt(sum(weights))
  invariant(whole > 0n && weights.every((weight) => weight >= 0), 'weights are non-negative and not all zero')
  const sign = total < 0 ? -1 : 1
  const magnitude = BigInt(Math.abs(total))
  const shares = weights.map((weight, index) => {
    const product = magnitude * BigInt(weight)
    return { index, floor: product / whole, remainder: product % whole }
  })
  let left = magnitude - shares.reduce((sofar, share) => sofar + share.floor, 0n)
  for (const share of shares.toSorted((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))) {
    if (left === 0n) break
    share.floor += 1n
    left -= 1n
  }
  return shares.map((share) => (share.floor === 0n ? 0 : sign * Number(share.floor)))
}

/** `-1234` EUR as `-12.34`: for receipts and logs. Screens use `Intl.NumberFormat`. */
export function decimal({ amountMinor, currency }: Money): string {
  const exponent = exponentOf(currency)
  const digits = String(Math.abs(amountMinor)).padStart(exponent + 1, '0')
  const sign = amountMinor < 0 ? '-' : ''
  return exponent === 0 ? sign + digits : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}
