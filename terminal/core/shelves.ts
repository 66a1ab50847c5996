import type { Product } from '#protocol/hub/messages.ts'
import type { ProductView, Shelves } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { productAt } from '../sale/pricing.ts'

/** As many as a hand scrolls through. */
const FIRST_PAGE = 60
/** So that a screen draws as quickly with a thousand categories. */
const MOST_TILES = 3000

/** At the price that holds at `now`. */
export function productView(product: Product, now: EpochMs): ProductView {
  const { gtin, name, secondName, category, priceMinor, taxPpm, symbol, picture, soldBy } = productAt(product, now)
  return { gtin, name, secondName, category, priceMinor, taxPpm, symbol, picture, soldBy }
}

/** What a screen lays out of all that a till sells: the categories in the order in which the catalogue first names them, and the first products of each. */
export function shelvesOf(products: readonly Product[], now: EpochMs): Shelves {
  const counts = new Map<string, number>()
  for (const { category } of products) counts.set(category, (counts.get(category) ?? 0) + 1)
  const page = Math.min(FIRST_PAGE, Math.max(1, Math.floor(MOST_TILES / Math.max(1, counts.size))))
  const shown = new Map<string, number>()
  const first = products.filter(({ category }) => {
    const before = shown.get(category) ?? 0
    shown.set(category, before + 1)
    return before < page
  })
  return {
    categories: [...counts].map(([name, count]) => ({ name, products: count })),
    products: first.slice(0, MOST_TILES).map((product) => productView(product, now)),
  }
}
