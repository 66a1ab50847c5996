import { memo, useLayoutEffect, useRef, useState } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { ProductView } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { words } from '../words.ts'
import { KeyCap } from './button.tsx'
import { hasColourEmoji, symbolOf, TINTS } from './symbol.ts'
import './product-grid.css'

/** As many tiles as a hand would scroll through; a larger catalogue is searched. */
export const MAX_TILES = 200

type Props = {
  readonly products: readonly ProductView[]
  /** Of the whole catalogue: their order gives the tiles their tints. */
  readonly categories: readonly string[]
  readonly query: string
  /** The product that Enter would add, while searching. */
  readonly marked: string | undefined
  readonly currency: Currency
  onAdd(gtin: string): void
}

export function ProductGrid({ products, categories, query, marked, currency, onAdd }: Props) {
  const [canShowEmoji] = useState(() => hasColourEmoji(document))
  const grid = useRef<HTMLUListElement>(null)
  useLayoutEffect(() => {
    if (marked !== undefined) grid.current?.querySelector('[data-marked]')?.scrollIntoView({ block: 'nearest' })
  }, [marked])

  if (products.length === 0) return <p className="product-grid-none">{query === '' ? words.noProducts : words.nothingFound(query)}</p>
  return (
    <ul className="product-grid" ref={grid} aria-label={words.products}>
      {products.slice(0, MAX_TILES).map((product) => (
        <Tile
          key={product.gtin}
          product={product}
          tint={categories.indexOf(product.category) % TINTS}
          canShowEmoji={canShowEmoji}
          currency={currency}
          marked={product.gtin === marked}
          onAdd={onAdd}
        />
      ))}
      {products.length > MAX_TILES && <li className="product-grid-more">{words.moreProducts(products.length - MAX_TILES)}</li>}
    </ul>
  )
}

type TileProps = {
  readonly product: ProductView
  readonly tint: number
  readonly canShowEmoji: boolean
  readonly currency: Currency
  readonly marked: boolean
  onAdd(gtin: string): void
}

const Tile = memo(function Tile({ product, tint, canShowEmoji, currency, marked, onAdd }: TileProps) {
  const symbol = symbolOf(product, canShowEmoji)
  const price = formatMoney(product.priceMinor, currency)
  return (
    <li>
      <button type="button" className="tile" data-marked={marked || undefined} onClick={() => onAdd(product.gtin)}>
        <span className="tile-symbol" data-tint={tint} data-kind={symbol.kind} aria-hidden="true">
          {symbol.text}
        </span>
        <span className="tile-name">{product.name}</span>
        <span className="tile-foot">
          <span>{product.soldBy === undefined ? price : words.perUnit(price, product.soldBy)}</span>
          {marked && <KeyCap action="next" />}
        </span>
      </button>
    </li>
  )
})
