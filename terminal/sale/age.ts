import { MINUTE, type EpochMs } from '#protocol/time.ts'

/**
 * The last day on which somebody can have been born who is `years` old now: `2008-11-22`, by the calendar `zoneMinutes` ahead of UTC. Who was born on
 * 29 February comes of age on 1 March of a year without one, and on a 29 February nobody is old enough who was born in March.
 */
export function bornBy(now: EpochMs, years: number, zoneMinutes: number): string {
  const today = new Date(now + zoneMinutes * MINUTE)
  const [year, month, day] = [today.getUTCFullYear() - years, today.getUTCMonth(), today.getUTCDate()]
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month, Math.min(day, lastOfMonth))).toISOString().slice(0, 10)
}
