import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isId, makeId } from './ids.ts'

const LAST_TIME = 2 ** 48 - 1
const time = fc.integer({ min: 0, max: LAST_TIME })
const random = fc.uint8Array({ minLength: 10, maxLength: 10 })

describe('UUIDv7', () => {
  test('is laid out as in RFC 9562, appendix A.6', () => {
    // Time 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F; version and variant overwrite the bits above them.
    const bytes = new Uint8Array([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
    expect(makeId(0x017f22e279b0, bytes)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  test('is one whatever the time and the random bytes, and tells its time', () => {
    fc.assert(
      fc.property(time, random, (now, bytes) => {
        const id = makeId(now, bytes)
        expect(isId(id)).toBe(true)
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now)
      }),
    )
  })

  test('of a later millisecond sorts later', () => {
    fc.assert(
      fc.property(time, time, random, random, (a, b, x, y) => {
        fc.pre(a < b)
        expect(makeId(a, x) < makeId(b, y)).toBe(true)
      }),
    )
  })

  test('differs wherever one of its 74 random bits differs', () => {
    const zero = makeId(1, new Uint8Array(10))
    const others = Array.from({ length: 80 }, (_, bit) => makeId(1, new Uint8Array(10).fill(1 << (bit % 8), bit >> 3, (bit >> 3) + 1)))
    expect(new Set(others.filter((id) => id !== zero)).size).toBe(74)
  })

  test('too few random bytes throw', () => expect(() => makeId(0, new Uint8Array(9))).toThrow(RangeError))
})

test.each([
  '',
  '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
  '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
  '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f',
  '017f22e279b07cc398c4dc0c0c07398f',
  '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
  '+',
  '#',
  '../017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
])('%o is not an id', (text) => expect(isId(text)).toBe(false))
