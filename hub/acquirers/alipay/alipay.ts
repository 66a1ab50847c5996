import { AlipaySdk } from 'alipay-sdk'
import { z } from 'zod'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { DurationMs } from '#protocol/time.ts'

/**
 * Alipay's payment by barcode: the customer shows a code, the shop scans it (alipay.trade.pay, scene `bar_code`), through Alipay's own SDK, which signs requests
 * and checks answers with RSA2. One payment is one `out_trade_no`, made from our payment id: the same question asked twice is one payment.
 *
 * The law of invariant 9 rules what is done with silence: a payment of which nobody here knows is asked about, then cancelled, never tried again under
 * another number. An answer that is not signed by Alipay is no answer: it can neither approve nor decline.
 */
export type AlipayOptions = {
  readonly appId: string
  /** PKCS #8, PEM or its base64: signs what we ask. */
  readonly privateKey: string
  /** SPKI, PEM or its base64: checks what is answered. */
  readonly alipayPublicKey: string
  readonly gateway: string
  readonly timeoutMs: DurationMs
}

export type BarcodePayment = {
  readonly paymentId: Id
  /** 25 to 30 and then 14 to 22 digits, as scanned. Good for one payment within a minute. */
  readonly authCode: string
  readonly amountMinor: Minor
  readonly currency: Currency
  /** What the customer's app calls it; at most 256 characters. */
  readonly subject: string
  readonly storeId: string
  readonly terminalId: string
}

/**
 * `pending`: the customer is asked for a password on the phone; ask again. `unknown`: no answer, or none to be believed; ask again. `closed`: it exists and will
 * never be paid.
 */
export type AlipayState =
  | { readonly type: 'paid'; readonly reference: string; readonly amountMinor: Minor }
  | { readonly type: 'pending' }
  | { readonly type: 'declined'; readonly code: ErrorCode }
  | { readonly type: 'closed' }
  | { readonly type: 'unknown'; readonly because: string }

const SUCCESS = '10000'
const IN_PROGRESS = '10003'
const UNAVAILABLE = '20000'
const FAILED = '40004'

const text = z.string().max(200)
const answer = z.looseObject({ code: text, subCode: text.optional() })
const trade = z.looseObject({
  tradeNo: z.string().min(1).max(64),
  outTradeNo: z.string().min(1).max(64),
  totalAmount: z.string().optional(),
  tradeStatus: text.optional(),
})
const cancelled = z.looseObject({ retryFlag: z.enum(['Y', 'N']) })
const refunded = z.looseObject({ fundChange: z.enum(['Y', 'N']), outTradeNo: z.string() })
type Answer = z.infer<typeof answer>

/** Refusals that say why, in our words; every other one is a plain refusal by the wallet. */
const refusals: Readonly<Record<string, ErrorCode>> = {
  'ACQ.PAYMENT_AUTH_CODE_INVALID': 'code.expired',
  'ACQ.BUYER_BALANCE_NOT_ENOUGH': 'hub.insufficient_funds',
  'ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH': 'hub.insufficient_funds',
}
/** Failures that say nothing about the payment: Alipay's own documentation asks to query after them. */
const SAYS_NOTHING = new Set(['ACQ.SYSTEM_ERROR', 'AOP.ACQ.SYSTEM_ERROR', 'ISP.UNKNOW-ERROR', 'ACQ.TRADE_HAS_SUCCESS'])

export class Alipay {
  readonly #sdk: AlipaySdk

  constructor({ appId, privateKey, alipayPublicKey, gateway, timeoutMs }: AlipayOptions) {
    this.#sdk = new AlipaySdk({ appId, privateKey, keyType: 'PKCS8', alipayPublicKey, gateway, timeout: timeoutMs, signType: 'RSA2' })
  }

  /** Asks for the money. Only yuan: `policy.wrong_currency` for any other currency. */
  async pay(payment: BarcodePayment): Promise<AlipayState> {
    if (payment.currency !== 'CNY') return { type: 'declined', code: 'policy.wrong_currency' }
    const read = await this.#ask('alipay.trade.pay', {
      outTradeNo: tradeNumber(payment.paymentId),
      scene: 'bar_code',
      authCode: payment.authCode,
      subject: payment.subject.slice(0, 256),
      totalAmount: yuan(payment.amountMinor),
      storeId: payment.storeId.slice(0, 32),
      terminalId: payment.terminalId.slice(0, 32),
      // Nobody waits longer at a counter; after it Alipay closes the payment by itself.
      timeoutExpress: '2m',
    })
    if (!read.ok) return { type: 'unknown', because: read.detail ?? '' }
    if (read.value.code === SUCCESS) return paidAs(payment, read.value)
    if (read.value.code === IN_PROGRESS) return { type: 'pending' }
    return refusedAs(read.value)
  }

  /** What became of it. A payment that Alipay never heard of is `closed`: it will not be paid any more once it has been cancelled. */
  async query(payment: Pick<BarcodePayment, 'paymentId' | 'amountMinor'>): Promise<AlipayState> {
    const read = await this.#ask('alipay.trade.query', { outTradeNo: tradeNumber(payment.paymentId) })
    if (!read.ok) return { type: 'unknown', because: read.detail ?? '' }
    const { code, subCode } = read.value
    if (code === FAILED && subCode === 'ACQ.TRADE_NOT_EXIST') return { type: 'closed' }
    if (code !== SUCCESS) return { type: 'unknown', because: subCode ?? code }
    const status = trade.safeParse(read.value).data?.tradeStatus
    if (status === 'TRADE_SUCCESS' || status === 'TRADE_FINISHED') return paidAs(payment, read.value)
    if (status === 'WAIT_BUYER_PAY') return { type: 'pending' }
    return status === 'TRADE_CLOSED' ? { type: 'closed' } : { type: 'unknown', because: `trade_status ${status ?? 'missing'}` }
  }

  /** Undoes it, whatever became of it: closes an unpaid one and gives a paid one back. To be asked until it is ok; asking again does no harm. */
  async cancel(paymentId: Id): Promise<Outcome<null, 'wire.no_answer'>> {
    const read = await this.#ask('alipay.trade.cancel', { outTradeNo: tradeNumber(paymentId) })
    if (!read.ok) return read
    const isDone = read.value.code === SUCCESS && cancelled.safeParse(read.value).data?.retryFlag === 'N'
    return isDone ? ok(null) : fail('wire.no_answer', read.value.subCode ?? read.value.code)
  }

  /** Gives money back. `refundId` is the refund's own number: the same one again gives nothing more. To be asked until it is ok or declined. */
  async refund(paymentId: Id, refundId: Id, amountMinor: Minor): Promise<Outcome<null, 'wire.no_answer' | 'hub.refused'>> {
    const wish = { outTradeNo: tradeNumber(paymentId), refundAmount: yuan(amountMinor), outRequestNo: tradeNumber(refundId) }
    const read = await this.#ask('alipay.trade.refund', wish)
    if (!read.ok) return read
    const { code, subCode } = read.value
    if (code === FAILED && subCode !== undefined && !SAYS_NOTHING.has(subCode)) return fail('hub.refused', subCode)
    // `fund_change` N: accepted, not moved yet, or moved by an earlier asking. Only the refund's own query can tell which.
    if (code === SUCCESS && refunded.safeParse(read.value).data?.fundChange === 'Y') return ok(null)
    return await this.#refunded(wish)
  }

  async #refunded({ outTradeNo, outRequestNo }: { outTradeNo: string; outRequestNo: string }): Promise<Outcome<null, 'wire.no_answer'>> {
    const read = await this.#ask('alipay.trade.fastpay.refund.query', { outTradeNo, outRequestNo })
    if (!read.ok) return read
    const status = z.looseObject({ refundStatus: z.string() }).safeParse(read.value).data?.refundStatus
    return read.value.code === SUCCESS && status === 'REFUND_SUCCESS' ? ok(null) : fail('wire.no_answer')
  }

  async #ask(method: string, bizContent: Record<string, string>): Promise<Outcome<Answer, 'wire.no_answer'>> {
    try {
      // Without `validateSign` the SDK believes anybody; with it, it throws for an answer that Alipay has not signed.
      const read = answer.safeParse(await this.#sdk.exec(method, { bizContent }, { validateSign: true }))
      return read.success ? ok(read.data) : fail('wire.no_answer', 'not an answer')
    } catch (error) {
      // Only what kind of failure: the SDK's words repeat whole answers.
      return fail('wire.no_answer', error instanceof Error ? error.name : 'no answer')
    }
  }
}

/** Alipay's numbers have at most 64 letters, digits and underscores. */
const tradeNumber = (id: Id): string => id.replaceAll('-', '')

const yuan = (amountMinor: Minor): string => `${Math.floor(amountMinor / 100)}.${String(amountMinor % 100).padStart(2, '0')}`

/** A payment of another number or sum is not ours, however well it is signed. */
function paidAs(payment: Pick<BarcodePayment, 'paymentId' | 'amountMinor'>, given: Answer): AlipayState {
  const read = trade.safeParse(given)
  if (!read.success) return { type: 'unknown', because: 'an answer without its numbers' }
  const { tradeNo, outTradeNo, totalAmount } = read.data
  const isOurs = outTradeNo === tradeNumber(payment.paymentId) && totalAmount === yuan(payment.amountMinor)
  return isOurs ? { type: 'paid', reference: tradeNo, amountMinor: payment.amountMinor } : { type: 'unknown', because: 'another payment' }
}

function refusedAs({ code, subCode = '' }: Answer): AlipayState {
  if (code === UNAVAILABLE || SAYS_NOTHING.has(subCode)) return { type: 'unknown', because: subCode }
  return code === FAILED ? { type: 'declined', code: refusals[subCode] ?? 'hub.refused' } : { type: 'unknown', because: subCode || code }
}
