import type { EpochMs } from '#protocol/time.ts'

/** `YYYY-MM-DD`. */
export type Day = string

const DAY_MS = 86_400_000
const asDay = (utc: number): Day => new Date(utc).toISOString().slice(0, 10)
const asUtc = (day: Day): number => Date.parse(`${day}T00:00:00Z`)

/** The calendar day and the hour at this moment where the bank is (an IANA time zone). */
export function localDay(at: EpochMs, timeZone: string): { readonly day: Day; readonly hour: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? ''
  return { day: `${of('year')}-${of('month')}-${of('day')}`, hour: Number(of('hour')) }
}

/** Neither a Saturday nor a Sunday, nor one of the bank's own holidays, nor for euros a day on which TARGET is closed. */
export function isBusinessDay(day: Day, euros: boolean, holidays: ReadonlySet<Day>): boolean {
  const weekday = new Date(asUtc(day)).getUTCDay()
  return weekday !== 0 && weekday !== 6 && !holidays.has(day) && !(euros && isTargetHoliday(day))
}

/** The first business day at or after this one. Throws if there is none within a year: holidays without end are a mistake in the settings. */
export function businessDayFrom(day: Day, euros: boolean, holidays: ReadonlySet<Day>): Day {
  for (let ahead = 0; ahead < 366; ahead++) {
    const candidate = asDay(asUtc(day) + ahead * DAY_MS)
    if (isBusinessDay(candidate, euros, holidays)) return candidate
  }
  throw new Error('invariant broken: a year has a business day')
}

/** When a file made now is carried out: today before the bank's cut-off hour, else tomorrow; then the next business day. */
export function executionDay(
  at: EpochMs,
  bank: { readonly timeZone: string; readonly cutOffHour: number; readonly holidays: readonly Day[] },
  euros: boolean,
): Day {
  const { day, hour } = localDay(at, bank.timeZone)
  return businessDayFrom(hour < bank.cutOffHour ? day : asDay(asUtc(day) + DAY_MS), euros, new Set(bank.holidays))
}

/** The closing days of TARGET: New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December (ECB decision of 14 December 2000). */
function isTargetHoliday(day: Day): boolean {
  if (['01-01', '05-01', '12-25', '12-26'].includes(day.slice(5))) return true
  const easter = asUtc(easterSunday(Number(day.slice(0, 4))))
  return day === asDay(easter - 2 * DAY_MS) || day === asDay(easter + DAY_MS)
}

/** The Gregorian computus (Meeus, Astronomical Algorithms, chapter 8). */
export function easterSunday(year: number): Day {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const f = Math.floor((b + 8) / 25)
  const g = Math.floor((b - f + 1) / 3)
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return asDay(Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1))
}
