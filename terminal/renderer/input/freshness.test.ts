import { expect, test } from 'vitest'
import { IMPLAUSIBLE_AFTER, isStale, STALE_AFTER } from './freshness.ts'

test('input made while the screen stood still is stale', () => {
  expect(isStale(10_000, 10_000 - STALE_AFTER)).toBe(false)
  expect(isStale(10_000, 10_000 - STALE_AFTER - 1)).toBe(true)
})

test('clocks that disagree do not make a till deaf', () => {
  expect(isStale(200_000, 200_000 - IMPLAUSIBLE_AFTER)).toBe(false)
  expect(isStale(10_000, 1_700_000_000_000)).toBe(false)
})
