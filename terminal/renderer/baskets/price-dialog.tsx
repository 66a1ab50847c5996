import { useState } from 'react'
import type { Minor } from '#protocol/money.ts'
import type { LineView } from '#protocol/till-api/api.ts'
import { AmountDialog } from '../cash/amount-dialog.tsx'
import { formatRate } from '../format.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import type { Entry } from '../screens/sales/amount-entry.ts'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

/** What an amount is typed for. */
export type PriceStep = { readonly what: 'sale' } | { readonly what: 'line' | 'price'; readonly line: LineView }

type Command = Parameters<Session['ask']>[0]
type Props = { readonly step: PriceStep; readonly session: Session; money(minor: Minor): string; onClose(): void }

/** What a cashier takes off most often, in parts per million. */
const SHARES = [50_000, 100_000, 200_000, 500_000]

/** A price, or what is taken off: a sum, or one of the usual shares at once. */
export function PriceDialog({ step, session, money, onClose }: Props) {
  const [entry, enter] = useState<Entry>({ minor: 0, preset: true })
  const off = (discount: Extract<Command, { type: 'discountSale' }>['discount']): Command =>
    step.what === 'sale' ? { type: 'discountSale', discount } : { type: 'discountLine', line: step.line.id, discount }
  const typed: Command = step.what === 'price' ? { type: 'setPrice', line: step.line.id, unitMinor: entry.minor } : off({ amountMinor: entry.minor })
  const takeOff = (command: Command) => {
    void session.command(command)
    onClose()
  }
  return (
    <AmountDialog
      title={step.what === 'sale' ? t('basketPanel.offSale') : t(step.what === 'line' ? 'basketPanel.offLine' : 'basketPanel.price', { name: step.line.name })}
      testId="price"
      label={t(step.what === 'price' ? 'basketPanel.costs' : 'basketPanel.less')}
      entry={entry}
      session={session}
      money={money}
      command={entry.minor === 0 ? undefined : typed}
      doIt={t('basketPanel.apply')}
      onEntry={enter}
      onClose={onClose}
    >
      {step.what !== 'price' && (
        <div className="basket-panel-actions">
          {SHARES.map((ppm, index) => (
            <Button key={ppm} choice={choiceKeys[index]} onClick={() => takeOff(off({ ppm }))}>
              {formatRate(ppm)}
            </Button>
          ))}
          <Button choice={choiceKeys[SHARES.length]} onClick={() => takeOff(off(null))}>
            {t('basketPanel.nothingOff')}
          </Button>
        </div>
      )}
    </AmountDialog>
  )
}
