import { useState } from 'react'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import type { Entry } from '../sales/amount-entry.ts'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { AmountDialog } from './amount-dialog.tsx'

/** `movementId`: made when the dialog opens, so that whatever is pressed twice in it moves cash once. */
export type ShiftStep = { readonly what: 'open' | 'in' | 'out' | 'count'; readonly movementId: Id }

type Props = { readonly step: ShiftStep; readonly view: View; readonly session: Session; onClose(): void }

/** An amount for the drawer: a float, cash in or out with its reason, or the blind count that closes the shift. */
export function ShiftDialog({ step, view, session, onClose }: Props) {
  const [entry, setEntry] = useState<Entry>({ minor: 0, preset: true })
  const [reason, setReason] = useState('')
  const moves = step.what === 'in' || step.what === 'out'
  return (
    <AmountDialog
      title={t(`shift.steps.${step.what}.title`)}
      testId="shift"
      label={t(`shift.steps.${step.what}.label`)}
      entry={entry}
      session={session}
      money={(minor: Minor) => formatMoney(minor, view.till.currency)}
      command={commandOf(step, entry, reason.trim())}
      doIt={t(`shift.steps.${step.what}.do`)}
      onEntry={setEntry}
      onClose={onClose}
    >
      {moves && (
        <label className="cash-reason">
          {t('shift.reason')}
          <input value={reason} maxLength={80} onChange={(event) => setReason(event.target.value)} />
        </label>
      )}
    </AmountDialog>
  )
}

/** Nothing typed is no amount: an empty drawer is counted as 0 by typing it. */
function commandOf({ what, movementId }: ShiftStep, { minor, preset }: Entry, reason: string): Command | undefined {
  if (preset) return undefined
  switch (what) {
    case 'open':
      return { type: 'openShift', floatMinor: minor }
    case 'count':
      return { type: 'closeShift', countedMinor: minor }
    case 'in':
    case 'out':
      return minor === 0 || reason === '' ? undefined : { type: 'moveCash', movementId, direction: what, amountMinor: minor, reason }
  }
}
