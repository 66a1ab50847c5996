import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testLine, testSale, testView } from '../test-view.ts'
import { withSameParts } from './same-parts.ts'

const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

test('what did not change is the object that it was, and the rest says what came', () => {
  const before = testView({ sale: testSale([testLine('a', 1), testLine('b', 1), testLine('c', 2)]), devices: [] })
  const after = sent({ ...before, revision: 2, sale: testSale([testLine('a', 1), testLine('b', 3), testLine('c', 2)], 'b') })
  const shown = withSameParts(before, after)
  expect(shown).toEqual(after)
  expect(shown.till).toBe(before.till)
  expect(shown.link).toBe(before.link)
  expect(shown.devices).toBe(before.devices)
  expect(shown.sale.lines.map((line, at) => line === before.sale.lines[at])).toEqual([true, false, true])
})

test('lines behind one that was taken out, or before one that was added, are those that they were', () => {
  const before = testSale([testLine('a', 1), testLine('b', 1), testLine('c', 1)])
  const without = withSameParts(before, sent(testSale([testLine('b', 1), testLine('c', 1)])))
  expect(without.lines).toEqual([testLine('b', 1), testLine('c', 1)])
  expect(without.lines[0]).toBe(before.lines[1])
  expect(without.lines[1]).toBe(before.lines[2])
  const more = withSameParts(before, sent(testSale([...before.lines, testLine('d', 1)])))
  expect(more.lines.slice(0, 3).every((line, at) => line === before.lines[at])).toBe(true)
})

test('a list that lost its end, and a part that went or came, are others', () => {
  expect(withSameParts([1, 2], [1])).toEqual([1])
  expect(withSameParts({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 })
  expect(withSameParts({ a: 1 }, { a: 1, b: null })).toEqual({ a: 1, b: null })
  expect(withSameParts({ a: 1, b: 2 }, { a: 1, c: 2 })).toEqual({ a: 1, c: 2 })
})

test('whatever came before, what is shown has the content of what came', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (before, after) => {
      expect(JSON.stringify(withSameParts(before, after))).toBe(JSON.stringify(after))
    }),
  )
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const again = sent(value)
      if (typeof value === 'object' && value !== null) expect(withSameParts(value, again)).toBe(value)
    }),
  )
})
