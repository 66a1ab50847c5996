import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import type { Minor } from '../money.ts'
import type { EntryKind } from './entry.ts'

/**
 * The payment axis (docs/architecture.md, "Three axes"): the one state machine that till, hub and simulator follow.
 * Custody and settlement are other axes and never appear here. States never regress: a kind that does not follow is refused.
 *
 * A till sees only what it writes itself; the hub adds what only it can know. RETRY, RECOVERY, RECOVERED and WRITTEN_OFF are captured payments
 * whose money the wallet did not have when the hub asked for it.
 */
export const paymentStates = [
  'INTENDED',
  'UNKNOWN',
  'HELD',
  'ACCEPTED_OFFLINE',
  'EXPIRED',
  'CAPTURED',
  'RETRY',
  'RECOVERY',
  'RECOVERED',
  'WRITTEN_OFF',
  'REFUNDED',
  'DECLINED',
  'VOIDED',
  'REVERSED',
  'REJECTED',
  'QUARANTINED',
] as const
export type PaymentState = (typeof paymentStates)[number]

/** Entries of tills that are steps of a payment. */
export type PaymentEntryKind = Extract<EntryKind, `payment.${string}`>
/** Steps that only the hub takes; they are in its books, not in a till's journal. */
export const hubPaymentEvents = [
  /** A hold that nobody claimed was given back. */
  'hub.hold_expired',
  /** Captured, but there was no money: the hub will try again. */
  'hub.declined_late',
  /** A later attempt got the money, or a person did. */
  'hub.recovered',
  /** No attempt is left: a person has to recover it. */
  'hub.gave_up',
  'hub.wrote_off',
  /** Refunded at the request of a till that did not capture it. */
  'hub.refunded',
  /** An entry contradicts the ones before: a person has to look. */
  'hub.quarantined',
] as const
export type HubPaymentEvent = (typeof hubPaymentEvents)[number]
export type PaymentEvent = PaymentEntryKind | HubPaymentEvent

/** Refunds are steps of every state in which the till's promise of the money stands; `refundedTo` decides whether it was the last. */
const refunds = (state: PaymentState): Partial<Record<PaymentEvent, PaymentState>> => ({
  'payment.refunded': state,
  'hub.refunded': state,
  'payment.voided': 'VOIDED',
})

const transitions: Readonly<Record<PaymentState | 'CREATED', Partial<Record<PaymentEvent, PaymentState>>>> = {
  CREATED: { 'payment.intended': 'INTENDED', 'payment.rejected': 'REJECTED', 'payment.taken_in_cash': 'CAPTURED' },
  INTENDED: {
    'payment.held': 'HELD',
    'payment.accepted_offline': 'ACCEPTED_OFFLINE',
    'payment.declined': 'DECLINED',
    'payment.unknown': 'UNKNOWN',
    'payment.voided': 'VOIDED',
    'hub.hold_expired': 'EXPIRED',
    'hub.quarantined': 'QUARANTINED',
  },
  UNKNOWN: {
    'payment.held': 'HELD',
    'payment.declined': 'DECLINED',
    'payment.reversed': 'REVERSED',
    'hub.hold_expired': 'EXPIRED',
    'hub.quarantined': 'QUARANTINED',
  },
  HELD: { 'payment.captured': 'CAPTURED', 'payment.voided': 'VOIDED', 'hub.hold_expired': 'EXPIRED', 'hub.quarantined': 'QUARANTINED' },
  ACCEPTED_OFFLINE: { 'payment.captured': 'CAPTURED', 'payment.voided': 'VOIDED', 'hub.hold_expired': 'EXPIRED', 'hub.quarantined': 'QUARANTINED' },
  // The hub gave the hold back while the till could not be heard; what the till had decided by then still counts.
  EXPIRED: {
    'payment.held': 'EXPIRED',
    'payment.accepted_offline': 'EXPIRED',
    'payment.unknown': 'EXPIRED',
    'payment.captured': 'CAPTURED',
    'payment.declined': 'DECLINED',
    'payment.voided': 'VOIDED',
    'payment.reversed': 'REVERSED',
    'hub.quarantined': 'QUARANTINED',
  },
  CAPTURED: { ...refunds('CAPTURED'), 'hub.declined_late': 'RETRY' },
  RETRY: { ...refunds('RETRY'), 'hub.recovered': 'RECOVERED', 'hub.gave_up': 'RECOVERY' },
  RECOVERY: { ...refunds('RECOVERY'), 'hub.recovered': 'RECOVERED', 'hub.wrote_off': 'WRITTEN_OFF' },
  RECOVERED: refunds('RECOVERED'),
  WRITTEN_OFF: refunds('WRITTEN_OFF'),
  REFUNDED: {},
  DECLINED: {},
  VOIDED: {},
  REVERSED: {},
  REJECTED: {},
  QUARANTINED: {},
}

/** Every step that the machine knows, as `FROM event`; the simulation reports which of them it has reached. */
export const paymentSteps: readonly string[] = Object.entries(transitions).flatMap(([from, to]) => Object.keys(to).map((event) => `${from} ${event}`))

export const isPaymentEvent = (kind: EntryKind): kind is PaymentEntryKind => kind.startsWith('payment.')

/** The state after `event`; `undefined` is a payment nobody has heard of. For refunds `stepPayment` decides, which knows the amounts. */
export function nextPaymentState(state: PaymentState | undefined, event: PaymentEvent): Outcome<PaymentState, 'entry.illegal_transition'> {
  const next = transitions[state ?? 'CREATED'][event]
  return next === undefined ? fail('entry.illegal_transition', `${event} after ${state ?? 'nothing'}`) : ok(next)
}

/** A payment as far as the machine is concerned. Minor units of one currency; `refundedMinor` never exceeds `capturedMinor`. */
export type PaymentStanding = { readonly state: PaymentState; readonly capturedMinor: Minor; readonly refundedMinor: Minor }

/** One step. `amountMinor` is what a capture or refund says; other events have none. */
export type PaymentStep = { readonly event: PaymentEvent; readonly amountMinor?: Minor }

/** What is still the merchant's of a payment: captured and not given back. */
export const keptMinor = ({ capturedMinor, refundedMinor }: Pick<PaymentStanding, 'capturedMinor' | 'refundedMinor'>): Minor => capturedMinor - refundedMinor

/**
 * The payment machine with its amounts (invariant 12): a refund above what is left of the capture is `refund.exceeds_captured`, and so is a void of a
 * payment of which some was refunded. The refund that leaves nothing makes it REFUNDED. `undefined` is a payment nobody has heard of.
 */
export function stepPayment(
  standing: PaymentStanding | undefined,
  { event, amountMinor = 0 }: PaymentStep,
): Outcome<PaymentStanding, 'entry.illegal_transition' | 'refund.exceeds_captured'> {
  const next = nextPaymentState(standing?.state, event)
  if (!next.ok) return next
  const before = standing ?? { state: next.value, capturedMinor: 0, refundedMinor: 0 }
  const left = keptMinor(before)
  invariant(before.refundedMinor >= 0 && left >= 0 && amountMinor >= 0, 'refunds never exceed the capture')
  if (event === 'payment.captured' || event === 'payment.taken_in_cash') return ok({ ...before, state: next.value, capturedMinor: amountMinor })
  if (event === 'payment.refunded' || event === 'hub.refunded') {
    if (amountMinor > left) return fail('refund.exceeds_captured', `${amountMinor} of the ${left} that are left`)
    const state = amountMinor === left ? 'REFUNDED' : next.value
    return ok({ ...before, state, refundedMinor: before.refundedMinor + amountMinor })
  }
  if (event === 'payment.voided' && before.refundedMinor > 0) return fail('refund.exceeds_captured', 'some of it was refunded already')
  return ok({ ...before, state: next.value })
}
