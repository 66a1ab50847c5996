import { memo, useLayoutEffect, useRef } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { CustomerLine, CustomerView } from '#protocol/till-api/customer.ts'
import { formatMoney, formatWeight } from '../format.ts'
import { LineGoods } from '../goods/line-goods.tsx'
import { t, useLanguage } from '../words.ts'

/** The goods so far, the last one in sight, and their sum. */
export function CustomerBasket({ view }: { readonly view: CustomerView }) {
  const { lines, touched, currency, savedMinor, paidMinor, tipMinor, weighing } = view
  const list = useRef<HTMLOListElement>(null)
  const quantity = lines.find(({ id }) => id === touched)?.quantity
  useLayoutEffect(() => {
    list.current?.querySelector('[data-touched]')?.scrollIntoView({ block: 'nearest' })
  }, [touched, quantity, lines.length])
  return (
    <main className="customer-basket">
      <h1 className="hidden-text">{t('customer.yours')}</h1>
      <ol className="customer-lines" ref={list} aria-label={t('customer.yours')} tabIndex={0}>
        {lines.map((line) => (
          <Line key={line.id} line={line} currency={currency} isTouched={line.id === touched} />
        ))}
      </ol>
      {weighing !== undefined && (
        <p className="customer-weighing" role="status">
          <span>
            {t('customer.onScale')} · {weighing.name}
          </span>
          <span>
            {weighing.weight !== undefined && `${formatWeight(weighing.weight)} × `}
            {t('perUnit', { price: formatMoney(weighing.unitMinor, currency), unit: weighing.unit })}
          </span>
          {weighing.totalMinor !== undefined && <strong>{formatMoney(weighing.totalMinor, currency)}</strong>}
        </p>
      )}
      <p className="customer-total">
        <span>
          {t('total')}
          <small>{t('items', { count: view.itemCount })}</small>
        </span>
        <strong data-testid="customer-total">{formatMoney(view.totalMinor, currency)}</strong>
        {savedMinor !== undefined && <span className="customer-saved">{t('saved', { amount: formatMoney(savedMinor, currency) })}</span>}
        {tipMinor !== undefined && <span className="customer-paid">{t('customer.tip', { amount: formatMoney(tipMinor, currency) })}</span>}
        {paidMinor !== undefined && <span className="customer-paid">{t('customer.paid', { amount: formatMoney(paidMinor, currency) })}</span>}
      </p>
    </main>
  )
}

type LineProps = { readonly line: CustomerLine; readonly currency: Currency; readonly isTouched: boolean }

const Line = memo(
  function Line({ line, currency, isTouched }: LineProps) {
    useLanguage()
    const { name, quantity, weight, unitMinor, totalMinor, discountMinor, reasons = [] } = line
    return (
      <li className="customer-line" data-touched={isTouched || undefined}>
        <span className="customer-line-name">
          {name}
          {weight !== undefined && (
            <small>{t('weighed', { weight: formatWeight(weight), price: t('perUnit', { price: formatMoney(unitMinor, currency), unit: weight.unit }) })}</small>
          )}
          {quantity > 1 && (
            <small>
              {quantity} {t('times')} {formatMoney(unitMinor, currency)}
            </small>
          )}
          <LineGoods line={line} currency={currency} />
          {discountMinor !== undefined && <small className="customer-line-off">{[formatMoney(-discountMinor, currency), ...reasons].join(' · ')}</small>}
        </span>
        <strong>{formatMoney(totalMinor, currency)}</strong>
      </li>
    )
  },
  (before, after) => before.isTouched === after.isTouched && before.currency === after.currency && JSON.stringify(before.line) === JSON.stringify(after.line),
)
