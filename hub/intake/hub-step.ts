import type { Desk } from './desk.ts'
import type { Payment } from '../store/hub-store.ts'
import { stepPayment, type HubPaymentEvent } from '#protocol/journal/payment.ts'
import { invariant } from '#protocol/outcome.ts'
import { DAY } from '#protocol/time.ts'

/** A till that captures later than this is paid only if the wallet still has the money. */
export const HOLD_LIFETIME = 7 * DAY

/** A step that the hub itself takes and keeps on record. The caller has made sure that the machine knows it. */
export function takeHubStep(desk: Desk, payment: Payment, event: HubPaymentEvent, detail: string | undefined): Payment {
  const stepped = stepPayment(payment, { event })
  invariant(stepped.ok, `${event} follows from ${payment.state}`)
  desk.record({ payment: payment.id, at: desk.now, event, detail })
  return { ...payment, ...stepped.value, nextAttemptAt: undefined }
}
