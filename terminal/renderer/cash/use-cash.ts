import { useState } from 'react'
import type { CashView, View } from '#protocol/till-api/api.ts'
import type { Entry } from '../screens/sales/amount-entry.ts'

/** What the customer gives, as far as it is typed. Kept above the dialog, so that a scan that ran through it can be undone. */
export type CashTaking = {
  /** Set while the dialog is open and there is something to pay. */
  readonly cash: CashView | undefined
  readonly entry: Entry
  /** Undefined: nothing was typed. */
  readonly typed: Entry | undefined
  enter(entry: Entry | undefined): void
  open(): void
  close(): void
}

/**
 * Whether the dialog is open still. It is about one sale: once that cannot be paid in cash any more it stays shut, also when the next customer's can; else it
 * would be open again over their goods, and hold what the last one gave.
 */
export const isOpenStill = (isOpen: boolean, { cash, tender }: Pick<View, 'cash' | 'tender'>): boolean =>
  isOpen && cash !== undefined && (tender.stage === 'none' || tender.stage === 'awaiting_code')

export function useCash(view: View): CashTaking {
  const { cash } = view
  const [isOpen, setOpen] = useState(false)
  const [typed, enter] = useState<Entry>()
  const isStill = isOpenStill(isOpen, view)
  if (isOpen && !isStill) setOpen(false)
  return {
    cash: isStill ? cash : undefined,
    // Nothing typed is the exact sum, also when the basket grows meanwhile.
    entry: typed ?? { minor: cash?.toPayMinor ?? 0, preset: true },
    typed,
    enter,
    open: () => {
      enter(undefined)
      setOpen(true)
    },
    close: () => setOpen(false),
  }
}
