import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { makeRequest, REQUEST_NONCE_BYTES } from '#protocol/payment-code/request.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { BareTill } from './bare-till.ts'
import type { Customer } from './customer.ts'
import type { Receipts } from './desk-work.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

export type OtherMakeParts = {
  readonly bare: BareTill
  readonly random: Random
  readonly trace: Trace
  readonly currency: Currency
  readonly customers: readonly Customer[]
  readonly receipts: Receipts
  /** Payments whose money did not come when it should have. */
  unpaid(): ReadonlySet<Id>
  now(): EpochMs
}

type Open = { readonly id: Id; readonly amountMinor: Minor; state: string; left: Minor; receiptNumber: string }

/** What an honest till may write next about a payment: every way that there is, also those that ours never goes. */
const ways: Readonly<Record<string, readonly string[]>> = {
  intended: ['held', 'accepted_offline', 'declined', 'unknown', 'voided'],
  unknown: ['held', 'declined', 'reversed'],
  held: ['captured', 'captured', 'voided'],
  accepted_offline: ['captured', 'captured', 'voided'],
  captured: ['refunded', 'voided'],
  refunded: ['refunded'],
}

/** A till of another make: honest, and slow. It may leave a payment as it is for days, and goes every way that the protocol knows. */
export class OtherMake {
  readonly #parts: OtherMakeParts
  readonly #payments: Open[] = []
  #receipts = 0

  constructor(parts: OtherMakeParts) {
    this.#parts = parts
  }

  act(): void {
    const { random, bare } = this.#parts
    const unpaid = this.#parts.unpaid()
    const late = this.#payments.filter(({ id }) => unpaid.has(id))
    const open = late.length > 0 && random.chance(0.4) ? late : this.#payments.slice(-OPEN_AT_ONCE)
    if (open.length === 0 || random.chance(0.35)) this.#begin()
    else if (random.chance(0.15)) this.#ask()
    else this.#goOn(random.pick(open))
    if (random.chance(0.7)) bare.send()
  }

  #begin(): void {
    const { random, customers, bare, currency } = this.#parts
    const amountMinor = random.between(1, 3000)
    const request = makeRequest({
      till: bare.till,
      amountMinor,
      currency,
      nonce: hex(random.bytes(REQUEST_NONCE_BYTES)),
      issuedAtMs: this.#parts.now(),
      merchant: 'Elsewhere',
    })
    const code = random.pick(customers).answer(request.text, this.#parts.now())
    if (code === undefined) return
    const id = this.#id()
    const instrument = { type: 'wallet' as const, code: code.text, request: base64url(request.bytes) }
    bare.write({ kind: 'payment.intended', body: { paymentId: id, saleId: this.#id(), amountMinor, currency, instrument } })
    this.#payments.push({ id, amountMinor, state: 'intended', left: amountMinor, receiptNumber: '' })
  }

  #goOn(payment: Open): void {
    const { random, bare, trace } = this.#parts
    const way = ways[payment.state]
    if (way === undefined || payment.left === 0) return
    const next = random.pick(way)
    const fact = this.#fact(payment, next)
    trace.note(`the other make: ${payment.id} ${next}`)
    bare.write(fact)
    payment.state = next
    if (fact.kind === 'payment.refunded') payment.left -= fact.body.amountMinor
  }

  #fact(payment: Open, next: string): Fact {
    const { random, currency, receipts } = this.#parts
    const { id: paymentId, amountMinor } = payment
    switch (next) {
      case 'held':
        return { kind: 'payment.held', body: { paymentId, decision: base64url(utf8('as the hub said')) } }
      case 'accepted_offline':
        return { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } }
      case 'declined':
        return { kind: 'payment.declined', body: { paymentId, code: 'hub.refused', decision: base64url(utf8('as the hub said')) } }
      case 'unknown':
      case 'voided':
      case 'reversed':
        return { kind: `payment.${next}`, body: { paymentId, code: 'wire.no_answer' } }
      case 'captured': {
        payment.receiptNumber = this.#number()
        receipts.add({ number: payment.receiptNumber, amountMinor })
        return { kind: 'payment.captured', body: { paymentId, amountMinor, currency, receiptNumber: payment.receiptNumber } }
      }
      default: {
        const part = random.chance(0.4) ? payment.left : random.between(1, payment.left)
        return { kind: 'payment.refunded', body: { refundId: this.#id(), paymentId, amountMinor: part, currency, receiptNumber: this.#number() } }
      }
    }
  }

  /** For money back on a receipt of somebody else’s. It never hears the answer. */
  #ask(): void {
    const { random, bare, currency, receipts } = this.#parts
    const receipt = receipts.pick(random)
    if (receipt === undefined) return
    bare.write({
      kind: 'refund.requested',
      body: { refundId: this.#id(), of: receipt.number, amountMinor: random.between(1, receipt.amountMinor + 100), currency },
    })
  }

  #number(): string {
    return `ELSEWHERE-${++this.#receipts}`
  }

  #id(): Id {
    return makeId(this.#parts.now(), this.#parts.random.bytes(10))
  }
}

const OPEN_AT_ONCE = 12
