import { MAX_MILLI } from '../device/messages.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import { endsInCheckDigit } from './gtin.ts'

/** What a shop's own label says: the product's number, and the weight in thousandths or the price in minor units where the layout has them. */
export type Label = { readonly plu: string; readonly milli?: number; readonly priceMinor?: number }

/**
 * Reads an EAN-13 by the shop's own layouts (`catalogue.labels`: prefix digits, `I` product number, `P` price, `W` weight, `V` price check digit,
 * `C` the EAN's check digit). The first layout whose fixed digits fit decides; undefined when none fits. GS1 leaves these layouts to each country
 * and retailer (General Specifications §2.1.11), so none is ever assumed.
 */
export function readLabel(ean13: string, layouts: readonly string[]): Outcome<Label, 'sale.bad_label'> | undefined {
  if (!/^\d{13}$/.test(ean13)) return undefined
  const layout = layouts.find((candidate) => fits(candidate, ean13))
  if (layout === undefined) return undefined
  if (!endsInCheckDigit(ean13)) return fail('sale.bad_label', 'check digit')
  const field = (letter: string) => [...ean13].filter((_, at) => layout[at] === letter).join('')
  const plu = field('I').replace(/^0+/, '')
  if (plu === '') return fail('sale.bad_label', 'no product number')
  const [price, grams, verifier] = [field('P'), field('W'), field('V')]
  if (verifier !== '' && verifier !== priceCheckDigit(price)) return fail('sale.bad_label', 'price check digit')
  const [priceMinor, milli] = [Number(price), Number(grams)]
  if (price !== '' && priceMinor === 0) return fail('sale.bad_label', 'no price')
  if (grams !== '' && (milli === 0 || milli > MAX_MILLI)) return fail('sale.bad_label', 'weight')
  return ok({ plu, ...(price === '' ? {} : { priceMinor }), ...(grams === '' ? {} : { milli }) })
}

const fits = (layout: string, digits: string): boolean =>
  layout.length === digits.length && [...layout].every((sign, at) => !/\d/.test(sign) || sign === digits[at])

/**
 * Weighted products of the price check digit (General Specifications §7.9.2): a digit multiplied by 2 or 5, whose tens are then taken from
 * (`minus`) or added to (`plus`) its units.
 */
const twoMinus = [0, 2, 4, 6, 8, 9, 1, 3, 5, 7]
const three = [0, 3, 6, 9, 2, 5, 8, 1, 4, 7]
const fiveMinus = [0, 5, 9, 4, 8, 3, 7, 2, 6, 1]
const fivePlus = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]

/** Over four digits (§7.9.3) or five (§7.9.4); undefined for any other length, for which there is no such digit. `2875` has 9. */
export function priceCheckDigit(price: string): string | undefined {
  if (price.length === 4) return String((3 * weigh(price, [twoMinus, twoMinus, three, fiveMinus])) % 10)
  if (price.length !== 5) return undefined
  const rest = (10 - (weigh(price, [fivePlus, twoMinus, fiveMinus, fivePlus, twoMinus]) % 10)) % 10
  return String(fiveMinus.indexOf(rest))
}

const weigh = (digits: string, weights: readonly (readonly number[])[]): number =>
  weights.reduce((sum, products, at) => sum + (products[Number(digits[at])] ?? 0), 0)
