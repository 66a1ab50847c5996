import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { Reason, reasonText, type ReasonChoice } from './reason.tsx'
import { Ways } from './ways.tsx'

type Props = { readonly returnId: Id; readonly view: View; readonly session: Session; onClose(): void }

/** What lies in the basket came back without a receipt: at its price of today, as far as the shop allows. */
export function LooseReturnDialog({ returnId, view, session, onClose }: Props) {
  const { sale, returnsWithoutReceipt: caps, till } = view
  const [minor] = useState(sale.totalMinor)
  const [way, setWay] = useState<'cash' | 'credit'>('credit')
  const [reason, setReason] = useState<ReasonChoice>({ kind: 'faulty' })
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<ErrorCode>()
  const money = (amount: Minor) => formatMoney(amount, till.currency)
  const ways = (['credit', 'cash'] as const).filter((as) => minor <= (as === 'cash' ? (caps?.cashMinor ?? 0) : (caps?.creditMinor ?? 0)))
  const as = ways.find((one) => one === way) ?? ways[0]
  const text = reasonText(reason)
  const send = async () => {
    if (as === undefined || text === '' || sending) return
    setSending(true)
    const outcome = await session.ask({ type: 'returnBasket', returnId, as, reason: text })
    setSending(false)
    if (outcome.ok || isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }
  return (
    <Dialog
      title={t('returns.loose')}
      testId="loose-return"
      onCancel={onClose}
      onMain={() => void send()}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('refund.cancel')}
          </Button>
          <Button action="pay" look="primary" disabled={as === undefined || text === '' || sending} onClick={() => void send()}>
            {t('returns.give', { sum: money(minor) })}
          </Button>
        </>
      }
    >
      <p>{as === undefined ? t('returns.overCap') : t('returns.looseHint')}</p>
      <Reason choice={reason} onChoice={setReason} />
      {as !== undefined && (
        <Ways ways={ways.map((one) => ({ as: one, minor }))} way={as} money={money} onWay={(next) => setWay(next === 'cash' ? 'cash' : 'credit')} />
      )}
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
