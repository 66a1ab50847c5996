import type { Catalogue, Product } from '#protocol/hub/messages.ts'
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

/**
 * Several variants of one thing as one tile, which stands where the first of them would; what there is one of, or what is no variant, as it is. The tile costs
 * what the cheapest does.
 */
function asTiles(products: readonly Product[], all: readonly Product[], now: EpochMs): readonly ProductView[] {
  const wanted = new Set(products.flatMap(({ variant }) => variant?.of ?? []))
  const families = new Map<string, Product[]>()
  if (wanted.size > 0)
    for (const product of all)
      if (product.variant !== undefined && wanted.has(product.variant.of))
        families.set(product.variant.of, [...(families.get(product.variant.of) ?? []), product])
  const shown = new Set<string>()
  return products.flatMap((product): readonly ProductView[] => {
    const of = product.variant?.of
    const family = of === undefined ? [] : (families.get(of) ?? [])
    if (of === undefined || family.length < 2) return [productView(product, now)]
    if (shown.has(of)) return []
    shown.add(of)
    const { secondName: _, soldBy: __, ...first } = productView(product, now)
    const priceMinor = Math.min(...family.map((member) => productAt(member, now).priceMinor))
    return [{ ...first, name: of, priceMinor, variants: { of, count: family.length } }]
  })
}

/** What was found, with what variants are called together before the first of them. */
export function withVariants(found: readonly Product[], all: readonly Product[], now: EpochMs): readonly ProductView[] {
  const tiles = new Map(asTiles(found, all, now).flatMap((tile) => (tile.variants === undefined ? [] : [[tile.variants.of, tile] as const])))
  return found.flatMap((product) => {
    const tile = tiles.get(product.variant?.of ?? '')
    tiles.delete(product.variant?.of ?? '')
    return tile === undefined ? [productView(product, now)] : [tile, productView(product, now)]
  })
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
    products: asTiles(first.slice(0, MOST_TILES), products, now),
  }
}

/** What a customer's display shows of a catalogue beside its products. A promotion for which something must be shown is for those who have that. */
export function forCustomers({ promotions = [] }: Pick<Catalogue, 'promotions'>): Pick<Shelves, 'offers'> {
  const offers = promotions
    .filter(({ coupon }) => coupon === undefined)
    .map(({ name, from, until, gtins, categories }) => ({ name, from, until, gtin: gtins?.[0], category: categories?.[0] }))
  return offers.length === 0 ? {} : { offers }
}
