import { unbase64url } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type Entry } from '#protocol/journal/entry.ts'
import { isPaymentEvent, type PaymentEntryKind, type PaymentState } from '#protocol/journal/payment.ts'
import { payerOf } from './instruments/payer.ts'
import type { Place } from './outbox.ts'
import { intendedRecord, recordAfter, takenInCash, type PaymentRecord } from './payments.ts'

/** What this payment's record was before, if there is one. */
type Known = (id: Id) => PaymentRecord | undefined

/**
 * The record that an entry of this till makes of the one before; undefined when the entry is not about a payment that has one. Payment rows are this,
 * applied to every entry in order: so they can be made anew from any journal, and checked against it.
 */
export function projected(known: Known, entry: Entry): PaymentRecord | undefined {
  const place = { epoch: entry.epoch, n: entry.n }
  if (entry.kind !== 'entry.salvaged') return stepped(known, entry, place)
  const bytes = unbase64url(entry.body.bytes)
  const inner = bytes === undefined ? undefined : decodeEntry(bytes, { till: entry.till, epoch: entry.body.epoch, n: entry.body.n })
  if (inner === undefined || !inner.ok || inner.value.kind === 'entry.salvaged') return undefined
  // It counted when it was written; every other step can be taken only once, but a second refund of the same sum would be believed.
  if (inner.value.kind === 'payment.refunded') return undefined
  return stepped(known, inner.value, place) ?? moved(known, inner.value, place)
}

function stepped(known: Known, entry: Entry, place: Place): PaymentRecord | undefined {
  if (!isPaymentEvent(entry.kind) || !('paymentId' in entry.body)) return undefined
  const before = known(entry.body.paymentId)
  if (entry.kind === 'payment.taken_in_cash') return before === undefined ? takenInCash(entry.body, entry.at, place) : undefined
  if (entry.kind === 'payment.intended') return before === undefined ? begun(entry.body, entry.at, place) : undefined
  const after = before === undefined ? undefined : recordAfter(before, entry, entry.at, place)
  return after?.ok ? after.value : undefined
}

/** The step that brings a payment into a state. Refunds are not its newest entry (`PaymentRecord.last`). */
const stepInto: Partial<Record<PaymentState, PaymentEntryKind>> = {
  INTENDED: 'payment.intended',
  UNKNOWN: 'payment.unknown',
  HELD: 'payment.held',
  ACCEPTED_OFFLINE: 'payment.accepted_offline',
  CAPTURED: 'payment.captured',
  REFUNDED: 'payment.captured',
  DECLINED: 'payment.declined',
  VOIDED: 'payment.voided',
  REVERSED: 'payment.reversed',
}

/** Cash was captured by the entry that began it. */
const newestOf = ({ state, cash }: PaymentRecord): PaymentEntryKind | undefined =>
  stepInto[state] === 'payment.captured' && cash !== undefined ? 'payment.taken_in_cash' : stepInto[state]

/** What a salvaged entry says was known already: only the place has changed at which the hub will find it, if it is the payment's newest entry. */
function moved(known: Known, entry: Entry, place: Place): PaymentRecord | undefined {
  if (!isPaymentEvent(entry.kind) || !('paymentId' in entry.body)) return undefined
  const before = known(entry.body.paymentId)
  return before === undefined || newestOf(before) !== entry.kind ? undefined : { ...before, last: place }
}

function begun(intent: Extract<Entry, { kind: 'payment.intended' }>['body'], at: number, place: Place): PaymentRecord | undefined {
  const payer = payerOf(intent.instrument)
  return payer === undefined ? undefined : intendedRecord(intent, payer, at, place)
}
