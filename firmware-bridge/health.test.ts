import { beforeEach, expect, it, vi } from 'vitest'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { COUNTERS_EVERY, tellHealth } from './health.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

it('tells a change of state at once, and counters now and then', () => {
  let now: DeviceHealth = { device: 'scanner-1', kind: 'scanner', state: 'absent', code: 'device.absent', counters: { scans: 0 } }
  const told: [string, DeviceHealth][] = []
  const teller = tellHealth(
    () => now,
    systemTimers,
    (health, change) => told.push([change, health]),
  )
  teller.look()
  expect(told).toEqual([])

  now = { device: 'scanner-1', kind: 'scanner', state: 'ready', counters: { scans: 0 } }
  teller.look()
  expect(told).toEqual([['state', now]])

  for (let scans = 1; scans <= 100; scans++) {
    now = { ...now, counters: { scans } }
    teller.look()
  }
  vi.advanceTimersByTime(COUNTERS_EVERY)
  expect(told.slice(1)).toEqual([['counters', now]])

  now = { ...now, counters: { scans: 101 } }
  teller.look()
  teller.close()
  vi.advanceTimersByTime(10 * COUNTERS_EVERY)
  expect(told).toHaveLength(2)
})
