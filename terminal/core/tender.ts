import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { MadeRequest } from '#protocol/payment-code/request.ts'
import { SECOND, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'
import { applySaleEvent, lacksPrice, newSale, type Sale, type SaleEvent } from '../sale/basket.ts'
import { roundedForCash } from '../sale/cash.ts'
import { totalsOf } from '../sale/tax.ts'
import type { Authority } from './authority.ts'
import type { Cash } from './cash.ts'
import type { Notices } from './notices.ts'
import type { OutboxEvent, Place } from './outbox.ts'
import { Parked } from './parked.ts'
import { RECORD_APPROVED, RECORD_SALE, type Approval, type Completed, type Paying } from './paying.ts'
import type { PaymentRecord, Payments } from './payments.ts'
import type { Receipts } from './receipts.ts'
import { parseRecord, type Change, type TillStore } from './store.ts'
import type { TillClock } from './till-clock.ts'

/** A payment given up because its time is over. A customer does not wait longer, and nobody stands at the till after a power cut. */
const INTENT_LIFETIME: DurationMs = 120 * SECOND
/** From its intent, how long the till goes on asking about a payment of which nobody here knows; then it is reversed. */
export const ASKING_LIFETIME: DurationMs = 15 * SECOND
const ASK_AGAIN: DurationMs = 3 * SECOND
/** Changes of a basket that can be undone, one after the other. */
const UNDOABLE = 50

/** How the open payment stands. `awaiting` is not durable (nothing has happened yet); everything from `deciding` on can be found again in the journal. */
export type Tender =
  | { readonly stage: 'none' }
  | {
      readonly stage: 'awaiting'
      readonly amountMinor: Minor
      readonly request: MadeRequest
      readonly refused?: { readonly code: ErrorCode; readonly text: string; readonly n: number }
    }
  | { readonly stage: 'deciding'; readonly paymentId: Id; readonly amountMinor: Minor; readonly since: EpochMs }
  | {
      readonly stage: 'unknown'
      readonly paymentId: Id
      readonly amountMinor: Minor
      readonly since: EpochMs
      readonly until: EpochMs
      readonly code: ErrorCode
    }
  | { readonly stage: 'approved'; readonly approval: Approval }
  | { readonly stage: 'refused'; readonly amountMinor: Minor; readonly code: ErrorCode }

/** What the tender needs of the till around it. */
export type TenderPorts = {
  readonly till: Id
  readonly crypto: Crypto
  readonly timers: Timers
  readonly clock: TillClock
  readonly store: TillStore
  readonly authority: Authority
  readonly payments: Payments
  readonly paying: Paying
  readonly receipts: Receipts
  readonly cash: Cash
  readonly notices: Notices
  newId(): Id
  /** Whether the journal's entry at a place, or one that carries it over into a later epoch, has this hash (hex). */
  isCalled(place: Place, hashHex: string): boolean
  /** A question to the hub would be answered in time. */
  hubCanDecide(): boolean
  /** Whether the disk has room for a payment from its intent to its end. */
  mayBegin(): Outcome<null>
  drain(event: OutboxEvent): void
  /** For what a timer does: runs it, minds the disk, and shows what became of it. */
  later(action: () => void): void
}

/** The basket and the payment for it, from the first product to “approved”: what the cashier works on. Commands throw StoreError where they write. */
export class Tendering {
  readonly #ports: TenderPorts
  readonly #parked: Parked
  #sale: Sale
  /** The sale as it was before each of its last changes. In memory: who comes back after a stop has forgotten what the last one was. */
  #earlier: readonly Sale[] = []
  #tender: Tender = { stage: 'none' }
  #recovered: boolean
  #cancelWait: () => void = () => {}
  #cancelAsking: () => void = () => {}

  constructor(ports: TenderPorts) {
    this.#ports = ports
    this.#parked = new Parked(ports.store)
    const kept = ports.store.records('sale/')
    const sale = kept.get(RECORD_SALE)
    this.#sale = sale === undefined ? newSale(ports.newId()) : parseRecord<Sale>(sale)
    this.#recovered = this.#sale.lines.length > 0
    const last = ports.receipts.last
    if (last !== undefined && kept.has(RECORD_APPROVED)) this.#tender = { stage: 'approved', approval: last }
  }

  get sale(): Sale {
    return this.#sale
  }

  get tender(): Tender {
    return this.#tender
  }

  get parked(): Pick<Parked, 'views' | 'isEmpty'> {
    return this.#parked
  }

  get canUndo(): boolean {
    return this.#earlier.length > 0 && this.busy !== 'sale.payment_in_flight'
  }

  /** The basket was found as a stop had left it. */
  get recovered(): boolean {
    return this.#recovered
  }

  /** Why nothing else can be begun now; undefined when it can. */
  get busy(): Extract<ErrorCode, `sale.${string}`> | undefined {
    const { stage } = this.#tender
    if (stage === 'deciding' || stage === 'unknown') return 'sale.payment_in_flight'
    return stage === 'awaiting' ? 'sale.already_paying' : undefined
  }

  /** After a restart between intent and end: waits for the hub as if it had just been asked, unless nobody can be standing there any more. */
  resume(record: PaymentRecord): void {
    const lifetime = record.state === 'UNKNOWN' ? ASKING_LIFETIME : INTENT_LIFETIME
    const isStale = this.#ports.clock.now() - record.intendedAt > lifetime || this.#sale.id !== record.saleId
    if (isStale) this.#ports.paying.reverse(record, 'wire.no_answer')
    else if (record.state === 'UNKNOWN') this.#askOn(record, 'payment.unresolved')
    else this.#await(record)
  }

  /** The disk works again: a payment whose end could not be written down waits anew, or it would wait for ever. */
  retry(): void {
    const record = this.#undecided()
    if (record === undefined) {
      // One whose end could not be written when this till started.
      const open = this.#ports.payments.open()
      if (open !== undefined) this.resume(open)
      return
    }
    if (this.#tender.stage === 'unknown') this.#askOn(record, this.#tender.code)
    else this.#await(record)
  }

  stop(): void {
    this.#cancelWait()
    this.#cancelAsking()
  }

  // ---------------------------------------------------------------- from the cashier

  /** A payment code was scanned. */
  scanned(text: string): Outcome<null> {
    const tender = this.#tender
    if (tender.stage !== 'awaiting') return fail(this.busy ?? 'sale.not_paying')
    const { paying, authority } = this.#ports
    const { currency } = authority.shop
    const judged = paying.judge(text, tender.amountMinor, currency, tender.request)
    if (!judged.ok) return this.#refuseCode(text, tender, judged.code)
    const room = this.#ports.mayBegin()
    if (!room.ok) return room
    if (this.#ports.hubCanDecide()) {
      this.#await(paying.intend(this.#sale, currency, text, judged.value, tender.request))
      return ok(null)
    }
    const accepted = paying.acceptAlone(this.#sale, currency, text, judged.value, tender.request)
    if (!accepted.ok) return this.#refuseCode(text, tender, accepted.code)
    this.#approved(accepted.value)
    return ok(null)
  }

  /** Changes the basket. A scan begins the next sale by itself after an approval, and changes the amount while a code is awaited. */
  sell(event: SaleEvent): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const { authority, clock } = this.#ports
    const changed = applySaleEvent(this.#sale, event, { ...authority.terms, now: clock.now() })
    if (!changed.ok) return changed
    const before = this.#sale
    this.#become(changed.value)
    this.#earlier = [...this.#earlier, before].slice(-UNDOABLE)
    return ok(null)
  }

  /** The basket as it was before its last change. Lines get no id a second time. */
  undo(): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const before = this.#earlier.at(-1)
    if (before === undefined) return ok(null)
    this.#become({ ...before, nextLine: this.#sale.nextLine })
    this.#earlier = this.#earlier.slice(0, -1)
    return ok(null)
  }

  /** Puts the basket aside and begins with an empty one. */
  park(): Outcome<null> {
    return this.#sale.lines.length === 0 ? fail('sale.empty') : this.#exchange(newSale(this.#ports.newId()), undefined)
  }

  /** Takes a parked basket back; what lies in the one in work is put aside for it. */
  recall(id: Id): Outcome<null> {
    const parked = this.#parked.find(id)
    return parked.ok ? this.#exchange(parked.value, id) : parked
  }

  #exchange(next: Sale, back: Id | undefined): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const aside = this.#sale.lines.length === 0 ? undefined : this.#sale
    if (aside !== undefined && back === undefined && this.#parked.isFull) return fail('sale.too_many_parked')
    const at = this.#ports.clock.now()
    // The amount is another one: whoever was about to pay begins anew.
    if (this.#tender.stage === 'awaiting') this.#tender = { stage: 'none' }
    this.#become(next, this.#parked.change(aside, back, at))
    this.#parked.changed(aside, back, at)
    this.#earlier = []
    return ok(null)
  }

  /** Another basket, durable before anybody sees it. Throws StoreError. */
  #become(sale: Sale, also: Pick<Change, 'put' | 'remove'> = {}): void {
    this.#ports.store.commit({ put: { ...also.put, [RECORD_SALE]: JSON.stringify(sale) }, remove: [...(also.remove ?? []), RECORD_APPROVED] })
    this.#sale = sale
    this.#recovered = false
    this.#ports.notices.settle()
    this.#tender = this.#tender.stage === 'awaiting' && this.payable.ok ? this.#begin() : { stage: 'none' }
  }

  /** Whether what lies in the basket can be paid for. */
  get payable(): Outcome<null> {
    if (this.#sale.lines.length === 0) return fail('sale.empty')
    if (lacksPrice(this.#sale)) return fail('sale.price_first')
    return totalsOf(this.#sale).totalMinor === 0 ? fail('sale.nothing_to_pay') : ok(null)
  }

  /** A product is about to be weighed: an approval leaves the screen, and an open payment is closed, since its amount will be another. */
  goOnSelling(): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    if (this.#tender.stage === 'awaiting') return this.cancelPayment()
    this.continue()
    return ok(null)
  }

  /** Opens the payment. Pressed twice it stays the same payment. */
  takePayment(): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const { payable } = this
    if (!payable.ok) return payable
    if (this.#tender.stage === 'awaiting') return ok(null)
    const room = this.#ports.mayBegin()
    if (!room.ok) return room
    this.#tender = this.#begin()
    return ok(null)
  }

  /** What cash pays for the basket; undefined when nothing can be paid, or too little for any coin. Minor units. */
  get cashToPay(): Minor | undefined {
    if (!this.payable.ok) return undefined
    const toPay = roundedForCash(totalsOf(this.#sale).totalMinor, this.#ports.authority.terms.cashRoundingMinor)
    return toPay === 0 ? undefined : toPay
  }

  /** Takes notes and coins, and the sale is done: also while a code is awaited, of which nothing has happened yet. */
  payCash(tenderedMinor: Minor): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const { payable, cashToPay } = this
    if (!payable.ok) return payable
    if (cashToPay === undefined) return fail('sale.nothing_to_pay')
    if (tenderedMinor < cashToPay) return fail('sale.cash_too_little')
    const room = this.#ports.mayBegin()
    if (!room.ok) return room
    const { paying, authority } = this.#ports
    this.#approved(paying.takeCash(this.#sale, authority.shop.currency, cashToPay, tenderedMinor))
    return ok(null)
  }

  /** Closes the payment, keeps the basket. One that is merely being decided cannot be cancelled; one that is unknown is reversed. */
  cancelPayment(): Outcome<null> {
    const record = this.#undecided()
    if (this.#tender.stage === 'deciding') return fail('sale.payment_in_flight')
    if (record !== undefined) {
      this.#ports.paying.reverse(record, 'wire.no_answer')
      this.stop()
    }
    this.#tender = { stage: 'none' }
    this.#ports.notices.settle()
    return ok(null)
  }

  /** After an approval or a refusal: back to selling. */
  continue(): void {
    if (this.#tender.stage === 'approved') this.#ports.store.commit({ remove: [RECORD_APPROVED] })
    if (this.#tender.stage === 'approved' || this.#tender.stage === 'refused') this.#tender = { stage: 'none' }
  }

  // ---------------------------------------------------------------- from the hub and the link

  /** The hub cannot be asked any more: the policy decides now. */
  disconnected(): void {
    if (this.#tender.stage === 'deciding') this.#fallBack('offline')
  }

  /** The hub's signed answer. Late, repeated, or about a payment that this till has ended by itself: ignored, since the hub learns from the journal how it ended. */
  decided(bytes: Uint8Array): Outcome<null> {
    const { authority, till, paying, isCalled } = this.#ports
    const opened = authority.open(bytes, signedTypes.decision)
    if (!opened.ok) return opened
    const decision = opened.value
    if (decision.till !== till) return fail('wire.wrong_till')
    const record = this.#undecided()
    if (record === undefined || record.id !== decision.paymentId) return ok(null)
    if (!isCalled(record.intended, decision.intended)) return fail('entry.conflict', 'a decision about another intent')
    this.#finish(record, paying.answered(this.#sale, record, decision, bytes))
    return ok(null)
  }

  // ---------------------------------------------------------------- inside

  #begin(): Tender {
    const { currency, merchant } = this.#ports.authority.shop
    return { stage: 'awaiting', ...this.#ports.paying.begin(this.#sale, currency, merchant) }
  }

  /** The payment stays open for another code; the refusal is journaled. */
  #refuseCode(text: string, tender: Extract<Tender, { stage: 'awaiting' }>, code: ErrorCode): Outcome<null> {
    // Once for each code: one that lies before a scanner that reads on and on must not fill the journal.
    if (tender.refused?.text !== text) this.#ports.paying.reject(this.#sale, tender.amountMinor, this.#ports.authority.shop.currency, text, code)
    this.#tender = { ...tender, refused: { code, text, n: (tender.refused?.n ?? 0) + 1 } }
    return fail(code)
  }

  #await(record: PaymentRecord): void {
    const { timers, clock, authority, drain, later } = this.#ports
    this.#tender = { stage: 'deciding', paymentId: record.id, amountMinor: record.amountMinor, since: clock.now() }
    this.#cancelWait()
    this.#cancelWait = timers.after(authority.policy?.holdWaitMs ?? SECOND, () => {
      drain({ type: 'unanswered' })
      later(() => this.#fallBack('no_answer'))
    })
  }

  #fallBack(because: 'offline' | 'no_answer'): void {
    const record = this.#undecided()
    if (record === undefined) return
    const outcome = this.#ports.paying.fallBack(this.#sale, record, because)
    const unknown = this.#undecided()
    if (!outcome.ok && unknown !== undefined) this.#askOn(unknown, outcome.code)
    else this.#finish(record, outcome)
  }

  /** Nobody here knows: asks until the hub answers or the time is over, and then reverses (invariant 9). Durations, since the clock may be set meanwhile. */
  #askOn(record: PaymentRecord, code: ErrorCode): void {
    const { timers, clock, drain, later, paying } = this.#ports
    const now = clock.now()
    // The last question is given the time to be answered.
    const left = Math.min(ASKING_LIFETIME, Math.max(ASK_AGAIN, record.intendedAt + ASKING_LIFETIME - now))
    this.#tender = { stage: 'unknown', paymentId: record.id, amountMinor: record.amountMinor, since: record.intendedAt, until: now + left, code }
    this.stop()
    this.#cancelWait = timers.after(left, () =>
      later(() => {
        paying.reverse(record, 'wire.no_answer')
        this.#finish(record, fail(code === 'payment.unresolved' ? 'payment.undone' : code))
      }),
    )
    const ask = (): void => {
      drain({ type: 'sync' })
      this.#cancelAsking = timers.after(ASK_AGAIN, ask)
    }
    this.#cancelAsking = timers.after(ASK_AGAIN, ask)
  }

  /** The payment that was intended and has not ended. */
  #undecided(): PaymentRecord | undefined {
    if (this.#tender.stage !== 'deciding' && this.#tender.stage !== 'unknown') return undefined
    const record = this.#ports.payments.get(this.#tender.paymentId)
    return record?.state === 'INTENDED' || record?.state === 'UNKNOWN' ? record : undefined
  }

  #finish(record: PaymentRecord, outcome: Outcome<Completed>): void {
    this.stop()
    if (outcome.ok) this.#approved(outcome.value)
    else this.#tender = { stage: 'refused', amountMinor: record.amountMinor, code: outcome.code }
  }

  /** The entries are on the disk: now the screen may say it and the printer may move. */
  #approved({ approval, nextSale }: Completed): void {
    this.#sale = nextSale
    this.#earlier = []
    this.#tender = { stage: 'approved', approval }
    this.#recovered = false
    this.#ports.notices.settle()
    if (approval.cash !== undefined) this.#ports.cash.openDrawer()
    this.#ports.receipts.issue(approval)
  }
}
