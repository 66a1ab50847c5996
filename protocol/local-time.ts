import type { EpochMs } from './time.ts'

/** A format is dear to make and cheap to use. `undefined`: this runtime knows no such zone. */
const formats = new Map<string, Intl.DateTimeFormat | undefined>()

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(timeZone)) formats.set(timeZone, madeFor(timeZone))
  return formats.get(timeZone)
}

function madeFor(timeZone: string): Intl.DateTimeFormat | undefined {
  const two = '2-digit'
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: two, day: two, hour: two, minute: two, hourCycle: 'h23' })
  } catch {
    return undefined
  }
}

/** Whether this is a zone of the IANA database that this runtime knows, such as `Asia/Shanghai`. */
export const isTimeZone = (text: string): boolean => formatOf(text) !== undefined

/** `2026-11-22 21:57` as the clocks of the shop show it; with ` UTC` behind it where nobody has said where the shop is. */
export function minuteIn(timeZone: string | undefined, at: EpochMs): string {
  const format = timeZone === undefined ? undefined : formatOf(timeZone)
  if (format === undefined) return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}`
}
