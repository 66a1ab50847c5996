import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { ExchangeTold } from '#protocol/exchange/told.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { MadeRequest } from '#protocol/payment-code/request.ts'
import { SECOND, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'
import type { Abandoning } from './abandoning.ts'
import type { Authority } from './authority.ts'
import type { Cash } from './cash.ts'
import type { Credits } from './credits.ts'
import type { Instruments } from './instruments/instruments.ts'
import type { Notices } from './notices.ts'
import type { OutboxEvent, Place } from './outbox.ts'
import type { Paying } from './paying.ts'
import type { PaymentRecord, Payments } from './payments.ts'
import type { PhonePaid } from './phone-paid.ts'
import type { Receipts } from './receipts.ts'
import type { TillStore } from './store.ts'
import type { Approval } from './taking.ts'
import type { TillClock } from './till-clock.ts'

/** How the open payment stands. `awaiting` is not durable (nothing has happened yet); everything from `deciding` on can be found again in the journal. */
export type Tender =
  | { readonly stage: 'none' }
  | {
      readonly stage: 'awaiting'
      readonly amountMinor: Minor
      /** The cashier asked for this part and no more; missing: for all that is left. */
      readonly partMinor?: Minor
      readonly request: MadeRequest
      /** What the last wallet in another currency that asked would pay for it, until then. */
      readonly quote?: { readonly told: ExchangeTold; readonly expiresAt: EpochMs }
      readonly refused?: { readonly code: ErrorCode; readonly text: string; readonly n: number }
    }
  | { readonly stage: 'deciding'; readonly paymentId: Id; readonly amountMinor: Minor; readonly since: EpochMs }
  | {
      readonly stage: 'unknown'
      readonly paymentId: Id
      readonly amountMinor: Minor
      readonly since: EpochMs
      readonly until: EpochMs
      readonly code: ErrorCode
    }
  | { readonly stage: 'approved'; readonly approval: Approval }
  | { readonly stage: 'refused'; readonly amountMinor: Minor; readonly code: ErrorCode }

/** A payment given up because its time is over. A customer does not wait longer, and nobody stands at the till after a power cut. */
export const INTENT_LIFETIME: DurationMs = 120 * SECOND
/** From its intent, how long the till goes on asking about a payment of which nobody here knows; then it is reversed. */
export const ASKING_LIFETIME: DurationMs = 15 * SECOND
/** Somebody who has to confirm on the phone: the hub gives up before that. */
const SCHEME_LIFETIME: DurationMs = 75 * SECOND
export const ASK_AGAIN: DurationMs = 3 * SECOND

export const askingLifetime = ({ profile }: PaymentRecord): DurationMs => (profile === 'scheme' ? SCHEME_LIFETIME : ASKING_LIFETIME)

/** So long from `now` the hub is asked on: the last question is given the time to be answered. */
export function askingLeft(record: PaymentRecord, now: EpochMs): DurationMs {
  const lifetime = askingLifetime(record)
  return Math.min(lifetime, Math.max(ASK_AGAIN, record.intendedAt + lifetime - now))
}

/** Opens the payment of what is left, or of a part of it. */
export function beginPayment({ authority, paying, phonePaid }: TenderPorts, saleId: Id, restMinor: Minor, partMinor: Minor | undefined): Tender {
  const { currency, merchant } = authority.shop
  const amountMinor = partMinor === undefined ? restMinor : Math.min(partMinor, restMinor)
  const request = paying.begin(amountMinor, currency, merchant)
  phonePaid.remember(request, saleId)
  return { stage: 'awaiting', amountMinor, request, ...(partMinor === undefined ? {} : { partMinor }) }
}

/** What the tender needs of the till around it. */
export type TenderPorts = {
  readonly till: Id
  readonly crypto: Crypto
  readonly timers: Timers
  readonly clock: TillClock
  readonly store: TillStore
  readonly authority: Authority
  readonly payments: Payments
  readonly paying: Paying
  readonly receipts: Receipts
  readonly instruments: Instruments
  readonly phonePaid: PhonePaid
  readonly cash: Cash
  readonly credits: Credits
  readonly abandoning: Abandoning
  readonly notices: Notices
  /** The sale with this number was paid for: if it was an order, nobody waits for it any more. */
  fetched(receiptNumber: string): void
  newId(): Id
  /** Whether the journal's entry at a place, or one that carries it over into a later epoch, has this hash (hex). */
  isCalled(place: Place, hashHex: string): boolean
  /** A question to the hub would be answered in time. */
  hubCanDecide(): boolean
  /** Whether the disk has room for a payment from its intent to its end. */
  mayBegin(): Outcome<null>
  drain(event: OutboxEvent): void
  /** For what a timer does: runs it, minds the disk, and shows what became of it. */
  later(action: () => void): void
}
