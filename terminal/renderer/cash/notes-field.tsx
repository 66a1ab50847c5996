import type { KeyboardEvent } from 'react'
import type { Currency } from '#protocol/money.ts'
import { formatMoney } from '../format.ts'
import { keypadKey, pressKey, type Entry } from '../screens/sales/amount-entry.ts'
import { t } from '../words.ts'

type Props = { readonly currency: Currency; readonly entry: Entry; onEntry(entry: Entry): void }

/** Foreign notes and coins that were counted, typed like every amount: digits come in from the right. */
export function NotesField({ currency, entry, onEntry }: Props) {
  const keyDown = (event: KeyboardEvent) => {
    const key = keypadKey(event.key)
    if (key === undefined) return
    onEntry(pressKey(entry, key))
    event.preventDefault()
  }
  return (
    <label className="cash-reason">
      {t('tenders.counted', { currency })}
      <input inputMode="none" readOnly value={formatMoney(entry.minor, currency)} onKeyDown={keyDown} />
    </label>
  )
}
