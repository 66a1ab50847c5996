import { decodeBase45, encodeBase45 } from './base45.ts'
import { equalBytes, utf8 } from './bytes.ts'
import { parseSign1, sign1, signedTypes, verifySign1, type Sign1 } from './cose.ts'
import type { Crypto, Signer } from './crypto.ts'

/**
 * A receipt that a customer takes along as a picture: a text that any phone reads in a QR code, without a link and without an app, and under it `SPR1:` and the
 * base45 of a COSE_Sign1 of typ `SPr` by the till, over the SHA-256 of that text. Who knows the till's key can tell it from one that somebody typed.
 */
export const RECEIPT_PREFIX = 'SPR1:'

/** Of the text alone. With its signature it then fits a QR code (ISO/IEC 18004, version 22 at level M) that a phone reads off a screen. */
export const MAX_RECEIPT_TEXT_BYTES = 520

export function signReceiptText(signer: Signer, crypto: Pick<Crypto, 'sha256'>, text: string): string {
  return `${text}\n${RECEIPT_PREFIX}${encodeBase45(sign1(signer, signedTypes.receipt, crypto.sha256(utf8(text))))}`
}

/** More is no receipt: nobody should have to hash a book. */
const MAX_SIGNED_CHARS = 4000

/** The text, and below it who signed what; nothing of it is verified yet. Undefined: it is no receipt. Total. */
export function readSignedReceipt(signed: string): { readonly text: string; readonly envelope: Sign1 } | undefined {
  const at = signed.length > MAX_SIGNED_CHARS ? -1 : signed.lastIndexOf(`\n${RECEIPT_PREFIX}`)
  const bytes = at < 0 ? undefined : decodeBase45(signed.slice(at + 1 + RECEIPT_PREFIX.length).trim())
  const envelope = bytes?.ok === true ? parseSign1(bytes.value) : undefined
  return envelope?.ok === true && envelope.value.typ === signedTypes.receipt ? { text: signed.slice(0, at), envelope: envelope.value } : undefined
}

/** Whether this very text was signed by that key. Total: any text gives an answer. */
export function isSignedReceipt(crypto: Crypto, signed: string, publicKey: Uint8Array): boolean {
  const read = readSignedReceipt(signed)
  if (read === undefined || !verifySign1(crypto, read.envelope, signedTypes.receipt, publicKey)) return false
  return equalBytes(read.envelope.payload, crypto.sha256(utf8(read.text)))
}
