import { decodeBase45, encodeBase45 } from './base45.ts'
import { equalBytes, utf8 } from './bytes.ts'
import { parseSign1, sign1, signedTypes, verifySign1 } from './cose.ts'
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

/** Whether this very text was signed by that key. Total: any text gives an answer. */
export function isSignedReceipt(crypto: Crypto, signed: string, publicKey: Uint8Array): boolean {
  const at = signed.lastIndexOf(`\n${RECEIPT_PREFIX}`)
  const bytes = at < 0 ? undefined : decodeBase45(signed.slice(at + 1 + RECEIPT_PREFIX.length).trim())
  const envelope = bytes?.ok === true ? parseSign1(bytes.value) : undefined
  if (envelope?.ok !== true || !verifySign1(crypto, envelope.value, signedTypes.receipt, publicKey)) return false
  return equalBytes(envelope.value.payload, crypto.sha256(utf8(signed.slice(0, at))))
}
