import { useEffect, useState } from 'react'
import type { Id } from '#protocol/ids.ts'
import type { View } from '#protocol/till-api/api.ts'
import type { Session } from '../../session/session.ts'
import type { Entry } from './amount-entry.ts'
import { leftOf, scannedReceipt } from './refundable.ts'

/** What the dialog is about. The id is made when it is opened, so that whatever is pressed twice in it refunds once. */
export type Opened = { readonly refundId: Id; readonly number: string }

export type Refunding = {
  readonly opened: Opened | undefined
  /** The amount as far as it is typed. Kept here, so that a scan that ran through it can be undone. */
  readonly entry: Entry
  enter(entry: Entry): void
  open(receiptNumber: string): void
  close(): void
}

/** The refund that is open, if any. While `listening`, a receipt that the till's own scanner reads opens one; its notice has then said what it had to say. */
export function useRefunding(session: Session, { notices, sold }: View, listening: boolean): Refunding {
  const [opened, setOpened] = useState<Opened>()
  const [entry, setEntry] = useState<Entry>({ minor: 0, preset: true })
  const [taken, setTaken] = useState<string>()
  const open = (number: string) => {
    const sale = sold.find(({ receiptNumber }) => receiptNumber === number)
    setOpened({ refundId: session.newId(), number })
    setEntry({ minor: sale === undefined ? 0 : leftOf(sale), preset: true })
  }

  const { notice, number } = listening ? scannedReceipt(notices) : {}
  if (notice !== undefined && number !== undefined && notice !== taken) {
    setTaken(notice)
    open(number)
  }
  useEffect(() => {
    if (notice === undefined) return
    void session.ask({ type: 'dismissNotice', notice })
    session.dismissAnswer()
  }, [notice, session])

  return { opened, entry, enter: setEntry, open, close: () => setOpened(undefined) }
}
