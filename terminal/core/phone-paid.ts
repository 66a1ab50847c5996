import { base64url } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { toldOf } from '#protocol/exchange/told.ts'
import type { PaidReceipt } from '#protocol/hub/paid.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { CLOCK_TOLERANCE } from '#protocol/payment-code/code.ts'
import { readRequestBytes, REQUEST_LIFETIME, type MadeRequest } from '#protocol/payment-code/request.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import type { Presented } from './instruments/instrument.ts'
import { phoneAtHub } from './instruments/payer.ts'
import type { Payments } from './payments.ts'
import { parseRecord, StoreError, type TillStore } from './store.ts'
import type { Tender } from './tender-stage.ts'
import type { TillClock } from './till-clock.ts'

/** What this till asked phones for and has not got from the hub: a phone may still pay it there. */
export type Asked = Pick<PaidReceipt, 'nonce' | 'amountMinor' | 'currency'> & { readonly saleId: Id; readonly issuedAtMs: EpochMs }

/** A payment at the hub, as the instrument of an intent. */
export type PaidByPhone = { readonly receipt: PaidReceipt; readonly asked: Asked; readonly presented: Presented; readonly evidence: string }

const RECORD_ASKED = 'sale/asked'
/** Whoever pays for an older one gets the money back when the hold ends. */
const MAX_ASKED = 50

type PhonePaidPorts = {
  readonly till: Id
  readonly store: Pick<TillStore, 'records' | 'commit'>
  readonly clock: Pick<TillClock, 'now'>
  readonly authority: Authority
  readonly payments: Payments
}

/**
 * Payments that phones made at the hub for what this till showed. The hub holds the money already, so no cap of the policy is asked; what is looked at is that the
 * receipt is the hub's, for this till and one of its own requests, for that very sum, and new. Requests are durable before anybody sees them, since a customer may
 * have paid for one when the till was switched off.
 */
export class PhonePaid {
  readonly #ports: PhonePaidPorts
  #asked: readonly Asked[]

  constructor(ports: PhonePaidPorts) {
    this.#ports = ports
    this.#asked = parseRecord<readonly Asked[]>(ports.store.records(RECORD_ASKED).get(RECORD_ASKED) ?? '[]')
  }

  /** A request is about to be shown. Where phones cannot pay at the hub nothing has to be kept. */
  remember({ bytes }: MadeRequest, saleId: Id): void {
    const request = readRequestBytes(bytes)
    if (!request.ok || this.#ports.authority.terms.merchantQr === undefined) return
    const { nonce, amountMinor, currency, issuedAtMs } = request.value
    const asked = [...this.#asked, { nonce, amountMinor, currency, issuedAtMs, saleId }].slice(-MAX_ASKED)
    this.#asked = asked
    try {
      this.#ports.store.commit({ put: { [RECORD_ASKED]: JSON.stringify(asked) } })
    } catch (error) {
      // A disk that does not write stops the till at its next entry, before anything is handed over. Until then this run knows what it asked.
      if (!(error instanceof StoreError)) throw error
    }
  }

  /** Whose receipt this is, and what it paid. Writes nothing. */
  read(bytes: Uint8Array): Outcome<PaidByPhone> {
    const { till, clock, authority, payments } = this.#ports
    const opened = authority.open(bytes, signedTypes.paid)
    if (!opened.ok) return fail('code.forged', opened.code)
    const receipt = opened.value
    if (receipt.till !== till) return fail('qr.other_till')
    if (payments.get(receipt.paymentId) !== undefined) return fail('code.replayed')
    const asked = this.#asked.find(({ nonce }) => nonce === receipt.nonce)
    if (asked === undefined) return fail('qr.unknown')
    if (asked.amountMinor !== receipt.amountMinor || asked.currency !== receipt.currency) return fail('code.wrong_request', 'another sum was paid')
    if (Math.abs(receipt.hubTime - asked.issuedAtMs) > REQUEST_LIFETIME + CLOCK_TOLERANCE) return fail('code.expired')
    const instrument = { type: 'merchant_qr', receipt: base64url(bytes) } as const
    const put = { [RECORD_ASKED]: JSON.stringify(this.#without(asked)) }
    const presented = { amountMinor: receipt.amountMinor, instrument, payer: phoneAtHub(receipt.wallet), at: clock.now(), put }
    return ok({ receipt, asked, presented, evidence: instrument.receipt })
  }

  /** Whether it is what is asked for now. */
  isFor({ asked }: PaidByPhone, { bytes }: MadeRequest): boolean {
    const request = readRequestBytes(bytes)
    return request.ok && request.value.nonce === asked.nonce
  }

  /** The hub has quoted a sum in another currency for what is shown: shown too, and nothing depends on it. Anything else is left alone, as it may be forged or late. */
  withQuote(tender: Tender, bytes: Uint8Array): Tender {
    const { till, clock, authority } = this.#ports
    const opened = authority.open(bytes, signedTypes.quote)
    if (tender.stage !== 'awaiting' || !opened.ok) return tender
    const { value: quote } = opened
    const request = readRequestBytes(tender.request.bytes)
    const isForThis = request.ok && quote.till === till && quote.nonce === request.value.nonce && quote.amountMinor === request.value.amountMinor
    return isForThis && clock.now() < quote.expiresAt ? { ...tender, quote: { told: toldOf(quote.exchange), expiresAt: quote.expiresAt } } : tender
  }

  /** Its intent is on the disk. */
  used({ asked }: PaidByPhone): void {
    this.#asked = this.#without(asked)
  }

  #without({ nonce }: Asked): readonly Asked[] {
    return this.#asked.filter((other) => other.nonce !== nonce)
  }
}

/** What the hub sends may come twice, or when somebody has decided otherwise: that is everyday business, and no incident. */
export const asHeard = (outcome: Outcome<null>): Outcome<null> =>
  outcome.ok || outcome.code === 'code.forged' || outcome.code === 'qr.other_till' ? outcome : ok(null)
