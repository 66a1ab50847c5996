import { useState } from 'react'
import type { Minor } from '#protocol/money.ts'
import type { LineView, View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatTime } from '../format.ts'
import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { PriceDialog, type PriceStep } from './price-dialog.tsx'
import { WordsDialog } from './words-dialog.tsx'
import './basket-panel.css'

type Props = { readonly view: View; readonly now: EpochMs; readonly session: Session }

/** What can be done to a basket beside filling it: prices, discounts, the last change, and baskets that were put aside. */
export function BasketPanel({ view, now, session }: Props) {
  const [step, setStep] = useState<PriceStep>()
  const [writing, setWriting] = useState<'note' | 'coupon'>()
  const { sale, till, parked = [] } = view
  const line = lineInHand(view)
  const isEmpty = sale.lines.length === 0
  const money = (minor: Minor) => formatMoney(minor, till.currency)
  return (
    <section className="basket-panel" aria-label={t('basketPanel.title')}>
      <h3>{t('basketPanel.title')}</h3>
      <div className="basket-panel-actions">
        <Button action="undo" disabled={sale.canUndo === undefined} onClick={() => void session.command({ type: 'undo' })}>
          {t('basketPanel.undo')}
        </Button>
        <Button action="redo" disabled={sale.canRedo === undefined} onClick={() => void session.command({ type: 'redo' })}>
          {t('redo')}
        </Button>
        <Button action="offSale" disabled={isEmpty} onClick={() => setStep({ what: 'sale' })}>
          {t('basketPanel.offSale')}
        </Button>
        {line !== undefined && (
          <Button action="offLine" onClick={() => setStep({ what: 'line', line })}>
            {t('basketPanel.offLine', { name: line.name })}
          </Button>
        )}
        {line?.openPrice === true && (
          <Button action="price" onClick={() => setStep({ what: 'price', line })}>
            {t('basketPanel.price', { name: line.name })}
          </Button>
        )}
        <Button action="park" disabled={isEmpty} onClick={() => void session.command({ type: 'park' })}>
          {t('basketPanel.park')}
        </Button>
        <Button action="note" onClick={() => setWriting('note')}>
          {t('note.do')}
        </Button>
        <Button action="coupon" onClick={() => setWriting('coupon')}>
          {t('coupon.do')}
        </Button>
      </div>
      {sale.note !== undefined && (
        <p className="basket-panel-note" data-testid="sale-note">
          {t('note.do')}: {sale.note}
        </p>
      )}
      {sale.coupons !== undefined && (
        <ul className="basket-panel-actions" aria-label={t('coupon.used')}>
          {sale.coupons.map((code) => (
            <li key={code}>
              <Button onClick={() => void session.command({ type: 'removeCoupon', code })}>{t('coupon.remove', { code })}</Button>
            </li>
          ))}
        </ul>
      )}
      {parked.length > 0 && (
        <ul className="basket-panel-parked" aria-label={t('basketPanel.parked')}>
          {parked.map(({ id, at, itemCount, totalMinor, note }, index) => (
            <li key={id}>
              <span>
                {formatTime(at, now)} · {t('items', { count: itemCount })} · {money(totalMinor)}
                {note !== undefined && ` · ${note}`}
              </span>
              <Button {...(index === 0 ? { action: 'recall' } : {})} onClick={() => void session.command({ type: 'recall', id })}>
                {t('basketPanel.recall')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {writing !== undefined && <WordsDialog what={writing} note={sale.note} session={session} onClose={() => setWriting(undefined)} />}
      {step !== undefined && <PriceDialog key={step.what} step={step} money={money} session={session} onClose={() => setStep(undefined)} />}
    </section>
  )
}

/** What still needs a price, else what was touched last. */
function lineInHand({ sale }: View): LineView | undefined {
  const unpriced = sale.lines.find(({ openPrice, unitMinor }) => openPrice === true && unitMinor === 0)
  return unpriced ?? sale.lines.find(({ id }) => id === sale.touched) ?? sale.lines.at(-1)
}
