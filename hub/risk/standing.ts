import type { TillStanding } from '#protocol/risk/lone.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'
import { LABEL_DELAY } from './history.ts'

const LOOKED_AT = 28 * DAY

/**
 * What is known of a till at `now` from its payments, which are in the order of time: those whose outcome a person could know by then, and of these the last four weeks.
 */
export function standingOf(past: readonly { readonly at: EpochMs; readonly isBad: boolean }[], now: EpochMs): TillStanding {
  let [payments, frauds, run, isRun] = [0, 0, 0, true]
  let lastFraudAt: EpochMs | undefined
  for (let k = past.length - 1; k >= 0; k--) {
    const { at, isBad } = past[k] ?? { at: 0, isBad: false }
    if (at > now - LABEL_DELAY) continue
    if (at <= now - LABEL_DELAY - LOOKED_AT) break
    payments++
    if (isBad) {
      frauds++
      lastFraudAt ??= at
      if (isRun) run++
    } else isRun = false
  }
  return { payments, frauds, run, ...(lastFraudAt === undefined ? {} : { lastFraudAt }) }
}
