import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Currency } from '#protocol/money.ts'
import type { Place } from './outbox.ts'
import { parseRecord, type TillStore } from './store.ts'

const SUMS = 'shift/sums/'
const CLOSED_AT = 'shift/closed_at'

/** What was captured and given back since the last close, in minor units of one currency. */
export type ShiftSums = Pick<EntryBody<'shift.closed'>, 'payments' | 'capturedMinor' | 'refunds' | 'refundedMinor'>
const NOTHING: ShiftSums = { payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0 }

/** The sums of the working day. They change in the transactions of the captures and refunds that they count, so nobody has to read the journal to close a shift. */
export class Shift {
  readonly #sums = new Map<Currency, ShiftSums>()
  #closedAt: Place | undefined

  constructor(store: TillStore) {
    const kept = store.records('shift/')
    for (const [name, text] of kept) if (name.startsWith(SUMS)) this.#sums.set(name.slice(SUMS.length), parseRecord<ShiftSums>(text))
    const closedAt = kept.get(CLOSED_AT)
    this.#closedAt = closedAt === undefined ? undefined : parseRecord<Place>(closedAt)
  }

  sumsIn(currency: Currency): ShiftSums {
    return this.#sums.get(currency) ?? NOTHING
  }

  /** The last entry that closed a shift. */
  get closedAt(): Place | undefined {
    return this.#closedAt
  }

  /** What has to be stored with the entries that make these sums. */
  put(currency: Currency, sums: ShiftSums): Record<string, string> {
    return { [SUMS + currency]: JSON.stringify(sums) }
  }

  /** Those entries are on the disk. */
  counted(currency: Currency, sums: ShiftSums): void {
    this.#sums.set(currency, sums)
  }

  /** The sums with a capture. */
  withPayment(currency: Currency, amountMinor: number): ShiftSums {
    const sums = this.sumsIn(currency)
    return { ...sums, payments: sums.payments + 1, capturedMinor: sums.capturedMinor + amountMinor }
  }

  /** The sums with money that was given back, by refund or void. */
  withRefund(currency: Currency, amountMinor: number): ShiftSums {
    const sums = this.sumsIn(currency)
    return { ...sums, refunds: sums.refunds + 1, refundedMinor: sums.refundedMinor + amountMinor }
  }

  /** What has to be stored with the `shift.closed` entry at `place`. */
  putClosed(currency: Currency, place: Place): Record<string, string> {
    return { ...this.put(currency, NOTHING), [CLOSED_AT]: JSON.stringify(place) }
  }

  closed(currency: Currency, place: Place): void {
    this.#sums.set(currency, NOTHING)
    this.#closedAt = place
  }
}
