import type { DurationMs } from '#protocol/time.ts'

/** Input older than this when it is delivered was made at a screen that stood still. */
export const STALE_AFTER: DurationMs = 1000
/** Beyond this the two clocks disagree rather than the screen having stood still; then input is believed. */
export const IMPLAUSIBLE_AFTER: DurationMs = 60_000

/**
 * Presses that piled up while the screen was frozen are thrown away: the person pressed again and again at what they no longer see,
 * and one of those presses may take a payment. Both arguments in ms of the same steady clock (`performance.now()`, `event.timeStamp`).
 */
export function isStale(now: DurationMs, madeAt: DurationMs): boolean {
  const age = now - madeAt
  return age > STALE_AFTER && age < IMPLAUSIBLE_AFTER
}
