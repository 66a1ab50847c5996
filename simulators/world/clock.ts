import type { Clock, DurationMs, EpochMs, Timers } from '#protocol/time.ts'

type Event = { at: DurationMs; readonly order: number; readonly run: () => void; cancelled: boolean }

/**
 * True time, and what is going to happen in it. Two things of one moment happen in the order in which they were asked for, so that a
 * world is the same world every time.
 */
export class Scheduler {
  /** A heap: `events[0]` is the next. */
  readonly #events: Event[] = []
  #now: DurationMs = 0
  #slept: DurationMs = 0
  #order = 0

  /** Milliseconds since the world began. */
  get now(): DurationMs {
    return this.#now
  }

  /** In how much of it everything slept. */
  get slept(): DurationMs {
    return this.#slept
  }

  /** The rest of it. */
  get awake(): DurationMs {
    return this.#now - this.#slept
  }

  after(delay: DurationMs, run: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, delay), order: this.#order++, run, cancelled: false }
    this.#push(event)
    return () => {
      event.cancelled = true
    }
  }

  /** Lets the next thing happen that is due by `until`. When there is none, it is `until` now, and the answer is false. */
  next(until: DurationMs): boolean {
    for (;;) {
      const [event] = this.#events
      if (event === undefined || event.at > until) {
        this.#now = Math.max(this.#now, until)
        return false
      }
      this.#pop()
      if (event.cancelled) continue
      this.#now = event.at
      event.run()
      return true
    }
  }

  /** Everything sleeps, and when it wakes it is that much later. */
  sleep(duration: DurationMs): void {
    this.#now += duration
    this.#slept += duration
    for (const event of this.#events) event.at += duration
  }

  #push(event: Event): void {
    const heap = this.#events
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const up = (at - 1) >> 1
      const above = heap[up]
      if (above === undefined || !earlier(event, above)) break
      heap[at] = above
      heap[up] = event
      at = up
    }
  }

  #pop(): void {
    const heap = this.#events
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      const right = heap[down + 1]
      let below = heap[down]
      if (below === undefined) break
      if (right !== undefined && earlier(right, below)) {
        below = right
        down += 1
      }
      if (!earlier(below, last)) break
      heap[at] = below
      at = down
    }
    heap[at] = last
  }
}

const earlier = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** When the worlds begin: any moment well inside the lives of keys and credentials. */
export const WORLD_BEGINS: EpochMs = 1_800_000_000_000

/** Between two looks at its clock a machine has worked a little: code that takes two looks for one moment should notice. */
const WORK: DurationMs = 0.6

/** The clock of one machine: its wall clock can be wrong and can be set, its monotonic clock begins when it starts and stands still while it sleeps. */
export class MachineClock implements Clock {
  readonly #scheduler: Scheduler
  #wrongBy: DurationMs = 0
  /** It was set wrong at some time. */
  wasWrong = false
  #startedAt: DurationMs = 0
  #seen: DurationMs = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  now(): EpochMs {
    return Math.floor(WORLD_BEGINS + this.#look() + this.#wrongBy)
  }

  monotonic(): DurationMs {
    return this.#look() - this.#scheduler.slept - this.#startedAt
  }

  /** Somebody, or a worn battery, sets the wall clock. Milliseconds ahead of true time. */
  setWrongBy(wrongBy: DurationMs): void {
    this.#wrongBy = wrongBy
    this.wasWrong ||= wrongBy !== 0
  }

  restart(): void {
    this.#startedAt = this.#look() - this.#scheduler.slept
  }

  #look(): DurationMs {
    this.#seen = Math.max(this.#seen + WORK, this.#scheduler.now)
    return this.#seen
  }
}

/** The timers of one process: none of them fires once it is gone. `run` is how the process is entered. */
export class ProcessTimers implements Timers {
  readonly #scheduler: Scheduler
  readonly #run: (action: () => void) => void
  #alive = true

  constructor(scheduler: Scheduler, run: (action: () => void) => void) {
    this.#scheduler = scheduler
    this.#run = run
  }

  after(delay: DurationMs, run: () => void): () => void {
    return this.#scheduler.after(delay, () => {
      if (this.#alive) this.#run(run)
    })
  }

  stop(): void {
    this.#alive = false
  }
}
