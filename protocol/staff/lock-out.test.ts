import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOUR, SECOND } from '../time.ts'
import { afterWrong, FREE_TRIES, NO_TRIES, waitLeft, type Tries } from './lock-out.ts'

const NOW = 1_800_000_000_000
const after = (count: number): Tries => Array.from({ length: count }).reduce<Tries>((tries) => afterWrong(tries, NOW), NO_TRIES)

test('four wrong PINs cost nothing, the fifth 30 s, each further one twice as long, and none more than an hour', () => {
  expect([1, 4, 5, 6, 7, 11, 12, 60].map((count) => waitLeft(after(count), NOW))).toEqual(
    [0, 0, 30, 60, 120, 1920, 3600, 3600].map((seconds) => seconds * SECOND),
  )
})

test('a wait ends by the clock, and is never longer than it was meant to be, wherever the clock was put', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: -400 * 24 * HOUR, max: 400 * 24 * HOUR }), (count, moved) => {
      const tries = after(count)
      const left = waitLeft(tries, NOW + moved)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(left).toBeLessThanOrEqual(tries.wait)
      if (moved >= tries.wait) expect(left).toBe(0)
    }),
  )
})

test('whoever guesses without end gets no more than 24 guesses a day after the first ones', () => {
  let [tries, now, guesses] = [NO_TRIES, NOW, 0]
  while (now < NOW + 30 * 24 * HOUR) {
    tries = afterWrong(tries, now)
    guesses += 1
    now += waitLeft(tries, now)
  }
  expect(guesses).toBeLessThan(FREE_TRIES + 7 + 30 * 24)
})
