import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import { TillClock, type KeptTime } from './till-clock.ts'

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

  it('is in doubt from the moment in which the machine wakes, and not only from the next look', () => {
    const { state, clock } = machine(T)
    const till = new TillClock(clock, 0, 0)
    state.now += 8 * DAY
    expect(till.doubtful).toBe(true)
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

describe('a machine’s clock that jumps', () => {
  it('is tolerated two seconds back, and puts time in doubt beyond that, until the hub speaks', () => {
    const { state, clock } = machine(T)
    const till = new TillClock(clock, 0, T - HOUR)
    state.now -= 2 * SECOND
    expect(till.watch()).toBeUndefined()
    state.now -= MINUTE
    expect(till.watch()).toBe(-62 * SECOND)
    expect([till.doubtful, till.now()]).toEqual([true, T])
    expect(till.watch()).toBeUndefined()
    till.onHubTime(T + 1)
    expect(till.doubtful).toBe(false)
  })

  it('forward puts time in doubt, and a restart does not forget it', () => {
    const { state, clock } = machine(T)
    const till = new TillClock(clock, 0, T - HOUR)
    state.now += DAY
    expect(till.watch()).toBe(DAY)
    expect(till.due()).toMatchObject({ doubtful: true })
    expect(new TillClock(clock, 0, T - HOUR, till.due()).doubtful).toBe(true)
  })

  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('run' as const), ms: fc.integer({ min: 0, max: 3 * HOUR }) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('jump' as const), ms: fc.integer({ min: -30 * DAY, max: 30 * DAY }) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('nudge' as const), ms: fc.integer({ min: -5000, max: 5000 }) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('restart' as const), ms: fc.integer({ min: 0, max: 2 * DAY }) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('hub' as const, 'old ack' as const, 'entry' as const), ms: fc.integer({ min: 1, max: DAY }) }) },
  )

  /** What a till does around its clock: it watches and stores twice a second. True time is counted beside it, by somebody whose clock nobody can set. */
  class Observed {
    readonly #state = { now: T, monotonic: 0 }
    readonly #clock = { now: () => this.#state.now, monotonic: () => this.#state.monotonic }
    #stored: { kept: KeptTime | undefined; hubTime: number; entryAt: number } = { kept: undefined, hubTime: T, entryAt: 0 }
    /** True time, and how long this till has run since the hub was heard. */
    #true = T
    #ran = 0
    till = new TillClock(this.#clock, 0, T)

    run(ms: number): void {
      for (let left = ms; left > 0; left -= 20 * SECOND) {
        const step = Math.min(left, 20 * SECOND)
        this.#state.now += step
        this.#state.monotonic += step
        this.#true += step
        this.#ran += step
        this.tick()
      }
    }
    tick(): void {
      this.till.watch()
      const due = this.till.due()
      if (due === undefined) return
      this.#stored = { ...this.#stored, kept: due }
      this.till.kept(due)
    }
    jump(ms: number): void {
      this.#state.now += ms
    }
    restart(off: number): void {
      this.#true += off
      this.#state.now += off
      this.#state.monotonic = 0
      this.till = new TillClock(this.#clock, this.#stored.entryAt, this.#stored.hubTime, this.#stored.kept)
    }
    hub(): void {
      this.till.onHubTime(this.#true)
      if (this.till.lastHubTime !== this.#true) return
      this.#stored = { ...this.#stored, hubTime: this.#true }
      this.#ran = 0
    }
    oldAck(age: number): void {
      this.till.onHubTime(this.till.lastHubTime - age)
    }
    entry(): void {
      this.#stored = { ...this.#stored, entryAt: this.till.now() }
    }
    get ran(): number {
      return this.#ran
    }
  }

  it('never makes the time without the hub look shorter than this till has run, whatever else happens', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const seen = new Observed()
        for (const { type, ms } of acts) {
          if (type === 'run') seen.run(ms)
          else if (type === 'restart') seen.restart(ms)
          else if (type === 'hub') seen.hub()
          else if (type === 'old ack') seen.oldAck(ms)
          else if (type === 'entry') seen.entry()
          else seen.jump(ms)
          expect(seen.till.offlineFor()).toBeGreaterThanOrEqual(seen.ran)
          if (type !== 'jump') continue
          seen.tick()
          const [back, forward] = [ms < -2 * SECOND, ms > 2 * MINUTE]
          if (back || forward) expect(seen.till.doubtful).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })
})
