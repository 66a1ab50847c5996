import fc from 'fast-check'
import { expect, test } from 'vitest'
import { customerLines, DISPLAY_COLUMNS, type CustomerScene } from './customer-lines.ts'
import { newSale, type Line } from './basket.ts'

const line = (more: Partial<Line>): Line => ({ id: 'L1', gtin: '9520000000011', name: 'Apple', quantity: 1, unitMinor: 299, taxPpm: 0, ...more })
const scene = (lines: readonly Line[], paying: CustomerScene['paying'] = { stage: 'selling' }): CustomerScene => ({
  shop: 'The Corner Shop at the Harbour',
  sale: { ...newSale('sale'), lines },
  currency: 'EUR',
  paying,
})

test('shows the last line and the total, and cuts the name rather than the sum', () => {
  expect(customerLines(scene([line({ name: 'A very long name of a product', quantity: 2 })]))).toEqual(['2 x A very long 5.98', 'Total       5.98 EUR'])
  expect(customerLines(scene([line({ weight: { milli: 486, unit: 'kg' } })]))).toEqual(['0.486 kg Apple  1.45', 'Total       1.45 EUR'])
  expect(customerLines(scene([], { stage: 'approved', amountMinor: 1280, changeMinor: 720 }))).toEqual(['Paid       12.80 EUR', 'Change      7.20 EUR'])
  expect(customerLines(scene([], { stage: 'approved', amountMinor: 1280, changeMinor: 0 }))[1]).toBe('Thank you')
  expect(customerLines(scene([]))).toEqual(['The Corner Shop at t', 'Welcome'])
})

test('fits the smallest display, whatever is sold', () => {
  const anyLine = fc
    .record({
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
      quantity: fc.integer({ min: 1, max: 999 }),
      unitMinor: fc.integer({ min: 0, max: 1_000_000_000 }),
    })
    .map(line)
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 4 }), fc.nat(1_000_000_000_000), (lines, amountMinor) => {
      for (const text of customerLines(scene(lines, { stage: 'approved', amountMinor, changeMinor: amountMinor }))) fits(text)
      for (const stage of ['awaiting', 'checking', 'approved'] as const) for (const text of customerLines(scene(lines, { stage, amountMinor }))) fits(text)
      for (const text of customerLines(scene(lines))) fits(text)
    }),
  )
})

const fits = (text: string): void => expect([...text].length).toBeLessThanOrEqual(DISPLAY_COLUMNS)
