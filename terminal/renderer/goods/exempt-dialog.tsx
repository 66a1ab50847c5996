import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './goods.css'

type Props = { readonly session: Session; onClose(): void }

/** Why a customer pays no tax: on the receipt and in the journal, so about their papers and never their name. */
export function ExemptDialog({ session, onClose }: Props) {
  const [typed, setTyped] = useState('')
  const [failed, setFailed] = useState<ErrorCode>()
  const reason = typed.trim()
  const send = async () => {
    if (reason === '') return
    const outcome = await session.ask({ type: 'exemptSale', reason })
    if (outcome.ok || isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }
  return (
    <Dialog
      title={t('goods.noTax')}
      testId="exempt"
      onCancel={onClose}
      onMain={() => void send()}
      onEnter={() => void send()}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('goods.back')}
          </Button>
          <Button look="primary" action="pay" disabled={reason === ''} onClick={() => void send()}>
            {t('goods.noTax')}
          </Button>
        </>
      }
    >
      <label className="goods-field">
        {t('goods.noTaxReason')}
        <input type="text" data-focus-first="" value={typed} maxLength={80} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      </label>
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
