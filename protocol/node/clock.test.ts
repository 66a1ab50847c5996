import { expect, test } from 'vitest'
import { systemClock, systemTimers } from './clock.ts'

test('the monotonic clock never goes back, and both count milliseconds', async () => {
  const wall = systemClock.now()
  const from = systemClock.monotonic()
  await new Promise<void>((done) => void systemTimers.after(20, done))
  const passed = systemClock.monotonic() - from
  expect(passed).toBeGreaterThanOrEqual(19)
  expect(passed).toBeLessThan(10_000)
  expect(new Date(wall).getUTCFullYear()).toBeGreaterThanOrEqual(2024)
})

test('a cancelled timer does not fire, even when cancelled twice', async () => {
  let fired = false
  const cancel = systemTimers.after(1, () => (fired = true))
  cancel()
  cancel()
  await new Promise<void>((done) => void systemTimers.after(15, done))
  expect(fired).toBe(false)
})
