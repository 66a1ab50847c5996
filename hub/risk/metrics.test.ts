import { describe, expect, it } from 'vitest'
import { apOf, aucOf, cardPrecisionAt } from './metrics.ts'

describe('by hand', () => {
  it('area under the curve: the share of pairs that are in the right order, ties half', () => {
    expect(aucOf([4, 3, 2, 1], [1, 0, 1, 0])).toBe(0.75)
    expect(aucOf([1, 1, 1], [1, 0, 0])).toBe(0.5)
  })

  it('average precision: precision at each gain of recall', () => {
    expect(apOf([4, 3, 2, 1], [1, 0, 1, 0])).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3), 12)
    expect(apOf([1, 1], [1, 0])).toBe(0.5)
  })

  it('card precision: each card once a day, and not again once it is caught', () => {
    const row = (day: number, card: string, score: number, label: number) => ({ day, card, score, label })
    const rows = [row(1, 'a', 9, 1), row(1, 'b', 8, 0), row(1, 'b', 1, 1), row(1, 'c', 7, 1), row(2, 'a', 9, 1), row(2, 'c', 8, 1), row(2, 'd', 1, 0)]
    // Day 1: a and b, both with a fraud that day. Day 2: both caught, so c and d.
    expect(cardPrecisionAt(2, rows)).toBe((1 + 0.5) / 2)
  })
})
