import type { ProductView } from '#protocol/till-api/api.ts'

/** Lower case without accents, so that "creme" finds "Crème". */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

const wordsOf = (text: string): readonly string[] =>
  plain(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

export type Indexed = { readonly product: ProductView; readonly words: readonly string[] }

export const indexProducts = (products: readonly ProductView[]): readonly Indexed[] =>
  products.map((product) => ({ product, words: wordsOf(`${product.name} ${product.category}`) }))

/**
 * Products of a category (all for undefined), or, with a query, those of any category where every word of the query begins a word of
 * the name or category. A GTIN finds its product only whole: part of one would sell whatever happens to contain it.
 */
export function findProducts(index: readonly Indexed[], query: string, category: string | undefined): readonly ProductView[] {
  const wanted = wordsOf(query)
  const found =
    wanted.length === 0
      ? index.filter(({ product }) => category === undefined || product.category === category)
      : index.filter(
          ({ product, words }) =>
            (isGtin(query.trim()) && padded(product.gtin) === padded(query.trim())) || wanted.every((part) => words.some((word) => word.startsWith(part))),
        )
  return found.map(({ product }) => product)
}

/** Categories in the order in which the catalogue first names them. */
export const categoriesOf = (products: readonly ProductView[]): readonly string[] => [...new Set(products.map(({ category }) => category))]

/** GTINs of 8 to 13 digits are written with leading zeros as often as without. */
const padded = (gtin: string): string => gtin.padStart(14, '0')

export const isGtin = (text: string): boolean => /^\d{8,14}$/.test(text)
