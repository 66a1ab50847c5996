import { hex, unhex } from '../bytes.ts'
import { signedTypes, verifySign1 } from '../cose.ts'
import type { Crypto } from '../crypto.ts'
import type { Currency } from '../money.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import type { EpochMs } from '../time.ts'
import { CLOCK_TOLERANCE, CODE_LIFETIME, PROOF_NONCE_BYTES, type ReadCode } from './code.ts'
import type { Credential } from './credential.ts'
import { readRequestBytes, type PaymentRequest } from './request.ts'

/** A key that signs credentials, and the time in which a credential of it may be accepted. */
export type IssuerKey = { readonly publicKey: Uint8Array; readonly notBefore: EpochMs; readonly notAfter: EpochMs }

export type Circumstances = {
  /** The issuer's key with this id (16 hex digits), if it is trusted here. */
  issuerKey(keyId: string): IssuerKey | undefined
  /**
   * When the code was shown to the till. Everything that ages is judged by it, so the hub, hours later, passes the time that the till
   * journaled, never its own.
   */
  readonly shownAt: EpochMs
  readonly currency: Currency
  /** Of the wallet, where somebody exchanges for it: tills do not. */
  readonly walletCurrency?: Currency
  /** The bytes of the request that the till displayed, if it displayed one. A code of profile *show* is not measured by it. */
  readonly request?: Uint8Array
}

/** Genuine, fresh and in the right currency. Whether it was used before, and whether the amount is allowed, is for others to say. */
export type VerifiedCode = {
  readonly credential: Credential
  readonly issuedAtMs: EpochMs
  /** 8 bytes, hex. */
  readonly nonce: string
  /** (credentialId, counter) names the code: it never pays twice. */
  readonly counter: number
} & ({ readonly profile: 'show' } | { readonly profile: 'bound'; readonly request: PaymentRequest })

/**
 * Total. Cheap checks first, then exactly two Ed25519 verifications: the issuer's over the credential, the phone's over the proof.
 * All the rest, reading the text included, costs about 30 µs where the two cost 310. The amount of a bound code's request must still be
 * compared with the payment's: it is in the answer.
 */
export function verifyCode(crypto: Crypto, code: ReadCode, circumstances: Circumstances): Outcome<VerifiedCode> {
  const { claims, envelope } = code.credential
  const { shownAt, currency, walletCurrency = currency } = circumstances
  if (claims.currency !== walletCurrency) return fail('code.wrong_currency', `${claims.currency} where ${walletCurrency} is taken`)
  const age = shownAt - code.issuedAtMs
  if (age < -CLOCK_TOLERANCE) return fail('code.from_the_future', `${-age} ms ahead`)
  if (age > CODE_LIFETIME + CLOCK_TOLERANCE) return fail('code.expired', `${age} ms old`)
  if (shownAt >= claims.expiresAtMs) return fail('code.credential_expired')
  const confirmed = confirmedRequest(code, circumstances)
  if (!confirmed.ok) return confirmed

  const issuer = circumstances.issuerKey(hex(envelope.keyId))
  if (issuer === undefined || shownAt + CLOCK_TOLERANCE < issuer.notBefore || shownAt > issuer.notAfter) return fail('code.unknown_issuer', hex(envelope.keyId))
  if (!verifySign1(crypto, envelope, signedTypes.credential, issuer.publicKey)) return fail('code.forged', 'credential')
  const device = unhex(claims.devicePublicKey)
  const typ = code.profile === 'show' ? signedTypes.show : signedTypes.bound
  const signedBeside = confirmed.value === undefined ? undefined : circumstances.request
  if (device === undefined || !verifySign1(crypto, code.envelope, typ, device, signedBeside)) return fail('code.forged', 'proof')

  const verified = { credential: claims, issuedAtMs: code.issuedAtMs, nonce: code.nonce, counter: code.counter }
  return ok(confirmed.value === undefined ? { ...verified, profile: 'show' } : { ...verified, profile: 'bound', request: confirmed.value })
}

/** The request that a bound code claims to answer; undefined for a code that is merely shown. */
function confirmedRequest(code: ReadCode, { request, currency }: Circumstances): Outcome<PaymentRequest | undefined> {
  if (code.profile === 'show') return ok(undefined)
  const asked = request === undefined ? undefined : readRequestBytes(request)
  if (asked === undefined || !asked.ok) return fail('code.wrong_request', 'no request was shown')
  if (asked.value.currency !== currency) return fail('code.wrong_request', 'the request is in another currency')
  if (asked.value.nonce.slice(0, 2 * PROOF_NONCE_BYTES) !== code.nonce) return fail('code.wrong_request', 'another request was answered')
  return ok(asked.value)
}
