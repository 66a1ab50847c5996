import type { ReactNode } from 'react'
import type { PaymentView } from '#protocol/hub-api/overview.ts'
import { statusOf, type Tone } from '../payment-status.ts'
import { AlertIcon, BackIcon, CheckIcon, CrossIcon, WaitIcon } from './icons.tsx'
import './chip.css'

const icons = { done: CheckIcon, open: WaitIcon, ended: BackIcon, refused: CrossIcon, attention: AlertIcon } as const

/** A state by word, shape and colour. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  const ToneIcon = icons[tone]
  return (
    <span className="chip" data-tone={tone}>
      <ToneIcon />
      {children}
    </span>
  )
}

export function StatusChip({ payment }: { readonly payment: PaymentView }) {
  const { word, tone } = statusOf(payment)
  return <Chip tone={tone}>{word}</Chip>
}
