import { decodeBase45, encodeBase45 } from '../base45.ts'
import { hex } from '../bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, verifySign1 } from '../cose.ts'
import type { Crypto, Signer } from '../crypto.ts'
import { isId, type Id } from '../ids.ts'
import { fail, invariant, ok, type Outcome } from '../outcome.ts'
import type { IssuerKey } from '../payment-code/verify.ts'
import type { EpochMs } from '../time.ts'

/**
 * A customer's card: `SPL1:` and base45 (RFC 9285) of a COSE_Sign1 of typ `SPl` by the hub's issuer key over the CBOR `[1, customer, seconds of issue]`. The
 * customer is a pseudonym; whose it is stands nowhere on the card, in a journal or at the hub. Signed, and not merely a number: numbers of cards follow each
 * other, and who types the next one would spend a stranger's points, above all at a till that cannot ask. A card can be copied, and then shares its points.
 */
export const CARD_PREFIX = 'SPL1:'
const VERSION = 1
const MAX_CARD_CHARACTERS = 600

export type Card = { readonly customer: Id; readonly issuedAt: EpochMs }

export function encodeCard(issuer: Signer, { customer, issuedAt }: Card): string {
  invariant(isId(customer) && Number.isSafeInteger(issuedAt), 'a card names its customer and its day')
  return CARD_PREFIX + encodeBase45(sign1(issuer, signedTypes.customer, toCbor([VERSION, customer, Math.floor(issuedAt / 1000)])))
}

/** `sale.bad_customer`: not signed by this hub, or by a key that was none when the card says that it was issued. Total. */
export function readCard(crypto: Crypto, text: string, issuerKey: (keyIdHex: string) => IssuerKey | undefined): Outcome<Card, 'sale.bad_customer'> {
  if (!text.startsWith(CARD_PREFIX) || text.length > MAX_CARD_CHARACTERS) return fail('sale.bad_customer', 'prefix')
  const bytes = decodeBase45(text.slice(CARD_PREFIX.length))
  const envelope = bytes.ok ? parseSign1(bytes.value) : bytes
  if (!envelope.ok) return fail('sale.bad_customer', 'envelope')
  const key = issuerKey(hex(envelope.value.keyId))
  if (key === undefined || !verifySign1(crypto, envelope.value, signedTypes.customer, key.publicKey)) return fail('sale.bad_customer', 'signature')
  const payload = fromCbor(envelope.value.payload)
  const [version, customer, seconds] = payload.ok && Array.isArray(payload.value) && payload.value.length === 3 ? (payload.value as unknown[]) : []
  if (version !== VERSION || typeof customer !== 'string' || !isId(customer) || !Number.isSafeInteger(seconds)) return fail('sale.bad_customer', 'payload')
  const issuedAt = Number(seconds) * 1000
  return issuedAt < key.notBefore - 1000 || issuedAt >= key.notAfter ? fail('sale.bad_customer', 'time') : ok({ customer, issuedAt })
}
