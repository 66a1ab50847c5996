import { isDeepStrictEqual } from 'node:util'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { SECOND, type Clock, type DurationMs, type Timers } from '#protocol/time.ts'

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

type Read = () => DeviceHealth & {
  /** Its line could not be opened, or was lost. A device that is being opened for the first time, or has yet to answer, has no error. */
  readonly down: boolean
}

/** Adds to a device's health the last time that it was not ready, so that an engineer who comes later still sees what it was. */
export function rememberError(read: Read, clock: Clock): () => DeviceHealth {
  let last: DeviceHealth['lastError']
  return () => {
    const { down, ...health } = read()
    const { state, code, detail } = health
    const isError = state === 'fault' || (state === 'absent' && down)
    if (!isError || code === undefined) return last ? { ...health, lastError: last } : health
    if (code !== last?.code || detail !== last.detail) last = { code, ...(detail === undefined ? {} : { detail }), at: clock.now() }
    return { ...health, lastError: last }
  }
}
