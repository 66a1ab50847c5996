import type { Account, Api } from './api.ts'
import { isOfBank } from './receipt-check.ts'
import { base64url } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { readQuote, type Quote } from '#protocol/exchange/quote.ts'
import { chargeFor } from '#protocol/exchange/rate.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { PaymentRequest } from '#protocol/payment-code/request.ts'

/** What the bank quoted, and its signed bytes, which say later what its owner confirmed. */
export type CheckedQuote = { readonly quote: Quote; readonly signed: string }

/** Asks the bank what this comes to, and believes it only if the bank signed it, for this wallet and request, and the sum is what its own rate and margin make it. */
export async function askForQuote(
  api: Pick<Api, 'quote'>,
  account: Account,
  request: PaymentRequest,
  bytes: Uint8Array,
): Promise<Outcome<CheckedQuote, ErrorCode>> {
  const quoted = await api.quote(account.wallet, base64url(bytes))
  if (!quoted.ok) return quoted
  const read = readQuote(quoted.value)
  if (!read.ok || !(await isOfBank(read.value.envelope, signedTypes.quote, account.bank))) return fail('exchange.wrong_quote')
  const { quote } = read.value
  const { exchange } = quote
  const { till, nonce, amountMinor, currency } = request
  const isAbout = quote.till === till && quote.nonce === nonce && quote.amountMinor === amountMinor && quote.currency === currency
  if (!isAbout || quote.wallet !== account.wallet || exchange.currency !== account.currency) return fail('exchange.wrong_quote')
  const charge = chargeFor(amountMinor, { from: currency, to: exchange.currency }, exchange.rate, exchange.marginPpm)
  return charge.ok && charge.value.amountMinor === exchange.amountMinor ? ok({ quote, signed: quoted.value }) : fail('exchange.wrong_quote')
}
