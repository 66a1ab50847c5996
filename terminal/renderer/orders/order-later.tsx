import { lazy, Suspense, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'

const OrderDialog = lazy(async () => ({ default: (await import('./order-dialog.tsx')).OrderDialog }))

type Props = { readonly receiptNumber: string; readonly view: View; readonly session: Session }

/** What was paid just now is fetched later. */
export function OrderLater({ receiptNumber, view, session }: Props) {
  const [open, setOpen] = useState(false)
  // Nothing is promised in a training.
  if (view.training === true) return null
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t('orders.do')}
      </Button>
      {open && (
        <Suspense>
          <OrderDialog receiptNumber={receiptNumber} view={view} session={session} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
