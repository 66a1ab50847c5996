import type { EpochMs } from '#protocol/time.ts'

const COLUMNS = 4

export type Due = { at: EpochMs; card: number; terminal: number; id: number }

/** Payments whose labels are waited for, by event time: numbers in one array, since millions of small objects would make the collector of garbage stop the world. */
export class DueQueue {
  #rows: Float64Array
  /** The capacity is a power of two. */
  #mask: number
  #first = 0
  #length = 0

  constructor(capacity = 1024) {
    this.#rows = new Float64Array(capacity * COLUMNS)
    this.#mask = capacity - 1
  }

  get length(): number {
    return this.#length
  }

  /** Puts one where its time is: at the end, but for late ones, before which all that are younger move one place on. */
  add(at: EpochMs, card: number, terminal: number, id: number): void {
    if (this.#length > this.#mask) this.#widen()
    const end = this.#row(this.#length)
    const isLate = this.#length > 0 && (this.#rows[this.#row(this.#length - 1)] as number) > at
    const row = isLate ? this.#makeRoomFor(at, end) : end
    this.#length++
    this.#write(row, at, card, terminal, id)
  }

  /** Takes the first that is not younger than `until` into `due`; false if there is none. */
  take(until: EpochMs, due: Due): boolean {
    if (this.#length === 0) return false
    const row = this.#row(0)
    const at = this.#rows[row] as number
    if (at > until) return false
    due.at = at
    due.card = this.#rows[row + 1] as number
    due.terminal = this.#rows[row + 2] as number
    due.id = this.#rows[row + 3] as number
    this.#first = (this.#first + 1) & this.#mask
    this.#length--
    return true
  }

  save(): Float64Array {
    const all = new Float64Array(this.#length * COLUMNS)
    for (let place = 0; place < this.#length; place++) all.set(this.#rows.subarray(this.#row(place), this.#row(place) + COLUMNS), place * COLUMNS)
    return all
  }

  static load(saved: Float64Array): DueQueue {
    const queue = new DueQueue()
    for (let row = 0; row < saved.length; row += COLUMNS) queue.add(saved[row] ?? 0, saved[row + 1] ?? 0, saved[row + 2] ?? 0, saved[row + 3] ?? 0)
    return queue
  }

  #row(place: number): number {
    return ((this.#first + place) & this.#mask) * COLUMNS
  }

  /** `end`: the free row behind the last. What came late may be hours late, and everything since then is behind it: it moves in one go, or three where it lies across the ring's end. */
  #makeRoomFor(at: EpochMs, end: number): number {
    let [low, high] = [0, this.#length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#rows[this.#row(middle)] as number) > at) high = middle
      else low = middle + 1
    }
    const row = this.#row(low)
    if (row <= end) this.#rows.copyWithin(row + COLUMNS, row, end)
    else {
      const last = this.#rows.length - COLUMNS
      this.#rows.copyWithin(COLUMNS, 0, end)
      this.#rows.copyWithin(0, last, last + COLUMNS)
      this.#rows.copyWithin(row + COLUMNS, row, last)
    }
    return row
  }

  #write(row: number, at: EpochMs, card: number, terminal: number, id: number): void {
    this.#rows[row] = at
    this.#rows[row + 1] = card
    this.#rows[row + 2] = terminal
    this.#rows[row + 3] = id
  }

  #widen(): void {
    const wider = new Float64Array(2 * this.#rows.length)
    wider.set(this.save())
    this.#rows = wider
    this.#mask = wider.length / COLUMNS - 1
    this.#first = 0
  }
}
