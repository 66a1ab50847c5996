import { columns } from './columns.ts'
import { writtenGoods } from './goods-columns.ts'
import { isSound } from '#protocol/hub/goods.ts'
import { readCsv, type CsvRow } from './csv.ts'
import { readingOf } from './reading.ts'
import type { BadRow, CataloguePreview } from '#protocol/hub-api/catalogue.ts'
import { MAX_PRODUCTS, productSchema, type Product } from '#protocol/hub/messages.ts'
import { decimal, type Currency } from '#protocol/money.ts'

/** So many of each kind are shown; a person reads no more. */
const MAX_EXAMPLES = 100
const MAX_BAD_EXAMPLES = 1000

export type Import = { readonly products: readonly Product[]; readonly preview: CataloguePreview }

/**
 * What a CSV file makes of the catalogue. It names its columns in the first line, in any order; a row is one product, and all rows are all products. What the file
 * has no column for stays with a product as it is. `products` are to be used only if the preview has no bad row.
 */
export function importCsv(bytes: Uint8Array, current: readonly Product[], currency: Currency): Import {
  const bad: BadRow[] = []
  const products: Product[] = []
  const [head, ...rows] = rowsOf(bytes, bad)
  const names = head?.cells.map((cell) => cell.trim().toLowerCase()) ?? []
  if (bad.length === 0) bad.push(...badColumns(names, head?.line ?? 1))
  if (rows.length > MAX_PRODUCTS)
    bad.push({ line: rows[MAX_PRODUCTS]?.line ?? 1, field: 'row', value: '', say: `is beyond the ${MAX_PRODUCTS} products that a catalogue may have` })
  if (bad.length === 0) {
    const before = new Map(current.map((product) => [withoutZeros(product.gtin), product]))
    const taken = new Map<string, number>()
    const bundles: Bundle[] = []
    for (const row of rows) {
      const read = readRow(row, names, currency, before)
      const twice = read.product === undefined ? [] : takenBefore(read.product, row.line, taken)
      bad.push(...read.bad, ...twice)
      if (read.product !== undefined) products.push(read.product)
      if (read.product?.parts !== undefined) bundles.push({ line: row.line, product: read.product })
    }
    bad.push(...badParts(bundles, products))
  }
  return { products, preview: previewOf(rows.length, current, products, bad, currency) }
}

function rowsOf(bytes: Uint8Array, bad: BadRow[]): readonly CsvRow[] {
  try {
    return readCsv(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    bad.push({ line: 1, field: 'file', value: '', say: 'is not text in UTF-8' })
    return []
  }
}

function badColumns(names: readonly string[], line: number): BadRow[] {
  const missing = Object.keys(columns).filter((name) => columns[name]?.isRequired === true && !names.includes(name))
  return [
    ...missing.map((field) => ({ line, field, value: '', say: 'is a column that has to be there' })),
    ...names.filter((name) => !Object.hasOwn(columns, name)).map((field) => ({ line, field, value: '', say: `is none of ${Object.keys(columns).join(', ')}` })),
    ...names.filter((name, at) => names.indexOf(name) !== at).map((field) => ({ line, field, value: '', say: 'is there twice' })),
  ]
}

export function readRow(
  { line, cells, isOpen }: CsvRow,
  names: readonly string[],
  currency: Currency,
  before: ReadonlyMap<string, Product>,
): { product?: Product; bad: readonly BadRow[] } {
  if (isOpen) return { bad: [{ line, field: 'row', value: '', say: 'has a quotation mark that is never closed' }] }
  if (cells.length !== names.length)
    return { bad: [{ line, field: 'row', value: '', say: `has ${cells.length} cells where the first line has ${names.length}` }] }
  const bad: BadRow[] = []
  const read: Partial<Record<keyof Product, unknown>> = {}
  for (const [at, name] of names.entries()) {
    const column = columns[name]
    const cell = (cells[at] ?? '').trim()
    if (column === undefined) continue
    if (cell === '' && column.isRequired !== true) {
      read[column.field] = undefined
      continue
    }
    const taken = cell === '' ? { ok: false as const, say: 'is empty' } : column.read(cell, currency)
    if (taken.ok) read[column.field] = taken.value
    else bad.push({ line, field: name, value: cell.slice(0, 80), say: taken.say })
  }
  if (bad.length > 0) return { bad }
  const whole = { ...before.get(withoutZeros(String(read.gtin))), ...read }
  if (!isSound(whole))
    return { bad: [{ line, field: 'row', value: '', say: 'is weighed or has no price of its own, and has something that only pieces have' }] }
  return { product: completed(read, before), bad }
}

function completed(read: Partial<Record<keyof Product, unknown>>, before: ReadonlyMap<string, Product>): Product {
  const known = before.get(withoutZeros(String(read.gtin)))
  const product = { ...known, ...read }
  const names = [product.name, product.secondName].filter((name) => typeof name === 'string')
  const symbol = product.symbol ?? [...(names[0] ?? '')].slice(0, 1).join('')
  const reading = product.reading ?? readingOf(names)
  const whole = Object.entries({ ...product, symbol, reading }).filter(([, value]) => value !== undefined)
  // Every field was checked by its column, or when it came; so its fields are always in one order, too.
  return productSchema.parse(Object.fromEntries(whole))
}

type Bundle = { readonly line: number; readonly product: Product }

/** Sold by the piece at its own price, and nobody is asked anything but an age: nobody asks about what is in a bundle. */
const isPlain = ({ soldBy, parts, tracks, modifiers, openPrice, giftCard }: Product): boolean =>
  [soldBy, parts, tracks, modifiers, openPrice, giftCard].every((term) => term === undefined)

/** What is in a bundle has to be there, with a price of a piece. */
function badParts(bundles: readonly Bundle[], products: readonly Product[]): readonly BadRow[] {
  const sold = new Map(products.map((product) => [withoutZeros(product.gtin), product]))
  return bundles.flatMap(({ line, product }) =>
    (product.parts ?? []).flatMap(({ gtin }) => {
      const part = sold.get(withoutZeros(gtin))
      if (part === undefined) return [{ line, field: 'parts', value: gtin, say: 'is no product of this file' }]
      return isPlain(part) ? [] : [{ line, field: 'parts', value: gtin, say: 'is weighed, a bundle itself, or something that a till has to ask about' }]
    }),
  )
}

/** Two products under one number would be sold as one of them. */
function takenBefore({ gtin, plu }: Product, line: number, taken: Map<string, number>): BadRow[] {
  const numbers = [['gtin', gtin, withoutZeros(gtin)], ...(plu === undefined ? [] : [['plu', plu, `plu ${plu}`]])] as const
  return numbers.flatMap(([field, value = '', key = '']) => {
    const first = taken.get(key)
    if (first === undefined) taken.set(key, line)
    return first === undefined ? [] : [{ line, field, value, say: `is in line ${first} already` }]
  })
}

function previewOf(rows: number, current: readonly Product[], products: readonly Product[], bad: readonly BadRow[], currency: Currency): CataloguePreview {
  const before = new Map(current.map((product) => [withoutZeros(product.gtin), product]))
  const after = new Set(products.map(({ gtin }) => withoutZeros(gtin)))
  const added = products.filter(({ gtin }) => !before.has(withoutZeros(gtin)))
  const gone = current.filter(({ gtin }) => !after.has(withoutZeros(gtin)))
  const changed = products.flatMap((product) => {
    const old = before.get(withoutZeros(product.gtin))
    const fields = old === undefined ? [] : differing(old, product, currency)
    return fields.length === 0 ? [] : [{ gtin: product.gtin, name: product.name, fields }]
  })
  const named = ({ gtin, name }: Product) => ({ gtin, name })
  return {
    rows,
    added: added.length,
    changed: changed.length,
    gone: gone.length,
    same: products.length - added.length - changed.length,
    bad: bad.length,
    examples: {
      added: added.slice(0, MAX_EXAMPLES).map(named),
      changed: changed.slice(0, MAX_EXAMPLES),
      gone: gone.slice(0, MAX_EXAMPLES).map(named),
      bad: bad.slice(0, MAX_BAD_EXAMPLES),
    },
  }
}

const nameOf = new Map(Object.entries(columns).map(([name, { field }]) => [field, name]))

export function differing(before: Product, after: Product, currency: Currency): { readonly field: string; readonly before: string; readonly after: string }[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Product)[]
  return fields
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field: nameOf.get(field) ?? field, before: shown(before, field, currency), after: shown(after, field, currency) }))
}

/** As a file has it. */
export function shown(product: Product, field: keyof Product, currency: Currency): string {
  const { [field]: value, priceMinor, taxPpm } = product
  if (field === 'priceMinor') return decimal({ amountMinor: priceMinor, currency })
  if (field === 'taxPpm') return String(taxPpm / 10_000)
  return value === undefined ? '' : (writtenGoods(product, field, currency) ?? (typeof value === 'string' ? value : JSON.stringify(value)))
}

/** The same number, however long it was written. */
export const withoutZeros = (gtin: string): string => gtin.replace(/^0+/, '')
