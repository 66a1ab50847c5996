import { isDeepStrictEqual } from 'node:util'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'

/** Counters that merely grew are told at most this often: a busy scanner should not say everything twice. */
export const COUNTERS_EVERY: DurationMs = 1 * SECOND

export interface HealthTeller {
  /** Looks again; tells a change of state at once. */
  look(): void
  close(): void
}

export function tellHealth(read: () => DeviceHealth, timers: Timers, tell: (health: DeviceHealth, change: 'state' | 'counters') => void): HealthTeller {
  let told = read()
  let cancel: (() => void) | undefined
  const stop = () => {
    cancel?.()
    cancel = undefined
  }
  const tellNow = (change: 'state' | 'counters') => {
    stop()
    told = read()
    tell(told, change)
  }
  return {
    look() {
      const now = read()
      if (now.state !== told.state || now.code !== told.code || now.detail !== told.detail) tellNow('state')
      else if (!cancel && !isDeepStrictEqual(now.counters, told.counters)) cancel = timers.after(COUNTERS_EVERY, () => tellNow('counters'))
    },
    close: stop,
  }
}
