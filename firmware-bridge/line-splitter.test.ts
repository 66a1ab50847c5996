import fc from 'fast-check'
import { expect, it } from 'vitest'
import { splitLines } from './line-splitter.ts'

it('gives the same lines however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })), fc.array(fc.nat(1000)), (lines, cuts) => {
      const expected = lines.map((line) => line.replaceAll('\n', ''))
      const stream = Buffer.from(expected.map((line) => `${line}\n`).join(''))
      const splitter = splitLines(1000)
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length]
      const found = places.slice(1).flatMap((end, at) => splitter.add(stream.subarray(places[at], end)) ?? ['too long'])
      expect(found).toEqual(expected)
    }),
  )
})

it('refuses a line that is too long, finished or not', () => {
  expect(splitLines(3).add(Buffer.from('abc\nabcd\n'))).toBeUndefined()
  expect(splitLines(3).add(Buffer.from('abc\nabc\n'))).toEqual(['abc', 'abc'])
  const splitter = splitLines(3)
  expect(splitter.add(Buffer.from('ab'))).toEqual([])
  expect(splitter.add(Buffer.from('cd'))).toBeUndefined()
})
