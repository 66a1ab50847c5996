import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { PaymentState } from '#protocol/journal/payment.ts'
import type { EpochMs } from '#protocol/time.ts'
import { compare, type Place } from './outbox.ts'
import type { TillStore } from './store.ts'

/** What a till remembers of a payment until all of its entries are safe at the hub. A projection of the journal, changed in the same transaction. */
export type PaymentRecord = {
  readonly id: Id
  readonly saleId: Id
  readonly state: PaymentState
  readonly amountMinor: Minor
  readonly wallet: string
  readonly profile: 'show' | 'bound'
  readonly limits: { readonly perPaymentLimitMinor: Minor; readonly totalLimitMinor: Minor }
  readonly intendedAt: EpochMs
  /** Its `payment.intended` entry: the hub's decision must name that entry's hash. */
  readonly intended: Place
  /** The hub holds the money, so it is nobody's risk. */
  readonly held: boolean
  /** Its newest entry. */
  readonly last: Place
}

const PREFIX = 'payment/'
export const paymentRecordName = (id: Id): string => PREFIX + id

/**
 * The payments of which this till holds entries that are not yet safe, and what they add up to. Oldest first: a till has one payment open
 * at a time, so their last entries are in order too.
 */
export class Payments {
  readonly #records = new Map<Id, PaymentRecord>()
  readonly #exposureOf = new Map<string, Minor>()
  #exposure: Minor = 0
  #waiting = { payments: 0, amountMinor: 0 }

  constructor(store: TillStore) {
    const records = [...store.records(PREFIX).values()].map((text) => JSON.parse(text) as PaymentRecord)
    for (const record of records.toSorted((a, b) => compare(a.last, b.last))) this.set(record)
  }

  get(id: Id): PaymentRecord | undefined {
    return this.#records.get(id)
  }

  set(record: PaymentRecord): void {
    this.#forget(record.id)
    this.#records.set(record.id, record)
    this.#count(record, 1)
  }

  /** Undecided or accepted without the hub, of all wallets: what this till has at risk. Minor units. */
  get exposureMinor(): Minor {
    return this.#exposure
  }

  exposureOf(wallet: string): Minor {
    return this.#exposureOf.get(wallet) ?? 0
  }

  /** Captured here and not yet safe at the hub: what the screen shows as being on this till alone. */
  get waiting(): { readonly payments: number; readonly amountMinor: Minor } {
    return this.#waiting
  }

  get oldestAt(): EpochMs | undefined {
    const [first] = this.#records.values()
    return first?.intendedAt
  }

  /** A payment that was interrupted between its intent and its end. */
  open(): PaymentRecord | undefined {
    return [...this.#records.values()].findLast((record) => record.state === 'INTENDED')
  }

  /** Those whose every entry is within `safe`, and that will not change any more. */
  releasable(safe: Place): PaymentRecord[] {
    const done: PaymentRecord[] = []
    for (const record of this.#records.values()) {
      if (compare(record.last, safe) > 0) break
      if (record.state !== 'INTENDED') done.push(record)
    }
    return done
  }

  release(records: readonly PaymentRecord[]): void {
    for (const record of records) this.#forget(record.id)
  }

  #forget(id: Id): void {
    const record = this.#records.get(id)
    if (record === undefined) return
    this.#records.delete(id)
    this.#count(record, -1)
  }

  #count(record: PaymentRecord, sign: 1 | -1): void {
    if (!record.held && (record.state === 'INTENDED' || record.state === 'ACCEPTED_OFFLINE' || record.state === 'CAPTURED')) {
      this.#exposure += sign * record.amountMinor
      const left = this.exposureOf(record.wallet) + sign * record.amountMinor
      if (left === 0) this.#exposureOf.delete(record.wallet)
      else this.#exposureOf.set(record.wallet, left)
    }
    if (record.state === 'CAPTURED') {
      this.#waiting = { payments: this.#waiting.payments + sign, amountMinor: this.#waiting.amountMinor + sign * record.amountMinor }
    }
  }
}
