import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase45, encodeBase45 } from './base45.ts'
import { utf8 } from './bytes.ts'
import { anyCharacter } from './node/test-text.ts'

describe('base45', () => {
  test.each([
    ['AB', 'BB8'],
    ['Hello!!', '%69 VD92EX0'],
    ['base-45', 'UJCLQE7W581'],
    ['ietf!', 'QED8WEX0'],
    ['', ''],
  ])('has the vectors of RFC 9285 §4.3 and §4.4: %o', (plain, encoded) => {
    expect(encodeBase45(utf8(plain))).toBe(encoded)
    expect(decodeBase45(encoded)).toEqual({ ok: true, value: utf8(plain) })
  })

  test('decodes what it encoded, in the alphabet of the alphanumeric mode', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = encodeBase45(bytes)
        expect(text).toMatch(/^[0-9A-Z $%*+\-./:]*$/)
        expect(decodeBase45(text)).toEqual({ ok: true, value: bytes })
      }),
    )
  })

  test.each([
    ['a length that no bytes have', 'BB8B'],
    ['a lower-case letter', 'bB8'],
    ['a character beyond ASCII', 'BBÄ'],
    ['a character beyond the first plane', '😀8'],
    ['a line end', 'BB8\r\n\n'],
    ['three characters above 65535 (RFC 9285 §6)', 'GGX'],
    ['two characters above 255', '::'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase45(text)).toMatchObject({ ok: false, code: 'code.malformed' })
  })

  test('FGW is the last group of three, U5 the last of two', () => {
    expect(decodeBase45('FGWU5')).toEqual({ ok: true, value: new Uint8Array([255, 255, 255]) })
    expect(decodeBase45('GGW')).toMatchObject({ ok: false })
    expect(decodeBase45('V5')).toMatchObject({ ok: false })
  })

  test('reads any text in at most one way', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'.split('')), maxLength: 60 })
    fc.assert(
      fc.property(fc.oneof(digits, fc.string({ unit: anyCharacter })), (text) => {
        const decoded = decodeBase45(text)
        if (decoded.ok) expect(encodeBase45(decoded.value)).toBe(text)
      }),
    )
  })
})
