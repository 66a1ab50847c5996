import { MINUTE, SECOND, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** A real-time clock may be this far behind the newest entry before it is in doubt. */
export const BACKWARD_TOLERANCE: DurationMs = 2 * SECOND
/** Between till and hub: more than this is worth an entry and a word. */
export const DRIFT_TOLERANCE: DurationMs = 2 * MINUTE

/**
 * Time on a till: the last hub-signed time plus a monotonic clock. Before the hub has spoken since this start, the later of the machine's
 * clock and the newest entry; if the machine's clock is behind that entry, it is in doubt and nothing is accepted offline.
 */
export class TillClock {
  readonly #clock: Clock
  #base: EpochMs
  #baseMonotonic: DurationMs
  #baseMachine: EpochMs
  #doubtful: boolean
  #lastHubTime: EpochMs

  /** `lastEntryAt` and `lastHubTime`: as stored, 0 if there is none. */
  constructor(clock: Clock, lastEntryAt: EpochMs, lastHubTime: EpochMs) {
    const machine = clock.now()
    const floor = Math.max(lastEntryAt, lastHubTime)
    this.#clock = clock
    this.#base = Math.max(machine, floor)
    this.#baseMonotonic = clock.monotonic()
    this.#baseMachine = machine
    this.#doubtful = machine < floor - BACKWARD_TOLERANCE
    this.#lastHubTime = lastHubTime
  }

  now(): EpochMs {
    return Math.floor(this.#base + (this.#clock.monotonic() - this.#baseMonotonic))
  }

  get doubtful(): boolean {
    return this.#doubtful
  }

  get lastHubTime(): EpochMs {
    return this.#lastHubTime
  }

  /**
   * To be called now and then. A monotonic clock stands still while a machine sleeps; if the machine's own clock has run far ahead of it, this one follows,
   * and is in doubt until the hub has spoken: it may have slept, or somebody may have set it. Answers by how much, when it had to.
   */
  watch(): DurationMs | undefined {
    const ahead = this.#clock.now() - this.#baseMachine - (this.#clock.monotonic() - this.#baseMonotonic)
    if (ahead <= DRIFT_TOLERANCE) return undefined
    this.#base = this.now() + ahead
    this.#baseMonotonic = this.#clock.monotonic()
    this.#baseMachine = this.#clock.now()
    this.#doubtful = true
    return ahead
  }

  /** How long nothing hub-signed was heard. Infinite for a till that never heard anything. */
  offlineFor(): DurationMs {
    return this.#lastHubTime === 0 ? Infinity : Math.max(0, this.now() - this.#lastHubTime)
  }

  /**
   * Takes a hub-signed time that arrived just now. An older one than the last is ignored: acknowledgements may arrive late or twice.
   * Answers by how much this clock was wrong (positive: it was ahead) when that is worth telling, else undefined.
   */
  onHubTime(hubTime: EpochMs): DurationMs | undefined {
    if (hubTime <= this.#lastHubTime) return undefined
    const wrongBy = this.now() - hubTime
    this.#lastHubTime = hubTime
    this.#base = hubTime
    this.#baseMonotonic = this.#clock.monotonic()
    this.#baseMachine = this.#clock.now()
    this.#doubtful = false
    return Math.abs(wrongBy) > DRIFT_TOLERANCE ? wrongBy : undefined
  }
}
