import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import { CheckIcon } from '../parts/icons.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

/** Without a number: what was paid so far of the basket in work is a deposit. */
type Props = { readonly receiptNumber?: string; readonly view: View; readonly session: Session; onClose(): void }

const DAYS = [1, 3, 7, 14, 30] as const
const SHARES = [0, 10, 25, 50] as const
const PPM_OF_PERCENT = 10_000

/** Until when it can be fetched, and what becomes of the money if nobody comes: said before it is agreed on, and printed after. */
export function OrderDialog({ receiptNumber, view, session, onClose }: Props) {
  const [days, setDays] = useState<number>(7)
  const [percent, setPercent] = useState<number>(0)
  const [failed, setFailed] = useState<ErrorCode>()
  const placed = view.orders?.find((order) => order.receiptNumber === receiptNumber)
  const place = async () => {
    const wish = { days, keptPpm: percent * PPM_OF_PERCENT }
    const outcome = await session.ask(receiptNumber === undefined ? { type: 'placeDeposit', ...wish } : { type: 'placeOrder', receiptNumber, ...wish })
    setFailed(outcome.ok ? undefined : outcome.code)
    // It has left the desk with its basket, and waits on the list.
    if (outcome.ok && receiptNumber === undefined) onClose()
  }
  const main = placed === undefined ? () => void place() : onClose
  return (
    <Dialog
      title={t(receiptNumber === undefined ? 'orders.deposit' : 'orders.do')}
      testId="order-later"
      onCancel={onClose}
      onMain={main}
      onEnter={main}
      foot={
        <>
          {placed === undefined && (
            <Button action="cancel" onClick={onClose}>
              {t('refund.cancel')}
            </Button>
          )}
          <Button action="pay" look="primary" onClick={main}>
            {placed === undefined ? t('orders.place') : t('refund.close')}
          </Button>
        </>
      }
    >
      <p>
        <strong>{receiptNumber === undefined ? <Deposit view={view} /> : t('refund.receipt', { number: receiptNumber })}</strong>
      </p>
      {placed === undefined ? (
        <>
          <label className="words-field">
            {t('orders.days')}
            <select data-focus-first="" value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {DAYS.map((number) => (
                <option key={number} value={number}>
                  {t('orders.inDays', { days: number })}
                </option>
              ))}
            </select>
          </label>
          <label className="words-field">
            {t('orders.kept')}
            <select value={percent} onChange={(event) => setPercent(Number(event.target.value))}>
              {SHARES.map((number) => (
                <option key={number} value={number}>
                  {number === 0 ? t('orders.nothing') : `${number} %`}
                </option>
              ))}
            </select>
            <small>{t('orders.tell')}</small>
          </label>
        </>
      ) : (
        <p className="refund-answer" data-tone="done" role="status">
          <CheckIcon />
          {placed.atHub ? t('orders.held') : t('orders.notYet')}
        </p>
      )}
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}

function Deposit({ view: { tenders, till } }: Pick<Props, 'view'>) {
  if (tenders === undefined) return null
  const money = (minor: number) => formatMoney(minor, till.currency)
  return t('orders.depositOf', { paid: money(tenders.parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0)), rest: money(tenders.restMinor) })
}
