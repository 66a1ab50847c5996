import { errors } from './failures.ts'
import type { PaymentView } from '#protocol/hub-api/overview.ts'
import type { PaymentState } from '#protocol/journal/payment.ts'
import { words } from './words.ts'

export type Tone = 'done' | 'open' | 'ended' | 'refused' | 'attention'

/** How a payment stands, for the eye: a word, a tone and, where somebody must act or was refused, the sentence why. */
export type PaymentStatus = {
  readonly word: string
  readonly tone: Tone
  readonly why?: string
}

const tones: Readonly<Record<PaymentState, Tone>> = {
  INTENDED: 'open',
  UNKNOWN: 'open',
  HELD: 'open',
  ACCEPTED_OFFLINE: 'open',
  EXPIRED: 'open',
  CAPTURED: 'open',
  RETRY: 'open',
  RECOVERY: 'attention',
  RECOVERED: 'done',
  WRITTEN_OFF: 'ended',
  REFUNDED: 'ended',
  DECLINED: 'refused',
  REJECTED: 'refused',
  VOIDED: 'ended',
  REVERSED: 'ended',
  QUARANTINED: 'attention',
}

/** The reason is part of these states; whether somebody must act is said by the state itself. */
const explained: ReadonlySet<PaymentState> = new Set<PaymentState>(['RETRY', 'RECOVERY', 'WRITTEN_OFF'])

export function statusOf({ state, settled, exception }: PaymentView): PaymentStatus {
  const why = exception && { why: errors[exception].say }
  const tone = tones[state]
  // A refusal is a usual end with a reason, and no reason to act.
  if (exception !== undefined && tone !== 'refused' && !explained.has(state)) return { word: words.payments.exception, tone: 'attention', ...why }
  // Money that moved and then moved back is not what anybody means by settled.
  return settled && state === 'CAPTURED' ? { word: words.payments.settled, tone: 'done' } : { word: words.payments.states[state], tone, ...why }
}

export type PaymentFilter = keyof typeof words.payments.filters

export function passes(filter: PaymentFilter, payment: PaymentView): boolean {
  const { tone } = statusOf(payment)
  switch (filter) {
    case 'all':
      return true
    case 'settled':
      return tone === 'done'
    case 'open':
      return tone === 'open' || tone === 'attention'
    case 'declined':
      return tone === 'refused'
  }
}
