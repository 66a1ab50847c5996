import type { EntryBody } from '#protocol/journal/entry.ts'
import { sum, type Currency, type Minor } from '#protocol/money.ts'
import type { How } from '../sale/tenders.ts'
import type { Place } from './outbox.ts'
import { parseRecord, type TillStore } from './store.ts'

const SUMS = 'shift/sums/'
const CLOSED_AT = 'shift/closed_at'

/** What was captured and given back since the last close, in minor units of one currency. */
export type ShiftSums = Pick<EntryBody<'shift.closed'>, 'payments' | 'capturedMinor' | 'refunds' | 'refundedMinor' | 'tipsMinor'> & {
  /** Sales that were paid, each in one part or several. Missing in sums of an earlier version. */
  readonly sales?: number
  /** Of what was captured, how it was paid. */
  readonly ways?: Partial<Record<How, Minor>>
}
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
  withPayment(currency: Currency, amountMinor: Minor, how: How): ShiftSums {
    const sums = this.sumsIn(currency)
    const ways = { ...sums.ways, [how]: (sums.ways?.[how] ?? 0) + amountMinor }
    return { ...sums, payments: sums.payments + 1, capturedMinor: sums.capturedMinor + amountMinor, ways }
  }

  /** The sums with money that was given back, by refund or void. */
  withRefund(currency: Currency, ...amounts: readonly Minor[]): ShiftSums {
    const sums = this.sumsIn(currency)
    return { ...sums, refunds: sums.refunds + amounts.length, refundedMinor: sums.refundedMinor + sum(amounts) }
  }

  /** As the entry of its end says it. */
  said(currency: Currency): Pick<EntryBody<'shift.closed'>, 'payments' | 'capturedMinor' | 'refunds' | 'refundedMinor' | 'tipsMinor'> {
    const { payments, capturedMinor, refunds, refundedMinor, tipsMinor } = this.sumsIn(currency)
    return { payments, capturedMinor, refunds, refundedMinor, ...(tipsMinor === undefined ? {} : { tipsMinor }) }
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

/** With the sale that the last payment paid for. */
export const withSale = (sums: ShiftSums, tipMinor: Minor): ShiftSums => {
  const tips = (sums.tipsMinor ?? 0) + tipMinor
  return { ...sums, sales: (sums.sales ?? sums.payments - 1) + 1, ...(tips === 0 ? {} : { tipsMinor: tips }) }
}
