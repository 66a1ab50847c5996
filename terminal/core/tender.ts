import { signedTypes } from '#protocol/cose.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { readPaidCode } from '#protocol/hub/paid.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { SECOND } from '#protocol/time.ts'
import { applySaleEvent, lacksPrice, newSale, type Sale, type SaleEvent } from '../sale/basket.ts'
import { roundedForCash } from '../sale/cash.ts'
import { totalsOf } from '../sale/tax.ts'
import { MAX_PARTS, NOTHING_PAID, restOf, type Tenders } from '../sale/tenders.ts'
import { BasketPast } from './basket-past.ts'
import { notesFor, type CashWish } from './notes.ts'
import type { Shown } from './instruments/instrument.ts'
import { isReceipt } from './instruments/instruments.ts'
import { Parked } from './parked.ts'
import { payableOf } from './payable.ts'
import { keptBill, putBill, RECORD_APPROVED, RECORD_SALE, RECORD_TENDERS, type Bill, type Taken } from './taking.ts'
import { ASK_AGAIN, askingLeft, askingLifetime, beginPayment, INTENT_LIFETIME, type Tender, type TenderPorts } from './tender-stage.ts'
import type { PaymentRecord } from './payments.ts'
import type { Change } from './store.ts'

/** The basket and the payment for it, from the first product to “approved”: what the cashier works on. Commands throw StoreError where they write. */
export class Tendering {
  readonly #ports: TenderPorts
  readonly #parked: Parked
  #sale: Sale
  readonly #past = new BasketPast()
  #tenders: Tenders
  #tender: Tender = { stage: 'none' }
  #recovered: boolean
  /** A phone's payment at the hub that came while another one was open. */
  #unheard: Uint8Array | undefined
  #cancelWait: () => void = () => {}
  #cancelAsking: () => void = () => {}

  constructor(ports: TenderPorts) {
    this.#ports = ports
    this.#parked = new Parked(ports.store)
    const kept = ports.store.records('sale/')
    const { sale, tenders } = keptBill(kept, () => newSale(ports.newId()))
    this.#sale = sale
    this.#tenders = tenders
    this.#recovered = this.#sale.lines.length > 0
    const last = ports.receipts.last
    if (last !== undefined && kept.has(RECORD_APPROVED)) this.#tender = { stage: 'approved', approval: last }
  }

  get sale(): Sale {
    return this.#sale
  }

  /** What was paid of the basket so far, and what is given on top. */
  get tenders(): Tenders {
    return this.#tenders
  }

  /** Money was taken for a basket that is not paid for: nothing else may be begun before the rest is taken or all of it went back. */
  get partlyPaid(): boolean {
    return this.#tenders.parts.length > 0
  }

  /** What is left to pay, with the tip. Minor units. */
  get restMinor(): Minor {
    return restOf(totalsOf(this.#sale).totalMinor, this.#tenders)
  }

  get bill(): Bill {
    return { sale: this.#sale, tenders: this.#tenders }
  }

  get tender(): Tender {
    return this.#tender
  }

  get parked(): Pick<Parked, 'views' | 'isEmpty'> {
    return this.#parked
  }

  get canUndo(): boolean {
    return this.#past.canUndo && this.busy !== 'sale.payment_in_flight'
  }

  get canRedo(): boolean {
    return this.#past.canRedo && this.busy !== 'sale.payment_in_flight'
  }

  /** The basket was found as a stop had left it. */
  get recovered(): boolean {
    return this.#recovered
  }

  /** Why nothing else can be begun now; undefined when it can. */
  get busy(): Extract<ErrorCode, `sale.${string}`> | undefined {
    const { stage } = this.#tender
    if (stage === 'deciding' || stage === 'unknown') return 'sale.payment_in_flight'
    if (stage === 'awaiting') return 'sale.already_paying'
    return this.partlyPaid ? 'sale.partly_paid' : undefined
  }

  /** After a restart between intent and end: waits for the hub as if it had just been asked, unless nobody can be standing there any more. */
  resume(record: PaymentRecord): void {
    const lifetime = record.state === 'UNKNOWN' ? askingLifetime(record) : INTENT_LIFETIME
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

  /** Somebody holds out something to pay with. */
  presented(shown: Shown): Outcome<null> {
    const tender = this.#tender
    if (isReceipt(shown)) {
      const bytes = readPaidCode(shown.text)
      const taken = bytes.ok ? this.paidByPhone(bytes.value) : bytes
      return taken.ok || tender.stage !== 'awaiting' ? taken : this.#refuseCode(shown.text, tender, taken.code)
    }
    if (tender.stage !== 'awaiting') return fail(this.busy ?? 'sale.not_paying')
    const { paying, authority, instruments } = this.#ports
    const { currency } = authority.shop
    const judged = instruments.judge(shown, { amountMinor: tender.amountMinor, currency, request: tender.request })
    if (!judged.ok) return this.#refuseCode(shown.text, tender, judged.code)
    const room = this.#ports.mayBegin()
    if (!room.ok) return room
    if (this.#ports.hubCanDecide()) {
      this.#await(paying.intend(this.#sale, currency, judged.value))
      return ok(null)
    }
    const accepted = paying.acceptAlone(this.bill, currency, judged.value)
    if (!accepted.ok) return this.#refuseCode(shown.text, tender, accepted.code)
    this.#took(accepted.value)
    return ok(null)
  }

  /**
   * A phone paid at the hub for something that this till showed: the hub says so, or the customer shows its receipt. What is not awaited any more goes back
   * (`qr.given_back`); while another payment is open it waits for the end of that.
   */
  paidByPhone(bytes: Uint8Array): Outcome<null> {
    const { phonePaid, paying, mayBegin } = this.#ports
    const read = phonePaid.read(bytes)
    if (!read.ok) return read
    if (this.#undecided() !== undefined) {
      this.#unheard = bytes
      return fail('sale.payment_in_flight')
    }
    const room = mayBegin()
    if (!room.ok) return room
    const tender = this.#tender
    if (tender.stage !== 'awaiting' || !phonePaid.isFor(read.value, tender.request)) {
      paying.letGo(read.value)
      phonePaid.used(read.value)
      return fail('qr.given_back')
    }
    const taken = paying.takePaid(this.bill, read.value)
    phonePaid.used(read.value)
    this.#took(taken)
    return ok(null)
  }

  /** What a wallet in another currency would pay for what is shown now. */
  quoted(bytes: Uint8Array): Outcome<null> {
    this.#tender = this.#ports.phonePaid.withQuote(this.#tender, bytes)
    return ok(null)
  }

  /** Changes the basket. A scan begins the next sale by itself after an approval, and changes the amount while a code is awaited. */
  sell(event: SaleEvent): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const { authority, clock } = this.#ports
    const changed = applySaleEvent(this.#sale, event, { ...authority.terms, now: clock.now() })
    if (!changed.ok) return changed
    if (!this.#covers(changed.value)) return fail('sale.partly_paid')
    const before = this.#sale
    this.#become(changed.value)
    this.#past.changed(before)
    return ok(null)
  }

  /** The basket as it was before its last change. Lines get no id a second time. */
  undo(): Outcome<null> {
    return this.#past.undo(this.#sale, (sale) => this.#stepTo(sale))
  }

  /** The basket as it was before the last undo. */
  redo(): Outcome<null> {
    return this.#past.redo(this.#sale, (sale) => this.#stepTo(sale))
  }

  #stepTo(sale: Sale): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    if (!this.#covers(sale)) return fail('sale.partly_paid')
    this.#become(sale)
    return ok(null)
  }

  /** Whether something would be left to pay of another basket: below what was paid already it cannot go. */
  #covers(sale: Sale): boolean {
    return !this.partlyPaid || restOf(totalsOf(sale).totalMinor, this.#tenders) > 0
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
    if (this.partlyPaid) return fail('sale.partly_paid')
    const aside = this.#sale.lines.length === 0 ? undefined : this.#sale
    if (aside !== undefined && back === undefined && this.#parked.isFull) return fail('sale.too_many_parked')
    const at = this.#ports.clock.now()
    // The amount is another one: whoever was about to pay begins anew.
    if (this.#tender.stage === 'awaiting') this.#tender = { stage: 'none' }
    this.#become(next, this.#parked.change(aside, back, at))
    this.#parked.changed(aside, back, at)
    this.#past.forget()
    return ok(null)
  }

  /** Another basket, durable before anybody sees it. Throws StoreError. */
  #become(sale: Sale, also: Pick<Change, 'put' | 'remove'> = {}): void {
    // A tip is for one customer's basket.
    const isAnother = sale.id !== this.#sale.id || sale.lines.length === 0
    const forgotten = isAnother ? [RECORD_APPROVED, RECORD_TENDERS] : [RECORD_APPROVED]
    this.#ports.store.commit({ put: { ...also.put, [RECORD_SALE]: JSON.stringify(sale) }, remove: [...(also.remove ?? []), ...forgotten] })
    this.#sale = sale
    if (isAnother) this.#tenders = NOTHING_PAID
    this.#recovered = false
    this.#ports.notices.settle()
    this.#tender = this.#tender.stage === 'awaiting' && this.payable.ok ? this.#begin(this.#tender.partMinor) : { stage: 'none' }
  }

  /** Whether what lies in the basket can be paid for. */
  get payable(): Outcome<null> {
    return payableOf(this.#sale, this.#ports)
  }

  /** The empties are paid out of the drawer: their entry and the basket without them are one transaction, which `record` makes. Throws StoreError. */
  payOutEmpties(record: (put: Record<string, string>) => void): void {
    const { empties: _, ...sale } = this.#sale
    record({ [RECORD_SALE]: JSON.stringify(sale) })
    this.#sale = sale
    // An undo must not bring them back.
    this.#past.forget()
  }

  /** A product is about to be weighed: an approval leaves the screen, and an open payment is closed, since its amount will be another. */
  goOnSelling(): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    if (this.#tender.stage === 'awaiting') return this.cancelPayment()
    this.continue()
    return ok(null)
  }

  /** Opens the payment of what is left, or of a part of it. Pressed twice it stays the same payment. */
  takePayment(partMinor?: Minor): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const { payable } = this
    if (!payable.ok) return payable
    if (partMinor !== undefined && (partMinor === 0 || partMinor > this.restMinor)) return fail('sale.part_too_large')
    if (this.#tenders.parts.length >= MAX_PARTS) return fail('sale.limit')
    if (this.#tender.stage === 'awaiting' && this.#tender.partMinor === partMinor) return ok(null)
    const room = this.#ports.mayBegin()
    if (!room.ok) return room
    this.#tender = this.#begin(partMinor)
    return ok(null)
  }

  /**
   * What lies in the basket came back. `give` gives its value back and empties the basket in its own transaction, by `put`; or it answers that this was done
   * already (`known`), and then whatever lies in the basket now stays.
   */
  returnBasket(give: (sale: Sale, put: Record<string, string>) => Outcome<'given' | 'known'>): Outcome<null> {
    if (this.busy !== undefined) return fail(this.busy)
    if (lacksPrice(this.#sale)) return fail('sale.price_first')
    const next = newSale(this.#ports.newId())
    const given = give(this.#sale, { [RECORD_SALE]: JSON.stringify(next) })
    if (!given.ok) return given
    if (given.value === 'known') return ok(null)
    this.#turned({ sale: next, tenders: NOTHING_PAID })
    return ok(null)
  }

  /** What cash pays for what is left; undefined when nothing can be paid, or too little for any coin. Minor units. */
  get cashToPay(): Minor | undefined {
    if (!this.payable.ok) return undefined
    const toPay = roundedForCash(this.restMinor, this.#ports.authority.terms.cashRoundingMinor)
    return toPay === 0 ? undefined : toPay
  }

  /** Takes notes and coins: also while a code is awaited, of which nothing has happened yet. */
  payCash(wish: CashWish): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    const { payable, cashToPay } = this
    if (!payable.ok) return payable
    if (cashToPay === undefined) return fail('sale.nothing_to_pay')
    if (this.#tenders.parts.length >= MAX_PARTS) return fail('sale.limit')
    const { paying, authority } = this.#ports
    const notes = notesFor(wish, { cashToPay, restMinor: this.restMinor, currency: authority.shop.currency, terms: authority.terms })
    if (!notes.ok) return notes
    const room = this.#ports.mayBegin()
    if (!room.ok) return room
    this.#took(paying.takeCash(this.bill, authority.shop.currency, notes.value))
    return ok(null)
  }

  /** What the customer gives on top, in place of what was meant before. Durable, like the basket. Throws StoreError. */
  setTip(tipMinor: Minor): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    if (this.#sale.lines.length === 0) return fail('sale.empty')
    const { store, authority } = this.#ports
    const { totalMinor } = totalsOf(this.#sale)
    if (tipMinor > 0 && (authority.terms.tips === undefined || tipMinor > totalMinor)) return fail('sale.part_too_large')
    const tenders = { ...this.#tenders, tipMinor }
    if (this.partlyPaid && restOf(totalMinor, tenders) <= 0) return fail('sale.partly_paid')
    store.commit({ put: { [RECORD_TENDERS]: JSON.stringify(tenders) } })
    this.#tenders = tenders
    if (this.#tender.stage === 'awaiting') this.#tender = this.#begin(this.#tender.partMinor)
    return ok(null)
  }

  /** Everything that was paid goes back the way it came; the basket stays, and can be paid for anew. Throws StoreError. */
  abandon(): Outcome<null> {
    if (this.busy === 'sale.payment_in_flight') return fail(this.busy)
    if (this.partlyPaid) this.#turned({ sale: this.#ports.abandoning.giveAllBack(this.bill), tenders: NOTHING_PAID })
    return ok(null)
  }

  /** Another bill in place of this one, with what was paid of it; `record` makes that one transaction with why. Throws StoreError. */
  turnTo(bill: Bill, record: (change: ReturnType<typeof putBill>) => void): void {
    record(putBill(bill))
    this.#turned(bill)
  }

  #turned({ sale, tenders }: Bill): void {
    this.#sale = sale
    this.#tenders = tenders
    this.#tender = { stage: 'none' }
    this.#past.forget()
    this.#recovered = false
    this.#ports.notices.settle()
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
    this.#finish(record, paying.answered(this.bill, record, decision, bytes))
    return ok(null)
  }

  // ---------------------------------------------------------------- inside

  #begin(partMinor?: Minor): Tender {
    return beginPayment(this.#ports, this.#sale.id, this.restMinor, partMinor)
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
    const outcome = this.#ports.paying.fallBack(this.bill, record, because)
    const unknown = this.#undecided()
    if (!outcome.ok && unknown !== undefined) this.#askOn(unknown, outcome.code)
    else this.#finish(record, outcome)
  }

  /** Nobody here knows: asks until the hub answers or the time is over, and then reverses (invariant 9). Durations, since the clock may be set meanwhile. */
  #askOn(record: PaymentRecord, code: ErrorCode): void {
    const { timers, clock, drain, later, paying } = this.#ports
    const now = clock.now()
    const left = askingLeft(record, now)
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

  #finish(record: PaymentRecord, outcome: Outcome<Taken>): void {
    this.stop()
    if (outcome.ok) this.#took(outcome.value)
    else this.#tender = { stage: 'refused', amountMinor: record.amountMinor, code: outcome.code }
    const unheard = this.#unheard
    this.#unheard = undefined
    if (unheard !== undefined) this.paidByPhone(unheard)
  }

  /** The entries are on the disk: now the screen may say it and the printer may move. */
  #took(taken: Taken): void {
    const { cash, notices, receipts, fetched } = this.#ports
    this.#past.forget()
    this.#recovered = false
    notices.settle()
    if (taken.type === 'part') {
      this.#tenders = taken.tenders
      // For the rest, at once: whoever pays in parts stands here.
      this.#tender = this.#begin()
      if (taken.part.cash !== undefined) cash.openDrawer()
      return
    }
    this.#turned({ sale: taken.nextSale, tenders: NOTHING_PAID })
    this.#tender = { stage: 'approved', approval: taken.approval }
    if (taken.approval.cash !== undefined) cash.openDrawer()
    fetched(taken.approval.sale.receiptNumber)
    receipts.issue(taken.approval, taken.isReserved)
  }
}
