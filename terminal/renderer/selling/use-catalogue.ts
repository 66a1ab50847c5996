import { useDeferredValue, useMemo, useState } from 'react'
import type { ProductView } from '#protocol/till-api/api.ts'
import { categoriesOf, findProducts, indexProducts } from './find-products.ts'

export type Catalogue = {
  readonly categories: readonly string[]
  /** Undefined: all. A search looks in all of them. */
  readonly category: string | undefined
  readonly query: string
  readonly found: readonly ProductView[]
  /** What Enter adds while searching. */
  readonly marked: ProductView | undefined
  search(query: string): void
  choose(category: string | undefined): void
  nextCategory(): void
  mark(step: 1 | -1): void
}

/** What of the catalogue is on the screen: the person's search, category and mark. */
export function useCatalogue(products: readonly ProductView[]): Catalogue {
  const [query, setQuery] = useState('')
  const [category, setCategory] = useState<string>()
  const [position, setPosition] = useState(0)
  const index = useMemo(() => indexProducts(products), [products])
  const categories = useMemo(() => categoriesOf(products), [products])
  // The field stays ahead of the grid on a slow machine.
  const slowQuery = useDeferredValue(query)
  const found = useMemo(() => findProducts(index, slowQuery, category), [index, slowQuery, category])
  const searching = query.trim() !== ''

  const search = (next: string) => {
    setQuery(next)
    setPosition(0)
  }
  const choose = (next: string | undefined) => {
    setCategory(next)
    search('')
  }
  return {
    categories,
    category: searching ? undefined : category,
    query,
    found,
    // Only what is drawn can be taken by Enter.
    marked: searching && slowQuery === query ? found[position] : undefined,
    search,
    choose,
    nextCategory: () => choose(category === undefined ? categories[0] : categories[categories.indexOf(category) + 1]),
    mark: (step) => setPosition((at) => Math.min(Math.max(0, found.length - 1), Math.max(0, at + step))),
  }
}
