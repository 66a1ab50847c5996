import type { EpochMs } from '#protocol/time.ts'
import { locale } from './words.ts'

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })

/** `14:02:31`, with the day when that is not the day of `now`. In the time zone of whoever looks. */
export function formatTime(at: EpochMs, now: EpochMs): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString()
  return sameDay ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`
}

export const formatWhole = (at: EpochMs): string => whole.format(at)

/** For `<time dateTime>`. */
export const machineTime = (at: EpochMs): string => new Date(at).toISOString()
