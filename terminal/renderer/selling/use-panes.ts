import { useState } from 'react'
import type { TenderView } from '#protocol/till-api/api.ts'

export type PaneName = 'sales' | 'network' | 'menu' | 'devices'

/** While a payment is open its screen stays; before and after, something else can be looked at in its place. */
export const mayOpenPane = (stage: TenderView['stage']): boolean => stage === 'none' || stage === 'approved' || stage === 'refused'

export type Panes = { readonly open: PaneName | undefined; toggle(pane: PaneName): void; close(): void }

/** Which pane is open beside the basket. A payment that begins closes it for good. */
export function usePanes(stage: TenderView['stage']): Panes {
  const [pane, setPane] = useState<PaneName>()
  const may = mayOpenPane(stage)
  if (!may && pane !== undefined) setPane(undefined)
  return {
    open: may ? pane : undefined,
    toggle: (next) => setPane(!may || next === pane ? undefined : next),
    close: () => setPane(undefined),
  }
}
