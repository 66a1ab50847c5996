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
  const { tender } = view
  const parts = tender.stage === 'approved' ? (tender.parts ?? []) : []
  const isCash = tender.stage === 'approved' && tender.decidedBy === 'cash'
  // Nothing is promised in a training, and only what wallets paid can be held.
  if (view.training === true || isCash || parts.some(({ how }) => how !== 'wallet')) return null
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

/** What was paid so far by wallet is a deposit, and the rest is paid when the goods are fetched; or the order in work waits on. */
export function DepositLater({ view, session }: Omit<Props, 'receiptNumber'>) {
  const [open, setOpen] = useState(false)
  const { parts = [] } = view.tenders ?? {}
  if (view.training === true || view.till.kiosk === true || parts.length === 0 || parts.some(({ how }) => how !== 'wallet')) return null
  const isOrder = view.orders?.some((order) => order.isOpen === true) === true
  if (isOrder) return <Button onClick={() => void session.ask({ type: 'leaveOrder' })}>{t('orders.leave')}</Button>
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t('orders.deposit')}
      </Button>
      {open && (
        <Suspense>
          <OrderDialog view={view} session={session} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
