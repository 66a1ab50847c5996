import type { RefundView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatTime } from '../../format.ts'
import { AlertIcon, CheckIcon, WaitIcon } from '../../parts/icons.tsx'
import { errorText, t } from '../../words.ts'

const icons = { done: CheckIcon, requested: WaitIcon, declined: AlertIcon } as const

/** What became of each refund, and why one was declined. */
export function RefundList({ refunds, now, money }: { readonly refunds: readonly RefundView[]; readonly now: EpochMs; money(minor: number): string }) {
  if (refunds.length === 0) return <p className="sales-none">{t('sales.noRefunds')}</p>
  return (
    <ul className="sales-list" data-testid="refunds">
      {refunds.map(({ refundId, of, amountMinor, at, state, code, receiptNumber }) => {
        const StateIcon = icons[state]
        const detail =
          state === 'declined' && code !== undefined
            ? `${errorText(code).say} ${errorText(code).next}`
            : receiptNumber && t('sales.receipt', { number: receiptNumber })
        return (
          <li key={refundId} className="sales-row">
            <span className="sales-time">{formatTime(at, now)}</span>
            <span className="sales-number">
              {t('sales.of', { number: of })}
              {detail !== undefined && <span className="sales-detail">{detail}</span>}
            </span>
            <span className="sales-state" data-state={state}>
              <StateIcon />
              {t(`sales.refundStates.${state}`)}
            </span>
            <strong className="sales-sum">{money(amountMinor)}</strong>
          </li>
        )
      })}
    </ul>
  )
}
