import type { SoldView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatTime } from '../../format.ts'
import { t } from '../../words.ts'
import { leftOf } from './refundable.ts'

type Props = { readonly sold: readonly SoldView[]; readonly now: EpochMs; money(minor: number): string; onOpen(receiptNumber: string): void }

/** One row is one button: what can be done with a sale is said in its dialog. */
export function SoldList({ sold, now, money, onOpen }: Props) {
  if (sold.length === 0) return <p className="sales-none">{t('sales.none')}</p>
  const stateOf = ({ state, refundedMinor }: SoldView) =>
    state === 'captured' && refundedMinor > 0 ? t('sales.partly', { sum: money(refundedMinor) }) : t(`sales.states.${state}`)
  return (
    <>
      <ul className="sales-list">
        {sold.map((sale) => (
          <li key={sale.paymentId}>
            <button type="button" aria-haspopup="dialog" onClick={() => onOpen(sale.receiptNumber)}>
              <span className="sales-time">{formatTime(sale.at, now)}</span>
              <span className="sales-number">{sale.receiptNumber}</span>
              <span className="sales-state" data-ended={leftOf(sale) === 0 || undefined}>
                {stateOf(sale)}
              </span>
              <strong className="sales-sum">{money(sale.totalMinor)}</strong>
            </button>
          </li>
        ))}
      </ul>
      <p className="sales-note">{t('sales.latest')}</p>
    </>
  )
}
