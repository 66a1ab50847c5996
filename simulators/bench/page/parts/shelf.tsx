import { useState, type FormEvent } from 'react'
import type { Currency } from '#protocol/money.ts'
import { hasColourEmoji, symbolOf } from '../../../../terminal/renderer/parts/symbol.ts'
import type { BenchProduct, Reader } from '../../contract.ts'
import { readWith, usePerform } from '../bench.ts'
import { formatMoney } from '../format.ts'
import { words } from '../words.ts'
import { Barcode } from './barcode.tsx'
import { Button } from './button.tsx'
import { ScanIcon } from './icons.tsx'
import './shelf.css'

type Props = {
  readonly products: readonly BenchProduct[]
  readonly currency: Currency
  /** What goods are held before. */
  readonly reader: Reader
  readonly onReader: (reader: Reader) => void
}

const choices: readonly Reader[] = ['scanner', 'hid_scanner', 'camera']

/** Goods stand on boards; at a board's edge hang the labels with price and barcode. */
export function Shelf({ products, currency, reader, onReader }: Props) {
  const [canShowEmoji] = useState(() => hasColourEmoji(document))
  return (
    <section className="shelf device" aria-labelledby="shelf-title">
      <header className="device-head">
        <h2 id="shelf-title">{words.shelf.title}</h2>
        <fieldset className="shelf-readers">
          <legend className="hidden-text">{words.shelf.readWith}</legend>
          {choices.map((choice) => (
            <label key={choice}>
              <input type="radio" name="reader" checked={choice === reader} onChange={() => onReader(choice)} />
              <span>{words.shelf.readers[choice]}</span>
            </label>
          ))}
        </fieldset>
      </header>
      <AnyCode reader={reader} />
      {products.length === 0 && <p className="shelf-empty">{words.shelf.empty}</p>}
      <ul className="boards">
        {products.map((product) => (
          <ProductOnShelf key={product.gtin} product={product} symbol={symbolOf(product, canShowEmoji)} currency={currency} reader={reader} />
        ))}
      </ul>
    </section>
  )
}

function AnyCode({ reader }: Pick<Props, 'reader'>) {
  const perform = usePerform()
  const [text, setText] = useState('')
  const scan = (event: FormEvent) => {
    event.preventDefault()
    if (text !== '') perform(readWith(reader, text))
  }
  return (
    <form className="shelf-form" onSubmit={scan}>
      <input
        value={text}
        maxLength={4096}
        aria-label={words.shelf.label}
        placeholder={words.shelf.placeholder}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setText(target.value)}
      />
      <Button type="submit" look="primary" disabled={text === ''}>
        <ScanIcon />
        {words.shelf.scan}
      </Button>
    </form>
  )
}

type ProductProps = { readonly product: BenchProduct; readonly symbol: ReturnType<typeof symbolOf> } & Pick<Props, 'currency' | 'reader'>

function ProductOnShelf({ product: { gtin, name, priceMinor, soldBy }, symbol, currency, reader }: ProductProps) {
  const perform = usePerform()
  const [scans, setScans] = useState(0)
  const price = formatMoney(priceMinor, currency)
  const scan = () => {
    setScans(scans + 1)
    perform(readWith(reader, gtin))
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
          <span className="label-price">
            {price}
            {soldBy && <small> {words.shelf.weighed(soldBy)}</small>}
          </span>
          <Barcode gtin={gtin} />
          {scans > 0 && <span key={scans} className="laser" />}
        </span>
      </button>
    </li>
  )
}
