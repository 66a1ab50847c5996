import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { scale, sum, type Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import type { OrderView } from '#protocol/till-api/orders.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'
import { newSale } from '../sale/basket.ts'
import { orderSlip } from '../sale/order-slip.ts'
import { soldAs } from '../sale/sold.ts'
import { NOTHING_PAID, paidOf, type Part } from '../sale/tenders.ts'
import type { Authority } from './authority.ts'
import { compare, type Place } from './outbox.ts'
import { keptOf, type Payments } from './payments.ts'
import type { Peripherals } from './peripherals.ts'
import type { Receipts } from './receipts.ts'
import { parseRecord, type Change, type TillStore } from './store.ts'
import type { Bill } from './taking.ts'
import type { Tendering } from './tender.ts'

const RECORD = 'order/'
export const orderRecord = (receiptNumber: string): string => RECORD + receiptNumber
const MILLION = 1_000_000
/** Those whose time is over stay on the list for so long, for whoever comes late and asks. */
const LISTED_LATE = 7 * DAY

/** As it is on the disk, under the number of its receipt. `place`: of its entry. `bill`: what waits for the rest, where a deposit was paid. */
type Order = Omit<OrderView, 'atHub' | 'isLate' | 'isOpen'> & {
  readonly orderId: Id
  readonly payments: readonly Id[]
  readonly place: Place
  readonly bill?: Bill
}
type OrderCommand = Extract<Command, { type: 'placeOrder' | 'placeDeposit' | 'handOver' | 'leaveOrder' }>
/** Where an order's sale is paid for. */
type Desk = Pick<Tendering, 'bill' | 'busy' | 'restMinor' | 'turnTo'>
/** Writes down what was promised, with whatever belongs into the same transaction. Throws StoreError. */
type Write = (facts: readonly Fact[], change: { readonly put: Record<string, string>; readonly remove: readonly string[] }) => void
type Wish = { readonly days: number; readonly keptPpm: number }
/** What was paid of which sale; `lines`: what was ordered. */
type Paid = {
  readonly saleId: Id
  readonly receiptNumber: string
  readonly lines: readonly { readonly name: string; readonly quantity: number }[]
  readonly parts: readonly Part[]
  readonly restMinor?: Minor
}

export type OrderPorts = {
  readonly store: Pick<TillStore, 'records' | 'commit'>
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

  /** `open`: the one in work. */
  views(open: Id | undefined): readonly OrderView[] {
    const { clock, settled } = this.#ports
    const now = clock.now()
    const shown = [...this.#orders.values()].filter((order) => now < order.until + LISTED_LATE && this.#leftOf(order) > 0)
    return shown
      .toSorted((a, b) => b.at - a.at)
      .map(({ orderId, payments: _, bill: __, place, ...order }) => ({
        ...order,
        atHub: compare(place, settled()) <= 0,
        isLate: now >= order.until,
        ...(orderId === open ? { isOpen: true as const } : {}),
      }))
  }

  /** Throws StoreError. */
  do(command: OrderCommand, desk: Desk): Outcome<null> {
    switch (command.type) {
      case 'placeOrder':
        return this.#placeSold(command)
      case 'placeDeposit':
        return this.#placeDeposit(command, desk)
      case 'handOver':
        return this.#handOver(command.receiptNumber.trim().toUpperCase(), desk)
      case 'leaveOrder':
        return this.#leave(desk)
    }
  }

  /** Whether the order with this number waits for its rest: whoever scans its slip has come to pay that. */
  owes(receiptNumber: string): boolean {
    return this.#orders.get(receiptNumber)?.bill !== undefined
  }

  /** It was paid for, and its record is gone already. */
  fetched(receiptNumber: string): void {
    if (this.owes(receiptNumber)) this.#orders.delete(receiptNumber)
  }

  /** The sale that was paid last. The same again changes nothing. */
  #placeSold({ receiptNumber, ...wish }: Extract<OrderCommand, { type: 'placeOrder' }>): Outcome<null> {
    if (this.#orders.has(receiptNumber)) return ok(null)
    const { last } = this.#ports.receipts
    if (last === undefined || last.sale.receiptNumber !== receiptNumber) return fail('sale.unknown_receipt')
    const { sale, parts = [] } = last
    // It was one, and has just been fetched.
    if (parts.some(({ isDeposit }) => isDeposit === true)) return fail('order.unknown')
    // A gift card is given away with the sale.
    if (sale.lines.some(({ creditId }) => creditId !== undefined) || !canBeHeld(parts, sale.tipMinor)) return fail('order.wallet_only')
    this.#place({ saleId: sale.saleId, receiptNumber, lines: sale.lines, parts }, wish, this.#ports.record)
    return ok(null)
  }

  /** What was paid so far of the basket in work, which leaves the desk with its money in the transaction that promises it. */
  #placeDeposit(wish: Wish, desk: Desk): Outcome<null> {
    const { bill, busy, restMinor } = desk
    if (busy === 'sale.payment_in_flight') return fail(busy)
    const { sale, tenders } = bill
    const { parts, receiptNumber, tipMinor, order } = tenders
    const least = scale(soldAs(sale).totalMinor, this.#ports.authority.terms.orders?.leastDepositPpm ?? 0, MILLION)
    if (order !== undefined) return fail('sale.partly_paid')
    if (receiptNumber === undefined || paidOf(parts) < least) return fail('order.deposit_too_small')
    if (!canBeHeld(parts, tipMinor)) return fail('order.wallet_only')
    const { lines } = soldAs(sale)
    desk.turnTo(this.#nothing(), ({ put, remove }) => {
      this.#place(
        { saleId: sale.id, receiptNumber, lines, parts, restMinor },
        wish,
        (facts, also) => this.#ports.record(facts, { put: { ...put, ...also.put }, remove: [...remove, ...also.remove] }),
        bill,
      )
    })
    return ok(null)
  }

  #place({ saleId, receiptNumber, lines, parts, restMinor }: Paid, { days, keptPpm }: Wish, write: Write, bill?: Bill): void {
    const { clock, authority, peripherals, tillName, newId, nextPlace } = this.#ports
    const { currency } = authority.shop
    const at = clock.now()
    const amountMinor = paidOf(parts)
    const payments = parts.map((part) => ({ paymentId: part.paymentId, amountMinor: part.amountMinor }))
    const keptMinor = scale(amountMinor, keptPpm, MILLION)
    const orderId = newId()
    const rest = restMinor === undefined ? {} : { restMinor }
    const order: Order = {
      orderId,
      receiptNumber,
      at,
      until: at + days * DAY,
      amountMinor,
      keptMinor,
      ...rest,
      items: lines.map(({ name, quantity }) => `${quantity} × ${name}`),
      payments: payments.map(({ paymentId }) => paymentId),
      place: nextPlace(),
      ...(bill === undefined ? {} : { bill: asDeposit(bill, orderId) }),
    }
    const body = { orderId, saleId, receiptNumber, currency, payments, until: order.until, keptMinor, ...rest }
    write([{ kind: 'order.placed', body }], { put: { [orderRecord(receiptNumber)]: JSON.stringify(order) }, remove: this.#forgotten(at) })
    this.#orders.set(receiptNumber, order)
    const { merchant, timeZone } = authority.shop
    const heading = { merchant, till: tillName, language: authority.terms.receiptLanguage, timeZone, currency }
    peripherals.printPage('order', orderSlip(order, heading))
  }

  #handOver(receiptNumber: string, desk: Desk): Outcome<null> {
    const order = this.#orders.get(receiptNumber)
    if (order === undefined) return fail('order.unknown')
    const { orderId, bill, amountMinor, until } = order
    if (bill !== undefined && desk.bill.tenders.order === orderId) return ok(null)
    // A deposit counts as what was paid, so all of it must be there.
    const left = this.#leftOf(order)
    if (left === 0 || (bill !== undefined && left < amountMinor)) return fail('order.given_back')
    // The buyer has it back by then, or will have.
    if (this.#ports.clock.now() >= until) return fail('order.too_late')
    if (bill !== undefined) return this.#takeBack(bill, desk)
    this.#ports.record([{ kind: 'order.handed_over', body: { orderId, receiptNumber } }], { remove: [orderRecord(receiptNumber)] })
    this.#orders.delete(receiptNumber)
    return ok(null)
  }

  /** Its record stays until the rest is paid, with which it goes. */
  #takeBack(bill: Bill, desk: Desk): Outcome<null> {
    if (desk.busy !== undefined) return fail(desk.busy)
    const { lines, empties } = desk.bill.sale
    if (lines.length > 0 || empties !== undefined) return fail('gate.open_basket')
    desk.turnTo(bill, (change) => this.#ports.store.commit(change))
    return ok(null)
  }

  /** With what was changed in its basket. What was paid of the rest is held by nobody: it is taken to its end, or goes back. */
  #leave(desk: Desk): Outcome<null> {
    const { bill, busy, restMinor } = desk
    const known = [...this.#orders.values()].find(({ orderId }) => orderId === bill.tenders.order)
    if (known === undefined) return fail('order.unknown')
    if (busy === 'sale.payment_in_flight') return fail(busy)
    if (bill.tenders.parts.length > known.payments.length) return fail('sale.partly_paid')
    const order: Order = { ...known, bill, restMinor, items: bill.sale.lines.map(({ name, quantity }) => `${quantity} × ${name}`) }
    const put = { [orderRecord(order.receiptNumber)]: JSON.stringify(order) }
    desk.turnTo(this.#nothing(), (change) => this.#ports.store.commit({ put: { ...change.put, ...put }, remove: change.remove }))
    this.#orders.set(order.receiptNumber, order)
    return ok(null)
  }

  #nothing(): Bill {
    return { sale: newSale(this.#ports.newId()), tenders: NOTHING_PAID }
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

/** What cannot go back to a wallet by itself nobody can hold. */
const canBeHeld = (parts: readonly Part[], tipMinor: Minor = 0): boolean => parts.length > 0 && tipMinor === 0 && parts.every(({ how }) => how === 'wallet')

/** On the receipt each of them is told apart from what is paid in the end. */
const asDeposit = ({ sale, tenders }: Bill, order: Id): Bill => ({
  sale,
  tenders: { ...tenders, order, parts: tenders.parts.map((part) => ({ ...part, isDeposit: true as const })) },
})
