import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { PaymentState } from '#protocol/journal/payment.ts'
import type { EpochMs } from '#protocol/time.ts'
import { compare, type Place } from './outbox.ts'
import { parseRecord, type TillStore } from './store.ts'

/** What a till remembers of a payment until its entries are safe at the hub and settled there. A projection of the journal, changed in the same transaction. */
export type PaymentRecord = {
  readonly id: Id
  readonly saleId: Id
  readonly state: PaymentState
  readonly amountMinor: Minor
  readonly currency: Currency
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

/** A record, and what the hub has said of its last entry. */
type Kept = { readonly record: PaymentRecord; readonly safe: boolean; readonly settled: boolean }

/**
 * The payments that are this till's alone to remember or to answer for, and what they add up to. Two things end a payment's stay: its entries are
 * *safe* at the hub, and the hub has *settled* them. Custody is not funds: until it is settled, a payment counts against the caps. Oldest first: a till has
 * one payment open at a time, so their last entries are in order too.
 */
export class Payments {
  readonly #kept = new Map<Id, Kept>()
  readonly #exposureOf = new Map<string, Minor>()
  #exposure: Minor = 0
  #waiting = { payments: 0, amountMinor: 0 }

  constructor(store: TillStore) {
    const records = [...store.records(PREFIX).values()].map((text) => parseRecord<PaymentRecord>(text))
    for (const record of records.toSorted((a, b) => compare(a.last, b.last))) this.set(record)
  }

  get(id: Id): PaymentRecord | undefined {
    return this.#kept.get(id)?.record
  }

  set(record: PaymentRecord): void {
    this.#forget(record.id)
    this.#keep({ record, safe: false, settled: false })
  }

  /** Undecided, or accepted without the hub and not settled yet, of all wallets: what this till has at risk. Minor units. */
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
    for (const { record, safe } of this.#kept.values()) if (!safe) return record.intendedAt
    return undefined
  }

  /** A payment that was interrupted between its intent and its end. */
  open(): PaymentRecord | undefined {
    return [...this.#kept.values()].findLast(({ record }) => record.state === 'INTENDED')?.record
  }

  /** What the hub has said. Answers the payments that nothing has to be remembered of any more, for `release` once that is stored. */
  acknowledged(safe: Place, settled: Place): PaymentRecord[] {
    const done: PaymentRecord[] = []
    for (const kept of this.#kept.values()) {
      const { record } = kept
      const [isSafe, isSettled] = [kept.safe || compare(record.last, safe) <= 0, kept.settled || compare(record.last, settled) <= 0]
      if (!isSafe && !isSettled) break
      if (record.state === 'INTENDED') continue
      if (isSafe && isSettled) done.push(record)
      if (isSafe === kept.safe && isSettled === kept.settled) continue
      this.#count(kept, -1)
      const now = { record, safe: isSafe, settled: isSettled }
      this.#kept.set(record.id, now)
      this.#count(now, 1)
    }
    return done
  }

  release(records: readonly PaymentRecord[]): void {
    for (const record of records) this.#forget(record.id)
  }

  #keep(kept: Kept): void {
    this.#kept.set(kept.record.id, kept)
    this.#count(kept, 1)
  }

  #forget(id: Id): void {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    this.#kept.delete(id)
    this.#count(kept, -1)
  }

  #count({ record, safe, settled }: Kept, sign: 1 | -1): void {
    const atRisk = record.state === 'INTENDED' || record.state === 'ACCEPTED_OFFLINE' || record.state === 'CAPTURED'
    if (!record.held && !settled && atRisk) {
      this.#exposure += sign * record.amountMinor
      const left = this.exposureOf(record.wallet) + sign * record.amountMinor
      if (left === 0) this.#exposureOf.delete(record.wallet)
      else this.#exposureOf.set(record.wallet, left)
    }
    if (record.state === 'CAPTURED' && !safe) {
      this.#waiting = { payments: this.#waiting.payments + sign, amountMinor: this.#waiting.amountMinor + sign * record.amountMinor }
    }
  }
}
