import { useEffect, useState } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { Slide } from '#protocol/till-api/customer.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { formatMoney } from '../format.ts'
import { languageNames, languages } from '../language/languages.ts'
import { ProductPicture } from '../parts/product-picture.tsx'
import { hasColourEmoji, symbolOf } from '../parts/symbol.ts'
import { t } from '../words.ts'
import { welcomes } from './welcomes.ts'

const EACH: DurationMs = 8 * SECOND

type Props = {
  readonly shop: string
  readonly currency: Currency
  readonly slides: readonly Slide[]
  readonly timers: Timers
  readonly isStill: boolean
}

/** The shop's welcome, then its offers and goods in turn. Where nothing shall move, the welcome stays. */
export function Slides({ shop, currency, slides, timers, isStill }: Props) {
  const [at, setAt] = useState(0)
  const count = slides.length + 1
  useEffect(() => (isStill || count === 1 ? undefined : timers.after(EACH, () => setAt((at + 1) % count))), [at, count, isStill, timers])
  const slide = isStill ? undefined : slides[(at % count) - 1]
  return (
    <main className="slides" data-testid="slides" key={slide === undefined ? 'welcome' : at}>
      {slide === undefined ? (
        <Welcome shop={shop} />
      ) : slide.kind === 'offer' ? (
        <section className="slide" data-kind="offer">
          <p className="slide-label">{t('customer.offer')}</p>
          <h1>{slide.name}</h1>
          {slide.of !== undefined && <Drawing of={slide.of} />}
        </section>
      ) : (
        <section className="slide" data-kind="product">
          <Drawing of={slide.product} />
          <h1>
            {slide.product.name}
            {slide.product.secondName !== undefined && <small>{slide.product.secondName}</small>}
          </h1>
          <p className="slide-price">{priceOf(slide.product, currency)}</p>
        </section>
      )}
      {slide !== undefined && <p className="slides-shop">{shop}</p>}
    </main>
  )
}

function priceOf({ priceMinor, soldBy }: Extract<Slide, { kind: 'product' }>['product'], currency: Currency): string {
  const price = formatMoney(priceMinor, currency)
  return soldBy === undefined ? price : t('perUnit', { price, unit: soldBy })
}

/** In every language at once: nobody has chosen one yet. */
const Welcome = ({ shop }: { readonly shop: string }) => (
  <section className="slide" data-kind="welcome">
    <h1>{shop}</h1>
    {languageNames.map((name) => (
      <p key={name} lang={languages[name].tag} dir={languages[name].dir}>
        {welcomes[name]}
      </p>
    ))}
  </section>
)

type Drawn = NonNullable<Extract<Slide, { kind: 'offer' }>['of']>

function Drawing({ of }: { readonly of: Drawn }) {
  const [canShowEmoji] = useState(() => hasColourEmoji(document))
  const symbol = symbolOf(of, canShowEmoji)
  return (
    <div className="slide-drawing" aria-hidden="true">
      {of.picture === undefined ? symbol.text : <ProductPicture product={of} picture={of.picture} />}
    </div>
  )
}
