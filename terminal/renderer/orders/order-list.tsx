import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { OrderView } from '#protocol/till-api/orders.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatTime } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Failed } from '../parts/failed.tsx'
import { AlertIcon, CheckIcon, WaitIcon } from '../parts/icons.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './orders.css'

/** `onOpened`: the basket of one is the one in work. */
type Props = { readonly orders: readonly OrderView[]; readonly now: EpochMs; readonly session: Session; money(minor: number): string; onOpened(): void }

const stateOf = ({ isLate, atHub }: OrderView) => (isLate ? ('late' as const) : atHub ? ('held' as const) : ('notYet' as const))
const icons = { late: AlertIcon, held: CheckIcon, notYet: WaitIcon } as const

/** Orders of this till that wait to be fetched, each with whether its money is held already. */
export function OrderList({ orders, now, session, money, onOpened }: Props) {
  const [failed, setFailed] = useState<ErrorCode>()
  const handOver = async ({ receiptNumber, restMinor }: OrderView) => {
    const outcome = await session.ask({ type: 'handOver', receiptNumber })
    setFailed(outcome.ok ? undefined : outcome.code)
    if (outcome.ok && restMinor !== undefined) onOpened()
  }
  if (orders.length === 0) return <p className="sales-none">{t('orders.none')}</p>
  return (
    <>
      <ul className="sales-list" data-testid="orders">
        {orders.map((order) => {
          const state = stateOf(order)
          const StateIcon = icons[state]
          return (
            <li key={order.receiptNumber} className="sales-row">
              <span className="sales-time">{formatTime(order.at, now)}</span>
              <span className="sales-number">
                {order.receiptNumber}
                <span className="sales-detail">{order.items.join(', ')}</span>
                {order.restMinor !== undefined && <span className="sales-detail">{t('orders.rest', { sum: money(order.restMinor) })}</span>}
                <span className="sales-detail">
                  {t('orders.until', { time: formatTime(order.until, now), sum: money(order.amountMinor - order.keptMinor) })}
                </span>
              </span>
              <span className="sales-state" data-state={state === 'held' ? 'done' : state === 'late' ? 'declined' : 'requested'}>
                <StateIcon />
                {t(`orders.${state}`)}
              </span>
              <strong className="sales-sum">{money(order.amountMinor)}</strong>
              {state !== 'late' && (
                <span className="order-act">
                  <Button onClick={() => void handOver(order)}>{t(order.restMinor === undefined ? 'orders.handOver' : 'orders.takeRest')}</Button>
                </span>
              )}
            </li>
          )
        })}
      </ul>
      {failed !== undefined && <Failed code={failed} />}
    </>
  )
}
