import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { SendingView } from '#protocol/till-api/api.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import { CheckIcon } from '../parts/icons.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

type Props = {
  readonly receiptNumber: string
  /** What became of the newest request. */
  readonly sending: SendingView | undefined
  readonly session: Session
  onClose(): void
}

/** As the core takes it. */
const MOST = 254

/** Where the customer wants a receipt. What is typed leaves this dialog once, and is shown nowhere after that. */
export function SendDialog({ receiptNumber, sending, session, onClose }: Props) {
  const [address, setAddress] = useState('')
  const [failed, setFailed] = useState<ErrorCode>()
  const [asked, setAsked] = useState(false)
  const send = async () => {
    if (address.trim() === '' || asked) return
    const outcome = await session.ask({ type: 'sendReceipt', receiptNumber, address })
    setFailed(outcome.ok ? undefined : outcome.code)
    if (!outcome.ok) return
    setAsked(true)
    setAddress('')
  }
  const isWritten = asked && sending?.receiptNumber === receiptNumber
  const main = asked ? onClose : () => void send()
  return (
    <Dialog
      title={t('receipts.send')}
      testId="send-receipt"
      onCancel={onClose}
      onMain={main}
      onEnter={main}
      foot={
        <>
          {!asked && (
            <Button action="cancel" onClick={onClose}>
              {t('refund.cancel')}
            </Button>
          )}
          <Button action="pay" look="primary" disabled={!asked && address.trim() === ''} onClick={main}>
            {asked ? t('refund.close') : t('receipts.sendYes')}
          </Button>
        </>
      }
    >
      <p>
        <strong>{t('refund.receipt', { number: receiptNumber })}</strong>
      </p>
      {asked ? (
        <p className="refund-answer" data-tone="done" role="status">
          {isWritten && <CheckIcon />}
          {isWritten ? t(`receipts.${sending.state}`) : t('refund.sending')}
        </p>
      ) : (
        <label className="words-field">
          {t('receipts.address')}
          <input
            data-focus-first=""
            data-testid="send-address"
            autoComplete="off"
            spellCheck={false}
            inputMode="email"
            dir="ltr"
            maxLength={MOST}
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
          <small>{t('receipts.hint')}</small>
        </label>
      )}
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}
