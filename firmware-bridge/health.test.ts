import { beforeEach, expect, it, vi } from 'vitest'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { COUNTERS_EVERY, rememberError, tellHealth } from './health.ts'

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

it('remembers what was wrong, and when, after the device recovered', () => {
  const counters = {}
  let now: ReturnType<Parameters<typeof rememberError>[0]> = { device: 'printer-1', kind: 'printer', state: 'ready', counters, down: false }
  let time = 1000
  const health = rememberError(() => now, { now: () => time, monotonic: () => time })
  expect(health()).toEqual({ device: 'printer-1', kind: 'printer', state: 'ready', counters })

  now = { ...now, state: 'fault', code: 'device.paper_out', detail: 'paper out' }
  const lastError = { code: 'device.paper_out', detail: 'paper out', at: 1000 }
  expect(health()).toMatchObject({ state: 'fault', lastError })
  time = 2000
  expect(health(), 'still the same').toMatchObject({ lastError })

  now = { device: 'printer-1', kind: 'printer', state: 'absent', code: 'device.absent', detail: 'has not answered yet', counters, down: false }
  expect(health(), 'an open line that has yet to answer is no error').toMatchObject({ state: 'absent', lastError })
  now = { device: 'printer-1', kind: 'printer', state: 'ready', counters, down: false }
  expect(health()).toEqual({ device: 'printer-1', kind: 'printer', state: 'ready', counters, lastError })

  now = { device: 'printer-1', kind: 'printer', state: 'absent', code: 'device.absent', detail: 'unplugged', counters, down: true }
  expect(health()).toMatchObject({ lastError: { code: 'device.absent', detail: 'unplugged', at: 2000 } })
})
