import { MAX_MILLI, type WeightUnit } from '../device/messages.ts'
import { exponentOf, type Currency } from '../money.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import { currencies } from './gs1-lists.ts'
import { parseDigitalLink } from './gs1-link.ts'
import { faultTogether, GS, parseBracketed, parseElements, type Gs1Element, type Gs1Elements } from './gs1.ts'
import { expandUpcE, isGtin } from './gtin.ts'
import { readLabel } from './label.ts'

/** What a code says about the goods that it is on. Exactly one of `gtin` and `plu` is there. */
export type ScannedProduct = {
  /** GTIN-8, -12, -13 or -14 with its check digit, as scanned; a UPC-E comes as the GTIN-12 that it stands for. */
  readonly gtin?: string
  /** The product's number on one of the shop's own labels. */
  readonly plu?: string
  /** Net weight in thousandths: of `unit` if that is said, else of the unit by which the shop sells the product. */
  readonly milli?: number
  readonly unit?: WeightUnit
  /** What this very item costs. */
  readonly priceMinor?: number
  readonly batch?: string
  /** YYMMDD; DD 00 is the last day of the month. */
  readonly expiry?: string
  readonly serial?: string
}

export type ReadScan = Outcome<ScannedProduct, 'sale.bad_label'> | undefined

/** AIM identifiers (ISO/IEC 15424) of symbols that hold GS1 element strings: GS1-128, DataBar, DataMatrix, QR, DotCode. */
const GS1_SYMBOLS = new Set([']C1', ']e0', ']e1', ']d2', ']Q3', ']J1'])

/**
 * Reads what was scanned as a product: plain GTINs, the shop's own labels by its `layouts` (see `catalogue.labels`), GS1 element strings and Digital
 * Links. `undefined`: no product code, or digits whose check digit is wrong. `sale.bad_label`: it is one, but what it says about price or weight
 * cannot be right. A price in a GS1 element string is taken only if `currency`, the shop's, is given. Total; reads at most MAX_SCAN_CHARS.
 */
export function readScan(text: string, aim: string | undefined, layouts: readonly string[], currency?: Currency): ReadScan {
  if (aim !== undefined && GS1_SYMBOLS.has(aim)) return fromSymbol(parseElements(text), currency)
  if (/^\d+$/.test(text)) return readDigits(text, aim, layouts) ?? readUnmarked(text, aim, currency)
  if (/^https?:\/\//i.test(text)) return fromElsewhere(parseDigitalLink(text), currency)
  if (/^\(\d/.test(text)) return fromElsewhere(parseBracketed(text), currency)
  // The linear half of a composite symbol; the other half has nothing that a sale needs (General Specifications §5.11).
  const [linear, composite] = text.split('|]e0')
  if (linear !== undefined && composite !== undefined) return readDigits(linear, aim, layouts)
  return readUnmarked(text, aim, currency)
}

function readDigits(digits: string, aim: string | undefined, layouts: readonly string[]): ReadScan {
  // ]E3: the item's code and an add-on of two or five digits, which says nothing about the product.
  const code = aim === ']E3' ? digits.slice(0, 13) : digits
  const label = readLabel(code.length === 12 ? `0${code}` : code, layouts)
  if (label) return label
  // Eight digits are a UPC-E when the scanner says EAN/UPC but not EAN-8 (]E4), or when they can be nothing else.
  const upcE = code.length === 8 && aim !== ']E4' && (aim === ']E0' || !isGtin(code)) ? expandUpcE(code) : undefined
  const gtin = upcE ?? code
  return isGtin(gtin) ? ok({ gtin }) : undefined
}

/** A scanner that does not say what kind of symbol it read still sends GS1 data: led by FNC1, or by the GTIN that almost all begin with. */
function readUnmarked(text: string, aim: string | undefined, currency: Currency | undefined): ReadScan {
  if (aim !== undefined) return undefined
  if (text.startsWith(GS)) return fromElsewhere(parseElements(text.slice(1)), currency)
  return /^01\d{14}/.test(text) ? fromElsewhere(parseElements(text), currency) : undefined
}

/** The symbol promised GS1 data, so what cannot be read as such is a bad label. */
const fromSymbol = (elements: Gs1Elements, currency: Currency | undefined): ReadScan =>
  elements.ok ? product(elements.value, currency) : fail('sale.bad_label', [elements.code, elements.detail].join(' '))

/** It only looked like GS1 data. */
const fromElsewhere = (elements: Gs1Elements, currency: Currency | undefined): ReadScan => (elements.ok ? product(elements.value, currency) : undefined)

function product(elements: readonly Gs1Element[], currency: Currency | undefined): ReadScan {
  const valueOf = (ai: string) => elements.find((element) => element.ai === ai)?.value
  const gtin = valueOf('01')
  if (gtin === undefined) return undefined
  // What is missing may be in another symbol of the item; a contradiction stays one.
  if (faultTogether(elements) === 'gs1.contradiction') return fail('sale.bad_label', 'gs1.contradiction')
  const weight = weightIn(elements)
  const price = priceIn(elements, currency)
  if (weight?.ok === false) return weight
  if (price?.ok === false) return price
  const [batch, expiry, serial] = [valueOf('10'), valueOf('17'), valueOf('21')]
  return ok({
    gtin,
    ...weight?.value,
    ...(price && { priceMinor: price.value }),
    ...(batch === undefined ? {} : { batch }),
    ...(expiry === undefined ? {} : { expiry }),
    ...(serial === undefined ? {} : { serial }),
  })
}

/** AI 310n: net weight in kilograms, 320n in pounds; n decimals. One symbol that has both tells the same weight twice. */
function weightIn(elements: readonly Gs1Element[]): Outcome<{ milli: number; unit: WeightUnit }, 'sale.bad_label'> | undefined {
  const found = elements.find(({ ai }) => /^3[12]0\d$/.test(ai))
  if (found === undefined) return undefined
  const milli = shift(Number(found.value), 3 - Number(found.ai[3]))
  if (milli === undefined || milli === 0 || milli > MAX_MILLI) return fail('sale.bad_label', `weight (${found.ai})`)
  return ok({ milli, unit: found.ai.startsWith('310') ? 'kg' : 'lb' })
}

/** AI 392n: price in the currency of the region; 393n with the number of its currency before it. n decimals. */
function priceIn(elements: readonly Gs1Element[], currency: Currency | undefined): Outcome<number, 'sale.bad_label'> | undefined {
  const found = elements.find(({ ai }) => /^39[23]\d$/.test(ai))
  if (found === undefined) return undefined
  const named = found.ai.startsWith('393')
  const isOurs = currency !== undefined && (!named || currencies.has(`${currency}${found.value.slice(0, 3)}`))
  if (!isOurs) return fail('sale.bad_label', `currency (${found.ai})`)
  const priceMinor = shift(Number(named ? found.value.slice(3) : found.value), exponentOf(currency) - Number(found.ai[3]))
  return priceMinor === undefined || priceMinor === 0 ? fail('sale.bad_label', `price (${found.ai})`) : ok(priceMinor)
}

/** `value` times ten to the power of `places`, if that is a safe integer: nothing is ever rounded here. */
function shift(value: number, places: number): number | undefined {
  const shifted = places >= 0 ? value * 10 ** places : value / 10 ** -places
  return Number.isSafeInteger(shifted) ? shifted : undefined
}
