import { fail, ok, type Outcome } from './outcome.ts'

/**
 * Base45 (RFC 9285): bytes as text in the alphabet of a QR code's alphanumeric mode, which packs it almost as tightly as raw bytes
 * and survives every scanner and keyboard wedge. Each text has at most one reading, so a code cannot be respelled.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'
const RADIX = 45
const INVALID = 255

const digitOf = new Uint8Array(128).fill(INVALID)
for (let digit = 0; digit < RADIX; digit++) digitOf[ALPHABET.charCodeAt(digit)] = digit

/** Two bytes become three characters, a last odd byte two; the least significant digit comes first (RFC 9285 §4). */
export function encodeBase45(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = at + 1 < bytes.length
    const value = pair ? (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0) : (bytes[at] ?? 0)
    const middle = Math.floor(value / RADIX)
    text += ALPHABET.charAt(value % RADIX) + ALPHABET.charAt(middle % RADIX)
    if (pair) text += ALPHABET.charAt(Math.floor(middle / RADIX))
  }
  return text
}

/** Total: any text gives an Outcome. Refuses what RFC 9285 §4.1 refuses: other characters, a length that no bytes have, a group above its bytes. */
export function decodeBase45(text: string): Outcome<Uint8Array, 'code.malformed'> {
  const tail = text.length % 3
  if (tail === 1) return fail('code.malformed', 'base45 length')
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (tail === 2 ? 1 : 0))
  let out = 0
  for (let at = 0; at < text.length; at += 3) {
    const pair = at + 2 < text.length
    const low = digitOf[text.charCodeAt(at)] ?? INVALID
    const middle = digitOf[text.charCodeAt(at + 1)] ?? INVALID
    const high = pair ? (digitOf[text.charCodeAt(at + 2)] ?? INVALID) : 0
    if (low === INVALID || middle === INVALID || high === INVALID) return fail('code.malformed', 'base45 character')
    const value = low + middle * RADIX + high * RADIX * RADIX
    if (value > (pair ? 0xffff : 0xff)) return fail('code.malformed', 'base45 group')
    if (pair) bytes[out++] = value >> 8
    bytes[out++] = value & 0xff
  }
  return ok(bytes)
}
