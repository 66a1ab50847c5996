import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeByteStrings, encodeByteStrings } from './byte-strings.ts'
import { hex } from './bytes.ts'
import { fromCbor, toCbor } from './cose.ts'

const MAX = 100
const lists = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(23, 24, 255, 256, 65_535, 65_536).map((length) => new Uint8Array(length)),
  ),
  { maxLength: 40 },
)

describe('a list of byte strings', () => {
  it('has the bytes that the general coder makes of it, and is read back', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const bytes = encodeByteStrings(list)
        // The general coder may answer with a Buffer.
        expect(hex(bytes)).toBe(hex(toCbor(list)))
        expect(decodeByteStrings(bytes, MAX)?.map((entry) => [...entry])).toEqual(list.map((entry) => [...entry]))
      }),
    )
  })

  it('is taken exactly where the general coder finds nothing but byte strings in it', () => {
    const damaged = fc.tuple(lists, fc.nat(), fc.nat(255)).map(([list, at, byte]) => {
      const bytes = encodeByteStrings(list)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged), (bytes) => {
        const general = fromCbor(bytes)
        const isList = general.ok && Array.isArray(general.value) && general.value.every((entry) => entry instanceof Uint8Array)
        expect(decodeByteStrings(bytes, Number.MAX_SAFE_INTEGER) !== undefined).toBe(isList)
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused beyond its bound, however many strings it claims', () => {
    expect(decodeByteStrings(encodeByteStrings(Array.from({ length: MAX }, () => new Uint8Array(1))), MAX)).toHaveLength(MAX)
    expect(decodeByteStrings(encodeByteStrings(Array.from({ length: MAX + 1 }, () => new Uint8Array(1))), MAX)).toBeUndefined()
    expect(decodeByteStrings(Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff), Number.MAX_SAFE_INTEGER)).toBeUndefined()
  })
})
