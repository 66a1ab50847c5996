import { base64url } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { knownError, type ErrorCode } from '#protocol/errors.ts'
import type { RefundDecision } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { owedForGifts } from '#protocol/journal/returning.ts'
import { sum, type Currency, type Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { RefundView } from '#protocol/till-api/api.ts'
import { MINUTE, type DurationMs } from '#protocol/time.ts'
import type { Returned } from '../sale/receipt.ts'
import type { DrawerState } from './cash.ts'
import type { Place } from './outbox.ts'
import { backOn, inCash, ontoCredits, sharesOf, type Share } from './giving-back.ts'
import { saleOf } from './sold-goods.ts'
import type { PayingPorts } from './paying.ts'
import { recordAfter, type PaymentRecord } from './payments.ts'
import { parseRecord, type TillStore } from './store.ts'

const PREFIX = 'refund/'
/** Refunds that a till remembers, so that the same press again refunds nothing more. Requests that are not answered are never forgotten. */
const KEPT = 200

/** A request that is in the hub's custody and not answered for this long is made once more, then after twice as long, and so on. */
export const ASK_AGAIN: DurationMs = MINUTE

/** What is asked for by the person at the till. `refundId` was made when the dialog opened. */
export type RefundWish = { readonly refundId: Id; readonly receiptNumber: string; readonly amountMinor: Minor }

/**
 * A refund that was made or asked for here. `requested`: the place of its `refund.requested` entry, whose hash the hub's answer must name. `again`: it was
 * made more than once, and the hub's answer names the first, which this journal may have lost; the answer's till, id, amount and currency must do.
 */
type RefundRecord = RefundView & { readonly currency: Currency; readonly requested?: Place; readonly again?: true }

export type RefundingPorts = Pick<
  PayingPorts,
  'till' | 'crypto' | 'clock' | 'authority' | 'payments' | 'record' | 'nextPlace' | 'receipts' | 'shift' | 'cash' | 'credits'
> & {
  readonly store: TillStore
  newId(): Id
  /** Whether the journal's entry at a place, or one that carries it over into a later epoch, has this hash (hex). */
  isCalled(place: Place, hashHex: string): boolean
  /** Whether what was written at a place may bear a number that something else had before: a receipt's number alone does not name the sale then. */
  isNumberedTwice(place: Place): boolean
}

/**
 * Money given back. What this till captured it refunds or voids by itself, with or without the hub (invariant 12: never above what is left of the capture,
 * which `stepPayment` watches); for a receipt of another till (or one whose number may be on two sales) it asks the hub and waits, however long. Nothing is shown or printed before it is on the disk.
 */
export class Refunding {
  readonly #ports: RefundingPorts
  /** Oldest first. */
  readonly #refunds: Map<Id, RefundRecord>
  /** Since when requests wait for their answers, and how long they may before they are made again. */
  readonly #waits = new Map<Id, { readonly since: DurationMs; readonly wait: DurationMs }>()

  constructor(ports: RefundingPorts) {
    this.#ports = ports
    const records = [...ports.store.records(PREFIX).values()].map((text) => parseRecord<RefundRecord>(text))
    this.#refunds = new Map(records.toSorted((a, b) => a.at - b.at || (a.refundId < b.refundId ? -1 : 1)).map((record) => [record.refundId, record]))
  }

  /** Newest first. */
  last(limit: number): readonly RefundView[] {
    return [...this.#refunds.values()]
      .slice(-limit)
      .toReversed()
      .map(({ currency: _currency, requested: _requested, again: _again, ...view }) => view)
  }

  /** The hub was asked for some and has not answered. */
  get open(): boolean {
    for (const { state } of this.#refunds.values()) if (state === 'requested') return true
    return false
  }

  /**
   * To be called now and then while the hub answers and has everything of this till; `now` is monotonic. An answer can be lost together with a part of this
   * journal or of the hub's: the same request under its id gets the same answer and moves nothing.
   */
  remind(now: DurationMs): void {
    for (const refund of this.#refunds.values()) {
      if (refund.state !== 'requested') continue
      const { since, wait } = this.#waits.get(refund.refundId) ?? { since: now, wait: ASK_AGAIN }
      const isOver = now - since >= wait
      this.#waits.set(refund.refundId, isOver ? { since: now, wait: 2 * wait } : { since, wait })
      if (isOver) return this.#ask({ ...refund, again: true })
    }
  }

  /** Refunds, or asks the hub to. The same wish again gets the same answer and moves nothing (invariant 6). `requested`: the hub decides. */
  refund(wish: RefundWish, currency: Currency): Outcome<RefundView['state']> {
    const of = wish.receiptNumber.trim().toUpperCase()
    const known = this.#refunds.get(wish.refundId)
    if (known !== undefined) {
      if (known.of !== of || known.amountMinor !== wish.amountMinor) return fail('entry.conflict', 'another refund has this id')
      return known.state === 'declined' ? fail(known.code ?? 'hub.refused') : ok(known.state)
    }
    const sold = this.#soldAs(of)
    if (sold[0] !== undefined && !this.#ports.isNumberedTwice(sold[0].intended)) return this.#giveBack(wish, of, sold)
    if (this.#refunds.size >= KEPT && this.#forgettable() === undefined) return fail('refund.needs_hub', 'too many requests wait for the hub')
    this.#ask({ refundId: wish.refundId, of, amountMinor: wish.amountMinor, currency, at: this.#ports.clock.now(), state: 'requested' })
    return ok('requested')
  }

  /** Undoes a sale of this till: every payment of it goes back the way it came. One that is undone already stays so. */
  voidSale(receiptNumber: string): Outcome<null> {
    const { clock, nextPlace, receipts, shift, record, credits } = this.#ports
    const of = receiptNumber.trim().toUpperCase()
    const sold = this.#soldAs(of)
    const [first] = sold
    if (first === undefined) return fail('sale.unknown_receipt')
    if (sold.every(({ state }) => state === 'VOIDED')) return ok(null)
    if (this.#ports.isNumberedTwice(first.intended)) return fail('refund.ambiguous_receipt')
    if (this.#giftsOf(sold) > 0) return fail('refund.gift_card_sold')
    const at = clock.now()
    const { epoch, n } = nextPlace()
    const steps: Step[] = []
    for (const payment of sold) {
      const fact: Fact = { kind: 'payment.voided', body: { paymentId: payment.id, code: 'sale.voided' } }
      const after = recordAfter(payment, fact, at, { epoch, n: n + steps.length })
      if (!after.ok) return refusedFor(payment, after.code)
      steps.push({ fact, payment, minor: keptMinor(payment), after: after.value })
    }
    const { currency } = first
    const amountMinor = sum(steps.map(({ minor }) => minor))
    const returned: Returned = { kind: 'void', receiptNumber: of, of, amountMinor, currency, at, ...backOn(steps) }
    const sums = shift.withRefund(currency, ...steps.map(({ minor }) => minor))
    const drawer = this.#drawerAfter(steps, currency)
    const put = { ...receipts.putReturned(returned), ...shift.put(currency, sums), ...ontoCredits(steps, credits), ...this.#putDrawer(drawer, currency) }
    record(
      steps.map(({ fact }) => fact),
      { payments: steps.map(({ after }) => after), put },
      at,
    )
    this.#stepped(steps)
    shift.counted(currency, sums)
    this.#gave(drawer, currency)
    receipts.issueReturned(returned)
    return ok(null)
  }

  /** The hub's signed answer to a request of this till. Late or repeated ones change nothing. */
  answered(bytes: Uint8Array): Outcome<{ readonly declined?: ErrorCode }> {
    const { till, authority } = this.#ports
    const opened = authority.open(bytes, signedTypes.refund)
    if (!opened.ok) return opened
    const decision = opened.value
    if (decision.till !== till) return fail('wire.wrong_till')
    const asked = this.#refunds.get(decision.refundId)
    if (asked?.state !== 'requested' || asked.requested === undefined) return ok({})
    const isBound = this.#ports.isCalled(asked.requested, decision.requested) || asked.again === true
    if (!isBound) return fail('entry.conflict', 'an answer to another request')
    return decision.verdict.type === 'approved' ? this.#approved(asked, decision, bytes) : this.#declined(asked, decision, bytes)
  }

  /** Of the payments on the receipt, in their order. The first refund has the id that was asked for, so that the same wish again is known by it. */
  #giveBack({ refundId, amountMinor }: RefundWish, of: string, sold: readonly PaymentRecord[]): Outcome<RefundView['state']> {
    const { clock, nextPlace, receipts, newId } = this.#ports
    const at = clock.now()
    const { epoch, n } = nextPlace()
    const receiptNumber = receipts.next(epoch)
    const shares = sharesOf(sold, amountMinor)
    const [first] = sold
    if (first === undefined || sum(shares.map(({ minor }) => minor)) < amountMinor)
      return refusedFor(first, first?.state === 'CAPTURED' || first?.state === 'REFUNDED' ? 'refund.exceeds_captured' : 'entry.illegal_transition')
    if (this.#giftsOf(sold) > sum(sold.map(keptMinor)) - amountMinor) return fail('refund.gift_card_sold')
    const steps: Step[] = []
    for (const { payment, minor } of shares) {
      const body = { refundId: steps.length === 0 ? refundId : newId(), paymentId: payment.id, amountMinor: minor, currency: payment.currency, receiptNumber }
      const fact: Fact = { kind: 'payment.refunded', body }
      const after = recordAfter(payment, fact, at, { epoch, n: n + steps.length })
      if (!after.ok) return refusedFor(payment, after.code)
      steps.push({ fact, payment, minor, after: after.value })
    }
    this.#write([], { refundId, of, amountMinor, currency: first.currency, at, state: 'done', receiptNumber }, steps)
    return ok('done')
  }

  /** The payments of this till on a receipt, the first sale's if two have its number. */
  #soldAs(of: string): readonly PaymentRecord[] {
    const all = this.#ports.payments.onReceipt(of)
    return all.filter(({ saleId }) => saleId === all[0]?.saleId)
  }

  /** What has to stay paid of a sale, since its gift cards may be spent anywhere. */
  #giftsOf([first]: readonly PaymentRecord[]): Minor {
    const sale = first && saleOf(this.#ports.store, this.#ports.till, first)
    return sale === undefined ? 0 : owedForGifts(sale)
  }

  #ask(refund: RefundRecord): void {
    const { refundId, of, amountMinor, currency } = refund
    this.#write([{ kind: 'refund.requested', body: { refundId, of, amountMinor, currency } }], { ...refund, requested: this.#ports.nextPlace() })
  }

  #approved(asked: RefundRecord, { refundId, verdict }: RefundDecision, evidence: Uint8Array): Outcome<{ readonly declined?: ErrorCode }> {
    const same = verdict.type === 'approved' && verdict.amountMinor === asked.amountMinor && verdict.currency === asked.currency
    if (!same) return fail('entry.conflict', 'an answer about another amount')
    const receiptNumber = this.#ports.receipts.next(this.#ports.nextPlace().epoch)
    this.#write([{ kind: 'refund.answered', body: { refundId, approved: true, decision: base64url(evidence), receiptNumber } }], {
      ...asked,
      state: 'done',
      receiptNumber,
    })
    return ok({})
  }

  #declined(asked: RefundRecord, { refundId, verdict }: RefundDecision, evidence: Uint8Array): Outcome<{ readonly declined?: ErrorCode }> {
    const code = knownError(verdict.type === 'declined' ? verdict.code : '', 'hub.refused')
    this.#write([{ kind: 'refund.answered', body: { refundId, approved: false, decision: base64url(evidence) } }], { ...asked, state: 'declined', code })
    return ok({ declined: code })
  }

  /** Journal entry, refund record and, where money went back, receipt number and shift sums in one transaction; then the receipt. Throws StoreError. */
  #write(facts: readonly Fact[], refund: RefundRecord, steps: readonly Step[] = []): void {
    const { clock, receipts, shift, record, credits } = this.#ports
    const { currency, amountMinor, of, receiptNumber } = refund
    const at = clock.now()
    const returned: Returned | undefined =
      receiptNumber === undefined ? undefined : { kind: 'refund', receiptNumber, of, amountMinor, currency, at, ...(steps.length === 0 ? {} : backOn(steps)) }
    const drawer = this.#drawerAfter(steps, currency)
    const back = steps.length === 0 ? [amountMinor] : steps.map(({ minor }) => minor)
    const sums = returned === undefined ? shift.sumsIn(currency) : shift.withRefund(currency, ...back)
    const forgotten = this.#refunds.size >= KEPT && !this.#refunds.has(refund.refundId) ? this.#forgettable() : undefined
    record(
      [...facts, ...steps.map(({ fact }) => fact)],
      {
        payments: steps.map(({ after }) => after),
        put: {
          [PREFIX + refund.refundId]: JSON.stringify(refund),
          ...(returned === undefined ? {} : receipts.putReturned(returned)),
          ...shift.put(currency, sums),
          ...ontoCredits(steps, credits),
          ...this.#putDrawer(drawer, currency),
        },
        remove: forgotten === undefined ? [] : [PREFIX + forgotten],
      },
      at,
    )
    if (forgotten !== undefined) this.#refunds.delete(forgotten)
    this.#refunds.set(refund.refundId, refund)
    if (refund.state !== 'requested') this.#waits.delete(refund.refundId)
    this.#stepped(steps)
    shift.counted(currency, sums)
    this.#gave(drawer, currency)
    if (returned !== undefined) receipts.issueReturned(returned)
  }

  #stepped(steps: readonly Step[]): void {
    for (const { payment, after } of steps) this.#ports.payments.set(payment, after)
  }

  /** Undefined: nothing comes out of it. */
  #drawerAfter(steps: readonly Step[], currency: Currency): DrawerState | undefined {
    const minor = inCash(steps)
    return minor === 0 ? undefined : this.#ports.cash.withGiven(currency, minor)
  }

  #putDrawer(drawer: DrawerState | undefined, currency: Currency): Record<string, string> {
    return drawer === undefined ? {} : this.#ports.cash.put(currency, drawer)
  }

  /** The entry is on the disk: the drawer may open. */
  #gave(drawer: DrawerState | undefined, currency: Currency): void {
    if (drawer === undefined) return
    this.#ports.cash.became(currency, drawer)
    this.#ports.cash.openDrawer()
  }

  /** The oldest refund that is over. */
  #forgettable(): Id | undefined {
    for (const { refundId, state } of this.#refunds.values()) if (state !== 'requested') return refundId
    return undefined
  }
}

/** A payment of which something is about to go back, and what it is then. */
type Step = Share & { readonly fact: Fact; readonly after: PaymentRecord }

/** What the person is told about a refund or void that does not follow: one of a payment that was given back whole asks for more than was paid. */
const refusedFor = (payment: PaymentRecord | undefined, code: ErrorCode) =>
  fail(code === 'refund.exceeds_captured' || payment?.state === 'REFUNDED' ? 'refund.exceeds_captured' : 'refund.not_captured')
