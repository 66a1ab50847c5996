import { expect, it } from 'vitest'
import { nextAttemptAt, retryDelays } from './retry-schedule.ts'
import { DAY, HOUR } from '#protocol/time.ts'

it('tries again an hour, seven hours, and about one, four and eleven days after the capture, then never', () => {
  const times: number[] = []
  for (let at = nextAttemptAt(0, 0); at !== undefined; at = nextAttemptAt(times.length, at)) times.push(at)
  expect(times).toEqual([HOUR, 7 * HOUR, DAY + 7 * HOUR, 4 * DAY + 7 * HOUR, 11 * DAY + 7 * HOUR])
  expect(nextAttemptAt(retryDelays.length, 0)).toBeUndefined()
})

it('waits longer each time', () => {
  expect(retryDelays).toEqual(retryDelays.toSorted((a, b) => a - b))
})
