import { lazy, Suspense, useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './returns.css'

const LooseReturnDialog = lazy(async () => ({ default: (await import('./loose-return-dialog.tsx')).LooseReturnDialog }))

type Props = { readonly view: View; readonly session: Session; onDone(): void }

/** What can be done with a basket about returns: it came back without a receipt, or what came back before pays for it. */
export function BasketReturns({ view, session, onDone }: Props) {
  const [returnId, setReturnId] = useState<Id>()
  const [failed, setFailed] = useState<ErrorCode>()
  const { sale, returned, returnsWithoutReceipt } = view
  const isFilled = sale.lines.length > 0
  const pay = async () => {
    const outcome = await session.ask({ type: 'payWithReturn' })
    if (outcome.ok) onDone()
    else setFailed(outcome.code)
  }
  if (!isFilled && returnId === undefined) return null
  return (
    <div className="return-tools">
      {returned?.hasCredit === true && isFilled && (
        <Button look="primary" onClick={() => void pay()}>
          {t('returns.exchange', { sum: formatMoney(returned.paidMinor, view.till.currency) })}
        </Button>
      )}
      {returnsWithoutReceipt !== undefined && isFilled && <Button onClick={() => setReturnId(session.newId())}>{t('returns.loose')}</Button>}
      {failed !== undefined && <Failed code={failed} />}
      {returnId !== undefined && (
        <Suspense>
          <LooseReturnDialog returnId={returnId} view={view} session={session} onClose={() => setReturnId(undefined)} />
        </Suspense>
      )}
    </div>
  )
}
