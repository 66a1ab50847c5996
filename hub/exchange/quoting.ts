import type { Rates } from './rates.ts'
import type { ExchangeSettings } from './settings.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { unbase64url, hex } from '#protocol/bytes.ts'
import type { Exchange, Quote } from '#protocol/exchange/quote.ts'
import { chargeFor } from '#protocol/exchange/rate.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import { makeId } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { PaymentRequest } from '#protocol/payment-code/request.ts'
import type { Clock } from '#protocol/time.ts'

/**
 * What a wallet in another currency would pay for a till's request, signed so that phone and till show the same. Nothing is kept of it: the hub knows its own
 * signature again. It is for one wallet and one request, of which the hub takes one payment, so having several quotes is having a choice for two minutes; the
 * margin pays for that.
 */
export type Quoting = {
  make(
    request: PaymentRequest,
    wallet: { readonly id: string; readonly currency: Currency },
  ): Outcome<{ readonly quote: Quote; readonly signed: Uint8Array }, ErrorCode>
  /** What the owner confirmed, if this wallet may pay that request by it now. */
  confirmed(text: string, request: PaymentRequest, wallet: { readonly id: string; readonly currency: Currency }): Outcome<Exchange, ErrorCode>
}

export type QuotingPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Crypto
  readonly rates: Pick<Rates, 'rate'>
  readonly settings: Pick<ExchangeSettings, 'marginPpm' | 'quoteForMs'>
  ackSigner(): Signer
}

export function createQuoting({ clock, crypto, rates, settings, ackSigner }: QuotingPorts): Quoting {
  return {
    make({ till, nonce, amountMinor, currency }, wallet) {
      const current = rates.rate(wallet.currency)
      if (!current.ok) return current
      const { rate, source, at } = current.value
      const { marginPpm, quoteForMs } = settings
      const charge = chargeFor(amountMinor, { from: currency, to: wallet.currency }, rate, marginPpm)
      if (!charge.ok) return charge
      const hubTime = clock.now()
      const exchange: Exchange = {
        quote: makeId(hubTime, crypto.randomBytes(10)),
        currency: wallet.currency,
        ...charge.value,
        marginPpm,
        rate,
        source,
        rateAt: at,
      }
      const quote: Quote = { v: 1, till, nonce, wallet: wallet.id, amountMinor, currency, exchange, hubTime, expiresAt: hubTime + quoteForMs }
      return ok({ quote, signed: encodeSigned(ackSigner(), signedTypes.quote, quote) })
    },

    confirmed(text, { till, nonce, amountMinor, currency }, wallet) {
      const { keyId, publicKey } = ackSigner()
      // One from before the hub's key changed has expired, or is about to.
      const opened = openSigned(crypto, unbase64url(text) ?? new Uint8Array(0), signedTypes.quote, (id) => (id === hex(keyId) ? publicKey : undefined))
      if (!opened.ok) return fail(opened.code === 'wire.bad_signature' ? 'exchange.quote_expired' : opened.code)
      const quote = opened.value
      const isForThis = quote.till === till && quote.nonce === nonce && quote.amountMinor === amountMinor && quote.currency === currency
      if (!isForThis || quote.wallet !== wallet.id || quote.exchange.currency !== wallet.currency) return fail('exchange.wrong_quote')
      const now = clock.now()
      return now < quote.expiresAt && now >= quote.hubTime - settings.quoteForMs ? ok(quote.exchange) : fail('exchange.quote_expired')
    },
  }
}
