import type { RefObject } from 'react'
import type { Currency } from '#protocol/money.ts'
import { Categories } from '../parts/categories.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { SearchField } from '../parts/search-field.tsx'
import type { Catalogue } from '../selling/use-catalogue.ts'
import './products.css'

type Props = {
  readonly catalogue: Catalogue
  readonly currency: Currency
  readonly field: RefObject<HTMLInputElement | null>
  onTake(): void
  onAdd(gtin: string): void
}

export function Products({ catalogue, currency, field, onTake, onAdd }: Props) {
  const { query, categories, category, found, marked, search, choose, mark } = catalogue
  return (
    <div className="products">
      <SearchField query={query} ref={field} onQuery={search} onTake={onTake} onMark={mark} />
      <Categories categories={categories} chosen={category} onChoose={choose} />
      <ProductGrid products={found} categories={categories} query={query} marked={marked?.gtin} currency={currency} onAdd={onAdd} />
    </div>
  )
}
