import { decodeBase45, encodeBase45 } from '../base45.ts'
import { hex, unhex, utf8 } from '../bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, verifySign1, type Sign1 } from '../cose.ts'
import type { Crypto, Signer } from '../crypto.ts'
import { isId, type Id } from '../ids.ts'
import { isCurrency, type Currency, type Minor } from '../money.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import { isBytes, isCount, isSeconds, seconds } from '../payment-code/shape.ts'
import type { EpochMs } from '../time.ts'

/**
 * The code of a gift card or of store credit: `SPG1:` and the base45 of a COSE_Sign1 of typ `SPg` over the CBOR array `[id, amount, currency, time]`, by the
 * till that issued it, or by the hub's issuer key. Printed as a QR code on paper; whoever holds it may spend it.
 *
 * So it is a secret, and no journal may have it. What takes its place are two hashes, one behind the other: when it is issued the till writes down the
 * *seal*, SHA-256 of the proof; when it is spent, the *proof*, SHA-256 of the code. From the seal nobody makes a proof, and from a proof nobody makes a code
 * that a till would read: so the hub can tell a till that had the code from one that invents, and whoever reads journals cannot go shopping.
 */
export const CREDIT_PREFIX = 'SPG1:'
/** 130 bytes and their signature, in base45, and more than enough. */
export const MAX_CREDIT_CHARS = 320
const ID_BYTES = 16

/** What a code says: how much it was worth when it was issued. What is left of that only the hub knows. */
export type Credit = {
  readonly creditId: Id
  readonly amountMinor: Minor
  readonly currency: Currency
  /** Whole seconds on the wire. */
  readonly issuedAtMs: EpochMs
}

/** A code taken apart; its signature is not checked yet. */
export type ReadCredit = { readonly credit: Credit; readonly envelope: Sign1 }

/** The text of a code. The same credit and key always give the same text (RFC 8032), so nobody has to keep it. Throws when a field does not fit. */
export function creditCode(signer: Signer, { creditId, amountMinor, currency, issuedAtMs }: Credit): string {
  const bytes = unhex(creditId.replaceAll('-', ''))
  const time = seconds(issuedAtMs)
  invariant(isId(creditId) && isBytes(bytes, ID_BYTES) && isCount(amountMinor) && isCurrency(currency) && isSeconds(time), 'a credit has an id and an amount')
  return CREDIT_PREFIX + encodeBase45(sign1(signer, signedTypes.gift, toCbor([bytes, amountMinor, currency, time])))
}

/** True for a text that wants to be such a code, whatever it then turns out to be. */
export const isCreditCode = (text: string): boolean => text.startsWith(CREDIT_PREFIX)

/** Total: any text gives an Outcome, after work that `MAX_CREDIT_CHARS` bounds. */
export function readCredit(text: string): Outcome<ReadCredit, 'code.unknown_scheme' | 'code.malformed'> {
  if (!isCreditCode(text)) return fail('code.unknown_scheme')
  if (text.length > MAX_CREDIT_CHARS) return fail('code.malformed', 'code too long')
  const bytes = decodeBase45(text.slice(CREDIT_PREFIX.length))
  if (!bytes.ok) return bytes
  const envelope = parseSign1(bytes.value)
  if (!envelope.ok || envelope.value.typ !== signedTypes.gift) return fail('code.malformed', 'credit envelope')
  const payload = fromCbor(envelope.value.payload)
  if (!payload.ok || !Array.isArray(payload.value) || payload.value.length !== 4) return fail('code.malformed', 'credit')
  const [id, amountMinor, currency, time] = payload.value as unknown[]
  const creditId = isBytes(id, ID_BYTES) ? hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : ''
  if (!isId(creditId) || !isCount(amountMinor) || typeof currency !== 'string' || !isCurrency(currency) || !isSeconds(time)) {
    return fail('code.malformed', 'credit fields')
  }
  return ok({ credit: { creditId, amountMinor, currency, issuedAtMs: time * 1000 }, envelope: envelope.value })
}

export const verifyCredit = (crypto: Crypto, { envelope }: ReadCredit, publicKey: Uint8Array): boolean =>
  verifySign1(crypto, envelope, signedTypes.gift, publicKey)

type Hash = Pick<Crypto, 'sha256'>
/** 64 hex digits. */
export const proofOfCredit = (crypto: Hash, code: string): string => hex(crypto.sha256(utf8(code)))
/** What a proof has to fit: 64 hex digits. */
export const sealOf = (crypto: Hash, proof: string): string => hex(crypto.sha256(utf8(proof)))
