import { useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { t } from '../words.ts'
import { isTillName } from './gate-text.ts'
import './gate.css'

type Props = { readonly name: string; onCancel(): void; onReset(): void }

/** Asked a second time, by something that nobody does by a slip: typing the name of the till. */
export function ResetDialog({ name, onCancel, onReset }: Props) {
  const [typed, setTyped] = useState('')
  const sure = isTillName(typed, name)
  return (
    <Dialog
      title={t('reset.title')}
      testId="reset"
      tone="attention"
      onCancel={onCancel}
      foot={
        <>
          <Button look="warning" disabled={!sure} onClick={onReset}>
            {t('reset.go')}
          </Button>
          <Button action="cancel" onClick={onCancel}>
            {t('reset.cancel')}
          </Button>
        </>
      }
    >
      <p>{t('reset.say')}</p>
      <label className="gate-type">
        {t('reset.type', { name })}
        <input type="text" value={typed} autoComplete="off" autoCapitalize="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      </label>
    </Dialog>
  )
}
