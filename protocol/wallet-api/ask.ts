import { z } from 'zod'
import { unhex, utf8, utf8Text } from '../bytes.ts'
import { assembleSign1, parseSign1, protectedHeaderOf, signedTypes, toBeSigned, verifySign1 } from '../cose.ts'
import type { Crypto } from '../crypto.ts'
import { id } from '../journal/entry.ts'
import { isCurrency } from '../money.ts'
import { fail, ok, type Outcome } from '../outcome.ts'

/**
 * What a phone asks its bank, online: a COSE_Sign1 of typ `sp.wallet` by the phone's own key over JSON. The bank gave the nonce a moment ago and takes it once,
 * so an ask that is repeated, kept for later, or made by somebody who only knows the phone's public key (every code shows it) does nothing.
 */
export const walletId = z.string().regex(/^[0-9a-f]{32}$/)
export const phoneKey = z.string().regex(/^[0-9a-f]{64}$/)
export const walletNonce = z.string().regex(/^[0-9a-f]{60}$/)
const phoneName = z.string().trim().min(1).max(80)
const words = z.string().trim().min(1).max(500)

export const walletAsk = z.discriminatedUnion('type', [
  /** A wallet for this key, in that currency if the bank has it. Only where the bank gives them to anybody. */
  z.strictObject({ type: z.literal('open'), name: phoneName, currency: z.string().refine(isCurrency).optional() }),
  /** The next credential for this phone, and what is in the wallet. */
  z.strictObject({ type: z.literal('refresh') }),
  z.strictObject({ type: z.literal('statement') }),
  /** A word with which one more phone may join this wallet. */
  z.strictObject({ type: z.literal('invite') }),
  z.strictObject({ type: z.literal('join'), word: z.string().regex(/^[0-9a-f]{32}$/), name: phoneName }),
  /** Pays for what a till shows: the bound code that confirms its request, whose bytes these are (base64url). */
  z.strictObject({
    type: z.literal('pay'),
    code: z.string().min(1).max(512),
    request: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[A-Za-z0-9_-]+$/),
    /** Where the wallet is in another currency: the quote that its owner confirmed. */
    quote: z
      .string()
      .min(1)
      .max(1400)
      .regex(/^[A-Za-z0-9_-]+$/)
      .optional(),
  }),
  /** What this wallet, in another currency, would pay for what a till shows. */
  z.strictObject({
    type: z.literal('quote'),
    request: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[A-Za-z0-9_-]+$/),
  }),
  /** One of the wallet's phones, or this one, is not in its owner's hands any more. */
  z.strictObject({ type: z.literal('lost'), phone: phoneKey }),
  /** The certificate of the till whose key signed a receipt, by the key's id: with it the receipt is verified without a network. */
  z.strictObject({ type: z.literal('till'), keyId: z.string().regex(/^[0-9a-f]{16}$/) }),
  /** About money that is held for a delivery: it has come; something is wrong; and what happened. */
  z.strictObject({ type: z.literal('received'), payment: id }),
  z.strictObject({ type: z.literal('dispute'), payment: id, words }),
  z.strictObject({ type: z.literal('evidence'), payment: id, words }),
  /** Whether a face is kept for this wallet, and each time that it was used. Asking is one. */
  z.strictObject({ type: z.literal('face') }),
  /** Consent is withdrawn: the face is deleted, and unusable when this is answered. */
  z.strictObject({ type: z.literal('forgetFace') }),
])
export type WalletAsk = z.infer<typeof walletAsk>

const content = z.strictObject({
  v: z.literal(1),
  nonce: walletNonce,
  publicKey: phoneKey,
  /** Missing while the phone has none. */
  wallet: walletId.optional(),
  ask: walletAsk,
})
export type WalletMessage = z.infer<typeof content>

export const MAX_ASK_BYTES = 4096

/** An ask that lacks its signature: a page's key signs in its own time. */
export function draftAsk(deviceKeyId: Uint8Array, message: WalletMessage): { readonly message: Uint8Array; finish(signature: Uint8Array): Uint8Array } {
  const header = protectedHeaderOf(signedTypes.wallet, deviceKeyId)
  const payload = utf8(JSON.stringify(message))
  return { message: toBeSigned(header, payload), finish: (signature) => assembleSign1(header, payload, signature) }
}

/** Shape, and that the key which it names has signed it. Whether that key is known, and the nonce good, is for the bank to say. Total. */
export function readAsk(crypto: Crypto, bytes: Uint8Array): Outcome<WalletMessage, 'wire.malformed' | 'wire.bad_signature'> {
  if (bytes.length > MAX_ASK_BYTES) return fail('wire.malformed', 'the ask is too long')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  const parsed = content.safeParse(readJson(envelope.value.payload))
  if (!parsed.success) return fail('wire.malformed', z.prettifyError(parsed.error).slice(0, 400))
  const key = unhex(parsed.data.publicKey)
  if (key === undefined || !verifySign1(crypto, envelope.value, signedTypes.wallet, key)) return fail('wire.bad_signature')
  return ok(parsed.data)
}

function readJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(payload) ?? '')
  } catch {
    return undefined
  }
}
