import { expect, test } from 'vitest'
import { tileAfter } from './grid-keys.ts'

test.each([
  ['ArrowRight', 0, false, 1],
  ['ArrowRight', 6, false, 6],
  ['ArrowLeft', 0, false, 0],
  ['ArrowLeft', 1, true, 2],
  ['ArrowRight', 1, true, 0],
  ['ArrowDown', 1, false, 4],
  ['ArrowDown', 5, false, 6],
  ['ArrowUp', 5, false, 2],
  ['ArrowUp', 2, false, undefined],
  ['Home', 4, false, 0],
  ['End', 4, false, 6],
] as const)('%s from %i of seven in threes, right to left %s: %s', (key, from, isRightToLeft, to) => {
  expect(tileAfter(key, from, 7, 3, isRightToLeft)).toBe(to)
})
