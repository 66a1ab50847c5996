import type { Currency } from '#protocol/money.ts'
import { Categories } from '../parts/categories.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { SearchField } from '../parts/search-field.tsx'
import type { Selling } from '../selling/use-selling.ts'
import './products.css'

export function Products({ selling, currency }: { readonly selling: Selling; readonly currency: Currency }) {
  const { catalogue, searchField, takeFound, add } = selling
  const { query, categories, category, found, marked, search, choose, mark } = catalogue
  return (
    <div className="products">
      <SearchField query={query} ref={searchField} onQuery={search} onTake={takeFound} onMark={mark} />
      <Categories categories={categories} chosen={category} onChoose={choose} />
      <ProductGrid products={found} categories={categories} query={query} marked={marked?.gtin} currency={currency} onAdd={add} />
    </div>
  )
}
