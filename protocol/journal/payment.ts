import { fail, ok, type Outcome } from '../outcome.ts'
import type { EntryKind } from './entry.ts'

/**
 * The payment axis (docs/architecture.md, "Three axes"): the one state machine that till, hub and simulator follow.
 * Custody and settlement are other axes and never appear here. States never regress: a kind that does not follow is refused.
 */
export const paymentStates = ['INTENDED', 'HELD', 'ACCEPTED_OFFLINE', 'CAPTURED', 'DECLINED', 'VOIDED', 'REJECTED'] as const
export type PaymentState = (typeof paymentStates)[number]
export type PaymentEvent = Extract<EntryKind, `payment.${string}`>

const transitions: Readonly<Record<PaymentState | 'NONE', Partial<Record<PaymentEvent, PaymentState>>>> = {
  NONE: { 'payment.intended': 'INTENDED', 'payment.rejected': 'REJECTED' },
  INTENDED: {
    'payment.held': 'HELD',
    'payment.accepted_offline': 'ACCEPTED_OFFLINE',
    'payment.declined': 'DECLINED',
    'payment.voided': 'VOIDED',
  },
  HELD: { 'payment.captured': 'CAPTURED', 'payment.voided': 'VOIDED' },
  ACCEPTED_OFFLINE: { 'payment.captured': 'CAPTURED', 'payment.voided': 'VOIDED' },
  CAPTURED: {},
  DECLINED: {},
  VOIDED: {},
  REJECTED: {},
}

export const isPaymentEvent = (kind: EntryKind): kind is PaymentEvent => kind.startsWith('payment.')

/** The state after `event`; `undefined` is a payment nobody has heard of. */
export function nextPaymentState(state: PaymentState | undefined, event: PaymentEvent): Outcome<PaymentState, 'entry.illegal_transition'> {
  const next = transitions[state ?? 'NONE'][event]
  return next === undefined ? fail('entry.illegal_transition', `${event} after ${state ?? 'nothing'}`) : ok(next)
}
