import type { Currency } from '#protocol/money.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import type { Session } from '../session/session.ts'
import { AgeDialog } from './age-dialog.tsx'
import { ModifiersDialog } from './modifiers-dialog.tsx'
import { NumberDialog } from './number-dialog.tsx'
import { VariantDialog } from './variant-dialog.tsx'
import './goods.css'

type Props = { readonly choosing: ChoosingView; readonly currency: Currency; readonly session: Session }

/** What has to be known before a product can be sold, one question at a time. */
export function ChoosingDialog({ choosing, currency, session }: Props) {
  const cancel = () => void session.ask({ type: 'cancelChoosing' })
  switch (choosing.step) {
    case 'variant':
      return <VariantDialog choosing={choosing} currency={currency} session={session} onCancel={cancel} />
    case 'age':
      return <AgeDialog choosing={choosing} session={session} />
    case 'modifiers':
      return <ModifiersDialog key={choosing.name} choosing={choosing} currency={currency} session={session} onCancel={cancel} />
    case 'number':
      return <NumberDialog key={choosing.name} choosing={choosing} session={session} onCancel={cancel} />
  }
}
