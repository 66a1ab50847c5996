import type { Clock, Timers } from '../time.ts'

/** The one place of the servers where real time comes in. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

export const systemTimers: Timers = {
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}
