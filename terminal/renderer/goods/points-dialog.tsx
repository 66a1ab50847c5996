import { useState, type KeyboardEvent } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { CustomerView } from '#protocol/till-api/goods.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import { keypadKey, pressKey, type Entry } from '../screens/sales/amount-entry.ts'
import { Keypad } from '../screens/sales/keypad.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './goods.css'

type Props = { readonly customer: CustomerView; readonly session: Session; onClose(): void }

/** How many of the customer's points this sale takes off; the core spends no more than the basket has a use for. */
export function PointsDialog({ customer, session, onClose }: Props) {
  const [entry, enter] = useState<Entry>({ minor: customer.spends, preset: true })
  const [failed, setFailed] = useState<ErrorCode>()
  const spend = async (points: number) => {
    const outcome = await session.ask({ type: 'spendPoints', points })
    if (outcome.ok) onClose()
    else setFailed(outcome.code)
  }
  const keyDown = (event: KeyboardEvent) => {
    const key = keypadKey(event.key)
    if (key === undefined) return
    enter(pressKey(entry, key))
    event.preventDefault()
  }
  return (
    <Dialog
      title={t('goods.spend')}
      testId="points"
      onCancel={onClose}
      onMain={() => void spend(entry.minor)}
      onEnter={() => void spend(entry.minor)}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('goods.back')}
          </Button>
          <Button look="primary" action="pay" onClick={() => void spend(entry.minor)}>
            {t('goods.spendThese', { points: t('goods.points', { count: entry.minor }) })}
          </Button>
        </>
      }
    >
      <label className="goods-field">
        {t('goods.spendHow')}
        <input readOnly inputMode="none" data-focus-first="" value={entry.minor} onKeyDown={keyDown} />
      </label>
      <p className="goods-hint">{t('goods.spendMost', { points: t('goods.points', { count: customer.canSpend }) })}</p>
      <div className="basket-panel-actions">
        <Button choice={choiceKeys[0]} onClick={() => void spend(customer.canSpend)}>
          {t('goods.spendAll')}
        </Button>
        <Button choice={choiceKeys[1]} onClick={() => void spend(0)}>
          {t('goods.spendNone')}
        </Button>
      </div>
      <Keypad disabled={false} onPress={(key) => enter(pressKey(entry, key))} />
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
