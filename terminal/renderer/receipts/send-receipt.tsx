import { lazy, Suspense, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

const SendDialog = lazy(async () => ({ default: (await import('./send-dialog.tsx')).SendDialog }))

type Props = { readonly receiptNumber: string; readonly view: View; readonly session: Session }

/** The receipt to an address, when somebody asks for it. */
export function SendReceipt({ receiptNumber, view, session }: Props) {
  const [open, setOpen] = useState(false)
  // Nothing leaves a training.
  if (view.training === true) return null
  return (
    <>
      <Button action="sendReceipt" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t('receipts.send')}
      </Button>
      {open && (
        <Suspense>
          <SendDialog receiptNumber={receiptNumber} sending={view.sending} session={session} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
