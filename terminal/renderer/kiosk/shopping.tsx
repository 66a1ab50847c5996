import { memo, useLayoutEffect, useRef, useState } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { LineView, ProductView, Shelves, View } from '#protocol/till-api/api.ts'
import { formatMoney, formatWeight } from '../format.ts'
import { LineGoods } from '../goods/line-goods.tsx'
import { ProductPicture } from '../parts/product-picture.tsx'
import type { Session } from '../session/session.ts'
import { t, useLanguage } from '../words.ts'
import { Big } from './big.tsx'
import type { Remark } from './remark.ts'
import { Remarked } from './remarked.tsx'
import type { Wish } from './step.ts'

/** As many pictures as drift by while nobody is there. */
const SHOWN = 5

/** Nobody is there: a calm loop that any touch ends, and any scan. */
export function Attract({ shelves, onBegin }: { readonly shelves: Shelves; onBegin(): void }) {
  const shown = shelves.products.filter(({ picture }) => picture !== undefined).slice(0, SHOWN)
  return (
    <>
      <div className="kiosk-see kiosk-attract" onClick={onBegin}>
        <div className="kiosk-loop" aria-hidden="true">
          {shown.map((product) => (
            <Picture key={product.gtin} product={product} />
          ))}
        </div>
        <h1>{t('kiosk.welcome')}</h1>
        <p>{t('kiosk.welcomeHint')}</p>
      </div>
      <div className="kiosk-do kiosk-attract-do">
        <Big look="primary" onClick={onBegin}>
          {t('kiosk.begin')}
        </Big>
      </div>
    </>
  )
}

const Picture = ({ product }: { readonly product: Pick<ProductView, 'name' | 'category' | 'picture' | 'symbol'> }) =>
  product.picture === undefined ? <span>{product.symbol}</span> : <ProductPicture product={product} picture={product.picture} />

type ShoppingProps = {
  readonly step: 'scan' | 'correct' | 'review'
  readonly view: View
  readonly session: Session
  readonly remark: Remark | undefined
  choose(wish: Wish): void
}

/** The goods so far above; below what can be done about them: add, take away, look once more, pay. */
export function Shopping({ step, view, session, remark, choose }: ShoppingProps) {
  const { sale, till, tenders } = view
  const [isSure, setSure] = useState(false)
  const { currency } = till
  const isEmpty = sale.lines.length === 0
  const amount = formatMoney(tenders?.restMinor ?? sale.totalMinor, currency)
  const startOver = () => {
    if (!isSure) return setSure(true)
    setSure(false)
    void session.command({ type: 'clearSale' }).then(() => choose('scan'))
  }
  const title = step === 'review' ? t('kiosk.reviewTitle') : step === 'correct' ? t('kiosk.wrongTitle') : t('customer.yours')
  return (
    <>
      <div className="kiosk-see">
        <h1 className={step === 'scan' && !isEmpty ? 'hidden-text' : undefined}>{isEmpty ? t('kiosk.empty') : title}</h1>
        {!isEmpty && step !== 'correct' && <Lines lines={sale.lines} touched={sale.touched} currency={currency} />}
        {!isEmpty && (
          <p className="kiosk-total">
            <span>
              {t('total')} <small>{t('items', { count: sale.itemCount })}</small>
            </span>
            <strong data-testid="total">{formatMoney(sale.totalMinor, currency)}</strong>
          </p>
        )}
      </div>
      <div className="kiosk-do">
        <Remarked remark={remark} />
        {step === 'correct' && !isEmpty && <Corrections lines={sale.lines} currency={currency} session={session} />}
        <div className="kiosk-buttons">
          {step === 'scan' && (
            <>
              <Big onClick={() => choose('pick')}>{t('kiosk.pick')}</Big>
              {!isEmpty && <Big onClick={() => choose('correct')}>{t('kiosk.wrong')}</Big>}
              {!isEmpty && (
                <Big look="primary" onClick={() => choose('review')}>
                  {t('kiosk.pay', { amount })}
                </Big>
              )}
            </>
          )}
          {step === 'correct' && (
            <>
              {!isEmpty && <Big onClick={startOver}>{t(isSure ? 'kiosk.startOverAgain' : 'kiosk.startOver')}</Big>}
              <Big look="primary" onClick={() => choose('scan')}>
                {t('kiosk.done')}
              </Big>
            </>
          )}
          {step === 'review' && (
            <>
              <Big onClick={() => choose('scan')}>{t('kiosk.reviewMore')}</Big>
              <Big onClick={() => choose('correct')}>{t('kiosk.wrong')}</Big>
              <Big look="primary" onClick={() => void session.command({ type: 'takePayment' })}>
                {t('kiosk.reviewYes', { amount })}
              </Big>
            </>
          )}
        </div>
      </div>
    </>
  )
}

type LinesProps = { readonly lines: readonly LineView[]; readonly touched: string | undefined; readonly currency: Currency }

function Lines({ lines, touched, currency }: LinesProps) {
  const list = useRef<HTMLOListElement>(null)
  const quantity = lines.find(({ id }) => id === touched)?.quantity
  useLayoutEffect(() => {
    list.current?.querySelector('[data-touched]')?.scrollIntoView({ block: 'nearest' })
  }, [touched, quantity, lines.length])
  return (
    <ol className="kiosk-lines" ref={list} aria-label={t('customer.yours')} tabIndex={0}>
      {lines.map((line) => (
        <li key={line.id} className="kiosk-line" data-testid="kiosk-line" data-touched={line.id === touched || undefined}>
          <Named line={line} currency={currency} />
          <strong>{formatMoney(line.totalMinor, currency)}</strong>
        </li>
      ))}
    </ol>
  )
}

const Named = memo(({ line, currency }: { readonly line: LineView; readonly currency: Currency }) => {
  useLanguage()
  const { name, quantity, weight, unitMinor } = line
  return (
    <span>
      {name}
      {quantity > 1 && (
        <small>
          {quantity} {t('times')} {formatMoney(unitMinor, currency)}
        </small>
      )}
      {weight !== undefined && (
        <small>{t('weighed', { weight: formatWeight(weight), price: t('perUnit', { price: formatMoney(unitMinor, currency), unit: weight.unit }) })}</small>
      )}
      <LineGoods line={line} currency={currency} />
    </span>
  )
})

type CorrectionsProps = { readonly lines: readonly LineView[]; readonly currency: Currency; readonly session: Session }

/** In the lower half, since there is something to touch on every line. */
const Corrections = ({ lines, currency, session }: CorrectionsProps) => (
  <ol className="kiosk-lines" aria-label={t('kiosk.wrongTitle')} tabIndex={0}>
    {lines.map((line) => (
      <li key={line.id} className="kiosk-line" data-testid="kiosk-line">
        <Named line={line} currency={currency} />
        <Big
          aria-label={t('kiosk.remove', { name: line.name })}
          onClick={() => void session.command({ type: 'setQuantity', line: line.id, quantity: line.weight === undefined ? line.quantity - 1 : 0 })}
        >
          {t('kiosk.removeShort')}
        </Big>
      </li>
    ))}
  </ol>
)

type PickingProps = { readonly shelves: Shelves; readonly currency: Currency; readonly session: Session; onDone(): void }

/** Goods without a barcode, by category and picture. */
export function Picking({ shelves, currency, session, onDone }: PickingProps) {
  const [category, setCategory] = useState(shelves.categories[0]?.name)
  const take = ({ gtin, variants }: ProductView) => {
    void session.command(variants === undefined ? { type: 'addProduct', gtin } : { type: 'openVariants', of: variants.of })
    onDone()
  }
  return (
    <>
      <div className="kiosk-see">
        <h1>{t('kiosk.pickTitle')}</h1>
        <div className="kiosk-categories" role="group" aria-label={t('categories')}>
          {shelves.categories.map(({ name }) => (
            <Big key={name} aria-pressed={name === category} onClick={() => setCategory(name)}>
              {name}
            </Big>
          ))}
        </div>
      </div>
      <div className="kiosk-do">
        <ul className="kiosk-tiles" tabIndex={0} aria-label={category}>
          {shelves.products
            .filter((product) => product.category === category)
            .map((product) => (
              <li key={product.gtin}>
                <button type="button" className="kiosk-tile" onClick={() => take(product)}>
                  <span className="kiosk-tile-picture" aria-hidden="true">
                    <Picture product={product} />
                  </span>
                  <span>{product.name}</span>
                  <small>
                    {product.soldBy === undefined
                      ? formatMoney(product.priceMinor, currency)
                      : t('perUnit', { price: formatMoney(product.priceMinor, currency), unit: product.soldBy })}
                  </small>
                </button>
              </li>
            ))}
        </ul>
        <div className="kiosk-buttons">
          <Big onClick={onDone}>{t('kiosk.back')}</Big>
        </div>
      </div>
    </>
  )
}
