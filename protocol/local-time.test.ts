import { expect, test } from 'vitest'
import { isTimeZone, minuteIn } from './local-time.ts'

const at = Date.UTC(2026, 10, 22, 20, 57, 31)

test('a minute is told by the clocks of the shop, over midnight and with summer time too', () => {
  expect(minuteIn('Europe/Berlin', at)).toBe('2026-11-22 21:57')
  expect(minuteIn('Asia/Shanghai', at)).toBe('2026-11-23 04:57')
  expect(minuteIn('Asia/Kathmandu', at)).toBe('2026-11-23 02:42')
  expect(minuteIn('Europe/Berlin', Date.UTC(2026, 6, 1, 22, 0))).toBe('2026-07-02 00:00')
})

test('where nobody knows the zone, it says that it is none', () => {
  expect(minuteIn(undefined, at)).toBe('2026-11-22 20:57 UTC')
  expect(minuteIn('Atlantis/Capital', at)).toBe('2026-11-22 20:57 UTC')
  expect([isTimeZone('Europe/Berlin'), isTimeZone('Atlantis/Capital'), isTimeZone('')]).toEqual([true, false, false])
})
