import { productGoods } from '#protocol/hub/goods.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { decimal, type Currency, type Minor } from '#protocol/money.ts'

/** How goods that are more than a price are written into one cell of a file, and read from it. */

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly say: string }
const wrong = (say: string): Read => ({ ok: false, say })
type MinorOf = (text: string, currency: Currency) => Minor | undefined

const listed = (cell: string, mark: string): readonly string[] => cell.split(mark).map((part) => part.trim())

function checked(field: keyof typeof productGoods, value: unknown, say: string): Read {
  const read = productGoods[field].safeParse(value)
  return read.success ? { ok: true, value: read.data } : wrong(say)
}

/** `T-shirt: Size=M; Colour=Navy`. */
export function readVariant(cell: string): Read {
  const say = 'is not such as “T-shirt: Size=M; Colour=Navy”'
  const at = cell.lastIndexOf(':', cell.indexOf('='))
  if (at < 1) return wrong(say)
  const options = listed(cell.slice(at + 1), ';').map((option) => {
    const [name = '', ...value] = listed(option, '=')
    return { name, value: value.join('=') }
  })
  return checked('variant', { of: cell.slice(0, at).trim(), options }, say)
}

/** `Milk 1: Cow, Oat +0.40 | Extras 0-2: Shot +0.80, Syrup +0.60`. */
export function readModifiers(cell: string, currency: Currency, minorOf: MinorOf): Read {
  const say = 'is not such as “Milk 1: Cow, Oat +0.40 | Extras 0-2: Shot +0.80”'
  const groups = listed(cell, '|').map((text) => {
    const [, name, least, most, choices] = /^(.+?) (\d{1,2})(?:-(\d{1,2}))?:(.+)$/.exec(text) ?? []
    return { name, min: Number(least), max: Number(most ?? least), choices: listed(choices ?? '', ',').map((choice) => choiceOf(choice, currency, minorOf)) }
  })
  return checked('modifiers', groups, say)
}

function choiceOf(text: string, currency: Currency, minorOf: MinorOf): { readonly name: string; readonly priceMinor: Minor | undefined } {
  const [, name, price] = /^(.*?)(?: ?\+(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  return { name: name ?? '', priceMinor: price === undefined ? 0 : minorOf(price, currency) }
}

/** `9520000000011; 9520000000028 x 2`. */
export function readParts(cell: string): Read {
  const parts = listed(cell, ';').map((text) => {
    const [, gtin, quantity] = /^(\d+)(?: ?x ?(\d+))?$/.exec(text) ?? []
    return { gtin, quantity: Number(quantity ?? 1) }
  })
  return checked('parts', parts, 'is not such as “9520000000011; 9520000000028 x 2”')
}

export function readAge(cell: string): Read {
  return checked('ageYears', /^\d{1,2}$/.test(cell) ? Number(cell) : Number.NaN, 'is not a number of years')
}

/** As a file has it; undefined for what is no such field. */
export function writtenGoods(product: Product, field: keyof Product, currency: Currency): string | undefined {
  const { variant, modifiers, parts, depositMinor } = product
  const amount = (amountMinor: Minor): string => decimal({ amountMinor, currency })
  if (field === 'depositMinor' && depositMinor !== undefined) return amount(depositMinor)
  if (field === 'variant' && variant !== undefined) return `${variant.of}: ${variant.options.map(({ name, value }) => `${name}=${value}`).join('; ')}`
  if (field === 'parts' && parts !== undefined) return parts.map(({ gtin, quantity }) => (quantity === 1 ? gtin : `${gtin} x ${quantity}`)).join('; ')
  if (field !== 'modifiers' || modifiers === undefined) return undefined
  const group = ({ name, min, max, choices }: (typeof modifiers)[number]): string =>
    `${name} ${min === max ? min : `${min}-${max}`}: ${choices.map((one) => (one.priceMinor === 0 ? one.name : `${one.name} +${amount(one.priceMinor)}`)).join(', ')}`
  return modifiers.map(group).join(' | ')
}
