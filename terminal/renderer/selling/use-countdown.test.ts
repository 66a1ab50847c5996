import { expect, test } from 'vitest'
import { secondsLeft } from './use-countdown.ts'

test('counts what the till says, whatever the clock of the screen', () => {
  expect(secondsLeft(1000, 16_000, 1000)).toBe(15)
  // A page that was loaded in the middle.
  expect(secondsLeft(1000, 16_000, 8500)).toBe(8)
  // A screen whose clock is far behind, or far ahead.
  expect(secondsLeft(1000, 16_000, 0)).toBe(15)
  expect(secondsLeft(1000, 16_000, 90_000_000)).toBe(15)
  expect(secondsLeft(1000, 1000, 1000)).toBe(0)
})
