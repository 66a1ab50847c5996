import fc from 'fast-check'

/**
 * Any character of Unicode but halves of surrogate pairs, one in two of them ASCII, where what is special to a format mostly is: for
 * `fc.string({ unit: anyCharacter })`. The library's own unit `binary` first builds a table of them all, which takes seconds in each test file.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10f7ff }))
  .map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
