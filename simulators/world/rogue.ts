import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeBatch } from '#protocol/hub/messages.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { makeRequest, REQUEST_NONCE_BYTES } from '#protocol/payment-code/request.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Customer } from './customer.ts'
import type { HubMachine } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

export type RogueParts = {
  readonly till: Id
  readonly signer: Signer
  readonly hub: HubMachine
  readonly random: Random
  readonly trace: Trace
  readonly currency: Currency
  readonly customers: readonly Customer[]
  /** A stranger's phone, whose credential no issuer signed. */
  readonly stranger: Customer
  /** Payments of honest tills. */
  victims(): readonly Id[]
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
  capturesMore: 2,
  malformed: 2,
  anotherKey: 2,
  anotherTill: 1,
  flippedBit: 2,
  fork: 2,
  gap: 2,
  newEpoch: 1,
  // Not every till is ours: these are honest, but do what ours does not.
  regretsHeld: 4,
  regretsAccepted: 3,
} as const

/** An enrolled till whose owner wants money that nobody agreed to pay. It has a real key, and writes what it likes. */
export class Rogue {
  readonly #parts: RogueParts
  readonly #entries: Uint8Array[] = []
  readonly #hashes: Uint8Array[] = [GENESIS]

  constructor(parts: RogueParts) {
    this.#parts = parts
    this.#write({ kind: 'epoch.opened', body: { reason: 'enrolled' } })
  }

  act(): void {
    const { random, trace, hub } = this.#parts
    if (!hub.up) return
    const lie = random.weighted(lies)
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
        this.#write({ kind: 'payment.accepted_offline', body: { paymentId: id, policyVersion: 1, because: 'offline' } })
        this.#write({ kind: 'payment.captured', body: { paymentId: id, amountMinor: 10_000, currency: this.#parts.currency, receiptNumber: 'ROGUE' } })
        return this.#send()
      }
      case 'regretsHeld':
        return this.#buy((id) => {
          this.#write({ kind: 'payment.held', body: { paymentId: id, decision: base64url(utf8('as the hub said')) } })
        })
      case 'regretsAccepted':
        return this.#buy((id) => {
          this.#write({ kind: 'payment.accepted_offline', body: { paymentId: id, policyVersion: 1, because: 'offline' } })
        })
      default:
        return this.#tamper(lie)
    }
  }

  // ---------------------------------------------------------------- lies about payments

  #id(): Id {
    return makeId(this.#parts.now(), this.#parts.random.bytes(10))
  }

  #intend(paymentId: Id, code: string, amountMinor: Minor, request?: Uint8Array): Id {
    const instrument = { type: 'wallet' as const, code, ...(request === undefined ? {} : { request: base64url(request) }) }
    this.#write({ kind: 'payment.intended', body: { paymentId, saleId: this.#id(), amountMinor, currency: this.#parts.currency, instrument } })
    return paymentId
  }

  /** Says that this code paid this much here. */
  #claim(code: string, amountMinor: Minor, id: Id = this.#id(), request?: Uint8Array): void {
    this.#intend(id, code, amountMinor, request)
    this.#write({ kind: 'payment.accepted_offline', body: { paymentId: id, policyVersion: 1, because: 'offline' } })
    this.#write({ kind: 'payment.captured', body: { paymentId: id, amountMinor, currency: this.#parts.currency, receiptNumber: 'ROGUE' } })
    this.#send()
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

  /** A customer who really agreed, and a till that gives the payment up after all. */
  #buy(decide: (id: Id) => void): void {
    const { random, customers, till, currency } = this.#parts
    const amountMinor = random.between(1, 3000)
    const nonce = hex(random.bytes(REQUEST_NONCE_BYTES))
    const request = makeRequest({ till, amountMinor, currency, nonce, issuedAtMs: this.#parts.now(), merchant: 'Elsewhere' })
    const code = random.pick(customers).answer(request.text, this.#parts.now())
    if (code === undefined) return
    const id = this.#intend(this.#id(), code.text, amountMinor, request.bytes)
    if (random.chance(0.5)) this.#send()
    decide(id)
    this.#write({ kind: 'payment.voided', body: { paymentId: id, code: 'wire.no_answer' } })
    this.#send()
  }

  // ---------------------------------------------------------------- lies about the journal

  #tamper(lie: keyof typeof lies): void {
    const { random, hub, till } = this.#parts
    const victims = hub.disk.entries.filter((entry) => entry.till !== till)
    switch (lie) {
      case 'malformed':
        this.#append(utf8(random.pick(['', 'not JSON', '{}', '[1,2]', `{"v":1,"till":"${till}","epoch":1,"n":1,"at":1,"kind":"payment.intended","body":{}}`])))
        return this.#send()
      case 'anotherKey':
        return this.#publish({ signer: this.#parts.stranger.wallet.signer })
      case 'anotherTill': {
        const other = victims.at(-1)
        return other === undefined ? undefined : this.#publish({ till: other.till, from: other.n + 1, previous: other.hash })
      }
      case 'flippedBit':
        return this.#publish({ flip: random.between(0, 100_000) })
      case 'fork':
        return this.#publish({ from: 1, previous: GENESIS, entries: [utf8('another beginning'), ...this.#entries.slice(1)] })
      case 'gap':
        return this.#publish({ from: this.#entries.length + 5, previous: random.bytes(32), entries: [utf8('later')] })
      case 'newEpoch':
        return this.#publish({
          epoch: 2,
          from: 1,
          previous: GENESIS,
          entries: [encodeEntry({ till, epoch: 2, n: 1 }, this.#parts.now(), { kind: 'epoch.opened', body: { reason: 'restored' } })],
        })
      default:
        throw new Error(`${lie} is not tampering`)
    }
  }

  #write(fact: Fact): void {
    this.#append(encodeEntry({ till: this.#parts.till, epoch: 1, n: this.#entries.length + 1 }, this.#parts.now(), fact))
  }

  #append(bytes: Uint8Array): void {
    this.#entries.push(bytes)
    this.#hashes.push(chainHash(nodeCrypto, this.#hashes.at(-1) ?? GENESIS, bytes))
  }

  /** Everything that the hub does not have yet. */
  #send(): void {
    this.#publish({})
  }

  #publish(change: { signer?: Signer; till?: Id; epoch?: number; from?: number; previous?: Uint8Array; entries?: readonly Uint8Array[]; flip?: number }): void {
    const { hub, till, signer } = this.#parts
    const from = change.from ?? (hub.disk.rows.heads.get(till)?.n ?? 0) + 1
    const bytes = encodeBatch(change.signer ?? signer, {
      till: change.till ?? till,
      epoch: change.epoch ?? 1,
      from,
      previous: change.previous ?? this.#hashes[from - 1] ?? GENESIS,
      lastAck: new Uint8Array(0),
      entries: change.entries ?? this.#entries.slice(from - 1),
    })
    if (change.flip !== undefined) bytes[change.flip % bytes.length] = (bytes[change.flip % bytes.length] ?? 0) ^ 1
    if (hub.up) hub.published(till, bytes)
  }

  /** Sends what the hub missed, so that the honest halves of its payments end. */
  repents(): void {
    this.#send()
  }
}
