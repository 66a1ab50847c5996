import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { knownError, type ErrorCode } from '#protocol/errors.ts'
import { toldOf, type ExchangeTold } from '#protocol/exchange/told.ts'
import type { Decision } from '#protocol/hub/messages.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { EntryBody, Fact } from '#protocol/journal/entry.ts'
import { makeMerchantRequest } from '#protocol/emvco/merchant-request.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { makeRequest, REQUEST_NONCE_BYTES, type MadeRequest } from '#protocol/payment-code/request.ts'
import { decideOffline, type Asked, type Situation } from '#protocol/policy/decide.ts'
import type { DurationMs, EpochMs } from '#protocol/time.ts'
import type { Sale } from '../sale/basket.ts'
import type { Part } from '../sale/tenders.ts'
import type { Authority } from './authority.ts'
import type { Cash } from './cash.ts'
import type { Credits } from './credits.ts'
import type { Presented } from './instruments/instrument.ts'
import { askedOf, creditIdOf, howOf } from './instruments/payer.ts'
import type { Place } from './outbox.ts'
import type { OtherLanes } from './lanes.ts'
import { Lone } from './lone.ts'
import type { PaidByPhone } from './phone-paid.ts'
import { intendedRecord, recordAfter, riskOf, type PaymentRecord, type Payments } from './payments.ts'
import type { Change } from './store.ts'
import type { Receipts } from './receipts.ts'
import type { Shift } from './shift.ts'
import { Taking, type Bill, type Notes, type Taken } from './taking.ts'
import type { TillClock } from './till-clock.ts'

/** An amount has 13 characters in an EMVCo code, whatever its decimals. */
const MAX_SHOWN_MINOR = 99_999_999_999

/** What paying needs of the till around it. */
export type PayingPorts = {
  readonly till: Id
  readonly crypto: Crypto
  readonly clock: TillClock
  readonly authority: Authority
  readonly payments: Payments
  readonly lanes: OtherLanes
  /** Appends, durably, and tells the outbox; the entries' time is now if it is not given. Throws StoreError. */
  record(facts: readonly Fact[], also: Omit<Change, 'entries'>, at?: EpochMs): void
  /** The place of the next entry. */
  nextPlace(): Place
  readonly receipts: Receipts
  readonly shift: Shift
  readonly cash: Cash
  readonly credits: Credits
  /** Who is signed in, where people sign in. */
  cashier(): Id | undefined
}

/** What is written down between “Take payment” and approved or refused. Holds no timers and sends nothing: others do, after the entries are on the disk. */
export class Paying {
  readonly #ports: PayingPorts
  readonly #taking: Taking
  readonly #lone: Lone
  /** Of the code that was presented last. A till that was started since then does not know. */
  #codeAge: { readonly paymentId: Id; readonly ms: DurationMs | undefined } | undefined

  constructor(ports: PayingPorts) {
    this.#ports = ports
    this.#taking = new Taking(ports, () => this.#newId())
    this.#lone = new Lone(ports.payments)
  }

  /** Opens a payment over so much: makes the request that a phone may confirm. */
  begin(amountMinor: Minor, currency: Currency, merchant: string): MadeRequest {
    const { crypto, clock, till, authority } = this.#ports
    const nonce = hex(crypto.randomBytes(REQUEST_NONCE_BYTES))
    const request = { till, amountMinor, currency, nonce, issuedAtMs: clock.now(), merchant }
    const place = authority.terms.merchantQr
    return place === undefined || amountMinor > MAX_SHOWN_MINOR ? makeRequest(request) : makeMerchantRequest(request, place)
  }

  /** The entry about a code that was refused before anything was intended. */
  reject(sale: Sale, amountMinor: Minor, currency: Currency, scanned: string, code: ErrorCode): void {
    const { crypto } = this.#ports
    const paymentId = this.#newId()
    this.#ports.record(
      [{ kind: 'payment.rejected', body: { paymentId, saleId: sale.id, amountMinor, currency, code, scanned: hex(crypto.sha256(utf8(scanned))) } }],
      {},
    )
  }

  /** With the hub answering: the intent alone, durable before the hub hears of it. */
  intend(sale: Sale, currency: Currency, presented: Presented): PaymentRecord {
    const { fact, record } = this.#intent(sale.id, currency, presented)
    this.#ports.record([fact], { payments: [record], put: presented.put }, presented.at)
    this.#ports.payments.set(undefined, record)
    return record
  }

  /** Without the hub: decides by policy, and if that accepts writes intent, acceptance, capture and, where it was the last part, the sale as one transaction. */
  acceptAlone(bill: Bill, currency: Currency, presented: Presented): Outcome<Taken> {
    const { fact, record } = this.#intent(bill.sale.id, currency, presented)
    const decided = this.#decide(record)
    if (!decided.ok) return decided
    const accepted: Fact = { kind: 'payment.accepted_offline', body: { paymentId: record.id, policyVersion: decided.value.version, because: 'offline' } }
    return ok(this.#capture(bill, record, [fact, accepted], 'policy', presented.put, presented.at))
  }

  /**
   * The hub did not answer in time: the policy decides about the payment that was already intended, under the same id. If it refuses while the hub can still be
   * asked, the payment is unknown until the hub has answered; with nobody to ask it is void, and the hub releases what it may hold.
   */
  fallBack(bill: Bill, record: PaymentRecord, because: 'offline' | 'no_answer'): Outcome<Taken> {
    const decided = this.#decide(record)
    if (!decided.ok) {
      const kind = because === 'offline' ? 'payment.voided' : 'payment.unknown'
      this.#end(record, [{ kind, body: { paymentId: record.id, code: decided.code } }])
      return decided
    }
    const accepted: Fact = { kind: 'payment.accepted_offline', body: { paymentId: record.id, policyVersion: decided.value.version, because } }
    return ok(this.#capture(bill, record, [accepted], 'policy', {}))
  }

  /** The hub's signed answer about the open payment. */
  answered(bill: Bill, record: PaymentRecord, { verdict }: Decision, evidence: Uint8Array): Outcome<Taken> {
    const decision = base64url(evidence)
    if (verdict.type === 'declined') {
      const creditId = creditIdOf(record)
      const put = creditId === undefined || verdict.leftMinor === undefined ? {} : this.#ports.credits.putLeft(creditId, verdict.leftMinor)
      this.#end(record, [{ kind: 'payment.declined', body: { paymentId: record.id, code: verdict.code, decision } }], put)
      return fail(knownError(verdict.code, 'hub.refused'), verdict.code)
    }
    const held: Fact = { kind: 'payment.held', body: { paymentId: record.id, decision } }
    return ok(this.#capture(bill, record, [held], 'hub', {}))
  }

  /** A phone paid at the hub for what is awaited: the hub holds the money, whatever the policy says. */
  takePaid(bill: Bill, { receipt, presented, evidence }: PaidByPhone): Taken {
    const exchange = receipt.exchange && toldOf(receipt.exchange)
    const { fact, record } = this.#intent(bill.sale.id, receipt.currency, presented, receipt.paymentId)
    const held: Fact = { kind: 'payment.held', body: { paymentId: record.id, decision: evidence } }
    return this.#capture(bill, record, [fact, held], 'hub', presented.put, presented.at, exchange)
  }

  /** A phone paid for what is not awaited any more: the hub lets go of the money as soon as it hears of it. */
  letGo({ receipt, asked, presented }: PaidByPhone): void {
    const { fact, record } = this.#intent(asked.saleId, receipt.currency, presented, receipt.paymentId)
    this.#end(record, [fact, { kind: 'payment.voided', body: { paymentId: record.id, code: 'qr.given_back' } }], presented.put)
  }

  /** Notes and coins: nobody is asked. */
  takeCash(bill: Bill, currency: Currency, notes: Notes): Taken {
    return this.#taking.takeCash(bill, currency, notes)
  }

  /** Gives up asking (invariant 9): whatever the hub did about this payment, it undoes. */
  reverse(record: PaymentRecord, code: ErrorCode): void {
    const body = { paymentId: record.id, code }
    const unknown: readonly Fact[] = record.state === 'UNKNOWN' ? [] : [{ kind: 'payment.unknown', body }]
    this.#end(record, [...unknown, { kind: 'payment.reversed', body }])
  }

  #intent(saleId: Id, currency: Currency, { amountMinor, instrument, payer, at, codeAgeMs }: Presented, paymentId = this.#newId()) {
    this.#codeAge = { paymentId, ms: codeAgeMs }
    const body: EntryBody<'payment.intended'> = { paymentId, saleId, amountMinor, currency, instrument }
    const fact: Fact = { kind: 'payment.intended', body }
    return { fact, record: intendedRecord(body, payer, at, this.#ports.nextPlace()) }
  }

  #decide(record: PaymentRecord) {
    const { clock, authority, payments, lanes, credits } = this.#ports
    invariant(record.cash === undefined && record.profile !== 'merchant_qr', 'nobody decides about what was paid')
    if (record.profile === 'scheme') return fail(`scheme.${record.scheme}_offline`)
    const creditId = creditIdOf(record)
    if (creditId !== undefined && !credits.isTrusted(creditId)) return fail('credit.issued_elsewhere')
    // A payment that is already intended counts itself among the exposures; it must not count twice.
    const own = payments.get(record.id) === undefined ? 0 : riskOf(record)
    const situation: Situation = {
      now: clock.now(),
      clockDoubtful: clock.doubtful,
      offlineFor: clock.offlineFor(),
      tillExposureMinor: payments.exposureMinor - own,
      sliceLentMinor: lanes.sliceLentMinor,
      ...authority.denyStanding,
    }
    const asked: Asked = {
      amountMinor: record.amountMinor,
      currency: record.currency,
      instrumentExposureMinor: payments.exposureOf(record.wallet) - own + lanes.exposureOf(record.wallet),
      instrumentCount: payments.countOf(record.wallet) - (own > 0 ? 1 : 0),
      ...askedOf(this.#ports.crypto, record, (id) => credits.leftOf(id)),
    }
    const age = this.#codeAge?.paymentId === record.id ? this.#codeAge.ms : undefined
    return decideOffline(authority.policy, situation, { ...asked, ...this.#lone.asked(authority.policy, situation, asked, record, age) })
  }

  /** Captures, with the decision's entries, in one transaction. */
  #capture(
    bill: Bill,
    record: PaymentRecord,
    before: readonly Fact[],
    decidedBy: 'hub' | 'policy',
    put: Record<string, string>,
    at = this.#ports.clock.now(),
    exchange?: ExchangeTold,
  ): Taken {
    const { id: paymentId, amountMinor, currency } = record
    const receiptNumber = this.#taking.numberOf(bill)
    const facts: readonly Fact[] = [...before, { kind: 'payment.captured', body: { paymentId, amountMinor, currency, receiptNumber } }]
    const part: Part = { paymentId, amountMinor, how: howOf(record), decidedBy, ...(exchange && { exchange }) }
    const captured = this.#after(record, facts, at)
    const taken = this.#taking.take(bill, { facts, before: record, captured, part, at, put })
    this.#lone.captured(captured)
    return taken
  }

  #end(record: PaymentRecord, facts: readonly Fact[], put: Record<string, string> = {}): void {
    const at = this.#ports.clock.now()
    const ended = this.#after(record, facts, at)
    this.#ports.record(facts, { payments: [ended], put }, at)
    this.#ports.payments.set(record, ended)
  }

  /** The record after these facts about it, which are about to become the next entries. The till writes only facts that follow. */
  #after(record: PaymentRecord, facts: readonly Fact[], at: EpochMs): PaymentRecord {
    const { epoch, n } = this.#ports.nextPlace()
    return facts.reduce((before, fact, i) => {
      const after = fact.kind === 'payment.intended' ? ok(before) : recordAfter(before, fact, at, { epoch, n: n + i })
      invariant(after.ok, `${fact.kind} after ${before.state}`)
      return after.value
    }, record)
  }

  #newId(): Id {
    return makeId(this.#ports.clock.now(), this.#ports.crypto.randomBytes(10))
  }
}
