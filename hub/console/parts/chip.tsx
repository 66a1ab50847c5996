import type { PaymentView } from '#protocol/hub-api/overview.ts'
import { statusOf } from '../payment-status.ts'
import { AlertIcon, BackIcon, CheckIcon, CrossIcon, WaitIcon } from './icons.tsx'
import './chip.css'

const icons = { done: CheckIcon, open: WaitIcon, ended: BackIcon, refused: CrossIcon, attention: AlertIcon } as const

/** A payment's state by word, shape and colour. */
export function StatusChip({ payment }: { readonly payment: PaymentView }) {
  const { word, tone } = statusOf(payment)
  const StatusIcon = icons[tone]
  return (
    <span className="chip" data-tone={tone}>
      <StatusIcon />
      {word}
    </span>
  )
}
