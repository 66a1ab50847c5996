import { useState } from 'react'
import { t } from '../words.ts'
import { Button } from './button.tsx'
import { QrCode } from './qr-code.tsx'

/** The receipt for the customer's phone, when somebody asks for it. */
export function ReceiptQr({ text, choice }: { readonly text: string; /** Its key, in a dialog. */ readonly choice?: string | undefined }) {
  const [shown, setShown] = useState(false)
  return (
    <>
      <Button {...(choice === undefined ? { action: 'showReceipt' as const } : { choice })} aria-expanded={shown} onClick={() => setShown(!shown)}>
        {shown ? t('returns.hideReceipt') : t('returns.showReceipt')}
      </Button>
      {shown && (
        <div className="tender-bound-code">
          <QrCode text={text} label={t('returns.receiptCode')} />
        </div>
      )}
    </>
  )
}
