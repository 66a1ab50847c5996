import { memo, useCallback, useLayoutEffect, useRef } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { LineView, SaleView, TenderView } from '#protocol/till-api/api.ts'
import { formatMoney, formatWeight } from '../format.ts'
import { LineGoods } from '../goods/line-goods.tsx'
import type { Language } from '../language/languages.ts'
import { t, useLanguage } from '../words.ts'
import { BarcodeIcon, ScaleIcon } from './icons.tsx'
import './basket.css'

type Props = {
  readonly sale: SaleView
  readonly stage: TenderView['stage']
  readonly currency: Currency
  readonly selected: LineView | undefined
  onSelect(line: string): void
}

/** The lines of the sale, oldest first; the one that the last scan touched is scrolled into sight and lights up once. */
export function Basket({ sale, stage, currency, selected, onSelect }: Props) {
  const language = useLanguage()
  const list = useRef<HTMLOListElement>(null)
  const selectedId = selected?.id
  const isOpen = stage === 'none'
  const latest = useRef(onSelect)
  const choose = useCallback((line: string) => latest.current(line), [])
  useLayoutEffect(() => {
    latest.current = onSelect
  })
  const touchedQuantity = sale.lines.find(({ id }) => id === sale.touched)?.quantity
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [selectedId, touchedQuantity, sale.lines.length])

  if (sale.lines.length === 0) return <EmptyBasket next={stage === 'approved'} />
  // While its lines cannot be chosen, the list itself is what a keyboard scrolls.
  return (
    <ol className="basket" ref={list} aria-label={t('basket')} {...(isOpen ? {} : { tabIndex: 0 })}>
      {sale.lines.map((line) => (
        <Row
          key={line.id}
          line={line}
          currency={currency}
          language={language}
          isTouched={line.id === sale.touched}
          isSelected={isOpen && line.id === selectedId}
          isOpen={isOpen}
          onSelect={choose}
        />
      ))}
    </ol>
  )
}

type RowProps = {
  readonly line: LineView
  readonly currency: Currency
  /** What it says is written in it. */
  readonly language: Language
  readonly isTouched: boolean
  readonly isSelected: boolean
  /** Lines can be chosen. */
  readonly isOpen: boolean
  onSelect(line: string): void
}

/** Drawn anew only when something about it is another: a basket may have hundreds, and a scan changes one. A line that did not change is the same object in each view. */
const Row = memo(function Row({ line, currency, isTouched, isSelected, isOpen, onSelect }: RowProps) {
  return (
    <li data-testid="basket-line">
      <button type="button" className="line" aria-pressed={isSelected} disabled={!isOpen} onClick={() => onSelect(line.id)}>
        {/* A new key starts the animation again. */}
        {isTouched && <span className="line-flash" key={`${line.id} ${line.quantity}`} aria-hidden="true" />}
        <Count line={line} />
        <span className="line-name">
          {line.name}
          {line.weight !== undefined && (
            <span className="line-each">
              {t('weighed', {
                weight: formatWeight(line.weight),
                price: t('perUnit', { price: formatMoney(line.unitMinor, currency), unit: line.weight.unit }),
              })}
            </span>
          )}
          {line.quantity > 1 && <span className="line-each">{t('each', { price: formatMoney(line.unitMinor, currency) })}</span>}
          <LineGoods line={line} currency={currency} />
          {line.discountMinor !== undefined && (
            <span className="line-each" data-testid="line-discount">
              {[formatMoney(-line.discountMinor, currency), ...(line.reasons ?? [])].join(' · ')}
            </span>
          )}
        </span>
        <span className="line-total">{formatMoney(line.totalMinor, currency)}</span>
      </button>
    </li>
  )
})

/** Pieces as a number; what was weighed has its weight below its name. */
const Count = ({ line }: { readonly line: LineView }) => (
  <span className="line-quantity">
    {line.weight === undefined ? (
      <>
        {line.quantity}
        <span className="line-times"> {t('times')}</span>
      </>
    ) : (
      <ScaleIcon />
    )}
  </span>
)

function EmptyBasket({ next }: { readonly next: boolean }) {
  const text = next ? 'readyForNext' : 'emptyBasket'
  return (
    <div className="basket-empty">
      <BarcodeIcon />
      <p className="basket-empty-title">{t(`${text}.title`)}</p>
      <p>{t(`${text}.hint`)}</p>
    </div>
  )
}
