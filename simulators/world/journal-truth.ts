import { equalBytes, hex, unbase64url, utf8Text } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { StoredEntry } from '../../terminal/core/store.ts'
import { DrawerTruth } from './drawer-truth.ts'
import { ReturnTruth } from './return-truth.ts'
import type { Trace } from './trace.ts'

/** What may follow what in a till's journal, written down a second time on purpose: `protocol/journal/payment.ts` is among the things that are tried out. */
const follows: Readonly<Record<string, readonly string[]>> = {
  nothing: ['intended', 'rejected', 'taken_in_cash'],
  taken_in_cash: ['refunded', 'voided'],
  intended: ['held', 'accepted_offline', 'declined', 'unknown', 'voided'],
  unknown: ['held', 'declined', 'reversed'],
  held: ['captured', 'voided'],
  accepted_offline: ['captured', 'voided'],
  captured: ['refunded', 'voided'],
  // Some of it, or all: how much is counted.
  refunded: ['refunded'],
}

export type Place = { readonly epoch: number; readonly n: number }
export const isPast = (a: Place, b: Place): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.n > b.n)

export type PaymentTruth = {
  readonly id: Id
  readonly till: Id
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly saleId: Id
  /** Text of the code, or `receipt` and what the hub signed for a phone. Undefined for a payment that was rejected before it was intended. */
  readonly code: string | undefined
  /** By a wallet of another scheme, whose owner may have to confirm. */
  readonly scheme: boolean
  readonly intendedHash: string
  /** Paid in notes and coins. */
  readonly cash: boolean
  state: string
  decidedBy: 'hub' | 'policy' | undefined
  capturedMinor: Minor | undefined
  refundedMinor: Minor
  receiptNumber: string | undefined
  /** Its newest entry, but for refunds. */
  last: Place
}

/** Money given back here, or asked for of the hub. `of`: the payment, or the receipt number of a sale somewhere. */
export type RefundTruth = {
  readonly id: Id
  readonly of: string
  readonly amountMinor: Minor
  state: 'made' | 'requested' | 'approved' | 'declined'
  /** Of its entries, also where they were carried to: the hub may tell people about any of them. */
  readonly places: Place[]
}

type SaleTruth = Extract<Entry, { kind: 'sale.completed' }>['body']

export type JournalEars = {
  /** Every payment as it begins. */
  intended(payment: PaymentTruth): void
  /** An entry has become durable; a salvaged one is told as what it carries. */
  wrote(entry: Entry, payment: PaymentTruth | undefined): void
}

const ZERO = new Uint8Array(32)

function codeIn(instrument: EntryBody<'payment.intended'>['instrument']): string | undefined {
  if (instrument.type === 'merchant_qr') return `receipt ${instrument.receipt}`
  return instrument.type === 'wallet' ? instrument.code : undefined
}

/**
 * A second reading of one till's journal, entry by entry as they become durable: chain, numbers, and the life of every payment and refund. It knows
 * nothing of the code that wrote them.
 */
export class JournalTruth {
  readonly till: Id
  readonly payments = new Map<Id, PaymentTruth>()
  readonly refunds = new Map<Id, RefundTruth>()
  /** By receipt number. */
  readonly sales = new Map<string, SaleTruth>()
  /** Payments that are of a sale. */
  readonly soldFor = new Set<Id>()
  readonly drawer: DrawerTruth
  readonly returns: ReturnTruth
  readonly returnMoves = new Set<string>()
  readonly #receipts = new Set<string>()
  readonly #stored = new Map<string, StoredEntry>()
  readonly #trace: Trace
  readonly #ears: JournalEars
  #lastKind = ''
  /** The paper on which the newest refund stands. */
  #slip: string | undefined
  #listening = true
  /** Everything that was ever written here, by its hash: a bit that turns over on the disk changes nothing of what was said. */
  readonly #written = new Map<string, StoredEntry>()
  #head: { epoch: number; n: number; hash: Uint8Array } = { epoch: 0, n: 0, hash: ZERO }

  constructor(till: Id, trace: Trace, ears: JournalEars) {
    this.till = till
    this.drawer = new DrawerTruth(till, trace)
    this.returns = new ReturnTruth(till, trace)
    this.#trace = trace
    this.#ears = ears
  }

  get head(): Place {
    return this.#head
  }

  /** Of a sale, or of a refund. */
  hasReceipt(number: string): boolean {
    return this.#receipts.has(number)
  }

  /** The sale with this receipt was undone. */
  isVoided(number: string): boolean {
    return [...this.payments.values()].some(({ receiptNumber, state }) => receiptNumber === number && state === 'voided')
  }

  /** Empty where nothing is durable. */
  bytesAt({ epoch, n }: Place): Uint8Array {
    return this.#stored.get(`${epoch}/${n}`)?.bytes ?? new Uint8Array(0)
  }

  /** Empty where nothing is durable. */
  hashAt({ epoch, n }: Place): Uint8Array {
    return this.#stored.get(`${epoch}/${n}`)?.hash ?? new Uint8Array(0)
  }

  /** Whether it was this journal, and not one that was lost or never was, that had this head there. */
  hasHead({ epoch, n }: Place, head: string): boolean {
    const stored = this.#stored.get(`${epoch}/${n}`)
    return n === 0 || (stored !== undefined && hex(stored.hash) === head)
  }

  durable(entries: readonly StoredEntry[]): void {
    for (const stored of entries) this.#append(stored)
  }

  /** The disk is another one now, with these entries: what else was written never happened here. */
  reread(entries: readonly StoredEntry[]): void {
    for (const known of [this.payments, this.refunds, this.sales, this.soldFor, this.#receipts, this.#stored]) known.clear()
    this.drawer.clear()
    this.returns.clear()
    this.#slip = undefined
    this.#head = { epoch: 0, n: 0, hash: ZERO }
    this.#listening = false
    this.durable(entries)
    this.#listening = true
  }

  #append(stored: StoredEntry): void {
    const begins = stored.epoch > this.#head.epoch
    const expected = begins ? { n: 1, previous: ZERO } : { n: this.#head.n + 1, previous: this.#head.hash }
    const { bytes } = (this.#listening ? undefined : this.#written.get(hex(stored.hash))) ?? stored
    const entry = { ...stored, bytes }
    const hash = nodeCrypto.sha256(Buffer.concat([expected.previous, bytes]))
    if (stored.n !== expected.n || (!begins && stored.epoch !== this.#head.epoch))
      this.#trace.violation(4, `${this.till} wrote ${stored.epoch}/${stored.n} after ${this.#head.epoch}/${this.#head.n}`)
    if (!equalBytes(hash, stored.hash)) this.#trace.violation(4, `${this.till}: the hash of ${stored.epoch}/${stored.n} does not follow`)
    this.#head = { epoch: stored.epoch, n: stored.n, hash }
    this.#stored.set(`${stored.epoch}/${stored.n}`, entry)
    this.#written.set(hex(hash), entry)
    this.#read(JSON.parse(utf8Text(bytes)) as Entry, hex(hash), stored)
  }

  /** Of the newest entry. */
  get lastKind(): string {
    return this.#lastKind
  }

  /** `at`: where it lies, which for a salvaged entry is not where it says. */
  #read(entry: Entry, hash: string, at: Place): void {
    if (entry.kind === 'entry.salvaged') return this.#salvage(entry.body, hash, at)
    const { kind, body } = entry
    this.#lastKind = kind
    if (kind === 'payment.intended' || kind === 'payment.rejected' || kind === 'payment.taken_in_cash') this.#begin(entry, hash, at)
    if (kind === 'sale.completed') {
      this.#receipt(body.receiptNumber)
      this.sales.set(body.receiptNumber, body)
      for (const { paymentId } of body.payments) this.soldFor.add(paymentId)
      this.#sold(body)
    }
    // A deposit is of an order until the rest of it is paid, whoever comes then.
    if (kind === 'order.placed') for (const { paymentId } of body.payments) this.soldFor.add(paymentId)
    if (kind === 'payment.refunded' || kind === 'refund.requested') this.#refund(entry, at)
    if (kind === 'goods.returned') this.#returned(body)
    // Refunds of one return, and the return itself, are on one paper.
    if (kind !== 'credit.issued') this.#slip = kind === 'payment.refunded' ? body.receiptNumber : undefined
    if (kind === 'refund.answered') this.#answer(body.refundId, body.approved, body.receiptNumber, at)
    const payment = 'paymentId' in body ? this.#move(body.paymentId, entry, at) : undefined
    this.drawer.wrote(entry, payment)
    if (this.#listening) this.#ears.wrote(entry, payment)
  }

  /** What was in this journal anyway is only carried to another place; what was not counts as if it were written now. */
  #salvage({ epoch, n, bytes }: Extract<Entry, { kind: 'entry.salvaged' }>['body'], hash: string, at: Place): void {
    const carried = unbase64url(bytes)
    if (carried === undefined) return this.#trace.violation(4, `${this.till} salvaged what is no entry`)
    const entry = JSON.parse(utf8Text(carried)) as Entry
    if (!this.#wasSaidAt({ epoch, n }, entry)) return this.#read(entry, hash, at)
    if (entry.kind === 'entry.salvaged') return this.#salvage(entry.body, hash, at)
    const payment = 'paymentId' in entry.body ? this.payments.get(entry.body.paymentId) : undefined
    const newest = payment?.state === 'refunded' ? (payment.cash ? 'taken_in_cash' : 'captured') : payment?.state
    if (payment !== undefined && entry.kind === `payment.${newest}`) payment.last = at
    const refund = 'refundId' in entry.body ? this.refunds.get(entry.body.refundId) : undefined
    refund?.places.push(at)
  }

  /** Written there first, or carried there: a till that cannot read what it carried writes anew what it knows of it. */
  #wasSaidAt(place: Place, entry: Entry): boolean {
    const bytes = this.bytesAt(place)
    if (bytes.length === 0) return false
    let written = JSON.parse(utf8Text(bytes)) as Entry
    const isSame = (): boolean => written.kind === entry.kind && JSON.stringify(written.body) === JSON.stringify(entry.body)
    while (!isSame() && written.kind === 'entry.salvaged') written = JSON.parse(utf8Text(unbase64url(written.body.bytes) ?? new Uint8Array(0))) as Entry
    return isSame()
  }

  /** Payments make the total, and what cash rounding gave or took beside it. */
  #sold({ receiptNumber, totalMinor, roundingMinor = 0, tipMinor = 0, payments }: Extract<Entry, { kind: 'sale.completed' }>['body']): void {
    const paid = payments.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
    const isInCash = payments.some(({ paymentId }) => this.payments.get(paymentId)?.cash === true)
    if (paid !== totalMinor + roundingMinor + tipMinor || (roundingMinor !== 0 && !isInCash))
      this.#trace.violation(12, `sale ${receiptNumber} over ${totalMinor}, rounded by ${roundingMinor}, was paid with ${paid}`)
  }

  #begin(entry: Extract<Entry, { kind: 'payment.intended' | 'payment.rejected' | 'payment.taken_in_cash' }>, hash: string, at: Place): void {
    const { paymentId: id, amountMinor, currency, saleId } = entry.body
    const payment: PaymentTruth = {
      id,
      till: this.till,
      amountMinor,
      currency,
      saleId,
      code: entry.kind === 'payment.intended' ? codeIn(entry.body.instrument) : undefined,
      scheme: entry.kind === 'payment.intended' && entry.body.instrument.type === 'scheme',
      intendedHash: hash,
      cash: entry.kind === 'payment.taken_in_cash',
      state: 'nothing',
      decidedBy: undefined,
      capturedMinor: undefined,
      refundedMinor: 0,
      receiptNumber: undefined,
      last: at,
    }
    this.payments.set(id, payment)
    if (this.#listening) this.#ears.intended(payment)
  }

  #receipt(number: string): void {
    if (this.#receipts.has(number)) this.#trace.violation(0, `receipt ${number} was given twice`)
    this.#receipts.add(number)
  }

  /** Every line anew: by the piece, or by weight to the nearest minor unit, a half either way. */

  #refund({ kind, body }: Extract<Entry, { kind: 'payment.refunded' | 'refund.requested' }>, at: Place): void {
    const { refundId: id, amountMinor } = body
    const known = this.refunds.get(id)
    // A request that stays unanswered is made again, to the letter.
    if (kind === 'refund.requested' && known?.of === body.of && known.amountMinor === amountMinor && known.state !== 'made') return
    if (known !== undefined) this.#trace.violation(6, `refund ${id} was made twice`)
    if (kind === 'payment.refunded' && body.receiptNumber !== this.#slip) this.#receipt(body.receiptNumber)
    this.refunds.set(id, {
      id,
      of: kind === 'payment.refunded' ? body.paymentId : body.of,
      amountMinor,
      state: kind === 'payment.refunded' ? 'made' : 'requested',
      places: [at],
    })
  }

  #returned(body: Extract<Entry, { kind: 'goods.returned' }>['body']): void {
    if (body.receiptNumber !== this.#slip) this.#receipt(body.receiptNumber)
    const moves = this.returns.wrote(body, body.of === undefined ? undefined : this.sales.get(body.of))
    if (this.#listening) for (const move of moves) this.returnMoves.add(`return ${move}`)
  }

  #answer(id: Id, approved: boolean, receiptNumber: string | undefined, at: Place): void {
    const refund = this.refunds.get(id)
    if (refund?.state !== 'requested') return this.#trace.violation(6, `${this.till} wrote an answer to refund ${id}, which is ${refund?.state ?? 'unknown'}`)
    if (receiptNumber !== undefined) this.#receipt(receiptNumber)
    refund.state = approved ? 'approved' : 'declined'
    refund.places.push(at)
  }

  #move(id: Id, { kind, body }: Entry, at: Place): PaymentTruth | undefined {
    const payment = this.payments.get(id)
    if (payment === undefined) {
      this.#trace.violation(1, `${kind} for payment ${id}, which was never intended`)
      return undefined
    }
    const to = kind.slice('payment.'.length)
    if (!(follows[payment.state] ?? []).includes(to)) this.#trace.violation(5, `payment ${id}: ${to} after ${payment.state}`)
    payment.state = to
    if (kind === 'payment.refunded') {
      payment.refundedMinor += body.amountMinor
      if (payment.refundedMinor > (payment.capturedMinor ?? 0))
        this.#trace.violation(12, `payment ${id} of ${payment.capturedMinor}: ${payment.refundedMinor} were given back`)
      return payment
    }
    payment.last = at
    if (kind === 'payment.held') payment.decidedBy = 'hub'
    if (kind === 'payment.accepted_offline') payment.decidedBy = 'policy'
    if (kind === 'payment.taken_in_cash' && body.tenderedMinor - body.changeMinor !== body.amountMinor)
      this.#trace.violation(12, `payment ${id}: ${body.tenderedMinor} given and ${body.changeMinor} back are not ${body.amountMinor}`)
    if (kind === 'payment.captured' || kind === 'payment.taken_in_cash') {
      if (body.amountMinor !== payment.amountMinor) this.#trace.violation(1, `payment ${id} of ${payment.amountMinor} was captured for ${body.amountMinor}`)
      payment.capturedMinor = body.amountMinor
      payment.receiptNumber = body.receiptNumber
    }
    return payment
  }
}
