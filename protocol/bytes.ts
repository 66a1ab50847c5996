/** Bytes and their text forms: hex and base64url (RFC 4648), UTF-8 (RFC 3629). */

const encoder = new TextEncoder()
/** `ignoreBOM`: a byte order mark is a character like any other, or text would not come back as it was hashed. */
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const HEX = '0123456789abcdef'

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15)
  return text
}

/** Undefined for anything that is not an even number of lower-case hex digits. */
export function unhex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = HEX.indexOf(text.charAt(2 * i)) * 16 + HEX.indexOf(text.charAt(2 * i + 1))
  return bytes
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** UTF-8 (RFC 3629). Lone surrogates become U+FFFD, as in the WHATWG encoder. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Strict: throws a TypeError for bytes that are not UTF-8, since an entry's text must come back as it was hashed. */
export function utf8Text(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes)
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const NO_DIGIT = 255
/** Of each digit by its character code: a till reads megabytes of them when it starts. */
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = BASE64URL.indexOf(String.fromCharCode(code))
  return value < 0 ? NO_DIGIT : value
})

/** RFC 4648 §5 without padding. */
export function base64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const digits = Math.min(4, bytes.length - i + 1)
    for (let digit = 0; digit < digits; digit++) text += BASE64URL.charAt((group >> (18 - 6 * digit)) & 63)
  }
  return text
}

/** Undefined for anything that is not unpadded, canonical base64url. */
export function unbase64url(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? NO_DIGIT
    if (value === NO_DIGIT) return undefined
    bits = ((bits << 6) | value) & 0x3fff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at++] = (bits >> held) & 255
    }
  }
  return at === bytes.length && held < 6 && (bits & ((1 << held) - 1)) === 0 ? bytes : undefined
}
