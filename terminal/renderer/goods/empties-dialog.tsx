import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Minor } from '#protocol/money.ts'
import type { SaleView } from '#protocol/till-api/api.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './goods.css'

type Props = {
  readonly sale: SaleView
  readonly deposits: readonly Minor[]
  readonly session: Session
  money(minor: Minor): string
  onClose(): void
}

const CRATE = 10
const MOST = 999

/** How many pieces of each deposit came back: off the sale at once, or out of the drawer. */
export function EmptiesDialog({ sale, deposits, session, money, onClose }: Props) {
  const [movementId] = useState(() => session.newId())
  const [failed, setFailed] = useState<ErrorCode>()
  const countOf = (depositMinor: Minor) => sale.empties?.find((one) => one.depositMinor === depositMinor)?.quantity ?? 0
  const sum = deposits.reduce((total, depositMinor) => total + depositMinor * countOf(depositMinor), 0)
  const ask = async (command: Parameters<Session['ask']>[0], then?: () => void) => {
    setFailed(undefined)
    const outcome = await session.ask(command)
    if (outcome.ok) then?.()
    else if (isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }
  const count = (depositMinor: Minor, quantity: number) => void ask({ type: 'returnEmpties', depositMinor, quantity: Math.min(MOST, Math.max(0, quantity)) })
  return (
    <Dialog
      title={t('goods.empties')}
      testId="empties"
      onCancel={onClose}
      onMain={onClose}
      foot={
        <>
          <Button look="primary" action="pay" onClick={onClose}>
            {t('goods.done')}
          </Button>
          <Button choice={choiceKeys.at(-1)} disabled={sum === 0} onClick={() => void ask({ type: 'payOutEmpties', movementId }, onClose)}>
            {t('goods.payOut', { amount: money(sum) })}
          </Button>
        </>
      }
    >
      <p className="goods-hint">{t('goods.emptiesHint')}</p>
      <ul className="goods-empties">
        {deposits.map((depositMinor) => {
          const quantity = countOf(depositMinor)
          const amount = money(depositMinor)
          return (
            <li key={depositMinor}>
              <span>{t('goods.deposit', { amount })}</span>
              <Button aria-label={t('goods.fewer', { amount })} disabled={quantity === 0} onClick={() => count(depositMinor, quantity - 1)}>
                −
              </Button>
              <output aria-label={t('goods.emptiesOf', { number: quantity, amount })}>{quantity}</output>
              <Button aria-label={t('goods.more', { amount })} onClick={() => count(depositMinor, quantity + 1)}>
                +
              </Button>
              <Button onClick={() => count(depositMinor, quantity + CRATE)}>{t('goods.crate')}</Button>
            </li>
          )
        })}
      </ul>
      <p className="goods-sum">
        <span>{t('goods.emptiesSum')}</span>
        <strong>{money(sum)}</strong>
      </p>
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
