import { describe, expect, test } from 'vitest'
import { testLine, testSale } from '../test-view.ts'
import { neighbour, selectedLine, touchOf } from './selected-line.ts'

const lines = [testLine('a', 1), testLine('b', 1), testLine('c', 1)]
const sale = testSale(lines, 'b')

describe('selected line', () => {
  test('is the one last scanned, else the last one', () => {
    expect(selectedLine(sale, undefined)?.id).toBe('b')
    expect(selectedLine(testSale(lines), undefined)?.id).toBe('c')
    expect(selectedLine(testSale([]), undefined)).toBeUndefined()
  })

  test('is the picked one until the next scan', () => {
    const choice = { line: 'a', touch: touchOf(sale) }
    expect(selectedLine(sale, choice)?.id).toBe('a')
    expect(selectedLine(testSale([testLine('a', 1), testLine('b', 2)], 'b'), choice)?.id).toBe('b')
  })

  test('falls back when the picked one is gone', () => {
    expect(selectedLine(testSale(lines.slice(1), 'b'), { line: 'a', touch: touchOf(sale) })?.id).toBe('b')
  })

  test('moves by the arrows and stays at the ends', () => {
    expect(neighbour(sale, lines[1], 1)?.id).toBe('c')
    expect(neighbour(sale, lines[2], 1)?.id).toBe('c')
    expect(neighbour(sale, lines[0], -1)?.id).toBe('a')
    expect(neighbour(testSale([]), undefined, 1)).toBeUndefined()
  })
})
