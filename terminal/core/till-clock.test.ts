import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '#protocol/time.ts'
import { TillClock } from './till-clock.ts'

const machine = (now: number) => {
  const state = { now, monotonic: 1000 }
  return { state, clock: { now: () => state.now, monotonic: () => state.monotonic } }
}
const T = 1_790_000_000_000

describe('time on a till', () => {
  it('follows the monotonic clock, whatever the machine’s clock does', () => {
    const { state, clock } = machine(T)
    const till = new TillClock(clock, 0, 0)
    state.monotonic += 5000
    state.now -= HOUR
    expect(till.now()).toBe(T + 5000)
  })

  it('is in doubt when the machine’s clock is behind the newest entry, and never goes behind it', () => {
    const till = new TillClock(machine(T - HOUR).clock, T, 0)
    expect(till.doubtful).toBe(true)
    expect(till.now()).toBe(T)
    expect(new TillClock(machine(T - 1000).clock, T, 0).doubtful).toBe(false)
  })

  it('is set by hub-signed time, and says when it was wrong', () => {
    const { clock } = machine(T + HOUR)
    const till = new TillClock(clock, 0, 0)
    expect(till.onHubTime(T)).toBe(HOUR)
    expect(till.now()).toBe(T)
    expect(till.doubtful).toBe(false)
  })

  it('ignores a hub time that is not newer: it arrived late', () => {
    const { clock } = machine(T)
    const till = new TillClock(clock, 0, T)
    expect(till.onHubTime(T - MINUTE)).toBeUndefined()
    expect(till.lastHubTime).toBe(T)
  })

  it('knows how long it heard nothing', () => {
    const { state, clock } = machine(T)
    const till = new TillClock(clock, 0, 0)
    expect(till.offlineFor()).toBe(Infinity)
    till.onHubTime(T)
    state.monotonic += HOUR
    expect(till.offlineFor()).toBe(HOUR)
  })
})
