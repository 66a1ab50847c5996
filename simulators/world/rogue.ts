import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { makeRequest, REQUEST_NONCE_BYTES } from '#protocol/payment-code/request.ts'
import { HOUR, MINUTE, type EpochMs } from '#protocol/time.ts'
import { HOLD_LIFETIME } from '../../hub/intake/hub-step.ts'
import type { BareTill } from './bare-till.ts'
import type { Customer } from './customer.ts'
import type { Receipts } from './desk-work.ts'
import type { HubMachine } from './hub-machine.ts'
import type { Random } from './random.ts'
import { inventedGoods } from './rogue-goods.ts'
import type { Trace } from './trace.ts'

export type RogueParts = {
  readonly bare: BareTill
  readonly hub: HubMachine
  readonly random: Random
  readonly trace: Trace
  readonly currency: Currency
  readonly customers: readonly Customer[]
  /** A stranger's phone, whose credential no issuer signed. */
  readonly stranger: Customer
  readonly receipts: Receipts
  /** Payments of honest tills. */
  victims(): readonly Id[]
  /** Where their journals stand at the hub. */
  journals(): readonly { readonly till: Id; readonly epoch: number; readonly n: number; readonly hash: Uint8Array }[]
  now(): EpochMs
}

const lies = {
  inventedCode: 3,
  strangersCode: 3,
  stolenCode: 3,
  inflatedCode: 2,
  othersRequest: 2,
  capturesNothing: 2,
  takesAnId: 3,
  saysItTwice: 2,
  capturesMore: 3,
  capturesMoreLater: 5,
  malformed: 2,
  anotherKey: 2,
  anotherTill: 1,
  flippedBit: 2,
  fork: 2,
  gap: 2,
  newEpoch: 1,
  rewind: 2,
  refundsTooMuch: 2,
  refundsOthers: 2,
  refundsTwice: 2,
  asksForMuch: 3,
  answersItself: 1,
  inventsCash: 2,
  backDates: 3,
  liesAboutGoods: 4,
} as const

/** An enrolled till whose owner wants money that nobody agreed to pay. It has a real key, and writes what it likes. */
export class Rogue {
  readonly #parts: RogueParts
  readonly #undecided: { readonly id: Id; readonly at: EpochMs }[] = []
  #receipts = 0

  constructor(parts: RogueParts) {
    this.#parts = parts
  }

  act(): void {
    const { random, trace, hub } = this.#parts
    if (!hub.up) return
    const [oldest] = this.#undecided
    const isRipe = oldest !== undefined && this.#parts.now() - oldest.at > HOLD_LIFETIME
    const lie = isRipe && random.chance(0.3) ? 'capturesMoreLater' : random.weighted(lies)
    trace.note(`rogue: ${lie}`)
    this.#perform(lie)
  }

  #perform(lie: keyof typeof lies): void {
    const { random, customers, stranger } = this.#parts
    switch (lie) {
      case 'inventedCode':
        return this.#claim(`SP1:${hex(random.bytes(random.between(1, 60))).toUpperCase()}`, random.between(1, 9000))
      case 'strangersCode':
        return this.#claim(stranger.show(this.#parts.now()).text, random.between(1, 3000))
      case 'stolenCode':
        return this.#steal((cap) => random.between(1, cap))
      case 'inflatedCode':
        return this.#steal((cap) => cap + random.between(1, 5000))
      case 'othersRequest': {
        const bound = customers.flatMap(({ codes }) => codes.filter(({ profile }) => profile === 'bound'))
        return bound.length === 0 ? undefined : this.#claim(random.pick(bound).text, random.between(1, 9000))
      }
      case 'capturesNothing':
        this.#write({ kind: 'payment.captured', body: { paymentId: this.#id(), amountMinor: 5000, currency: this.#parts.currency, receiptNumber: 'ROGUE' } })
        return this.#send()
      case 'takesAnId':
        return this.#takeAnId()
      case 'saysItTwice': {
        const id = this.#id()
        this.#intend(id, stranger.show(this.#parts.now()).text, 100)
        return this.#claim(random.pick(customers).show(this.#parts.now()).text, 200, id)
      }
      case 'capturesMore': {
        const id = this.#intend(this.#id(), random.pick(customers).show(this.#parts.now()).text, 100)
        if (random.chance(0.5)) this.#write({ kind: 'payment.accepted_offline', body: { paymentId: id, policyVersion: 1, because: 'offline' } })
        else this.#write({ kind: 'payment.held', body: { paymentId: id, decision: base64url(utf8('as the hub said')) } })
        if (random.chance(0.4)) this.#captureMore(id)
        else this.#undecided.push({ id, at: this.#parts.now() })
        return this.#send()
      }
      case 'capturesMoreLater': {
        // When its hold has run out, best of all.
        const [oldest] = this.#undecided
        if (oldest === undefined || (this.#parts.now() - oldest.at < HOLD_LIFETIME && random.chance(0.8))) return
        this.#undecided.shift()
        this.#captureMore(oldest.id)
        return this.#send()
      }
      case 'refundsTooMuch': {
        const id = this.#buy(2000)
        for (let time = 0; id !== undefined && time < 3; time++) this.#refund(id, 900)
        return this.#send()
      }
      case 'refundsOthers': {
        const victims = this.#parts.victims()
        if (victims.length > 0) this.#refund(random.pick(victims), 100)
        return this.#send()
      }
      case 'refundsTwice': {
        const id = this.#buy(500)
        if (id === undefined) return
        const refundId = this.#id()
        this.#refund(id, 200, refundId)
        this.#refund(id, random.pick([200, 250]), refundId)
        return this.#send()
      }
      case 'asksForMuch':
        return this.#askForMuch()
      case 'inventsCash':
        return this.#inventCash()
      case 'liesAboutGoods':
        return this.#lieAboutGoods()
      case 'answersItself':
        this.#write({ kind: 'refund.answered', body: { refundId: this.#id(), approved: true, decision: base64url(utf8('yes')), receiptNumber: 'ROGUE' } })
        return this.#send()
      case 'backDates': {
        const long = random.between(10, 120) * MINUTE
        const then = this.#parts.now() - long
        const code = random.pick(customers).show(then).text
        const id = this.#id()
        this.#intend(id, code, random.between(1, 2000), undefined, random.chance(0.5) ? then : this.#parts.now() + HOUR)
        this.#write({ kind: 'payment.accepted_offline', body: { paymentId: id, policyVersion: 1, because: 'offline' } })
        return this.#send()
      }
      default:
        return this.#tamper(lie)
    }
  }

  // ---------------------------------------------------------------- lies about payments

  #id(): Id {
    return makeId(this.#parts.now(), this.#parts.random.bytes(10))
  }

  #intend(paymentId: Id, code: string, amountMinor: Minor, request?: Uint8Array, at?: EpochMs): Id {
    const instrument = { type: 'wallet' as const, code, ...(request === undefined ? {} : { request: base64url(request) }) }
    this.#write({ kind: 'payment.intended', body: { paymentId, saleId: this.#id(), amountMinor, currency: this.#parts.currency, instrument } }, at)
    return paymentId
  }

  /** Says that this code paid this much here. */
  #claim(code: string, amountMinor: Minor, id: Id = this.#id(), request?: Uint8Array): void {
    this.#intend(id, code, amountMinor, request)
    this.#write({ kind: 'payment.accepted_offline', body: { paymentId: id, policyVersion: 1, because: 'offline' } })
    this.#write({ kind: 'payment.captured', body: { paymentId: id, amountMinor, currency: this.#parts.currency, receiptNumber: 'ROGUE' } })
    this.#send()
  }

  /** Notes that nobody gave, more than once under one id, and a drawer that was counted as it liked. Whoever says such a thing has it in its own drawer. */
  #inventCash(): void {
    const { random, currency } = this.#parts
    const [paymentId, saleId, movementId] = [this.#id(), this.#id(), this.#id()]
    const amountMinor = random.between(1, 9000)
    const taken = { paymentId, saleId, amountMinor, tenderedMinor: amountMinor, changeMinor: random.pick([0, 100]), currency, receiptNumber: 'ROGUE' }
    this.#write({ kind: 'payment.taken_in_cash', body: taken })
    if (random.chance(0.5)) this.#write({ kind: 'payment.taken_in_cash', body: { ...taken, amountMinor: random.pick([amountMinor, 9999]) } })
    if (random.chance(0.5)) this.#refund(paymentId, random.between(1, 9000))
    for (const more of [0, random.pick([0, 1])])
      this.#write({ kind: 'cash.moved', body: { movementId, direction: 'out', amountMinor: amountMinor + more, currency, reason: 'none' } })
    const cash = { expectedMinor: random.between(-9000, 9000), countedMinor: random.between(0, 9000) }
    const sums = { payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0, exported: 0 }
    if (random.chance(0.5)) this.#write({ kind: 'shift.closed', body: { currency, ...sums, cash } })
    this.#send()
  }

  /** Goods that were never sold or cannot be, other people's sales told anew, and points for nothing. */
  #lieAboutGoods(): void {
    const { random, currency, receipts } = this.#parts
    const victims = this.#parts.victims()
    const victim = victims.length === 0 || random.chance(0.4) ? undefined : random.pick(victims)
    const [own, saleId] = [this.#id(), this.#id()]
    const amountMinor = random.between(1, 3000)
    const made = { id: () => this.#id(), random, currency, paymentId: victim ?? own, saleId, amountMinor, of: receipts.pick(random)?.number }
    const taken = { saleId, amountMinor, tenderedMinor: amountMinor, changeMinor: 0, currency, receiptNumber: 'ROGUE' }
    if (victim === undefined) this.#write({ kind: 'payment.taken_in_cash', body: { ...taken, paymentId: own } })
    for (const fact of inventedGoods(made)) this.#write(fact)
    this.#send()
  }

  #captureMore(paymentId: Id): void {
    this.#write({ kind: 'payment.captured', body: { paymentId, amountMinor: 10_000, currency: this.#parts.currency, receiptNumber: 'ROGUE' } })
  }

  /** A code that somebody showed somewhere else. */
  #steal(amountFor: (cap: Minor) => Minor): void {
    const { random, customers } = this.#parts
    const shown = customers.flatMap(({ codes }) => codes.filter(({ profile }) => profile === 'show'))
    if (shown.length > 0) this.#claim(random.pick(shown).text, amountFor(2000))
  }

  /** A payment that is another till's. */
  #takeAnId(): void {
    const { random, customers } = this.#parts
    const victims = this.#parts.victims()
    if (victims.length === 0) return
    this.#claim(random.pick(customers).show(this.#parts.now()).text, random.between(1, 2000), random.pick(victims))
  }

  /** A customer who really agreed. Undefined if nobody does. */
  #buy(amountMinor: Minor): Id | undefined {
    const { random, customers, bare, currency } = this.#parts
    const nonce = hex(random.bytes(REQUEST_NONCE_BYTES))
    const request = makeRequest({ till: bare.till, amountMinor, currency, nonce, issuedAtMs: this.#parts.now(), merchant: 'Elsewhere' })
    const code = random.pick(customers).answer(request.text, this.#parts.now())
    if (code === undefined) return undefined
    const id = this.#id()
    this.#claim(code.text, amountMinor, id, request.bytes)
    return id
  }

  #refund(paymentId: Id, amountMinor: Minor, refundId = this.#id()): void {
    const receiptNumber = `ROGUE-${++this.#receipts}`
    this.#write({ kind: 'payment.refunded', body: { refundId, paymentId, amountMinor, currency: this.#parts.currency, receiptNumber } })
  }

  /** All the money of somebody's receipt, twice at once. */
  #askForMuch(): void {
    const { random, receipts, currency } = this.#parts
    const receipt = receipts.pick(random)
    if (receipt === undefined) return
    for (let time = 0; time < 2; time++)
      this.#write({ kind: 'refund.requested', body: { refundId: this.#id(), of: receipt.number, amountMinor: receipt.amountMinor, currency } })
    this.#send()
  }

  // ---------------------------------------------------------------- lies about the journal

  #tamper(lie: keyof typeof lies): void {
    const { random, bare } = this.#parts
    const { till } = bare
    switch (lie) {
      case 'malformed':
        this.#append(utf8(random.pick(['', 'not JSON', '{}', '[1,2]', `{"v":1,"till":"${till}","epoch":1,"n":1,"at":1,"kind":"payment.intended","body":{}}`])))
        return this.#send()
      case 'anotherKey':
        return bare.publish({ signer: this.#parts.stranger.wallet.signer })
      case 'anotherTill': {
        const other = this.#parts.journals().at(-1)
        return other === undefined ? undefined : bare.publish({ till: other.till, epoch: other.epoch, from: other.n + 1, previous: other.hash })
      }
      case 'flippedBit':
        return bare.publish({ flip: random.between(0, 100_000) })
      case 'fork':
        return bare.publish({ from: 1, previous: GENESIS, entries: [utf8('another beginning'), ...bare.entries.slice(1, 100)] })
      case 'gap':
        return bare.publish({ from: bare.entries.length + 5, previous: random.bytes(32), entries: [utf8('later')] })
      case 'rewind': {
        const from = random.between(1, bare.entries.length)
        const entry = encodeEntry({ till, epoch: 1, n: from }, this.#parts.now(), { kind: 'incident.recorded', body: { code: 'device.garbage' } })
        return bare.publish({ from, entries: [entry] })
      }
      case 'newEpoch':
        return bare.publish({
          epoch: 2,
          from: 1,
          previous: GENESIS,
          entries: [encodeEntry({ till, epoch: 2, n: 1 }, this.#parts.now(), { kind: 'epoch.opened', body: { reason: 'restored' } })],
        })
      default:
        throw new Error(`${lie} is not tampering`)
    }
  }

  #write(fact: Fact, at?: EpochMs): void {
    this.#parts.bare.write(fact, at)
  }

  #append(bytes: Uint8Array): void {
    this.#parts.bare.append(bytes)
  }

  #send(): void {
    this.#parts.bare.send()
  }
}
