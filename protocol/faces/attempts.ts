import { MINUTE, SECOND, type DurationMs } from '../time.ts'

/**
 * Who fails waits, longer each time, and after a few times is not asked any more for a while: counted for each person who is claimed to be there (1:1) and for
 * each kiosk (1:N). Times are of a monotonic clock.
 */
export type Attempts = { readonly failures: number; readonly lastFailure: DurationMs }
export const noAttempts: Attempts = { failures: 0, lastFailure: Number.NEGATIVE_INFINITY }

export type AttemptRules = {
  /** Failures that cost nothing but trying again: light, glasses, a bad angle. */
  readonly free: number
  /** After the first that does; doubled by each further one. */
  readonly pause: DurationMs
  /** So many, and nothing is asked for `lockFor`. */
  readonly lockAfter: number
  readonly lockFor: DurationMs
  /** So long after the last failure they are forgotten. */
  readonly forgetAfter: DurationMs
}
export const personRules: AttemptRules = { free: 2, pause: 5 * SECOND, lockAfter: 6, lockFor: 30 * MINUTE, forgetAfter: 60 * MINUTE }
/** Many people stand before a kiosk, one after the other: strangers to it are no attack yet. */
export const kioskRules: AttemptRules = { free: 10, pause: 2 * SECOND, lockAfter: 30, lockFor: 5 * MINUTE, forgetAfter: 5 * MINUTE }

/** How long until the next attempt is looked at; 0 for now. */
export function waitBefore({ failures, lastFailure }: Attempts, rules: AttemptRules, now: DurationMs): DurationMs {
  const since = now - lastFailure
  if (failures <= rules.free || since >= rules.forgetAfter) return 0
  const pause = failures >= rules.lockAfter ? rules.lockFor : Math.min(rules.lockFor, rules.pause * 2 ** (failures - rules.free - 1))
  return Math.max(0, pause - since)
}

/** After an attempt that was looked at. A success forgives: it was the person. */
export function afterAttempt(attempts: Attempts, succeeded: boolean, rules: AttemptRules, now: DurationMs): Attempts {
  if (succeeded) return noAttempts
  const isForgotten = now - attempts.lastFailure >= rules.forgetAfter
  return { failures: isForgotten ? 1 : attempts.failures + 1, lastFailure: now }
}
