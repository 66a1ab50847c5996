import { useState } from 'react'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import type { Entry } from '../screens/sales/amount-entry.ts'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { AmountDialog } from './amount-dialog.tsx'
import { NotesField } from './notes-field.tsx'

/** `movementId`: made when the dialog opens, so that whatever is pressed twice in it moves cash once. */
export type ShiftStep = { readonly what: 'open' | 'in' | 'out' | 'count'; readonly movementId: Id }

type Props = { readonly step: ShiftStep; readonly view: View; readonly session: Session; onClose(): void }

const NOTHING: Entry = { minor: 0, preset: true }

/** An amount for the drawer: a float, cash in or out with its reason, or the blind count that closes the shift. */
export function ShiftDialog({ step, view, session, onClose }: Props) {
  const [entry, setEntry] = useState<Entry>({ minor: 0, preset: true })
  const [reason, setReason] = useState('')
  const { foreign = [] } = view.shift
  const [notes, setNotes] = useState<Readonly<Record<Currency, Entry>>>({})
  const moves = step.what === 'in' || step.what === 'out'
  const [moved, setMoved] = useState<Currency>(view.till.currency)
  return (
    <AmountDialog
      title={t(`shift.steps.${step.what}.title`)}
      testId="shift"
      label={t(`shift.steps.${step.what}.label`)}
      entry={entry}
      session={session}
      money={(minor: Minor) => formatMoney(minor, moved)}
      command={commandOf(step, entry, reason.trim(), notes, moved === view.till.currency ? undefined : moved)}
      doIt={t(`shift.steps.${step.what}.do`)}
      onEntry={setEntry}
      onClose={onClose}
    >
      {step.what === 'count' &&
        foreign.map((currency) => (
          <NotesField key={currency} currency={currency} entry={notes[currency] ?? NOTHING} onEntry={(next) => setNotes({ ...notes, [currency]: next })} />
        ))}
      {moves && foreign.length > 0 && (
        <label className="cash-reason">
          {t('tenders.currency')}
          <select value={moved} onChange={({ target }) => setMoved(target.value)}>
            {[view.till.currency, ...foreign].map((currency) => (
              <option key={currency}>{currency}</option>
            ))}
          </select>
        </label>
      )}
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
function commandOf(
  { what, movementId }: ShiftStep,
  { minor, preset }: Entry,
  reason: string,
  notes: Readonly<Record<Currency, Entry>>,
  foreign: Currency | undefined,
): Command | undefined {
  if (preset) return undefined
  switch (what) {
    case 'open':
      return { type: 'openShift', floatMinor: minor }
    case 'count':
      return {
        type: 'closeShift',
        countedMinor: minor,
        foreign: Object.entries(notes).flatMap(([currency, counted]) => (counted.preset ? [] : [{ currency, countedMinor: counted.minor }])),
      }
    case 'in':
    case 'out':
      return minor === 0 || reason === ''
        ? undefined
        : { type: 'moveCash', movementId, direction: what, amountMinor: minor, reason, ...(foreign && { currency: foreign }) }
  }
}
