import { decodeBase45, encodeBase45 } from '../base45.ts'
import { hex, unhex } from '../bytes.ts'
import { fromCbor, toCbor } from '../cose.ts'
import { isId, type Id } from '../ids.ts'
import { isCurrency, type Currency, type Minor } from '../money.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { MINUTE, type EpochMs } from '../time.ts'
import { isBytes, isCount, isSeconds, seconds } from './shape.ts'

/**
 * What a till asks a phone to confirm, shown as a QR code: `SPR1:` and the base45 of CBOR `[till, amount, currency, nonce, time, merchant]`.
 * The phone signs exactly these bytes as external data of its proof, so none of them travel back.
 *
 * The till does not sign it: a phone has no keys of tills. A false request can therefore lie about the merchant's *name*, but the money goes
 * to the merchant whose till is named in it, and only that till accepts the answer.
 *
 * Size: with a name of 12 letters version 5, 37 x 37 modules at error correction M; with the longest Latin name version 6, 41 x 41.
 */
export type PaymentRequest = {
  readonly till: Id
  readonly amountMinor: Minor
  readonly currency: Currency
  /** 16 random bytes, hex: one payment attempt. */
  readonly nonce: string
  /** Whole seconds on the wire. */
  readonly issuedAtMs: EpochMs
  /** What the phone calls the merchant. Only shown, never believed. */
  readonly merchant: string
}

export const REQUEST_PREFIX = 'SPR1:'
export const REQUEST_NONCE_BYTES = 16
/** In Unicode code points; `makeRequest` cuts a longer name, so that the QR code stays easy to scan. */
export const MAX_MERCHANT_CHARS = 40
/** A phone does not answer an older one: the till that showed it has moved on. */
export const REQUEST_LIFETIME = 10 * MINUTE

/** 4 bytes a character at most, plus 60 for everything else. */
const MAX_REQUEST_BYTES = 4 * MAX_MERCHANT_CHARS + 60
const MAX_REQUEST_CHARS = REQUEST_PREFIX.length + Math.ceil(MAX_REQUEST_BYTES / 2) * 3
const TILL_BYTES = 16

export type MadeRequest = { readonly bytes: Uint8Array; readonly text: string }

/** The bytes to keep beside the code that will answer, and the text to show. Throws when a field does not fit: the till makes them all itself. */
export function makeRequest(request: PaymentRequest): MadeRequest {
  const till = unhex(request.till.replaceAll('-', ''))
  const nonce = unhex(request.nonce)
  const time = seconds(request.issuedAtMs)
  invariant(isId(request.till) && isBytes(till, TILL_BYTES) && isBytes(nonce, REQUEST_NONCE_BYTES), 'a request names its till and attempt')
  invariant(isCount(request.amountMinor) && isCurrency(request.currency) && isSeconds(time), 'a request asks for money at a time')
  const merchant = [...request.merchant].slice(0, MAX_MERCHANT_CHARS).join('')
  const bytes = toCbor([till, request.amountMinor, request.currency, nonce, time, merchant])
  return { bytes, text: REQUEST_PREFIX + encodeBase45(bytes) }
}

/** What the phone's camera saw. Total. `bytes` is what has to be signed. */
export function readRequest(text: string): Outcome<{ readonly request: PaymentRequest; readonly bytes: Uint8Array }> {
  if (!text.startsWith(REQUEST_PREFIX)) return fail('code.unknown_scheme')
  if (text.length > MAX_REQUEST_CHARS) return fail('code.malformed', 'request too long')
  const bytes = decodeBase45(text.slice(REQUEST_PREFIX.length))
  if (!bytes.ok) return bytes
  const request = readRequestBytes(bytes.value)
  return request.ok ? ok({ request: request.value, bytes: bytes.value }) : request
}

/** Total. */
export function readRequestBytes(bytes: Uint8Array): Outcome<PaymentRequest, 'code.malformed'> {
  if (bytes.length > MAX_REQUEST_BYTES) return fail('code.malformed', 'request too long')
  const fields = fromCbor(bytes)
  if (!fields.ok || !Array.isArray(fields.value) || fields.value.length !== 6) return fail('code.malformed', 'request')
  const [till, amountMinor, currency, nonce, time, merchant] = fields.value as unknown[]
  if (!isBytes(till, TILL_BYTES) || !isBytes(nonce, REQUEST_NONCE_BYTES)) return fail('code.malformed', 'request')
  if (!isCount(amountMinor) || typeof currency !== 'string' || !isCurrency(currency) || !isSeconds(time)) return fail('code.malformed', 'request')
  if (typeof merchant !== 'string' || [...merchant].length > MAX_MERCHANT_CHARS) return fail('code.malformed', 'request merchant')
  const id = hex(till).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  if (!isId(id)) return fail('code.malformed', 'request till')
  return ok({ till: id, amountMinor, currency, nonce: hex(nonce), issuedAtMs: time * 1000, merchant })
}
