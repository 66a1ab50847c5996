import type { Id } from '#protocol/ids.ts'
import type { EntryBody, Fact, ReturnedLine } from '#protocol/journal/entry.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { isReturnable, unitsBack, unitsOf, worthOf, type WantedBack, type Worth } from '#protocol/journal/returning.ts'
import type { Credit } from '#protocol/credit/code.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { ReturnedView, ReturningView } from '#protocol/till-api/returns.ts'
import type { Sale } from '../sale/basket.ts'
import type { Returned } from '../sale/receipt.ts'
import { soldAs } from '../sale/sold.ts'
import type { IssuedCredits } from './credits.ts'
import { ontoCredits, sharesOf, type Share } from './giving-back.ts'
import type { PayingPorts } from './paying.ts'
import { recordAfter, type PaymentRecord } from './payments.ts'
import type { RefundingPorts } from './refunding.ts'
import { saleOf } from './sold-goods.ts'
import { parseRecord, type TillStore } from './store.ts'

const OF_SALE = 'returned/of/'
const LAST = 'returned/last'
/** Returns that a till remembers, so that the same press again gives nothing more back. */
const KEPT = 200

type Way = EntryBody<'goods.returned'>['as']
/** `returnId` was made when the dialog opened. */
export type ReturnWish = {
  readonly returnId: Id
  readonly receiptNumber: string
  readonly lines: readonly WantedBack[]
  readonly as: Way
  readonly reason: string
}
export type LooseWish = { readonly returnId: Id; readonly as: Exclude<Way, 'as_paid'>; readonly reason: string }

type Done = Omit<ReturnedView, 'hasCredit'> & { readonly wish: string; readonly credit?: Credit }
type Goods = {
  readonly sale: EntryBody<'sale.completed'>
  readonly payments: readonly PaymentRecord[]
  readonly before: readonly ReturnedLine[]
  readonly at: number
}

export type ReturningPorts = RefundingPorts &
  Pick<PayingPorts, 'cashier'> & {
    readonly store: TillStore
    newId(): Id
  }

/**
 * Goods that come back. With a receipt of this till each piece is worth what was paid for it, to the last minor unit, and its money goes back the way it came,
 * in notes, or as store credit where the shop allows that: always as refunds of the sale's payments, so that no way leads past what was captured (invariant 12).
 * Without a receipt it is today's price, up to the shop's caps. Nothing is printed, and no drawer opens, before it is on the disk.
 */
export class Returning {
  readonly #ports: ReturningPorts
  /** Newest last. */
  #done: readonly Done[]
  /** As it was when it was opened or chosen from: a screen draws it often, and the journal is read once. */
  #open: { readonly goods: Goods; readonly lines: readonly WantedBack[] } | undefined

  constructor(ports: ReturningPorts) {
    this.#ports = ports
    this.#done = parseRecord<readonly Done[]>(ports.store.records(LAST).get(LAST) ?? '[]')
  }

  // ---------------------------------------------------------------- what is shown

  open(receiptNumber: string): Outcome<null> {
    const goods = this.#goodsOf(receiptNumber)
    if (!goods.ok) return goods
    this.#open = { goods: goods.value, lines: [] }
    return ok(null)
  }

  choose(lines: readonly WantedBack[]): Outcome<null> {
    if (this.#open === undefined) return fail('return.no_lines')
    const goods = this.#goodsOf(this.#open.goods.sale.receiptNumber)
    if (!goods.ok) return goods
    const worth = lines.length === 0 ? ok(null) : worthOf(goods.value.sale, goods.value.before, lines)
    if (!worth.ok) return worth
    this.#open = { goods: goods.value, lines }
    return ok(null)
  }

  close(): void {
    this.#open = undefined
  }

  get view(): ReturningView | undefined {
    const open = this.#open
    if (open === undefined) return undefined
    const { sale, before, at } = open.goods
    const back = unitsBack(sale, before)
    const worth = open.lines.length === 0 ? undefined : worthOf(sale, before, open.lines)
    return {
      receiptNumber: sale.receiptNumber,
      at,
      lines: sale.lines.map((line, index) => ({
        line: index,
        name: line.name,
        quantity: line.quantity,
        ...(line.weight === undefined ? {} : { weight: line.weight }),
        left: isReturnable(line) ? unitsOf(line) - (back[index] ?? 0) : 0,
        chosen: open.lines.filter((wanted) => wanted.line === index).reduce((sofar, { units }) => sofar + units, 0),
        totalMinor: line.totalMinor,
      })),
      worthMinor: worth?.ok === true ? worth.value.totalMinor : 0,
      ways: worth?.ok === true ? this.#waysOf(open.goods, worth.value) : [],
    }
  }

  /** The newest, for the screen to say what came of it. */
  get last(): ReturnedView | undefined {
    const done = this.#done.at(-1)
    if (done === undefined) return undefined
    const { returnId, receiptNumber, paidMinor, as, credit } = done
    return { returnId, receiptNumber, paidMinor, as, ...(credit === undefined || this.#ports.credits.leftOf(credit.creditId) === 0 ? {} : { hasCredit: true }) }
  }

  /** Of the store credit of the newest return, with which the basket may be paid at once. */
  get lastCode(): string | undefined {
    const credit = this.#done.at(-1)?.credit
    return credit === undefined ? undefined : this.#ports.credits.codeOf(credit)
  }

  #waysOf(goods: Goods, worth: Worth): ReturningView['ways'] {
    const ways = (['as_paid', 'cash', 'credit'] as const).map((as) => ({ as, minor: payable(goods, worth, as, this.#cashStep) }))
    return ways.filter(({ as, minor }) => this.#mayGo(as, goods, minor).ok)
  }

  // ---------------------------------------------------------------- what is done

  /** The same wish again does nothing more (invariant 6). */
  returnGoods(wish: ReturnWish): Outcome<null> {
    const known = this.#known(wish.returnId, JSON.stringify(wish))
    if (known !== undefined) return known
    const goods = this.#goodsOf(wish.receiptNumber)
    if (!goods.ok) return goods
    const { sale, before } = goods.value
    const worth = worthOf(sale, before, wish.lines)
    if (!worth.ok) return worth
    const paidMinor = payable(goods.value, worth.value, wish.as, this.#cashStep)
    if (worth.value.totalMinor > 0 && leftOf(goods.value) === 0) return fail('refund.exceeds_captured')
    const may = this.#mayGo(wish.as, goods.value, paidMinor)
    if (!may.ok) return may
    const at = this.#ports.clock.now()
    const { epoch } = this.#ports.nextPlace()
    const receiptNumber = this.#ports.receipts.next(epoch)
    const { currency, saleId } = sale
    const credit = wish.as === 'credit' && paidMinor > 0 ? this.#issue(wish.returnId, paidMinor, currency, at) : undefined
    const parts = this.#refunds(sharesOf(goods.value.payments, paidMinor), wish.as, receiptNumber, at)
    if (!parts.ok) return parts
    const body: EntryBody<'goods.returned'> = {
      returnId: wish.returnId,
      receiptNumber,
      of: sale.receiptNumber,
      saleId,
      currency,
      ...worthIn(worth.value),
      ...(sale.taxIncluded === undefined ? {} : { taxIncluded: sale.taxIncluded }),
      paidMinor,
      as: wish.as,
      refunds: parts.value.map(({ refundId, payment, minor }) => ({ refundId, paymentId: payment.id, amountMinor: minor })),
      ...this.#named(wish.reason, credit),
    }
    const left = JSON.stringify([...before, ...worth.value.lines])
    this.#write(body, { parts: parts.value, credit, put: { [OF_SALE + saleId]: left }, wish: JSON.stringify(wish), at })
    this.#open = undefined
    return ok(null)
  }

  /** `sale`: what was brought back, as it would be sold now. `emptied` is stored with it, in the same transaction. */
  returnLoose(wish: LooseWish, sale: Sale, emptied: Record<string, string>): Outcome<'given' | 'known'> {
    const known = this.#known(wish.returnId, JSON.stringify(wish))
    if (known !== undefined) return known.ok ? ok('known') : known
    const { lines, taxes, totalMinor, taxIncluded, empties, exemption } = soldAs(sale)
    if (lines.length === 0) return fail('sale.empty')
    if (empties !== undefined || exemption !== undefined || sale.lines.some(({ giftCard }) => giftCard === true)) return fail('return.not_returnable')
    const caps = this.#ports.authority.terms.returns?.withoutReceipt
    if (caps === undefined) return fail('return.not_that_way')
    if (totalMinor > (wish.as === 'cash' ? caps.cashMinor : caps.creditMinor)) return fail('return.over_cap')
    const { currency } = this.#ports.authority.shop
    const paidMinor = wish.as === 'cash' ? payableInCash(totalMinor, this.#cashStep) : totalMinor
    const at = this.#ports.clock.now()
    const may = wish.as === 'credit' ? this.#ports.credits.mayIssue(totalMinor, at) : ok(null)
    if (!may.ok) return may
    const credit = wish.as === 'credit' && totalMinor > 0 ? this.#issue(wish.returnId, totalMinor, currency, at) : undefined
    const body: EntryBody<'goods.returned'> = {
      returnId: wish.returnId,
      receiptNumber: this.#ports.receipts.next(this.#ports.nextPlace().epoch),
      currency,
      lines: lines.map(({ gtin, name, quantity, weight, totalMinor: minor }) => ({
        gtin,
        name,
        quantity,
        ...(weight === undefined ? {} : { weight }),
        totalMinor: minor,
      })),
      taxes: [...taxes],
      ...(taxIncluded === undefined ? {} : { taxIncluded }),
      totalMinor,
      paidMinor,
      as: wish.as,
      refunds: [],
      ...this.#named(wish.reason, credit),
    }
    this.#write(body, { parts: [], credit, put: emptied, wish: JSON.stringify(wish), at })
    return ok('given')
  }

  // ---------------------------------------------------------------- inside

  /** What notes and coins can pay. */
  get #cashStep(): Minor {
    return this.#ports.authority.terms.cashRoundingMinor ?? 1
  }

  #known(returnId: Id, wish: string): Outcome<null> | undefined {
    const known = this.#done.find((done) => done.returnId === returnId)
    if (known === undefined) return undefined
    return known.wish === wish ? ok(null) : fail('entry.conflict', 'another return has this id')
  }

  #goodsOf(receiptNumber: string): Outcome<Goods> {
    const { payments, store, till, isNumberedTwice } = this.#ports
    const sold = payments.byReceipt(receiptNumber.trim().toUpperCase())
    if (sold === undefined) return fail('sale.unknown_receipt')
    if (isNumberedTwice(sold.intended)) return fail('refund.ambiguous_receipt')
    if (sold.state !== 'CAPTURED' && sold.state !== 'REFUNDED') return fail('refund.not_captured')
    const sale = saleOf(store, till, sold)
    if (sale === undefined) return fail('return.no_lines')
    const paid = sale.payments.flatMap(({ paymentId }) => payments.get(paymentId) ?? [])
    if (paid.some(({ state }) => state !== 'CAPTURED' && state !== 'REFUNDED')) return fail('refund.not_captured')
    const name = OF_SALE + sale.saleId
    const before = parseRecord<readonly ReturnedLine[]>(store.records(name).get(name) ?? '[]')
    return ok({ sale, payments: paid, before, at: sold.capturedAt ?? sold.intendedAt })
  }

  /** Whether the shop gives so much back in this way. What a wallet has only promised goes nowhere else: it may turn out to have had nothing. */
  #mayGo(as: Way, { payments }: Goods, minor: Minor): Outcome<null> {
    if (as === 'as_paid') return ok(null)
    const { authority, credits, clock } = this.#ports
    const { returns } = authority.terms
    if (as === 'cash' ? returns?.inCash !== true : returns?.asCredit !== true) return fail('return.not_that_way')
    if (!payments.every(({ cash, held }) => cash !== undefined || held)) return fail('return.not_safe_yet')
    return as === 'credit' ? credits.mayIssue(minor, clock.now()) : ok(null)
  }

  #issue(returnId: Id, amountMinor: Minor, currency: Currency, at: number): IssuedCredits {
    return this.#ports.credits.issue([{ why: 'store_credit', returnId, amountMinor, currency }], at)
  }

  #named(reason: string, credit: IssuedCredits | undefined) {
    const staff = this.#ports.cashier()
    const creditId = credit?.credits[0]?.creditId
    return { reason, ...(staff === undefined ? {} : { staff }), ...(creditId === undefined ? {} : { creditId }) }
  }

  /** The refunds of the sale's payments, in their order, as they are about to be written. */
  #refunds(shares: readonly Share[], as: Way, receiptNumber: string, at: number): Outcome<readonly Part[]> {
    const { epoch, n } = this.#ports.nextPlace()
    const parts: Part[] = []
    for (const { payment, minor } of shares) {
      const refundId = this.#ports.newId()
      const how = as === 'as_paid' ? {} : { as }
      const fact: Fact = {
        kind: 'payment.refunded',
        body: { refundId, paymentId: payment.id, amountMinor: minor, currency: payment.currency, receiptNumber, ...how },
      }
      const after = recordAfter(payment, fact, at, { epoch, n: n + parts.length })
      if (!after.ok) return fail(after.code === 'refund.exceeds_captured' ? after.code : 'refund.not_captured')
      parts.push({ refundId, payment, minor, fact, after: after.value })
    }
    return ok(parts)
  }

  /** Refunds, credit and goods in one transaction with the sums and records that follow from them; then drawer and paper. Throws StoreError. */
  #write(body: EntryBody<'goods.returned'>, { parts, credit, put, wish, at }: Written): void {
    const { record, payments, shift, cash, receipts, credits } = this.#ports
    const { currency, paidMinor, as, of, returnId, receiptNumber } = body
    const isLoose = of === undefined
    const fromDrawer = isLoose ? (as === 'cash' ? paidMinor : 0) : drawn(parts, as)
    const drawer = fromDrawer === 0 ? undefined : cash.withGiven(currency, fromDrawer)
    const before = shift.sumsIn(currency)
    const counted = isLoose ? { refunds: fromDrawer === 0 ? 0 : 1, minor: fromDrawer } : { refunds: parts.length, minor: paidMinor }
    const sums = { ...before, refunds: before.refunds + counted.refunds, refundedMinor: before.refundedMinor + counted.minor }
    const [issued] = credit?.credits ?? []
    const done: Done = { returnId, receiptNumber, paidMinor, as, wish, ...(issued === undefined ? {} : { credit: issued }) }
    const all = [...this.#done, done].slice(-KEPT)
    const about = { receiptNumber, of: of ?? '', amountMinor: paidMinor, currency, at }
    const returned: Returned = { kind: 'goods', ...about, goods: body, ...(issued === undefined ? {} : { credit: issued }) }
    record(
      [...parts.map(({ fact }) => fact), ...(credit?.facts ?? []), { kind: 'goods.returned', body }],
      {
        payments: parts.map(({ after }) => after),
        put: {
          ...put,
          ...credit?.put,
          ...(as === 'as_paid' ? ontoCredits(parts, credits) : {}),
          ...receipts.putReturned(returned),
          ...shift.put(currency, sums),
          ...(drawer === undefined ? {} : cash.put(currency, drawer)),
          [LAST]: JSON.stringify(all),
        },
      },
      at,
    )
    this.#done = all
    for (const { payment, after } of parts) payments.set(payment, after)
    if (credit !== undefined) credits.issued(credit)
    shift.counted(currency, sums)
    if (drawer !== undefined) {
      cash.became(currency, drawer)
      cash.openDrawer()
    }
    receipts.issueReturned(returned)
  }
}

type Part = Share & { readonly refundId: Id; readonly fact: Fact; readonly after: PaymentRecord }
type Written = {
  readonly parts: readonly Part[]
  readonly credit: IssuedCredits | undefined
  readonly put: Record<string, string>
  readonly wish: string
  readonly at: number
}

const worthIn = ({ lines, taxes, totalMinor }: Worth): Pick<EntryBody<'goods.returned'>, 'lines' | 'taxes' | 'totalMinor'> => ({ lines, taxes, totalMinor })

/**
 * What is given back for goods worth so much, and never more than is left. Out of a drawer it is a sum that notes and coins can pay, rounded down; with the last
 * of the goods all comes back that is left of what was paid for them: also what rounding for cash had added, or had held back before.
 */
function payable(goods: Goods, { totalMinor, isAll }: Worth, as: Way, cashStep: Minor): Minor {
  const left = leftOf(goods)
  if (isAll) return left
  const minor = Math.min(left, totalMinor)
  const isFromDrawer = as === 'cash' || (as === 'as_paid' && goods.payments.every(({ cash }) => cash !== undefined))
  return isFromDrawer ? payableInCash(minor, cashStep) : minor
}

/** Of what was paid for the goods; a tip was for those who served. */
const leftOf = ({ sale, payments }: Goods): Minor => Math.max(0, payments.reduce((sofar, payment) => sofar + keptMinor(payment), 0) - (sale.tipMinor ?? 0))

const payableInCash = (minor: Minor, step: Minor): Minor => minor - (minor % step)

const drawn = (parts: readonly Part[], as: Way): Minor =>
  parts.reduce((sofar, { payment, minor }) => sofar + (as === 'cash' || (as === 'as_paid' && payment.cash !== undefined) ? minor : 0), 0)
