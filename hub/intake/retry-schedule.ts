import { DAY, HOUR, type EpochMs } from '#protocol/time.ts'

/**
 * How long the hub waits before it asks a wallet again for the money of a captured payment: an hour, for one that is topped up at once; then ever longer,
 * past a weekend, and a week, in which most wages are paid. After the last attempt a person decides.
 */
export const retryDelays: readonly number[] = [1 * HOUR, 6 * HOUR, 1 * DAY, 3 * DAY, 7 * DAY]

/** When to try after `attempts` retries have failed, the last of them (or the capture) now. Undefined: never by itself. */
export function nextAttemptAt(attempts: number, now: EpochMs): EpochMs | undefined {
  const delay = retryDelays[attempts]
  return delay === undefined ? undefined : now + delay
}
