import { fail, ok, type Outcome } from './outcome.ts'

/** Where a customer wants a receipt: an e-mail address or a phone number. Personal data: in a journal only as ciphertext. */
export type ReceiptAddress = { readonly by: 'mail' | 'phone'; readonly address: string }

/** RFC 5321 §4.5.3.1. */
export const MAX_ADDRESS = 254

/** An address of the plain kind (RFC 5322 dot-atom, RFC 1035 names): what has quotes, comments or control characters in it could become another header. */
const MAIL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/
/** ITU-T E.164: 15 digits at most. */
const PHONE = /^\+?\d{5,15}$/

/** What somebody typed, or what a till says that somebody typed. A phone number loses its spaces, brackets and dashes. Total. */
export function readAddress(text: string): Outcome<ReceiptAddress, 'receipt.bad_address'> {
  const trimmed = text.trim()
  if (trimmed.length > MAX_ADDRESS) return fail('receipt.bad_address')
  if (trimmed.includes('@')) {
    const local = trimmed.slice(0, trimmed.lastIndexOf('@'))
    return MAIL.test(trimmed) && local.length <= 64 ? ok({ by: 'mail', address: trimmed }) : fail('receipt.bad_address')
  }
  const digits = trimmed.replace(/[\s()./-]/g, '')
  return PHONE.test(digits) ? ok({ by: 'phone', address: digits }) : fail('receipt.bad_address')
}
