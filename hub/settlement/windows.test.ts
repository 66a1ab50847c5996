import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localDate, windowAt } from './windows.ts'

const at = (text: string): number => Date.parse(text)
const iso = (ms: number): string => new Date(ms).toISOString()
const HOUR = 3_600_000

test.each([
  // Berlin goes from 02:00 to 03:00 on 29 March 2026: a cut-off at 02:30 comes at 03:30.
  ['2026-03-28T12:00:00Z', 'Europe/Berlin', '02:30', '2026-03-29T01:30:00.000Z', '2026-03-29'],
  ['2026-03-29T12:00:00Z', 'Europe/Berlin', '02:30', '2026-03-30T00:30:00.000Z', '2026-03-30'],
  // On 25 October 2026 it is 02:30 twice: the first counts, and the second is in the next window.
  ['2026-10-24T12:00:00Z', 'Europe/Berlin', '02:30', '2026-10-25T00:30:00.000Z', '2026-10-25'],
  ['2026-10-25T00:45:00Z', 'Europe/Berlin', '02:30', '2026-10-26T01:30:00.000Z', '2026-10-26'],
  // The moment of the cut-off is the next window's.
  ['2026-06-01T20:00:00Z', 'Europe/Berlin', '22:00', '2026-06-02T20:00:00.000Z', '2026-06-02'],
  ['2026-06-01T19:59:59.999Z', 'Europe/Berlin', '22:00', '2026-06-01T20:00:00.000Z', '2026-06-01'],
  // Clocks of Lord Howe Island go by half an hour; Samoa has left out 30 December 2011.
  ['2026-10-03T12:00:00Z', 'Australia/Lord_Howe', '02:15', '2026-10-03T15:45:00.000Z', '2026-10-04'],
  ['2011-12-30T08:00:00Z', 'Pacific/Apia', '00:00', '2011-12-30T10:00:00.000Z', '2011-12-31'],
  ['2026-01-01T00:00:00Z', 'UTC', '00:00', '2026-01-02T00:00:00.000Z', '2026-01-02'],
])('the window of %s in %s with cut-off %s ends at %s', (moment, timeZone, cutOff, end, date) => {
  const span = windowAt({ timeZone, cutOff }, at(moment))
  expect([iso(span.endsAt), span.date]).toEqual([end, date])
})

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Gaza',
  'Pacific/Kiritimati',
]
const times = fc.record({
  timeZone: fc.constantFrom(...zones),
  cutOff: fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`),
})

test('windows leave no moment out and none to two of them', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: at('2011-01-01'), max: at('2035-01-01') }), (cut, moment) => {
      const span = windowAt(cut, moment)
      expect(span.startsAt <= moment && moment < span.endsAt).toBe(true)
      expect(windowAt(cut, span.startsAt)).toEqual(span)
      expect(windowAt(cut, span.endsAt - 1)).toEqual(span)
      expect(windowAt(cut, span.endsAt).startsAt).toBe(span.endsAt)
      expect(windowAt(cut, span.startsAt - 1).endsAt).toBe(span.startsAt)
      // Samoa's longest day but one and the shortest there is.
      expect(span.endsAt - span.startsAt).toBeGreaterThanOrEqual(22 * HOUR)
      expect(span.endsAt - span.startsAt).toBeLessThanOrEqual(26 * HOUR)
    }),
    { numRuns: 300 },
  )
})

test('a local date is the one on the wall', () => {
  expect(localDate('Pacific/Kiritimati', at('2026-01-01T10:00:00Z'))).toBe('2026-01-02')
  expect(localDate('America/New_York', at('2026-01-01T04:59:59Z'))).toBe('2025-12-31')
})
