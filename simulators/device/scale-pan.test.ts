import fc from 'fast-check'
import { expect, it } from 'vitest'
import { scalePan } from './scale-pan.ts'

it('weighs to the gram after it was zeroed or tared, at the first moment that it rests, whenever it is looked at', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 30 }), fc.constantFrom('zero', 'tare'), (tens, looksEvery, key) => {
      let now = 0
      const pan = scalePan({ clock: { monotonic: () => now }, division: 1, capacity: 15_000 })
      const rest = () => {
        while (pan.view().state === 'unstable') now += looksEvery
        return pan.view().milli
      }
      pan.milli = 10 * tens
      rest()
      pan.milli = 0
      rest()
      expect(pan[key]()).toBe(true)
      pan.milli = 10 * tens
      expect(rest()).toBe(10 * tens)
    }),
    { numRuns: 500 },
  )
})
