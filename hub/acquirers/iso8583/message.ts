import { fieldForms, type FieldForm, type FieldKind } from './fields.ts'
import { concat, hex, unhex } from '#protocol/bytes.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'

/**
 * ISO 8583:1987 messages as bytes: message type (4 digits), primary bitmap, a secondary one where a field above 64 is present (§4.2), then the fields in
 * order. Pure. Bit 65, which would announce a third bitmap, is refused: nothing here is defined behind it.
 *
 * What the standard leaves open is the dialect: whether digits and lengths are packed two a byte (`bcd`: fixed fields padded with a zero in front,
 * variable ones with an F behind, `=` of a track as D) or characters of their own (`ascii`). Bitmaps and `b` fields are plain bytes in both, text is ASCII.
 */
export type Dialect = 'ascii' | 'bcd'

/** A value is text, or the same in ASCII bytes, so that a card's number need never be a string that nobody can wipe. `b` fields are hex. */
export type FieldValue = string | Uint8Array
export type Message = { readonly type: string; readonly fields: ReadonlyMap<number, FieldValue> }
/** What was read is text. */
export type ReadMessage = { readonly type: string; readonly fields: ReadonlyMap<number, string> }

export const MAX_MESSAGE_BYTES = 0xffff

const patterns: Readonly<Record<FieldKind, RegExp>> = {
  n: /^[0-9]*$/,
  z: /^[0-9=D]*$/,
  an: /^[A-Za-z0-9 ]*$/,
  ans: /^[ -~]*$/,
  'x+n': /^[CD][0-9]*$/,
  b: /^(?:[0-9a-f]{2})*$/,
}
const TYPE = /^[0-9]{4}$/

/** Throws for a message that could not be read again: it is the program that makes it, not the world. */
export function encodeMessage(dialect: Dialect, { type, fields }: Message): Uint8Array {
  invariant(TYPE.test(type), 'a message type has four digits')
  const numbers = [...fields.keys()].toSorted((a, b) => a - b)
  const bitmap = new Uint8Array((numbers.at(-1) ?? 0) > 64 ? 16 : 8)
  if (bitmap.length === 16) bitmap[0] = 0x80
  const parts = numbers.map((number) => {
    const form = fieldForms.get(number)
    invariant(form !== undefined, `field ${number} is defined`)
    bitmap[(number - 1) >> 3] = (bitmap[(number - 1) >> 3] ?? 0) | (0x80 >> ((number - 1) & 7))
    return encodeField(dialect, number, form, fields.get(number) ?? '')
  })
  const bytes = concat(digits(dialect, ascii(type), 'fixed'), bitmap, ...parts)
  for (const part of parts) part.fill(0)
  invariant(bytes.length <= MAX_MESSAGE_BYTES, 'a message fits its frame')
  return bytes
}

/** Total: any bytes give an Outcome. Details name fields and never contents. */
export function decodeMessage(dialect: Dialect, bytes: Uint8Array): Outcome<ReadMessage, 'acquirer.malformed'> {
  const reader = new Reader(dialect, bytes)
  const type = reader.digits(4, 'fixed')
  const primary = reader.bytes(8)
  if (type === undefined || !TYPE.test(type) || primary === undefined) return fail('acquirer.malformed', 'no type and bitmap')
  const hasSecond = ((primary[0] ?? 0) & 0x80) !== 0
  const second = hasSecond ? reader.bytes(8) : new Uint8Array(0)
  if (second === undefined) return fail('acquirer.malformed', 'no secondary bitmap')
  const fields = new Map<number, string>()
  for (const number of numbersIn(concat(primary, second))) {
    if (number === 1) continue
    const form = fieldForms.get(number)
    if (form === undefined) return fail('acquirer.malformed', `field ${number} is not defined`)
    const value = reader.field(form)
    if (value === undefined || !patterns[form.kind].test(value)) return fail('acquirer.malformed', `field ${number}`)
    fields.set(number, value)
  }
  return reader.isAtEnd ? ok({ type, fields }) : fail('acquirer.malformed', 'bytes are left over')
}

const numbersIn = (bitmap: Uint8Array): number[] =>
  Array.from({ length: bitmap.length * 8 }, (_, at) => at + 1).filter((number) => ((bitmap[(number - 1) >> 3] ?? 0) & (0x80 >> ((number - 1) & 7))) !== 0)

function encodeField(dialect: Dialect, number: number, { kind, size, length }: FieldForm, value: FieldValue): Uint8Array {
  if (kind === 'b') {
    const bytes = typeof value === 'string' ? unhex(value) : value
    invariant(bytes?.length === length, `field ${number} has ${length} bytes`)
    return bytes.slice()
  }
  const text = typeof value === 'string' ? ascii(value) : value
  const most = kind === 'x+n' ? 1 + length : length
  invariant(size === 'fixed' ? text.length === most : text.length <= most, `field ${number} has its length`)
  // Character by character where it came as bytes: a card's number must not become a string here.
  const fits = typeof value === 'string' ? patterns[kind].test(value) : text.every((byte) => patterns[kind].test(String.fromCharCode(byte)))
  invariant(fits, `field ${number} has its characters`)
  const body = kind === 'n' || kind === 'z' ? digits(dialect, text, size) : kind === 'x+n' ? signed(dialect, text) : text.slice()
  if (size === 'fixed') return body
  const whole = concat(digits(dialect, ascii(String(text.length).padStart(size === 'll' ? 2 : 3, '0')), 'fixed'), body)
  body.fill(0)
  return whole
}

const signed = (dialect: Dialect, text: Uint8Array): Uint8Array => concat(text.subarray(0, 1), digits(dialect, text.subarray(1), 'fixed'))

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

/** Digits as the dialect writes them. An odd number of them is filled up in front where the length is fixed, behind where it is told. */
function digits(dialect: Dialect, text: Uint8Array, size: FieldForm['size']): Uint8Array {
  if (dialect === 'ascii') return text.slice()
  const nibbles = Array.from(text, (character) => (character >= 0x30 && character <= 0x39 ? character - 0x30 : 0xd))
  if (nibbles.length % 2 === 1) {
    if (size === 'fixed') nibbles.unshift(0)
    else nibbles.push(0xf)
  }
  const packed = Uint8Array.from({ length: nibbles.length / 2 }, (_, at) => ((nibbles[2 * at] ?? 0) << 4) | (nibbles[2 * at + 1] ?? 0))
  nibbles.fill(0)
  return packed
}

class Reader {
  readonly #dialect: Dialect
  readonly #bytes: Uint8Array
  #at = 0

  constructor(dialect: Dialect, bytes: Uint8Array) {
    this.#dialect = dialect
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  bytes(count: number): Uint8Array | undefined {
    if (this.#at + count > this.#bytes.length) return undefined
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  text(count: number): string | undefined {
    const bytes = this.bytes(count)
    return bytes && latin(bytes)
  }

  digits(count: number, size: FieldForm['size']): string | undefined {
    if (this.#dialect === 'ascii') return this.text(count)
    const packed = this.bytes(Math.ceil(count / 2))
    if (packed === undefined) return undefined
    const nibbles = hex(packed)
    if (count % 2 === 0) return nibbles.replaceAll('d', '=')
    // Any other filler would be another message with the same meaning.
    if (size === 'fixed') return nibbles.startsWith('0') ? nibbles.slice(1).replaceAll('d', '=') : undefined
    return nibbles.endsWith('f') ? nibbles.slice(0, -1).replaceAll('d', '=') : undefined
  }

  field({ kind, size, length }: FieldForm): string | undefined {
    if (kind === 'b') {
      const bytes = this.bytes(length)
      return bytes && hex(bytes)
    }
    let count = length
    if (size !== 'fixed') {
      const told = this.digits(size === 'll' ? 2 : 3, 'fixed')
      if (told === undefined || !patterns.n.test(told) || Number(told) > length) return undefined
      count = Number(told)
    }
    if (kind === 'n' || kind === 'z') return this.digits(count, size)
    if (kind !== 'x+n') return this.text(count)
    const sign = this.text(1)
    const number = this.digits(count, 'fixed')
    return sign === undefined || number === undefined ? undefined : sign + number
  }
}
