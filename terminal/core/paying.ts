import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { knownError, type ErrorCode } from '#protocol/errors.ts'
import type { Decision } from '#protocol/hub/messages.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { EntryBody, Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { readCode } from '#protocol/payment-code/code.ts'
import { makeRequest, REQUEST_NONCE_BYTES, type MadeRequest } from '#protocol/payment-code/request.ts'
import { verifyCode, type VerifiedCode } from '#protocol/payment-code/verify.ts'
import { decideOffline } from '#protocol/policy/decide.ts'
import type { EpochMs } from '#protocol/time.ts'
import { newSale, type Sale } from '../sale/basket.ts'
import { soldAs } from '../sale/sold.ts'
import { totalsOf } from '../sale/tax.ts'
import type { Authority } from './authority.ts'
import type { Cash } from './cash.ts'
import type { Place } from './outbox.ts'
import { intendedRecord, recordAfter, riskOf, takenInCash, type PaymentRecord, type Payments } from './payments.ts'
import type { Change } from './store.ts'
import type { Receipts } from './receipts.ts'
import type { Shift } from './shift.ts'
import type { SpentCodes } from './spent-codes.ts'
import type { TillClock } from './till-clock.ts'

/** The last sale that was paid; kept until the next one begins, for the screen and for reprints. */
export type Approval = {
  readonly paymentId: Id
  readonly amountMinor: Minor
  readonly decidedBy: 'hub' | 'policy' | 'cash'
  /** What was given and what goes back, for cash. */
  readonly cash?: { readonly tenderedMinor: Minor; readonly changeMinor: Minor }
  readonly at: EpochMs
  readonly sale: EntryBody<'sale.completed'>
}

/** A paid sale, and the empty one that the till goes on with. */
export type Completed = { readonly approval: Approval; readonly nextSale: Sale }

/** What paying needs of the till around it. */
export type PayingPorts = {
  readonly till: Id
  readonly crypto: Crypto
  readonly clock: TillClock
  readonly authority: Authority
  readonly payments: Payments
  /** Appends, durably, and tells the outbox; the entries' time is now if it is not given. Throws StoreError. */
  record(facts: readonly Fact[], also: Omit<Change, 'entries'>, at?: EpochMs): void
  /** The place of the next entry. */
  nextPlace(): Place
  readonly receipts: Receipts
  readonly spentCodes: SpentCodes
  readonly shift: Shift
  readonly cash: Cash
  /** Who is signed in, where people sign in. */
  cashier(): Id | undefined
}

/** A code that can pay, and the moment in which that was found: its entry says the same, or the hub would measure its age differently. */
export type Judged = { readonly code: VerifiedCode; readonly at: EpochMs }

export const RECORD_SALE = 'sale/current'
/** There while the screen still says that the last sale was approved. */
export const RECORD_APPROVED = 'sale/approved'
/** What is written down between “Take payment” and approved or refused. Holds no timers and sends nothing: others do, after the entries are on the disk. */
export class Paying {
  readonly #ports: PayingPorts

  constructor(ports: PayingPorts) {
    this.#ports = ports
  }

  /** Opens a payment of the basket's total: makes the request that a phone may confirm. */
  begin(sale: Sale, currency: Currency, merchant: string): { readonly amountMinor: Minor; readonly request: MadeRequest } {
    const { crypto, clock, till } = this.#ports
    const { totalMinor } = totalsOf(sale)
    const nonce = hex(crypto.randomBytes(REQUEST_NONCE_BYTES))
    const request = makeRequest({ till, amountMinor: totalMinor, currency, nonce, issuedAtMs: clock.now(), merchant })
    return { amountMinor: totalMinor, request }
  }

  /** Whether a scanned text can pay this: genuine, fresh, unused here, for this amount. Spends nothing. */
  judge(text: string, amountMinor: Minor, currency: Currency, request: MadeRequest): Outcome<Judged> {
    const { crypto, clock, authority } = this.#ports
    const read = readCode(text)
    if (!read.ok) return read
    const at = clock.now()
    const verified = verifyCode(crypto, read.value, { issuerKey: (id) => authority.issuerKey(id), shownAt: at, currency, request: request.bytes })
    if (!verified.ok) return verified
    const code = verified.value
    if (code.counter <= this.#ports.spentCodes.counterOf(code.credential.credentialId)) return fail('code.replayed')
    if (code.profile === 'bound' && code.request.amountMinor !== amountMinor) return fail('code.wrong_request', 'another amount was confirmed')
    // A shown code can be relayed whether or not the hub answers, so this cap holds online too.
    const cap = authority.policy?.offline.perShownCodeMinor
    if (code.profile === 'show' && cap !== undefined && amountMinor > cap) return fail('code.bound_required')
    return ok({ code, at })
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
  intend(sale: Sale, currency: Currency, text: string, judged: Judged, request: MadeRequest): PaymentRecord {
    const { fact, record, also } = this.#intent(sale, currency, text, judged, request)
    this.#ports.record([fact], { payments: [record], put: also }, judged.at)
    this.#ports.payments.set(undefined, record)
    return record
  }

  /** Without the hub: decides by policy, and if that accepts writes intent, acceptance, capture and sale as one transaction. */
  acceptAlone(sale: Sale, currency: Currency, text: string, judged: Judged, request: MadeRequest): Outcome<Completed> {
    const { fact, record, also } = this.#intent(sale, currency, text, judged, request)
    const decided = this.#decide(record)
    if (!decided.ok) return decided
    const accepted: Fact = { kind: 'payment.accepted_offline', body: { paymentId: record.id, policyVersion: decided.value.version, because: 'offline' } }
    const completed = this.#complete(sale, record, [fact, accepted], 'policy', also, judged.at)
    return ok(completed)
  }

  /**
   * The hub did not answer in time: the policy decides about the payment that was already intended, under the same id. If it refuses while the hub can still be
   * asked, the payment is unknown until the hub has answered; with nobody to ask it is void, and the hub releases what it may hold.
   */
  fallBack(sale: Sale, record: PaymentRecord, because: 'offline' | 'no_answer'): Outcome<Completed> {
    const decided = this.#decide(record)
    if (!decided.ok) {
      const kind = because === 'offline' ? 'payment.voided' : 'payment.unknown'
      this.#end(record, [{ kind, body: { paymentId: record.id, code: decided.code } }])
      return decided
    }
    const accepted: Fact = { kind: 'payment.accepted_offline', body: { paymentId: record.id, policyVersion: decided.value.version, because } }
    return ok(this.#complete(sale, record, [accepted], 'policy', {}))
  }

  /** The hub's signed answer about the open payment. */
  answered(sale: Sale, record: PaymentRecord, { verdict }: Decision, evidence: Uint8Array): Outcome<Completed> {
    const decision = base64url(evidence)
    if (verdict.type === 'declined') {
      this.#end(record, [{ kind: 'payment.declined', body: { paymentId: record.id, code: verdict.code, decision } }])
      return fail(knownError(verdict.code, 'hub.refused'), verdict.code)
    }
    const held: Fact = { kind: 'payment.held', body: { paymentId: record.id, decision } }
    return ok(this.#complete(sale, record, [held], 'hub', {}))
  }

  /** Notes and coins: nobody is asked, and the sale is done. `toPayMinor`: its total as cash can pay it, at most what is tendered. */
  takeCash(sale: Sale, currency: Currency, toPayMinor: Minor, tenderedMinor: Minor): Completed {
    const { clock, nextPlace, receipts, cash: drawer } = this.#ports
    const at = clock.now()
    const place = nextPlace()
    const receiptNumber = receipts.next(place.epoch)
    const cash = { tenderedMinor, changeMinor: tenderedMinor - toPayMinor }
    const taken = { paymentId: this.#newId(), saleId: sale.id, amountMinor: toPayMinor, ...cash, currency, receiptNumber }
    const record = takenInCash(taken, at, place)
    const completed = completedSale(sale, record, receiptNumber, this.#ports.cashier())
    const facts: readonly Fact[] = [
      { kind: 'payment.taken_in_cash', body: taken },
      { kind: 'sale.completed', body: completed },
    ]
    const approval: Approval = { paymentId: record.id, amountMinor: toPayMinor, decidedBy: 'cash', cash, at, sale: completed }
    const filled = drawer.withTaken(currency, toPayMinor)
    const done = this.#writeSale(facts, { before: undefined, captured: record }, approval, drawer.put(currency, filled))
    drawer.became(currency, filled)
    return done
  }

  /** Gives up asking (invariant 9): whatever the hub did about this payment, it undoes. */
  reverse(record: PaymentRecord, code: ErrorCode): void {
    const body = { paymentId: record.id, code }
    const unknown: readonly Fact[] = record.state === 'UNKNOWN' ? [] : [{ kind: 'payment.unknown', body }]
    this.#end(record, [...unknown, { kind: 'payment.reversed', body }])
  }

  #intent(sale: Sale, currency: Currency, text: string, { code, at }: Judged, request: MadeRequest) {
    const { credential } = code
    const { totalMinor } = totalsOf(sale)
    const id = this.#newId()
    const place = this.#ports.nextPlace()
    const answered = code.profile === 'bound' ? { request: base64url(request.bytes) } : {}
    const intent: EntryBody<'payment.intended'> = {
      paymentId: id,
      saleId: sale.id,
      amountMinor: totalMinor,
      currency,
      instrument: { type: 'wallet', code: text, ...answered },
    }
    const fact: Fact = { kind: 'payment.intended', body: intent }
    const { wallet, perPaymentLimitMinor, totalLimitMinor } = credential
    const record = intendedRecord(intent, { wallet, profile: code.profile, limits: { perPaymentLimitMinor, totalLimitMinor } }, at, place)
    return { fact, record, also: this.#ports.spentCodes.put(credential.credentialId, code.counter, at) }
  }

  #decide(record: PaymentRecord) {
    const { clock, authority, payments } = this.#ports
    invariant(record.cash === undefined, 'nobody decides about cash')
    // A payment that is already intended counts itself among the exposures; it must not count twice.
    const own = payments.get(record.id) === undefined ? 0 : riskOf(record)
    return decideOffline(
      authority.policy,
      { now: clock.now(), clockDoubtful: clock.doubtful, offlineFor: clock.offlineFor(), tillExposureMinor: payments.exposureMinor - own },
      {
        amountMinor: record.amountMinor,
        currency: record.currency,
        profile: record.profile,
        instrumentExposureMinor: payments.exposureOf(record.wallet) - own,
        credential: record.limits,
      },
    )
  }

  /** Captures: with the decision's entries, the sale and its receipt number, in one transaction. Only after it may anyone say “approved”. */
  #complete(
    sale: Sale,
    record: PaymentRecord,
    before: readonly Fact[],
    decidedBy: 'hub' | 'policy',
    also: Record<string, string>,
    at = this.#ports.clock.now(),
  ): Completed {
    const { receipts } = this.#ports
    const { currency } = record
    const receiptNumber = receipts.next(this.#ports.nextPlace().epoch)
    const completed = completedSale(sale, record, receiptNumber, this.#ports.cashier())
    const capture: Fact = { kind: 'payment.captured', body: { paymentId: record.id, amountMinor: record.amountMinor, currency, receiptNumber } }
    const facts: readonly Fact[] = [...before, capture, { kind: 'sale.completed', body: completed }]
    const approval: Approval = { paymentId: record.id, amountMinor: record.amountMinor, decidedBy, at, sale: completed }
    return this.#writeSale(facts, { before: record, captured: this.#after(record, facts, at) }, approval, also)
  }

  /** The sale, its payment, its receipt number and the shift's sums in one transaction. */
  #writeSale(
    facts: readonly Fact[],
    { before, captured }: { readonly before: PaymentRecord | undefined; readonly captured: PaymentRecord },
    approval: Approval,
    also: Record<string, string>,
  ): Completed {
    const { receipts, shift, payments } = this.#ports
    const { currency, amountMinor } = captured
    const nextSale = newSale(this.#newId())
    const sums = shift.withPayment(currency, amountMinor)
    this.#ports.record(
      facts,
      {
        payments: [captured],
        put: {
          ...also,
          ...receipts.put(approval),
          ...shift.put(currency, sums),
          [RECORD_APPROVED]: approval.paymentId,
          [RECORD_SALE]: JSON.stringify(nextSale),
        },
      },
      approval.at,
    )
    payments.set(before, captured)
    shift.counted(currency, sums)
    return { approval, nextSale }
  }

  #end(record: PaymentRecord, facts: readonly Fact[]): void {
    const at = this.#ports.clock.now()
    const ended = this.#after(record, facts, at)
    this.#ports.record(facts, { payments: [ended] }, at)
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

/** The entry of a paid sale. Throws if the basket is not what was asked for. */
function completedSale(sale: Sale, record: PaymentRecord, receiptNumber: string, staff: Id | undefined): EntryBody<'sale.completed'> {
  const sold = soldAs(sale)
  const roundingMinor = record.amountMinor - sold.totalMinor
  invariant(roundingMinor === 0 || record.cash !== undefined, 'what is captured is what was asked for')
  return {
    saleId: sale.id,
    receiptNumber,
    currency: record.currency,
    ...sold,
    ...(staff === undefined ? {} : { staff }),
    ...(roundingMinor === 0 ? {} : { roundingMinor }),
    payments: [{ paymentId: record.id, amountMinor: record.amountMinor }],
  }
}
