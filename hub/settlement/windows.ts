import { DAY, MINUTE, type EpochMs } from '#protocol/time.ts'

/**
 * Settlement windows: time cut at a merchant's cut-off, so that every moment lies in exactly one window. The cut-off is a local time in an IANA time zone. Where a
 * clock goes forward over it, it comes as much later as the clock went; where a clock goes back over it, the first of the two counts. Pure.
 */
export type WindowTimes = { readonly timeZone: string; readonly cutOff: string }

/** From `startsAt` on and before `endsAt`. `date`: local, of its end. */
export type WindowSpan = { readonly startsAt: EpochMs; readonly endsAt: EpochMs; readonly date: string }

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-CA-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  formats.set(timeZone, format)
  return format
}

/** What a clock on the wall there shows, as if it were UTC: whole seconds, in milliseconds. */
export function wallClock(timeZone: string, at: EpochMs): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(at)) parts[type] = value
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}

/** Local date, `2026-03-29`. */
export const localDate = (timeZone: string, at: EpochMs): string => new Date(wallClock(timeZone, at)).toISOString().slice(0, 10)

/** When a clock there shows this: the first time, or if it never does, as much later as it leaves out. */
function instantOf(timeZone: string, wall: number): EpochMs {
  const offsets = [wall - DAY, wall + DAY].map((near) => wallClock(timeZone, near) - near)
  const shown = offsets.map((offset) => wall - offset).filter((at) => wallClock(timeZone, at) === wall)
  return shown.length > 0 ? Math.min(...shown) : wall - (offsets[0] ?? 0)
}

/** The window in which a moment lies. */
export function windowAt({ timeZone, cutOff }: WindowTimes, at: EpochMs): WindowSpan {
  const [hours = 0, minutes = 0] = cutOff.split(':').map(Number)
  const today = Math.floor(wallClock(timeZone, at) / DAY) * DAY
  const cuts = [-2, -1, 0, 1, 2].map((days) => instantOf(timeZone, today + days * DAY + (hours * 60 + minutes) * MINUTE))
  const endsAt = Math.min(...cuts.filter((cut) => cut > at))
  const startsAt = Math.max(...cuts.filter((cut) => cut <= at))
  return { startsAt, endsAt, date: localDate(timeZone, endsAt) }
}
