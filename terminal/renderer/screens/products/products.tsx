import { useCallback } from 'react'
import type { Currency } from '#protocol/money.ts'
import { Button } from '../../parts/button.tsx'
import { Categories } from '../../parts/categories.tsx'
import { CameraIcon } from '../../parts/icons.tsx'
import { ProductGrid } from '../../parts/product-grid.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import type { Selling } from '../../selling/use-selling.ts'
import { t } from '../../words.ts'
import './products.css'

export function Products({ selling, currency }: { readonly selling: Selling; readonly currency: Currency }) {
  const { catalogue, searchField, takeFound, add, actions } = selling
  const { query, categories, category, found, more, marked, search, choose, mark } = catalogue
  const toSearch = useCallback(() => searchField.current?.focus(), [searchField])
  return (
    <div className="products">
      <div className="products-find">
        <SearchField
          query={query}
          ref={searchField}
          onQuery={search}
          onTake={takeFound}
          onMark={mark}
          onGoods={() => document.querySelector<HTMLElement>('.tile')?.focus()}
        />
        <Button action="camera" onClick={actions.camera}>
          <CameraIcon />
          <span className="hidden-text">{t('devices.camera')}</span>
        </Button>
      </div>
      <Categories categories={categories} chosen={category} onChoose={choose} />
      <ProductGrid products={found} categories={categories} query={query} more={more} marked={marked} currency={currency} onAdd={add} onLeave={toSearch} />
    </div>
  )
}
