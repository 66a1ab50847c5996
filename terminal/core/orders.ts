import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { scale, sum, type Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import type { OrderView } from '#protocol/till-api/orders.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'
import { orderSlip } from '../sale/order-slip.ts'
import type { Authority } from './authority.ts'
import { compare, type Place } from './outbox.ts'
import { keptOf, type Payments } from './payments.ts'
import type { Peripherals } from './peripherals.ts'
import type { Receipts } from './receipts.ts'
import { parseRecord, type Change, type TillStore } from './store.ts'

const RECORD = 'order/'
const MILLION = 1_000_000
/** Those whose time is over stay on the list for so long, for whoever comes late and asks. */
const LISTED_LATE = 7 * DAY

/** As it is on the disk, under the number of its receipt. `place`: of its entry. */
type Order = Omit<OrderView, 'atHub' | 'isLate'> & { readonly orderId: Id; readonly payments: readonly Id[]; readonly place: Place }

export type OrderPorts = {
  readonly store: Pick<TillStore, 'records'>
  readonly clock: { now(): EpochMs }
  readonly authority: Authority
  readonly payments: Pick<Payments, 'get'>
  readonly receipts: Pick<Receipts, 'last'>
  readonly peripherals: Pick<Peripherals, 'printPage'>
  readonly tillName: string
  newId(): Id
  nextPlace(): Place
  /** Up to where the hub has settled. */
  settled(): Place
  record(facts: readonly Fact[], also: Omit<Change, 'entries'>): void
}

/**
 * Orders that were paid and wait to be fetched. The hub holds their money, from when it has heard of them; the goods are handed over here, by the number of the
 * receipt, with the hub or without it. What the order promises stands in its entry, on the slip and on the screen.
 */
export class Orders {
  readonly #ports: OrderPorts
  readonly #orders: Map<string, Order>

  constructor(ports: OrderPorts) {
    this.#ports = ports
    const kept = [...ports.store.records(RECORD).values()].map((text) => parseRecord<Order>(text))
    this.#orders = new Map(kept.map((order) => [order.receiptNumber, order]))
  }

  get views(): readonly OrderView[] {
    const { clock, settled } = this.#ports
    const now = clock.now()
    const shown = [...this.#orders.values()].filter((order) => now < order.until + LISTED_LATE && this.#leftOf(order) > 0)
    return shown
      .toSorted((a, b) => b.at - a.at)
      .map(({ orderId: _, payments: __, place, ...order }) => ({ ...order, atHub: compare(place, settled()) <= 0, isLate: now >= order.until }))
  }

  do(command: Extract<Command, { type: 'placeOrder' | 'handOver' }>): Outcome<null> {
    return command.type === 'placeOrder' ? this.#place(command) : this.#handOver(command.receiptNumber.trim().toUpperCase())
  }

  /** The sale that was paid last. The same again changes nothing. Throws StoreError. */
  #place({ receiptNumber, days, keptPpm }: Extract<Command, { type: 'placeOrder' }>): Outcome<null> {
    const { clock, authority, receipts, peripherals, tillName, newId, nextPlace, record } = this.#ports
    if (this.#orders.has(receiptNumber)) return ok(null)
    const { last } = receipts
    if (last === undefined || last.sale.receiptNumber !== receiptNumber) return fail('sale.unknown_receipt')
    const { sale, parts = [] } = last
    // What cannot go back to a wallet by itself nobody can hold; a gift card is given away with the sale.
    if (parts.length === 0 || parts.some(({ how }) => how !== 'wallet')) return fail('order.wallet_only')
    if (sale.lines.some(({ creditId }) => creditId !== undefined) || (sale.tipMinor ?? 0) > 0) return fail('order.wallet_only')
    const at = clock.now()
    const amountMinor = sum(parts.map((part) => part.amountMinor))
    const payments = parts.map((part) => ({ paymentId: part.paymentId, amountMinor: part.amountMinor }))
    const keptMinor = scale(amountMinor, keptPpm, MILLION)
    const order: Order = {
      orderId: newId(),
      receiptNumber,
      at,
      until: at + days * DAY,
      amountMinor,
      keptMinor,
      items: sale.lines.map(({ name, quantity }) => `${quantity} × ${name}`),
      payments: payments.map(({ paymentId }) => paymentId),
      place: nextPlace(),
    }
    const { orderId, until } = order
    const body = { orderId, saleId: sale.saleId, receiptNumber, currency: sale.currency, payments, until, keptMinor }
    record([{ kind: 'order.placed', body }], { put: { [RECORD + receiptNumber]: JSON.stringify(order) }, remove: this.#forgotten(at) })
    this.#orders.set(receiptNumber, order)
    const { merchant, timeZone } = authority.shop
    const heading = { merchant, till: tillName, language: authority.terms.receiptLanguage, timeZone, currency: sale.currency }
    peripherals.printPage('order', orderSlip(order, heading))
    return ok(null)
  }

  /** Throws StoreError. */
  #handOver(receiptNumber: string): Outcome<null> {
    const order = this.#orders.get(receiptNumber)
    if (order === undefined) return fail('order.unknown')
    if (this.#leftOf(order) === 0) return fail('order.given_back')
    // The buyer has it back by then, or will have.
    if (this.#ports.clock.now() >= order.until) return fail('order.too_late')
    this.#ports.record([{ kind: 'order.handed_over', body: { orderId: order.orderId, receiptNumber } }], { remove: [RECORD + receiptNumber] })
    this.#orders.delete(receiptNumber)
    return ok(null)
  }

  /** Of what was paid for it: somebody may have given it back here. */
  #leftOf({ payments }: Order): Minor {
    return sum(
      payments.map((id) => {
        const record = this.#ports.payments.get(id)
        return record === undefined ? 0 : keptOf(record)
      }),
    )
  }

  #forgotten(now: EpochMs): string[] {
    const over = [...this.#orders.values()].filter(({ until }) => now >= until + LISTED_LATE)
    for (const { receiptNumber } of over) this.#orders.delete(receiptNumber)
    return over.map(({ receiptNumber }) => RECORD + receiptNumber)
  }
}
