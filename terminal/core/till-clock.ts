import { MINUTE, SECOND, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { parseRecord, type TillStore } from './store.ts'

/** A real-time clock may be this far behind the newest entry before it is in doubt. */
export const BACKWARD_TOLERANCE: DurationMs = 2 * SECOND
/** Between till and hub: more than this is worth an entry and a word. */
export const DRIFT_TOLERANCE: DurationMs = 2 * MINUTE

/** How often what this clock knows is stored: a till that is switched off loses no more than that. */
const KEEP_EVERY: DurationMs = MINUTE
/** How much longer a till may have run than what was stored last says: it is counted in at each start, or many short runs would add up to nothing. */
const NOT_KEPT: DurationMs = KEEP_EVERY + 2 * SECOND

/** What has to outlive a stop. `unheard`: `offlineFor` at `at`. */
export type KeptTime = { readonly at: EpochMs; readonly hubTime: EpochMs; readonly unheard: DurationMs; readonly doubtful: boolean }

export const RECORD_CLOCK = 'clock'

export function keptTime(store: Pick<TillStore, 'records'>): KeptTime | undefined {
  const text = store.records(RECORD_CLOCK).get(RECORD_CLOCK)
  return text === undefined ? undefined : parseRecord<KeptTime>(text)
}

/**
 * Time on a till: the last hub-signed time plus a monotonic clock. Before the hub has spoken since this start, the later of the machine's
 * clock, the newest entry and what was stored last; if the machine's clock is behind those, it is in doubt and nothing is accepted offline. So it is after
 * a jump of the machine's clock, either way, until the hub has spoken: no setting of that clock, and no restart, makes a limit wider.
 */
export class TillClock {
  readonly #clock: Clock
  #base: EpochMs
  #baseMonotonic: DurationMs
  #baseMachine: EpochMs
  #doubtful: boolean
  #lastHubTime: EpochMs
  /** It is at least so long since the hub was heard, at `#unheardSince` (monotonic). */
  #unheard: DurationMs
  #unheardSince: DurationMs
  #kept: KeptTime | undefined

  /** `lastEntryAt` and `lastHubTime`: as stored, 0 if there is none. */
  constructor(clock: Clock, lastEntryAt: EpochMs, lastHubTime: EpochMs, kept?: KeptTime) {
    const machine = clock.now()
    const floor = Math.max(lastEntryAt, lastHubTime, kept?.at ?? 0)
    this.#clock = clock
    this.#base = Math.max(machine, floor)
    this.#baseMonotonic = clock.monotonic()
    this.#baseMachine = machine
    this.#doubtful = machine < floor - BACKWARD_TOLERANCE || kept?.doubtful === true
    this.#lastHubTime = lastHubTime
    this.#kept = kept
    this.#unheard = kept === undefined ? 0 : (kept.hubTime === lastHubTime ? kept.unheard : 0) + NOT_KEPT
    this.#unheardSince = this.#baseMonotonic
  }

  now(): EpochMs {
    return Math.floor(this.#base + (this.#clock.monotonic() - this.#baseMonotonic))
  }

  /** Also between the machine's waking and the next `watch`: a code that is scanned in that moment must not find the clock trusted. */
  get doubtful(): boolean {
    return this.#doubtful || this.#ahead() > DRIFT_TOLERANCE
  }

  get lastHubTime(): EpochMs {
    return this.#lastHubTime
  }

  /**
   * To be called now and then. A monotonic clock stands still while a machine sleeps; if the machine's own clock has run far ahead of it, this one follows,
   * and is in doubt until the hub has spoken: it may have slept, or somebody may have set it. Nor is a machine's clock set back for nothing: this one runs on,
   * in doubt. Answers by how much it was ahead, negative if it was set back, when that is more than a clock's drift.
   */
  watch(): DurationMs | undefined {
    const ahead = this.#ahead()
    if (ahead <= DRIFT_TOLERANCE && ahead >= -BACKWARD_TOLERANCE) return undefined
    this.#base = this.now() + Math.max(0, ahead)
    this.#baseMonotonic = this.#clock.monotonic()
    this.#baseMachine = this.#clock.now()
    this.#doubtful = true
    return ahead
  }

  /** By how much the machine's clock has run ahead of its monotonic one. */
  #ahead(): DurationMs {
    return this.#clock.now() - this.#baseMachine - (this.#clock.monotonic() - this.#baseMonotonic)
  }

  /** How long nothing hub-signed was heard. Infinite for a till that never heard anything. */
  offlineFor(): DurationMs {
    return this.#lastHubTime === 0 ? Infinity : Math.max(0, this.now() - this.#lastHubTime, this.#unheard + this.#clock.monotonic() - this.#unheardSince)
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
    this.#unheard = 0
    this.#unheardSince = this.#baseMonotonic
    return Math.abs(wrongBy) > DRIFT_TOLERANCE ? wrongBy : undefined
  }

  /** What is to be stored now, if anything; `kept` when it is. A doubt and its end are worth storing at once, everything else once a minute. */
  due(): KeptTime | undefined {
    const last = this.#kept
    const [at, hubTime, doubtful] = [this.now(), this.#lastHubTime, this.#doubtful]
    if (last !== undefined && last.doubtful === doubtful && Math.abs(at - last.at) < KEEP_EVERY) return undefined
    return { at, hubTime, unheard: hubTime === 0 ? 0 : this.offlineFor(), doubtful }
  }

  kept(time: KeptTime): void {
    this.#kept = time
  }
}
