import { invariant } from '../outcome.ts'
import { isDay, isShortDay } from './day.ts'
import { isCoupon, isCouponOffer } from './gs1-coupon.ts'
import { countryLetters, countryNumbers, currencyNumbers, packageTypes } from './gs1-lists.ts'
import { endsInCheckDigit } from './gtin.ts'

/** What the content of a component must be, beyond its characters and length; the sections are of the GS1 General Specifications. */
const rules = {
  /** §7.9.1 */
  check: endsInCheckDigit,
  /** §7.9.5: GMN and MUDI */
  check_pair: endsInCheckPair,
  date: isShortDay,
  /** Day 00: the last day of that month, or no day meant (§3.4). */
  date_or_month: (text: string) => isShortDay(text) || (text.endsWith('00') && isShortDay(`${text.slice(0, -2)}01`)),
  full_date: isDay,
  hour: (text: string) => /^(?:[01]\d|2[0-3])$/.test(text),
  sixty: (text: string) => /^[0-5]\d$/.test(text),
  time: (text: string) => /^(?:[01]\d|2[0-3])[0-5]\d$/.test(text),
  country: (text: string) => countryNumbers.has(text),
  country_or_999: (text: string) => text === '999' || countryNumbers.has(text),
  country_letters: (text: string) => countryLetters.has(text),
  currency: (text: string) => currencyNumbers.has(text),
  package: (text: string) => packageTypes.has(text),
  /** Percent-encoding is whole (RFC 3986 §2.1). */
  percent: (text: string) => !/%(?![0-9A-Fa-f]{2})/.test(text),
  hyphen: (text: string) => /^-+$/.test(text),
  importer: (text: string) => /^[0-9A-Za-z_-]$/.test(text),
  latitude: (text: string) => /^\d{10}$/.test(text) && Number(text) <= 1_800_000_000,
  longitude: (text: string) => /^\d{10}$/.test(text) && Number(text) <= 3_600_000_000,
  medium: (text: string) => /^(?:0[1-9]|10|[89]\d)$/.test(text),
  not_only_digits: (text: string) => /\D/.test(text),
  not_zero: (text: string) => /^\d+$/.test(text) && /[1-9]/.test(text),
  no_leading_zero: (text: string) => /^(?:[1-9]\d*)?$/.test(text),
  /** `2/3`: the second of three. */
  one_of_some: (text: string) => {
    const [, one, some] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? []
    return Number(one) <= Number(some)
  },
  /** `0203`: the second piece of three. */
  piece_of_total: (text: string) => {
    const half = text.length / 2
    const [piece, total] = [text.slice(0, half), text.slice(half)]
    return /^(?:\d\d)+$/.test(text) && Number(piece) > 0 && Number(piece) <= Number(total)
  },
  /** ISO/IEC 5218 */
  sex: (text: string) => /^[0129]$/.test(text),
  winding: (text: string) => /^[019]$/.test(text),
  yes_no: (text: string) => /^[01]$/.test(text),
  zero: (text: string) => /^0+$/.test(text),
  iban: isIban,
  coupon: isCoupon,
  coupon_offer: isCouponOffer,
} as const satisfies Record<string, (text: string) => boolean>

export type RuleName = keyof typeof rules

export const obeys = (rule: RuleName, text: string): boolean => rules[rule](text)

/** Figure 7.11-1, in its order: the place of a character is its value in check characters. */
const CHARACTERS_82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'

export const characterSets = {
  n: /^\d*$/,
  x: /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*$/,
  y: /^[#\-/0-9A-Z]*$/,
  /** base64url (RFC 4648 §5); padding only to a multiple of three, as GS1 has it. */
  z: /^(?:[0-9A-Za-z_-]*|(?:[0-9A-Za-z_-]{3})*(?:[0-9A-Za-z_-]==|[0-9A-Za-z_-]{2}=))$/,
} as const

/** The first 23 primes: the longest GMN has so many characters before its pair. */
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83]
const CHECK_CHARACTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

function endsInCheckPair(text: string): boolean {
  const data = text.slice(0, -2)
  if (text.length < 2 || data.length > PRIMES.length) return false
  let sum = 0
  for (let i = 0; i < data.length; i++) {
    const value = CHARACTERS_82.indexOf(data[data.length - 1 - i] ?? '')
    const prime = PRIMES[i]
    invariant(prime !== undefined, 'fewer primes than characters')
    if (value < 0) return false
    sum += value * prime
  }
  const rest = sum % 1021
  return text.endsWith(`${CHECK_CHARACTERS[rest >> 5]}${CHECK_CHARACTERS[rest & 31]}`)
}

/** ISO 13616: country, two check digits by ISO/IEC 7064 MOD 97-10, account. */
function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d\d[0-9A-Z]{1,30}$/.test(text) || !countryLetters.has(text.slice(0, 2))) return false
  let rest = 0
  for (const sign of text.slice(4) + text.slice(0, 4)) for (const digit of String(parseInt(sign, 36))) rest = (rest * 10 + Number(digit)) % 97
  return rest === 1
}
