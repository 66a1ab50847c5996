import { lazy, Suspense, useState } from 'react'
import type { Minor } from '#protocol/money.ts'
import type { Shelves, View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatTime } from '../format.ts'
import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import '../baskets/basket-panel.css'

/** They are rarely opened, and need not be there before the first sale. */
const EmptiesDialog = lazy(async () => ({ default: (await import('./empties-dialog.tsx')).EmptiesDialog }))
const ExemptDialog = lazy(async () => ({ default: (await import('./exempt-dialog.tsx')).ExemptDialog }))
const PointsDialog = lazy(async () => ({ default: (await import('./points-dialog.tsx')).PointsDialog }))

type Props = { readonly view: View; readonly shelves: Shelves; readonly now: EpochMs; readonly session: Session }

/** What can be done about the goods in the basket and for the customer, beside prices: empties, how something is made, tax, points. */
export function GoodsPanel({ view, shelves, now, session }: Props) {
  const [open, setOpen] = useState<'empties' | 'exempt' | 'points'>()
  const { sale, till } = view
  const { customer, exemption } = sale
  const money = (minor: Minor) => formatMoney(minor, till.currency)
  const line = sale.lines.find(({ id }) => id === sale.touched) ?? sale.lines.at(-1)
  const close = () => setOpen(undefined)
  return (
    <section className="basket-panel" aria-label={t('goods.title')}>
      <h3>{t('goods.title')}</h3>
      <p role="status">{customer === undefined ? t('goods.noCustomer') : <CustomerFacts customer={customer} now={now} />}</p>
      <div className="basket-panel-actions">
        {line?.madeToOrder === true && (
          <Button action="change" onClick={() => void session.command({ type: 'changeModifiers', line: line.id })}>
            {t('goods.change', { name: line.name })}
          </Button>
        )}
        {shelves.deposits !== undefined && (
          <Button action="empties" data-goods="empties" onClick={() => setOpen('empties')}>
            {t('goods.empties')}
          </Button>
        )}
        {exemption === undefined ? (
          <Button action="exempt" data-goods="exempt" disabled={sale.lines.length === 0} onClick={() => setOpen('exempt')}>
            {t('goods.noTax')}
          </Button>
        ) : (
          <Button action="exempt" onClick={() => void session.command({ type: 'exemptSale', reason: null })}>
            {t('goods.noTaxOff')}
          </Button>
        )}
        {customer !== undefined && (
          <>
            <Button action="points" data-goods="points" disabled={customer.canSpend === 0 || sale.lines.length === 0} onClick={() => setOpen('points')}>
              {t('goods.spend')}
            </Button>
            <Button action="removeCustomer" onClick={() => void session.command({ type: 'removeCustomer' })}>
              {t('goods.removeCustomer')}
            </Button>
          </>
        )}
      </div>
      <Suspense>
        {open === 'empties' && <EmptiesDialog sale={sale} deposits={shelves.deposits ?? []} money={money} session={session} onClose={close} />}
        {open === 'exempt' && <ExemptDialog session={session} onClose={close} />}
        {open === 'points' && customer !== undefined && <PointsDialog customer={customer} session={session} onClose={close} />}
      </Suspense>
    </section>
  )
}

function CustomerFacts({ customer, now }: { readonly customer: NonNullable<View['sale']['customer']>; readonly now: EpochMs }) {
  const { label, balance, earns, spends } = customer
  const points = (count: number) => t('goods.points', { count })
  return [
    t('goods.customer', { label }),
    balance === undefined ? t('goods.noBalance') : t('goods.balance', { points: points(balance.points), time: formatTime(balance.at, now) }),
    ...(earns > 0 ? [t('goods.earns', { points: points(earns) })] : []),
    ...(spends > 0 ? [t('goods.spends', { points: points(spends) })] : []),
  ].join(' · ')
}
