import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64url, concat, equalBytes, hex, unbase64url, unhex, utf8, utf8Text } from './bytes.ts'

const bytes = fc.uint8Array({ maxLength: 200 })

describe('hex', () => {
  test('goes there and back, as Node writes it', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(hex(value)).toBe(Buffer.from(value).toString('hex'))
        expect(unhex(hex(value))).toEqual(value)
      }),
    )
  })

  test.each(['0', 'abc', 'AB', '0x00', 'zz', ' 00', '00\n', '００'])('%o is none', (text) => expect(unhex(text)).toBeUndefined())
})

describe('base64url (RFC 4648 §5)', () => {
  test.each([
    ['', ''],
    ['66', 'Zg'],
    ['666f', 'Zm8'],
    ['666f6f', 'Zm9v'],
    ['666f6f62', 'Zm9vYg'],
    ['666f6f6261', 'Zm9vYmE'],
    ['666f6f626172', 'Zm9vYmFy'],
    ['fbff', '-_8'],
  ])('%s is %s', (value, text) => {
    expect(base64url(unhex(value) ?? new Uint8Array(0))).toBe(text)
    expect(hex(unbase64url(text) ?? new Uint8Array([255]))).toBe(value)
  })

  test('goes there and back, as Node writes it', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(base64url(value)).toBe(Buffer.from(value).toString('base64url'))
        expect(unbase64url(base64url(value))).toEqual(value)
      }),
    )
  })

  test('one value has one text: what reads, writes back the same', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ABYZabyz0189-_=+/ '), maxLength: 12 })
    fc.assert(
      fc.property(text, (candidate) => {
        const read = unbase64url(candidate)
        expect(read === undefined || base64url(read) === candidate).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['A', 'AAAAA', 'Zh', 'Zm9=', 'Zg==', 'Zm+v', 'Zm/v', 'Zg\n', 'ü', '💶'])('%o is none', (text) => expect(unbase64url(text)).toBeUndefined())
})

describe('UTF-8', () => {
  test('text comes back as it was, a byte order mark too', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => utf8Text(utf8(text)) === text))
    expect(utf8Text(utf8('\uFEFFa'))).toBe('\uFEFFa')
  })

  test.each(['ff', 'c080', 'eda080', 'f4908080', 'e282', 'c3'])('%s is not UTF-8 and throws', (value) => {
    expect(() => utf8Text(unhex(value) ?? new Uint8Array(0))).toThrow(TypeError)
  })
})

describe('comparing and joining', () => {
  test('equal means same length and same bytes', () => {
    fc.assert(fc.property(bytes, bytes, (a, b) => equalBytes(a, b) === (hex(a) === hex(b))))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, change) => {
        const other = value.slice()
        const at = place % value.length
        other[at] = (value[at] ?? 0) ^ change
        expect(equalBytes(value, value.slice())).toBe(true)
        expect(equalBytes(value, other)).toBe(false)
      }),
    )
  })

  test('concat keeps every byte in order and shares none', () => {
    fc.assert(fc.property(fc.array(bytes), (parts) => hex(concat(...parts)) === parts.map(hex).join('')))
    const part = new Uint8Array([1])
    const whole = concat(part)
    part[0] = 2
    expect(whole).toEqual(new Uint8Array([1]))
  })
})
