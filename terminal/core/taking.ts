import type { Credit } from '#protocol/credit/code.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, ExchangeRate, Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { newSale, type Sale } from '../sale/basket.ts'
import { soldAs } from '../sale/sold.ts'
import { totalsOf } from '../sale/tax.ts'
import { NOTHING_PAID, paidOf, restOf, type CashGiven, type Part, type Tenders } from '../sale/tenders.ts'
import { wishFor, type CreditWish } from './credits.ts'
import { creditIdOf } from './instruments/payer.ts'
import { orderRecord } from './orders.ts'
import type { PayingPorts } from './paying.ts'
import { takenInCash, type PaymentRecord } from './payments.ts'
import { withSale } from './shift.ts'
import { parseRecord } from './store.ts'

/** The last sale that was paid; kept until the next one begins, for the screen and for reprints. */
export type Approval = {
  /** Of its last part. */
  readonly paymentId: Id
  /** All that was paid. */
  readonly amountMinor: Minor
  /** What is least certain of it: a part that was taken without the hub, or one that the hub holds. */
  readonly decidedBy: Part['decidedBy']
  /** What was given and what goes back, where the last part was cash. */
  readonly cash?: CashGiven
  readonly at: EpochMs
  readonly sale: EntryBody<'sale.completed'>
  /** How it was paid. Missing in a sale of an earlier version, which was paid in one part. */
  readonly parts?: readonly Part[]
  /** Gift cards that were sold: their codes belong onto the receipt, and nowhere else. */
  readonly credits?: readonly Credit[]
}

const decisionOn = (parts: readonly Part[]): Part['decidedBy'] =>
  (['policy', 'hub'] as const).find((by) => parts.some(({ decidedBy }) => decidedBy === by)) ?? 'cash'

/** What is to be paid: a basket and what was paid towards it. */
export type Bill = { readonly sale: Sale; readonly tenders: Tenders }

/** A part, after which something is left to pay; or a paid sale, and the empty one that the till goes on with. */
export type Taken =
  | { readonly type: 'part'; readonly part: Part; readonly tenders: Tenders }
  | {
      readonly type: 'sale'
      readonly approval: Approval
      readonly nextSale: Sale
      /** Its receipt's number was given out with its first part. */ readonly isReserved: boolean
    }

/** A captured payment that is to be written down: `facts` end with its capture. */
export type Capture = {
  readonly facts: readonly Fact[]
  readonly before: PaymentRecord | undefined
  readonly captured: PaymentRecord
  readonly part: Part
  readonly at: EpochMs
  /** What else has to be stored with it. */
  readonly put: Record<string, string>
  /** By how much more or less than what was left cash paid for the whole of it. */
  readonly roundingMinor?: Minor
}

export const RECORD_SALE = 'sale/current'
/** There while something is paid of the current sale, or a tip is meant. */
export const RECORD_TENDERS = 'sale/tenders'
/** There while the screen still says that the last sale was approved. */
export const RECORD_APPROVED = 'sale/approved'

/** The bill in work as a stop left it; `fresh`: where there is none. */
export function keptBill(kept: ReadonlyMap<string, string>, fresh: () => Sale): Bill {
  const [sale, tenders] = [kept.get(RECORD_SALE), kept.get(RECORD_TENDERS)]
  return { sale: sale === undefined ? fresh() : parseRecord<Sale>(sale), tenders: tenders === undefined ? NOTHING_PAID : parseRecord<Tenders>(tenders) }
}

/** What has to be stored to make this bill the one in work. */
export function putBill({ sale, tenders }: Bill): { readonly put: Record<string, string>; readonly remove: readonly string[] } {
  const put = { [RECORD_SALE]: JSON.stringify(sale) }
  if (tenders.parts.length === 0) return { put, remove: [RECORD_APPROVED, RECORD_TENDERS] }
  return { put: { ...put, [RECORD_TENDERS]: JSON.stringify(tenders) }, remove: [RECORD_APPROVED] }
}

/** What notes and coins are given for how much of a bill. `foreign`: they are no money of this shop, and worth `tenderedMinor` by this rate. */
export type Notes = {
  readonly amountMinor: Minor
  readonly tenderedMinor: Minor
  readonly roundingMinor: Minor
  readonly foreign?: { readonly currency: Currency; readonly tenderedMinor: Minor; readonly rate: ExchangeRate }
}

/** Writes down what was taken: a part of a sale, and with the last of them the sale; everything that this changes in one transaction. */
export class Taking {
  readonly #ports: PayingPorts
  readonly #newId: () => Id

  constructor(ports: PayingPorts, newId: () => Id) {
    this.#ports = ports
    this.#newId = newId
  }

  /** The number on the receipt: the next one, or the one that the first part has. */
  numberOf({ tenders }: Bill): string {
    return tenders.receiptNumber ?? this.#ports.receipts.next(this.#ports.nextPlace().epoch)
  }

  /** Notes and coins: nobody is asked. */
  takeCash(bill: Bill, currency: Currency, { amountMinor, tenderedMinor, roundingMinor, foreign }: Notes): Taken {
    const { clock, nextPlace, cash: drawer } = this.#ports
    const at = clock.now()
    const receiptNumber = this.numberOf(bill)
    const given = { tenderedMinor, changeMinor: tenderedMinor - amountMinor }
    const paid = { paymentId: this.#newId(), saleId: bill.sale.id, amountMinor, ...given, currency, receiptNumber }
    const body: EntryBody<'payment.taken_in_cash'> = { ...paid, ...(foreign === undefined ? {} : { foreign }) }
    const captured = takenInCash(body, at, nextPlace())
    const drawers =
      foreign === undefined ? [[currency, drawer.withTaken(currency, amountMinor)] as const] : drawer.withForeign(currency, given.changeMinor, foreign)
    const put = Object.assign({}, ...drawers.map(([unit, filled]) => drawer.put(unit, filled))) as Record<string, string>
    const cash: CashGiven = { ...given, ...(foreign === undefined ? {} : { foreign: { currency: foreign.currency, tenderedMinor: foreign.tenderedMinor } }) }
    const part: Part = { paymentId: captured.id, amountMinor, how: 'cash', decidedBy: 'cash', cash }
    const done = this.take(bill, { facts: [{ kind: 'payment.taken_in_cash', body }], before: undefined, captured, part, at, put, roundingMinor })
    for (const [unit, filled] of drawers) drawer.became(unit, filled)
    return done
  }

  /** A captured part, and the sale if nothing is left to pay after it. Only then may anyone say “approved”. Throws StoreError. */
  take(bill: Bill, capture: Capture): Taken {
    const { sale, tenders } = bill
    const { part, roundingMinor = 0 } = capture
    const left = restOf(totalsOf(sale).totalMinor, tenders) + roundingMinor - part.amountMinor
    invariant(left >= 0, 'no more is taken than is left to pay')
    return left === 0 ? this.#finish(bill, capture) : this.#keep(bill, capture)
  }

  #keep({ tenders }: Bill, { facts, before, captured, part, at, put }: Capture): Taken {
    const { receipts, shift, payments } = this.#ports
    const { currency, receiptNumber } = captured
    invariant(receiptNumber !== undefined, 'what was captured has the number of its receipt')
    const next: Tenders = { ...tenders, parts: [...tenders.parts, part], receiptNumber }
    const sums = shift.withPayment(currency, part.amountMinor, part.how)
    const isFirst = tenders.receiptNumber === undefined
    this.#ports.record(
      facts,
      {
        payments: [captured],
        put: {
          ...put,
          ...this.#spent(captured),
          ...(isFirst ? receipts.putReserved() : {}),
          ...shift.put(currency, sums),
          [RECORD_TENDERS]: JSON.stringify(next),
        },
      },
      at,
    )
    payments.set(before, captured)
    shift.counted(currency, sums)
    if (isFirst) receipts.reserved()
    return { type: 'part', part, tenders: next }
  }

  #finish({ sale, tenders }: Bill, { facts, before, captured, part, at, put, roundingMinor = 0 }: Capture): Taken {
    const { receipts, shift, payments, credits, cashier } = this.#ports
    const { currency, receiptNumber } = captured
    invariant(receiptNumber !== undefined, 'what was captured has the number of its receipt')
    const parts = [...tenders.parts, part]
    const issued = credits.issue(giftsOf(sale, currency), at)
    const completed = completedSale(sale, {
      receiptNumber,
      currency,
      parts,
      roundingMinor,
      tipMinor: tenders.tipMinor,
      staff: cashier(),
      credits: issued.credits,
    })
    const approval: Approval = {
      paymentId: part.paymentId,
      amountMinor: paidOf(parts),
      decidedBy: decisionOn(parts),
      ...(part.cash === undefined ? {} : { cash: part.cash }),
      at,
      sale: completed,
      parts,
      ...(issued.credits.length === 0 ? {} : { credits: issued.credits }),
    }
    const nextSale = newSale(this.#newId())
    const sums = withSale(shift.withPayment(currency, part.amountMinor, part.how), tenders.tipMinor)
    const isReserved = tenders.receiptNumber !== undefined
    // With the payment of the rest or not at all: an order cannot be paid for and still wait.
    const { order: orderId } = tenders
    const fetched: readonly Fact[] = orderId === undefined ? [] : [{ kind: 'order.handed_over', body: { orderId, receiptNumber } }]
    this.#ports.record(
      [...facts, ...issued.facts, { kind: 'sale.completed', body: completed }, ...fetched],
      {
        payments: [captured],
        put: {
          ...put,
          ...this.#spent(captured),
          ...issued.put,
          ...receipts.put(approval, isReserved),
          ...shift.put(currency, sums),
          [RECORD_APPROVED]: approval.paymentId,
          [RECORD_SALE]: JSON.stringify(nextSale),
        },
        remove: [RECORD_TENDERS, ...(fetched.length === 0 ? [] : [orderRecord(receiptNumber)])],
      },
      at,
    )
    payments.set(before, captured)
    shift.counted(currency, sums)
    credits.issued(issued)
    return { type: 'sale', approval, nextSale, isReserved }
  }

  #spent(captured: PaymentRecord): Record<string, string> {
    const creditId = creditIdOf(captured)
    return creditId === undefined ? {} : this.#ports.credits.putSpent(creditId, captured.capturedMinor)
  }
}

/** The gift cards in a basket, in the order of its lines. One that costs nothing is worth nothing. */
function giftsOf(sale: Sale, currency: Currency): readonly CreditWish[] {
  const { lines } = soldAs(sale)
  return sale.lines.flatMap(({ giftCard }, at) => {
    const amountMinor = lines[at]?.totalMinor ?? 0
    return giftCard === true && amountMinor > 0 ? [wishFor(sale.id, amountMinor, currency)] : []
  })
}

type Paid = {
  readonly receiptNumber: string
  readonly currency: Currency
  readonly parts: readonly Part[]
  readonly roundingMinor: Minor
  readonly tipMinor: Minor
  readonly staff: Id | undefined
  readonly credits: readonly Credit[]
}

/** The entry of a paid sale. Throws if the parts are not what was asked for. */
function completedSale(sale: Sale, { receiptNumber, currency, parts, roundingMinor, tipMinor, staff, credits }: Paid): EntryBody<'sale.completed'> {
  const sold = soldAs(sale)
  invariant(paidOf(parts) === sold.totalMinor + tipMinor + roundingMinor, 'what is captured is what was asked for')
  const ids = credits.map(({ creditId }) => creditId)
  const lines = sold.lines.map((line, at) => {
    const creditId = sale.lines[at]?.giftCard === true && line.totalMinor > 0 ? ids.shift() : undefined
    return creditId === undefined ? line : { ...line, creditId }
  })
  return {
    saleId: sale.id,
    receiptNumber,
    currency,
    ...sold,
    lines,
    ...(staff === undefined ? {} : { staff }),
    ...(tipMinor === 0 ? {} : { tipMinor }),
    ...(roundingMinor === 0 ? {} : { roundingMinor }),
    payments: parts.map(({ paymentId, amountMinor }) => ({ paymentId, amountMinor })),
  }
}
