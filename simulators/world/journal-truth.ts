import { equalBytes, hex, utf8Text } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { Change, StoredEntry } from '../../terminal/core/store.ts'
import type { Trace } from './trace.ts'

/** What may follow what, written down a second time on purpose: `protocol/journal/payment.ts` is among the things that are tried out. */
export const paymentMoves = [
  'nothing > intended',
  'nothing > rejected',
  'intended > held',
  'intended > accepted_offline',
  'intended > declined',
  'intended > voided',
  'held > captured',
  'held > voided',
  'accepted_offline > captured',
  'accepted_offline > voided',
] as const

export type PaymentTruth = {
  readonly id: Id
  readonly till: Id
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly saleId: Id
  /** Text of the code, and where its use was journaled. Undefined for a payment that was rejected before it was intended. */
  readonly code: string | undefined
  readonly intendedHash: string
  state: string
  capturedMinor: Minor | undefined
  receiptNumber: string | undefined
  last: { epoch: number; n: number }
}

const ZERO = new Uint8Array(32)

/**
 * A second reading of one till's journal, entry by entry as they become durable: chain, numbers, and the life of every payment. It knows
 * nothing of the code that wrote them.
 */
export class JournalTruth {
  readonly till: Id
  readonly payments = new Map<Id, PaymentTruth>()
  /** By receipt number. */
  readonly sales = new Map<string, Extract<Entry, { kind: 'sale.completed' }>['body']>()
  readonly #bytes = new Map<string, Uint8Array>()
  readonly #trace: Trace
  readonly #intended: (payment: PaymentTruth) => void
  #head: { epoch: number; n: number; hash: Uint8Array } = { epoch: 0, n: 0, hash: ZERO }

  /** `intended` is told of every payment as it begins. */
  constructor(till: Id, trace: Trace, intended: (payment: PaymentTruth) => void) {
    this.till = till
    this.#trace = trace
    this.#intended = intended
  }

  /** Empty where nothing is durable. */
  bytesAt({ epoch, n }: { readonly epoch: number; readonly n: number }): Uint8Array {
    return this.#bytes.get(`${epoch}/${n}`) ?? new Uint8Array(0)
  }

  durable({ entries = [] }: Change): void {
    for (const stored of entries) this.#append(stored)
  }

  #append(stored: StoredEntry): void {
    const begins = stored.epoch === this.#head.epoch + 1
    const expected = begins ? { n: 1, previous: ZERO } : { n: this.#head.n + 1, previous: this.#head.hash }
    const hash = nodeCrypto.sha256(Buffer.concat([expected.previous, stored.bytes]))
    if (stored.n !== expected.n || (!begins && stored.epoch !== this.#head.epoch))
      this.#trace.violation(4, `${this.till} wrote ${stored.epoch}/${stored.n} after ${this.#head.epoch}/${this.#head.n}`)
    if (!equalBytes(hash, stored.hash)) this.#trace.violation(4, `${this.till}: the hash of ${stored.epoch}/${stored.n} does not follow`)
    this.#head = { epoch: stored.epoch, n: stored.n, hash }
    this.#bytes.set(`${stored.epoch}/${stored.n}`, stored.bytes)
    this.#read(JSON.parse(utf8Text(stored.bytes)) as Entry, hex(hash))
  }

  #read(entry: Entry, hash: string): void {
    const { kind, body } = entry
    if (kind === 'payment.intended' || kind === 'payment.rejected') {
      const payment: PaymentTruth = {
        id: body.paymentId,
        till: this.till,
        amountMinor: body.amountMinor,
        currency: body.currency,
        saleId: body.saleId,
        code: kind === 'payment.intended' ? body.instrument.code : undefined,
        intendedHash: hash,
        state: 'nothing',
        capturedMinor: undefined,
        receiptNumber: undefined,
        last: entry,
      }
      this.payments.set(payment.id, payment)
      this.#intended(payment)
    }
    if (kind === 'sale.completed') {
      if (this.sales.has(body.receiptNumber)) this.#trace.violation(0, `receipt ${body.receiptNumber} was given twice`)
      this.sales.set(body.receiptNumber, body)
    }
    if ('paymentId' in body) this.#move(body.paymentId, entry)
  }

  #move(id: Id, { kind, body, epoch, n }: Entry): void {
    const payment = this.payments.get(id)
    if (payment === undefined) return this.#trace.violation(1, `${kind} for payment ${id}, which was never intended`)
    const to = kind.slice('payment.'.length)
    const move = `${payment.state} > ${to}`
    if (!(paymentMoves as readonly string[]).includes(move)) this.#trace.violation(5, `payment ${id}: ${move}`)
    payment.state = to
    payment.last = { epoch, n }
    if (kind === 'payment.captured') {
      if (body.amountMinor !== payment.amountMinor) this.#trace.violation(1, `payment ${id} of ${payment.amountMinor} was captured for ${body.amountMinor}`)
      payment.capturedMinor = body.amountMinor
      payment.receiptNumber = body.receiptNumber
    }
  }
}
