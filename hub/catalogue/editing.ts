import { differing, readRow, shown, withoutZeros } from './import.ts'
import type { BadRow, CatalogueChange, ProductsFound, ProductText } from '#protocol/hub-api/catalogue.ts'
import { MAX_PRODUCTS, type Product } from '#protocol/hub/messages.ts'
import type { Currency } from '#protocol/money.ts'

/** One product at a time, by a person: read like a row of a file, so that nothing gets in that a file could not bring. Pure. */
export type Edited = { readonly products: readonly Product[]; readonly bad: readonly BadRow[]; readonly items: CatalogueChange['items'] }

const FIELDS = ['gtin', 'name', 'category', 'price', 'tax'] as const
const MOST_FOUND = 50
const bad = (field: string, value: string, say: string): Edited => ({ products: [], items: [], bad: [{ line: 1, field, value, say }] })

export const textOf = (product: Product, currency: Currency): ProductText => ({
  gtin: product.gtin,
  name: product.name,
  category: product.category,
  price: shown(product, 'priceMinor', currency),
  tax: shown(product, 'taxPpm', currency),
})

/** Those that have every word of `query` in their number, names or category, in the catalogue's order. */
export function findProducts(products: readonly Product[], query: string, currency: Currency): ProductsFound {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const found: Product[] = []
  for (const product of products) {
    const text = [product.gtin, product.name, product.secondName, product.reading, product.category].join(' ').toLowerCase()
    if (words.every((word) => text.includes(word))) found.push(product)
    if (found.length > MOST_FOUND) break
  }
  return { products: found.slice(0, MOST_FOUND).map((product) => textOf(product, currency)), more: found.length > MOST_FOUND }
}

/** `before`: as whoever edits it saw it; undefined for a new one. */
export function editProduct(products: readonly Product[], wanted: ProductText, before: ProductText | undefined, currency: Currency): Edited {
  const at = products.findIndex(({ gtin }) => withoutZeros(gtin) === withoutZeros(wanted.gtin))
  const old = products[at]
  if (!isAsSeen(old, before, currency)) return bad('gtin', wanted.gtin, old === undefined ? 'is gone' : 'was added or changed by somebody else')
  if (old === undefined && products.length >= MAX_PRODUCTS) return bad('row', '', `is beyond the ${MAX_PRODUCTS} products that a catalogue may have`)
  const cells = FIELDS.map((name) => wanted[name])
  const known = new Map(old === undefined ? [] : [[withoutZeros(old.gtin), old]])
  const read = readRow({ line: 1, cells, isOpen: false }, FIELDS, currency, known)
  if (read.product === undefined) return { products: [], items: [], bad: read.bad }
  // Its number stays as it was written at first.
  const product = { ...read.product, gtin: old?.gtin ?? read.product.gtin }
  const { gtin, name } = product
  return {
    products: old === undefined ? [...products, product] : products.with(at, product),
    items: [{ gtin, name, fields: old === undefined ? [] : differing(old, product, currency) }],
    bad: [],
  }
}

export function removeProduct(products: readonly Product[], gtin: string, before: ProductText, currency: Currency): Edited {
  const old = products.find((product) => product.gtin === gtin)
  if (old === undefined || !isAsSeen(old, before, currency)) return bad('gtin', gtin, old === undefined ? 'is gone' : 'was added or changed by somebody else')
  const bundle = products.find(({ parts = [] }) => parts.some((part) => withoutZeros(part.gtin) === withoutZeros(gtin)))
  if (bundle !== undefined) return bad('gtin', gtin, `is a part of ${bundle.name}`)
  return { products: products.filter((product) => product !== old), items: [{ gtin, name: old.name, fields: [] }], bad: [] }
}

const isAsSeen = (old: Product | undefined, before: ProductText | undefined, currency: Currency): boolean =>
  JSON.stringify(old && FIELDS.map((name) => textOf(old, currency)[name])) === JSON.stringify(before && FIELDS.map((name) => before[name]))
