import { currencies } from '../barcode/gs1-lists.ts'
import { utf8 } from '../bytes.ts'
import { exponentOf, type Currency, type Minor } from '../money.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'

/**
 * Merchant-presented QR codes: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, version 1.1. A code is a list of data objects, each an
 * ID of two digits, a length of two digits and that many characters; templates are lists again. The last object is a CRC over everything before it.
 *
 * Only what a shop's till shows and a wallet needs is interpreted; the rest of a code is read over.
 */
export type MerchantQr = {
  readonly currency: Currency
  /** Missing in a code whose payer types it in (a printed sticker). Minor units. */
  readonly amountMinor?: Minor
  /** One code for one payment (point of initiation 12); otherwise it is shown to everybody. */
  readonly dynamic: boolean
  /** At most 25 characters. */
  readonly merchantName: string
  /** At most 15. */
  readonly merchantCity: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** ISO 18245; `0000` where nobody said. */
  readonly categoryCode: string
  /** What the shop calls this sale (additional data, ID 05). At most 25. */
  readonly reference?: string
  /** The merchant's account with each scheme that it takes: by the scheme's globally unique identifier, values by their ID. */
  readonly accounts: readonly MerchantAccount[]
}

export type MerchantAccount = { readonly scheme: string; readonly values: Readonly<Record<string, string>> }

/** §3.3: a QR code that phones read at once holds no more. */
export const MAX_MERCHANT_QR_CHARS = 512

/** IDs of table 3.1; the merchant's accounts with schemes that have no ID of their own lie in 26 to 51. */
const FORMAT = '00'
const INITIATION = '01'
const FIRST_ACCOUNT = 26
const LAST_ACCOUNT = 51
const CATEGORY = '52'
const CURRENCY = '53'
const AMOUNT = '54'
const COUNTRY = '58'
const NAME = '59'
const CITY = '60'
const ADDITIONAL = '62'
const CRC = '63'
const REFERENCE = '05'
const SCHEME = '00'

const DYNAMIC = '12'
const STATIC = '11'
/** The CRC's own ID and length count as well (§4.7.3). */
const CRC_HEAD = `${CRC}04`

const alphabetic = new Map([...currencies].map((pair) => [pair.slice(3), pair.slice(0, 3)] as const))
const numeric = new Map([...currencies].map((pair) => [pair.slice(0, 3), pair.slice(3)] as const))

/**
 * CRC-16 of ISO/IEC 13239 as §4.7.3 has it: polynomial 0x1021, beginning with 0xffff, nothing reflected and nothing added; four upper-case hex digits.
 * It runs over the bytes of the text, while lengths count its characters.
 */
export function crcOf(text: string): string {
  let crc = 0xffff
  for (const byte of utf8(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff
  }
  return crc.toString(16).toUpperCase().padStart(4, '0')
}

const object = (id: string, value: string): string => {
  const { length } = [...value]
  invariant(/^\d\d$/.test(id) && length > 0 && length < 100, `a data object has an ID and 1 to 99 characters: ${id}`)
  return `${id}${String(length).padStart(2, '0')}${value}`
}

const cut = (text: string, length: number): string => [...text].slice(0, length).join('')

/**
 * The text of a code to show. Names that are too long are cut. Throws for what no merchant can mean: an unknown currency, no account, an amount that does not
 * fit its 13 characters.
 */
export function makeMerchantQr(qr: MerchantQr): string {
  const number = numeric.get(qr.currency)
  invariant(number !== undefined, `${qr.currency} has no number in ISO 4217`)
  invariant(qr.accounts.length > 0 && qr.accounts.length <= LAST_ACCOUNT - FIRST_ACCOUNT + 1, 'a code names who is paid')
  const accounts = qr.accounts.map(({ scheme, values }, i) => {
    const ids = Object.keys(values).sort()
    return object(String(FIRST_ACCOUNT + i), object(SCHEME, scheme) + ids.map((id) => object(id, values[id] ?? '')).join(''))
  })
  const body = [
    object(FORMAT, '01'),
    object(INITIATION, qr.dynamic ? DYNAMIC : STATIC),
    ...accounts,
    object(CATEGORY, qr.categoryCode),
    object(CURRENCY, number),
    qr.amountMinor === undefined ? '' : object(AMOUNT, amountText(qr.amountMinor, qr.currency)),
    object(COUNTRY, qr.country),
    object(NAME, cut(qr.merchantName, 25)),
    object(CITY, cut(qr.merchantCity, 15)),
    qr.reference === undefined ? '' : object(ADDITIONAL, object(REFERENCE, cut(qr.reference, 25))),
    CRC_HEAD,
  ].join('')
  const text = body + crcOf(body)
  invariant([...text].length <= MAX_MERCHANT_QR_CHARS, 'the code fits')
  return text
}

/** What somebody's camera saw. Total. `code.unknown_scheme`: not such a code at all; `code.malformed`: one with a wrong CRC, or without what it must say. */
export function readMerchantQr(text: string): Outcome<MerchantQr, 'code.unknown_scheme' | 'code.malformed'> {
  if (!text.startsWith(object(FORMAT, '01'))) return fail('code.unknown_scheme')
  const characters = [...text]
  if (characters.length > MAX_MERCHANT_QR_CHARS) return fail('code.malformed', 'too long')
  const body = text.slice(0, -4)
  if (!body.endsWith(CRC_HEAD) || crcOf(body) !== text.slice(-4).toUpperCase()) return fail('code.malformed', 'CRC')
  const objects = objectsOf(text)
  if (objects === undefined) return fail('code.malformed', 'data objects')
  const read = interpreted(objects)
  return read === undefined ? fail('code.malformed', 'what a code must say') : ok(read)
}

function interpreted(objects: ReadonlyMap<string, string>): MerchantQr | undefined {
  const currency = alphabetic.get(objects.get(CURRENCY) ?? '')
  const accounts = accountsOf(objects)
  const amount = objects.get(AMOUNT)
  if (currency === undefined || accounts === undefined) return undefined
  const amountMinor = amount === undefined ? undefined : minorOf(amount, currency)
  if (amount !== undefined && amountMinor === undefined) return undefined
  const [merchantName, merchantCity, country, categoryCode] = [NAME, CITY, COUNTRY, CATEGORY].map((id) => objects.get(id))
  if (merchantName === undefined || merchantCity === undefined || country === undefined || categoryCode === undefined) return undefined
  if (!/^[A-Z]{2}$/.test(country) || !/^\d{4}$/.test(categoryCode)) return undefined
  const reference = objectsOf(objects.get(ADDITIONAL) ?? '')?.get(REFERENCE)
  return {
    currency,
    ...(amountMinor === undefined ? {} : { amountMinor }),
    dynamic: objects.get(INITIATION) === DYNAMIC,
    merchantName,
    merchantCity,
    country,
    categoryCode,
    ...(reference === undefined ? {} : { reference }),
    accounts,
  }
}

/** Undefined when one of them is no template. Those of card schemes (02 to 25) are not templates, and not ours to read. */
function accountsOf(objects: ReadonlyMap<string, string>): readonly MerchantAccount[] | undefined {
  const accounts: MerchantAccount[] = []
  for (let id = FIRST_ACCOUNT; id <= LAST_ACCOUNT; id++) {
    const template = objects.get(String(id))
    if (template === undefined) continue
    const values = objectsOf(template)
    const scheme = values?.get(SCHEME)
    if (values === undefined || scheme === undefined) return undefined
    accounts.push({ scheme, values: Object.fromEntries([...values].filter(([name]) => name !== SCHEME)) })
  }
  return accounts
}

/** Undefined for a text that is not a whole list of data objects, or that says something twice. */
function objectsOf(text: string): ReadonlyMap<string, string> | undefined {
  const characters = [...text]
  const objects = new Map<string, string>()
  for (let at = 0; at < characters.length;) {
    const head = characters.slice(at, at + 4).join('')
    const length = Number(head.slice(2))
    if (!/^\d{4}$/.test(head) || length === 0 || at + 4 + length > characters.length) return undefined
    if (objects.has(head.slice(0, 2))) return undefined
    objects.set(head.slice(0, 2), characters.slice(at + 4, at + 4 + length).join(''))
    at += 4 + length
  }
  return objects
}

/** §4.7.5: digits with an optional point, at most 13 characters. */
function amountText(amountMinor: Minor, currency: Currency): string {
  invariant(Number.isSafeInteger(amountMinor) && amountMinor > 0, 'a code asks for money')
  const exponent = exponentOf(currency)
  const digits = String(amountMinor).padStart(exponent + 1, '0')
  const text = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
  invariant(text.length <= 13, 'an amount has at most 13 characters')
  return text
}

/** Undefined for more decimals than the currency has, and for what is no amount. */
function minorOf(text: string, currency: Currency): Minor | undefined {
  const [, whole, fraction = ''] = /^(?=.{1,13}$)(\d+)(?:\.(\d*))?$/.exec(text) ?? []
  const exponent = exponentOf(currency)
  if (whole === undefined || fraction.length > exponent) return undefined
  const minor = Number(whole + fraction.padEnd(exponent, '0'))
  return Number.isSafeInteger(minor) && minor > 0 ? minor : undefined
}
