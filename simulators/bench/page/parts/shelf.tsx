import { useState } from 'react'
import type { Currency } from '#protocol/money.ts'
import { hasColourEmoji, symbolOf } from '../../../../terminal/renderer/parts/symbol.ts'
import type { BenchProduct } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { formatMoney } from '../format.ts'
import { words } from '../words.ts'
import { Barcode } from './barcode.tsx'
import './shelf.css'

type Props = { readonly products: readonly BenchProduct[]; readonly currency: Currency }

/** Goods stand on boards; at a board's edge hang the labels with price and barcode. */
export function Shelf({ products, currency }: Props) {
  const [canShowEmoji] = useState(() => hasColourEmoji(document))
  return (
    <section className="shelf device" aria-labelledby="shelf-title">
      <header className="device-head">
        <h2 id="shelf-title">{words.shelf.title}</h2>
        <p className="shelf-hint">{products.length === 0 ? words.shelf.empty : words.shelf.hint}</p>
      </header>
      <ul className="boards">
        {products.map((product) => (
          <ProductOnShelf key={product.gtin} product={product} symbol={symbolOf(product, canShowEmoji)} currency={currency} />
        ))}
      </ul>
    </section>
  )
}

type ProductProps = { readonly product: BenchProduct; readonly symbol: ReturnType<typeof symbolOf>; readonly currency: Currency }

function ProductOnShelf({ product: { gtin, name, priceMinor }, symbol, currency }: ProductProps) {
  const perform = usePerform()
  const [scans, setScans] = useState(0)
  const price = formatMoney(priceMinor, currency)
  const scan = () => {
    setScans(scans + 1)
    perform({ act: 'scan', text: gtin })
  }
  return (
    <li>
      <button type="button" className="product" onClick={scan}>
        <span className="hidden-text">{words.shelf.scan}</span>
        <span className="product-symbol" data-kind={symbol.kind} aria-hidden="true">
          <span>{symbol.text}</span>
        </span>
        <span className="label">
          <span className="label-name">{name}</span>
          <span className="label-price">{price}</span>
          <Barcode gtin={gtin} />
          {scans > 0 && <span key={scans} className="laser" />}
        </span>
      </button>
    </li>
  )
}
