import { wallClock } from '../settlement/windows.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'

/** `YYYY-MM-DD`. */
export type Day = string

const asDay = (utc: number): Day => new Date(utc).toISOString().slice(0, 10)
const asUtc = (day: Day): number => Date.parse(`${day}T00:00:00Z`)

/** Neither a Saturday nor a Sunday, nor one of the bank's own holidays, nor for euros a day on which TARGET is closed. */
function isBusinessDay(day: Day, euros: boolean, holidays: ReadonlySet<Day>): boolean {
  const weekday = new Date(asUtc(day)).getUTCDay()
  return weekday !== 0 && weekday !== 6 && !holidays.has(day) && !(euros && isTargetHoliday(day))
}

/** The first business day at or after this one. Throws if there is none within a year: holidays without end are a mistake in the settings. */
export function businessDayFrom(day: Day, euros: boolean, holidays: ReadonlySet<Day>): Day {
  for (let ahead = 0; ahead < 366; ahead++) {
    const candidate = asDay(asUtc(day) + ahead * DAY)
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
  const local = wallClock(bank.timeZone, at)
  const isToday = new Date(local).getUTCHours() < bank.cutOffHour
  return businessDayFrom(asDay(isToday ? local : local + DAY), euros, new Set(bank.holidays))
}

/** The closing days of TARGET: New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December (ECB decision of 14 December 2000). */
function isTargetHoliday(day: Day): boolean {
  if (['01-01', '05-01', '12-25', '12-26'].includes(day.slice(5))) return true
  const easter = asUtc(easterSunday(Number(day.slice(0, 4))))
  return day === asDay(easter - 2 * DAY) || day === asDay(easter + DAY)
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
