import { readAge, readModifiers, readParts, readVariant } from './goods-columns.ts'
import { pictures, productSchema, type Product } from '#protocol/hub/messages.ts'
import { exponentOf, type Currency, type Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { weightUnits } from '#protocol/device/messages.ts'

/** Why a cell cannot be taken, for the person who has the file open. */
type Wrong = { readonly ok: false; readonly say: string }
const wrong = (say: string): Wrong => ({ ok: false, say })
/** `value` undefined: the product has nothing of this kind. */
type Read = { readonly ok: true; readonly value: unknown } | Wrong

type Column = {
  readonly field: keyof Product
  readonly isRequired?: true
  /** Of a cell that is not empty. */
  read(cell: string, currency: Currency): Read
}

const value = (read: unknown): Read => ({ ok: true, value: read })

const oneOf =
  (choices: readonly string[]) =>
  (cell: string): Read =>
    choices.includes(cell) ? value(cell) : wrong(`is none of ${choices.join(', ')}`)

const flag = (cell: string): Read =>
  /^(?:yes|true|1)$/i.test(cell) ? value(true) : /^(?:no|false|0)$/i.test(cell) ? value(undefined) : wrong('is neither yes nor no')

/** What `productSchema` says of this field alone. */
const shaped =
  (field: 'name' | 'category' | 'symbol' | 'secondName' | 'reading' | 'plu', say: string) =>
  (cell: string): Read =>
    productSchema.shape[field].safeParse(cell).success ? value(cell) : wrong(say)

/** The columns that a file may have, by the names in its first line. */
export const columns: Readonly<Record<string, Column>> = {
  gtin: { field: 'gtin', isRequired: true, read: readGtin },
  name: { field: 'name', isRequired: true, read: shaped('name', 'is longer than 200 characters or has signs that nobody sees') },
  category: { field: 'category', isRequired: true, read: shaped('category', 'is longer than 200 characters') },
  price: { field: 'priceMinor', isRequired: true, read: readPrice },
  tax: { field: 'taxPpm', isRequired: true, read: readPercent },
  symbol: { field: 'symbol', read: shaped('symbol', 'is longer than 16 characters') },
  second_name: { field: 'secondName', read: shaped('secondName', 'is longer than 200 characters or has signs that nobody sees') },
  reading: { field: 'reading', read: shaped('reading', 'is not syllables of a to z, apart by spaces') },
  sold_by: { field: 'soldBy', read: oneOf(weightUnits) },
  plu: { field: 'plu', read: shaped('plu', 'is not a number of at most six digits without leading zeros') },
  picture: { field: 'picture', read: oneOf(pictures) },
  open_price: { field: 'openPrice', read: flag },
  tax_exempt: { field: 'taxExempt', read: flag },
  variant: { field: 'variant', read: readVariant },
  modifiers: { field: 'modifiers', read: (cell, currency) => readModifiers(cell, currency, priceOf) },
  age: { field: 'ageYears', read: readAge },
  tracks: { field: 'tracks', read: oneOf(['serial', 'batch']) },
  deposit: { field: 'depositMinor', read: readPrice },
  parts: { field: 'parts', read: readParts },
}

/** 8, 12, 13 or 14 digits of which the last checks the others (GS1 General Specifications §7.9). */
function readGtin(cell: string): Read {
  if (!/^(?:\d{8}|\d{12,14})$/.test(cell)) return wrong('is not 8, 12, 13 or 14 digits')
  const sum = [...cell].toReversed().reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 1 : 3), 0)
  return sum % 10 === 0 ? value(cell) : wrong('has a last digit that does not fit the others')
}

function readPrice(cell: string, currency: Currency): Read {
  const minor = minorOf(cell, exponentOf(currency))
  return minor.ok
    ? value(minor.value)
    : wrong(`is not an amount in ${currency}, such as ${exponentOf(currency) === 0 ? '250' : `2.${'5'.padEnd(exponentOf(currency), '0')}`}`)
}

/** Digits with at most so many decimals, behind a point or a comma. By text alone: no float comes near money. */
function minorOf(cell: string, decimals: number): Outcome<Minor, 'wire.malformed'> {
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(cell)
  const part = match?.[2] ?? ''
  if (match === null || part.length > decimals) return fail('wire.malformed')
  const minor = Number((match[1] ?? '') + part.padEnd(decimals, '0'))
  return productSchema.shape.priceMinor.safeParse(minor).success ? ok(minor) : fail('wire.malformed')
}

const priceOf = (text: string, currency: Currency): Minor | undefined => {
  const minor = minorOf(text, exponentOf(currency))
  return minor.ok ? minor.value : undefined
}

function readPercent(cell: string): Read {
  const ppm = minorOf(cell.replace(/\s*%$/, ''), 4)
  return ppm.ok && productSchema.shape.taxPpm.safeParse(ppm.value).success ? value(ppm.value) : wrong('is not a rate in percent, such as 19 or 5.5')
}
