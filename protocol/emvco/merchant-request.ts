import { base64url, hex, unbase64url, unhex } from '../bytes.ts'
import { isId } from '../ids.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { makeRequest, readRequest, readRequestBytes, type MadeRequest, type PaymentRequest } from '../payment-code/request.ts'
import { makeMerchantQr, readMerchantQr, type MerchantQr } from './merchant-qr.ts'

/**
 * A till's request as an EMVCo merchant-presented code: what `SPR1:` says, in the words that other wallets read as well. Whoever reads it makes the very bytes
 * that `makeRequest` made, so that there is one nonce and one payment, whether the phone answers the till or pays at the hub.
 */
export type MerchantPlace = Pick<MerchantQr, 'merchantCity' | 'country' | 'categoryCode'>

/** Our scheme's globally unique identifier (a reverse domain, as §4.7.2 of the specification allows). */
export const MERCHANT_SCHEME = 'app.stillpoint'
const TILL = '01'
const NONCE = '02'
const TIME = '03'
/** §4.7: of a merchant's name. A request that is shown as such a code has no longer one, or its bytes could not be made from it. */
const MAX_NAME_CHARS = 25

/** The bytes to keep and the text to show, which are about the same payment. */
export function makeMerchantRequest(request: PaymentRequest, place: MerchantPlace): MadeRequest {
  const merchant = [...request.merchant].slice(0, MAX_NAME_CHARS).join('')
  const { bytes } = makeRequest({ ...request, merchant })
  const [till, nonce] = [unhex(request.till.replaceAll('-', '')), unhex(request.nonce)]
  invariant(till !== undefined && nonce !== undefined, 'makeRequest has looked at both')
  const values = { [TILL]: base64url(till), [NONCE]: base64url(nonce), [TIME]: String(Math.floor(request.issuedAtMs / 1000)) }
  const { amountMinor, currency } = request
  const text = makeMerchantQr({ ...place, currency, amountMinor, dynamic: true, merchantName: merchant, accounts: [{ scheme: MERCHANT_SCHEME, values }] })
  return { bytes, text }
}

/** What a till shows, in either form. Total. `bytes` is what has to be signed. `code.unknown_scheme`: a merchant's code that our scheme is not in. */
export function readShownRequest(text: string): Outcome<{ readonly request: PaymentRequest; readonly bytes: Uint8Array }> {
  const read = readMerchantQr(text)
  if (!read.ok) return read.code === 'code.unknown_scheme' ? readRequest(text) : read
  const { currency, amountMinor, merchantName: merchant, dynamic, accounts } = read.value
  const values = accounts.find(({ scheme }) => scheme === MERCHANT_SCHEME)?.values
  if (values === undefined) return fail('code.unknown_scheme')
  const [till, nonce] = [unbase64url(values[TILL] ?? ''), unbase64url(values[NONCE] ?? '')]
  const time = /^[1-9]\d{0,9}$/.test(values[TIME] ?? '') ? Number(values[TIME]) : undefined
  const isWhole = till?.length === 16 && nonce?.length === 16 && time !== undefined && time < 2 ** 32 && dynamic && amountMinor !== undefined
  if (!isWhole || [...merchant].length > MAX_NAME_CHARS) return fail('code.malformed', 'request')
  const id = hex(till).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  // The reader of bytes knows what a till's id and a time can be.
  const { bytes } = makeRequestOf({ till: id, amountMinor, currency, nonce: hex(nonce), issuedAtMs: time * 1000, merchant }) ?? {}
  const request = bytes === undefined ? fail('code.malformed', 'request till') : readRequestBytes(bytes)
  return request.ok && bytes !== undefined ? ok({ request: request.value, bytes }) : fail('code.malformed', 'request')
}

const makeRequestOf = (request: PaymentRequest): MadeRequest | undefined => (isId(request.till) ? makeRequest(request) : undefined)
