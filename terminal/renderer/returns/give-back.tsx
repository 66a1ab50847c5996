import { lazy, Suspense, useEffect, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { RefundDialog } from '../screens/sales/refund-dialog.tsx'
import type { Entry } from '../screens/sales/amount-entry.ts'
import type { Opened } from '../screens/sales/use-refunding.ts'
import type { Session } from '../session/session.ts'

const SendDialog = lazy(async () => ({ default: (await import('../receipts/send-dialog.tsx')).SendDialog }))
const ReturnDialog = lazy(async () => ({ default: (await import('./return-dialog.tsx')).ReturnDialog }))

type Props = {
  readonly opened: Opened
  readonly entry: Entry
  readonly view: View
  readonly session: Session
  onEntry(entry: Entry): void
  onClose(): void
}

/** Goods of a receipt of this till, line by line; a sum for every other receipt, or where somebody wants that. */
export function GiveBack({ opened, entry, view, session, onEntry, onClose }: Props) {
  const { number } = opened
  const [asSum, setAsSum] = useState(false)
  const [sends, setSends] = useState(false)
  useEffect(() => {
    void session.ask({ type: 'openReturn', receiptNumber: number }).then((outcome) => (outcome.ok ? undefined : setAsSum(true)))
    return () => void session.ask({ type: 'closeReturn' })
  }, [number, session])
  if (asSum) return <RefundDialog opened={opened} entry={entry} onEntry={onEntry} view={view} session={session} onClose={onClose} />
  return (
    <Suspense>
      {sends ? (
        <SendDialog receiptNumber={number} sending={view.sending} session={session} onClose={onClose} />
      ) : (
        <ReturnDialog
          returnId={opened.refundId}
          number={number}
          view={view}
          session={session}
          onSum={() => setAsSum(true)}
          onSend={() => setSends(true)}
          onClose={onClose}
        />
      )}
    </Suspense>
  )
}
