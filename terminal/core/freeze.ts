import { SECOND, type DurationMs } from '#protocol/time.ts'

/**
 * Ticks come twice a second; a process that gets none for this long stood still, and so did its screen. A busy machine stalls a process for some seconds now
 * and then: what is pressed twice meanwhile is done once by its id, its request or its state, and nothing has to be thrown away.
 */
export const FROZEN_AFTER: DurationMs = 10 * SECOND
/** Once it runs again, what piled up in its sockets meanwhile is handed over within this time. */
export const THAW: DurationMs = SECOND / 10

/**
 * Tells input that was buffered while this process stood still (a machine under load, a suspended one, a disk that hangs). Somebody who presses a key on a
 * frozen screen presses it again, and means it once.
 */
export class FreezeWatch {
  readonly #monotonic: () => DurationMs
  #tickedAt: DurationMs
  #thawedAt: DurationMs = -Infinity

  constructor(monotonic: () => DurationMs) {
    this.#monotonic = monotonic
    this.#tickedAt = monotonic()
  }

  /** To be called by a timer, more often than `FROZEN_AFTER`. */
  tick(): void {
    const now = this.#monotonic()
    if (now - this.#tickedAt > FROZEN_AFTER) this.#thawedAt = now
    this.#tickedAt = now
  }

  /** What arrives now may have been pressed while nothing moved. */
  get isStale(): boolean {
    const now = this.#monotonic()
    return now - this.#tickedAt > FROZEN_AFTER || now - this.#thawedAt < THAW
  }
}
