import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody, Fact } from '#protocol/journal/entry.ts'
import { isPaymentEvent, keptMinor, stepPayment, type PaymentStanding } from '#protocol/journal/payment.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Instrumental, Payer } from './instruments/payer.ts'
import { compare, type Place } from './outbox.ts'
import type { PaymentRows, Risk, TillStore, WaitingSum } from './store.ts'

/**
 * What a till remembers of a payment: a projection of the journal, changed in the same transaction (`Change.payments`). It stays after the hub has settled it:
 * only the till that captured may refund without asking.
 */
export type PaymentRecord = PaymentStanding &
  Payer & {
    readonly id: Id
    readonly saleId: Id
    readonly amountMinor: Minor
    readonly currency: Currency
    readonly intendedAt: EpochMs
    /** The entry that began it: the hub's decision must name the hash of a `payment.intended`. */
    readonly intended: Place
    /** The hub holds the money, so it is nobody's risk. */
    readonly held: boolean
    /** Its newest entry up to its capture or its end. Refunds do not move it: they take nothing back from what the hub has settled. */
    readonly last: Place
    /** Both are there once it was captured. */
    readonly receiptNumber?: string
    readonly capturedAt?: EpochMs
  }

/** Nobody has decided about it yet. */
export const isOpen = ({ state }: PaymentStanding): boolean => state === 'INTENDED' || state === 'UNKNOWN'

/** What this till answers for until the hub has settled it: undecided, or accepted without the hub. Minor units. */
export function riskOf(record: PaymentRecord): Minor {
  if (record.held || record.cash !== undefined) return 0
  if (isOpen(record) || record.state === 'ACCEPTED_OFFLINE') return record.amountMinor
  return record.state === 'CAPTURED' ? keptMinor(record) : 0
}

/** What is on this till alone until it is safe at the hub: captured, and not given back. Minor units. */
export const keptOf = (record: PaymentRecord): Minor => (record.state === 'CAPTURED' ? keptMinor(record) : 0)

type Intent = Extract<Fact, { kind: 'payment.intended' }>['body']

/** The record of a payment that has just been intended. */
export const intendedRecord = (intent: Intent, payer: Instrumental, at: EpochMs, place: Place): PaymentRecord => ({
  id: intent.paymentId,
  saleId: intent.saleId,
  state: 'INTENDED',
  capturedMinor: 0,
  refundedMinor: 0,
  amountMinor: intent.amountMinor,
  currency: intent.currency,
  ...payer,
  intendedAt: at,
  intended: place,
  held: false,
  last: place,
})

/** The record of a payment in cash, which begins with its capture. */
export const takenInCash = (taken: EntryBody<'payment.taken_in_cash'>, at: EpochMs, place: Place): PaymentRecord => ({
  id: taken.paymentId,
  saleId: taken.saleId,
  state: 'CAPTURED',
  capturedMinor: taken.amountMinor,
  refundedMinor: 0,
  amountMinor: taken.amountMinor,
  currency: taken.currency,
  wallet: '',
  cash: { tenderedMinor: taken.tenderedMinor, changeMinor: taken.changeMinor, ...(taken.foreign === undefined ? {} : { foreign: taken.foreign }) },
  intendedAt: at,
  intended: place,
  held: false,
  last: place,
  receiptNumber: taken.receiptNumber,
  capturedAt: at,
})

/** The record after a fact about it, which is, or is about to become, the entry at `place`. */
export function recordAfter(record: PaymentRecord, fact: Pick<Entry, 'kind'> & Fact, at: EpochMs, place: Place): Outcome<PaymentRecord> {
  if (!isPaymentEvent(fact.kind)) return ok(record)
  const amountMinor = fact.kind === 'payment.captured' || fact.kind === 'payment.refunded' ? fact.body.amountMinor : 0
  const stepped = stepPayment(record, { event: fact.kind, amountMinor })
  if (!stepped.ok) return stepped
  const { state, capturedMinor, refundedMinor } = stepped.value
  const next = { ...record, state, capturedMinor, refundedMinor }
  if (fact.kind === 'payment.refunded') return ok(next)
  if (fact.kind === 'payment.held') return ok({ ...next, held: true, last: place })
  if (fact.kind !== 'payment.captured') return ok({ ...next, last: place })
  if (fact.body.currency !== record.currency) return fail('entry.currency_mismatch')
  return ok({ ...next, last: place, receiptNumber: fact.body.receiptNumber, capturedAt: at })
}

/**
 * The payments of this till and what they add up to. Two watermarks of the hub move the sums: what is *safe* there is not on this till alone any more, and
 * what is *settled* is nobody's risk. Custody is not funds: until it is settled, a payment counts against the caps. Undecided payments always count. In
 * memory are the sums and what is undecided; everything else is read from the disk when it is asked for, so a till with a long history starts as fast as a new one.
 */
export class Payments {
  readonly #rows: PaymentRows
  /** Undecided, oldest first. */
  #open: readonly PaymentRecord[] = []
  /** Of decided payments that are not settled, by wallet; no zeros. */
  #riskOf = new Map<string, Risk>()
  #risk: Minor = 0
  #waiting: WaitingSum = { payments: 0, amountMinor: 0 }
  #oldestAt: EpochMs | undefined
  #safe: Place
  #settled: Place

  constructor(store: Pick<TillStore, 'payments'>, safe: Place, settled: Place) {
    this.#rows = store.payments
    this.#safe = safe
    this.#settled = settled
    this.reload()
  }

  /** Adds everything up anew: the rows were changed by someone else than `set`. */
  reload(): void {
    this.#open = this.#rows.open()
    this.#riskOf = this.#rows.riskAfter(this.#settled)
    this.#risk = [...this.#riskOf.values()].reduce((sum, { minor }) => sum + minor, 0)
    this.#waiting = this.#rows.waitingAfter(this.#safe)
    this.#oldestAt = this.#rows.oldestAfter(this.#safe)
  }

  get(id: Id): PaymentRecord | undefined {
    return this.#open.find((record) => record.id === id) ?? this.#rows.get(id)
  }

  /** The sale that this till captured under this receipt number. */
  byReceipt(number: string): PaymentRecord | undefined {
    return this.#rows.byReceipt(number)
  }

  /** All payments of this till with this number on their receipt, in the order in which they were begun. */
  onReceipt(number: string): readonly PaymentRecord[] {
    return this.#rows.onReceipt(number).toSorted((a, b) => compare(a.intended, b.intended))
  }

  /** Those whose newest entry is after a place, in order, up to another. */
  between(place: Place, upTo: Place): PaymentRecord[] {
    return this.#rows.between(place, upTo)
  }

  /** Captured here, newest first, whatever became of them. */
  sold(limit: number): PaymentRecord[] {
    return this.#rows.sold(limit)
  }

  /** A payment that was interrupted between its intent and its end. */
  open(): PaymentRecord | undefined {
    return this.#open.at(-1)
  }

  /** The commit that carried `after` is on the disk. `before`: the record as it was, undefined for a payment that is new. */
  set(before: PaymentRecord | undefined, after: PaymentRecord): void {
    if (before !== undefined) this.#count(before, -1)
    this.#count(after, 1)
    const others = this.#open.filter(({ id }) => id !== after.id)
    this.#open = isOpen(after) ? [...others, after] : others
    this.#oldestAt = this.#rows.oldestAfter(this.#safe)
  }

  /** Undecided, or accepted without the hub and not settled yet, of all wallets: what this till has at risk. Minor units. */
  get exposureMinor(): Minor {
    return this.#open.reduce((sum, record) => sum + riskOf(record), this.#risk)
  }

  exposureOf(wallet: string): Minor {
    return this.#open.reduce((sum, record) => sum + (record.wallet === wallet ? riskOf(record) : 0), this.#riskOf.get(wallet)?.minor ?? 0)
  }

  /** How many payments that sum is made of. */
  countOf(wallet: string): number {
    return this.#open.filter((record) => record.wallet === wallet && riskOf(record) > 0).length + (this.#riskOf.get(wallet)?.payments ?? 0)
  }

  /** What each wallet owes here, without zeros. */
  exposures(): ReadonlyMap<string, Minor> {
    const sums = new Map([...this.#riskOf].map(([wallet, { minor }]) => [wallet, minor]))
    for (const record of this.#open) sums.set(record.wallet, (sums.get(record.wallet) ?? 0) + riskOf(record))
    return sums
  }

  /** Captured, not given back and not at a place up to here. */
  waitingAfter(place: Place): WaitingSum {
    return this.#rows.waitingAfter(place)
  }

  /** Captured here and not yet safe at the hub: what the screen shows as being on this till alone. */
  get waiting(): WaitingSum {
    return this.#waiting
  }

  /** When the oldest payment was intended that is not safe at the hub. */
  get oldestAt(): EpochMs | undefined {
    return this.#oldestAt
  }

  /** What the hub has said. A hub that was restored from a backup may stand further back than it did. */
  acknowledged(safe: Place, settled: Place): void {
    const [isSafer, isMoreSettled] = [compare(safe, this.#safe), compare(settled, this.#settled)]
    if (isSafer === 0 && isMoreSettled === 0) return
    const before = { safe: this.#safe, settled: this.#settled }
    this.#safe = safe
    this.#settled = settled
    if (isSafer < 0 || isMoreSettled < 0) return this.reload()
    for (const [wallet, { minor, payments }] of this.#rows.riskAfter(before.settled, settled)) this.#risks(wallet, -minor, -payments)
    const { payments, amountMinor } = this.#rows.waitingAfter(before.safe, safe)
    this.#waiting = { payments: this.#waiting.payments - payments, amountMinor: this.#waiting.amountMinor - amountMinor }
    this.#oldestAt = this.#rows.oldestAfter(safe)
  }

  #count(record: PaymentRecord, sign: 1 | -1): void {
    if (isOpen(record)) return
    if (compare(record.last, this.#settled) > 0) this.#risks(record.wallet, sign * riskOf(record), riskOf(record) > 0 ? sign : 0)
    const kept = compare(record.last, this.#safe) > 0 ? keptOf(record) : 0
    if (kept > 0) this.#waiting = { payments: this.#waiting.payments + sign, amountMinor: this.#waiting.amountMinor + sign * kept }
  }

  #risks(wallet: string, minor: Minor, payments: number): void {
    this.#risk += minor
    const before = this.#riskOf.get(wallet) ?? { minor: 0, payments: 0 }
    const after = { minor: before.minor + minor, payments: before.payments + payments }
    if (after.payments === 0) this.#riskOf.delete(wallet)
    else this.#riskOf.set(wallet, after)
  }
}
