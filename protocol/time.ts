/**
 * Time is an argument. Records carry milliseconds since 1970-01-01T00:00:00Z; durations come from a monotonic clock.
 * The real clock and timers live in `protocol/node/clock.ts`, the virtual ones in `simulators/world`.
 */
export type EpochMs = number & { readonly __unit?: 'ms since 1970 UTC' }
export type DurationMs = number & { readonly __unit?: 'ms' }

export interface Clock {
  /** Wall clock; may jump either way. */
  now(): EpochMs
  /** Never goes back; its zero means nothing. */
  monotonic(): DurationMs
}

export interface Timers {
  /** Calls `run` once after `delay`. The returned function cancels it. */
  after(delay: DurationMs, run: () => void): () => void
}

export const SECOND: DurationMs = 1000
export const MINUTE: DurationMs = 60 * SECOND
export const HOUR: DurationMs = 60 * MINUTE
export const DAY: DurationMs = 24 * HOUR
