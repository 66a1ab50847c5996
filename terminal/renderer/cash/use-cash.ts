import { useState } from 'react'
import type { CashView, View } from '#protocol/till-api/api.ts'
import type { Entry } from '../sales/amount-entry.ts'

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

export function useCash({ cash, tender }: View): CashTaking {
  const [isOpen, setOpen] = useState(false)
  const [typed, enter] = useState<Entry>()
  const mayTake = tender.stage === 'none' || tender.stage === 'awaiting_code'
  return {
    cash: isOpen && mayTake ? cash : undefined,
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
