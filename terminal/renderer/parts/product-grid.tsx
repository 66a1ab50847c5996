import { memo, useDeferredValue, useLayoutEffect, useRef, type KeyboardEvent } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { ProductView } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import type { Language } from '../language/languages.ts'
import { t, useLanguage } from '../words.ts'
import { KeyCap } from './button.tsx'
import { tileAfter } from './grid-keys.ts'
import { ProductPicture } from './product-picture.tsx'
import { hasColourEmoji, symbolOf, TINTS } from './symbol.ts'
import './product-grid.css'

/** As many tiles as a hand would scroll through; a larger catalogue is searched. */
const MAX_TILES = 200
/** About what is in sight when the grid comes back, after each sale and each pane: the rest is drawn a moment later, when nobody waits for it. */
const FIRST_TILES = 40

/** Found out once, when the first tiles are drawn. */
let probed: boolean | undefined

type Props = {
  readonly products: readonly ProductView[]
  /** Of the whole catalogue: their order gives the tiles their tints. */
  readonly categories: readonly string[]
  readonly query: string
  /** How many products there are beside these. */
  readonly more: number
  /** The product that Enter would add, while searching. */
  readonly marked: ProductView | undefined
  readonly currency: Currency
  onAdd(product: ProductView): void
  /** The focus shall go back to where products are searched. */
  onLeave(): void
}

/** Drawn anew only when its products, the mark or the language are others, and not with every view. */
export const ProductGrid = memo(function ProductGrid({ products, categories, query, more, marked, currency, onAdd, onLeave }: Props) {
  const language = useLanguage()
  const canShowEmoji = (probed ??= hasColourEmoji(document))
  const grid = useRef<HTMLUListElement>(null)
  useLayoutEffect(() => {
    if (marked !== undefined) grid.current?.querySelector('[data-marked]')?.scrollIntoView({ block: 'nearest' })
  }, [marked])

  /** Arrows go from tile to tile; up from the first row, back to the search field. */
  const moveFocus = (event: KeyboardEvent<HTMLUListElement>) => {
    const tiles = [...event.currentTarget.querySelectorAll<HTMLElement>('.tile')]
    const from = tiles.findIndex((tile) => tile === document.activeElement)
    if (from < 0 || !/^(Arrow|Home$|End$)/.test(event.key)) return
    // Asked of the grid: the tiles out of sight have no place before somebody asks for it.
    const { direction, gridTemplateColumns } = getComputedStyle(event.currentTarget)
    const to = tileAfter(event.key, from, tiles.length, gridTemplateColumns.split(' ').length, direction === 'rtl')
    if (to === undefined) onLeave()
    else tiles[to]?.focus()
    event.preventDefault()
  }

  const drawn = useDeferredValue(MAX_TILES, FIRST_TILES)
  const left = more + Math.max(0, products.length - MAX_TILES)
  if (products.length === 0) return <p className="product-grid-none">{query === '' ? t('noProducts') : t('nothingFound', { query })}</p>
  return (
    <ul className="product-grid" ref={grid} aria-label={t('products')} onKeyDown={moveFocus}>
      {products.slice(0, drawn).map((product) => (
        <Tile
          // What stands for several variants has the number of the first.
          key={`${product.gtin} ${product.variants?.count ?? ''}`}
          product={product}
          tint={categories.indexOf(product.category) % TINTS}
          canShowEmoji={canShowEmoji}
          currency={currency}
          language={language}
          marked={product === marked}
          onAdd={onAdd}
        />
      ))}
      {left > 0 && <li className="product-grid-more">{t('moreProducts', { number: left })}</li>}
    </ul>
  )
})

type TileProps = {
  readonly product: ProductView
  readonly tint: number
  readonly canShowEmoji: boolean
  readonly currency: Currency
  /** Names, and its price, are written in it. */
  readonly language: Language
  readonly marked: boolean
  onAdd(product: ProductView): void
}

const Tile = memo(function Tile({ product, tint, canShowEmoji, currency, marked, onAdd }: TileProps) {
  const symbol = symbolOf(product, canShowEmoji)
  const price = formatMoney(product.priceMinor, currency)
  return (
    <li>
      <button type="button" className="tile" data-marked={marked || undefined} onClick={() => onAdd(product)}>
        <span className="tile-symbol" data-tint={tint} data-kind={symbol.kind} aria-hidden="true">
          {product.picture === undefined ? symbol.text : <ProductPicture product={product} picture={product.picture} />}
        </span>
        <span className="tile-name">
          {product.name}
          {product.secondName !== undefined && <span className="tile-second-name"> {product.secondName}</span>}
        </span>
        <span className="tile-foot">
          <span>{priceText(product, price)}</span>
          {marked && <KeyCap action="next" />}
        </span>
      </button>
    </li>
  )
})

function priceText({ soldBy, variants }: ProductView, price: string): string {
  if (variants !== undefined) return `${t('goods.variants', { count: variants.count })} · ${t('goods.from', { price })}`
  return soldBy === undefined ? price : t('perUnit', { price, unit: soldBy })
}
