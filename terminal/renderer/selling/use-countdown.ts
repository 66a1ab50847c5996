import { useEffect, useState } from 'react'
import { SECOND, type EpochMs, type Timers } from '#protocol/time.ts'

/**
 * Whole seconds from a till's `since` to its `until`. The till's clock and this screen's need not agree, so the way is what the till says,
 * and `now` (this screen's, when it began to count) only shortens it, for a page that was loaded in the middle.
 */
export const secondsLeft = (since: EpochMs, until: EpochMs, now: EpochMs): number =>
  Math.ceil(Math.max(0, Math.min(until - since, now <= until ? until - now : until - since)) / SECOND)

/** Counts down once a second, and stays at 0. */
export function useCountdown(timers: Timers, since: EpochMs, until: EpochMs, now: EpochMs): number {
  const [left, setLeft] = useState(() => secondsLeft(since, until, now))
  useEffect(() => (left === 0 ? undefined : timers.after(SECOND, () => setLeft(left - 1))), [left, timers])
  return left
}
