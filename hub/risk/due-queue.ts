import type { EpochMs } from '#protocol/time.ts'

const COLUMNS = 4

export type Due = { at: EpochMs; card: number; terminal: number; id: number }

/** Payments whose labels are waited for, by event time: numbers in one array, since millions of small objects would make the collector of garbage stop the world. */
export class DueQueue {
  #rows: Float64Array
  #first = 0
  #length = 0

  constructor(capacity = 1024) {
    this.#rows = new Float64Array(capacity * COLUMNS)
  }

  get length(): number {
    return this.#length
  }

  /** Puts one where its time is: at the end, but for late ones. */
  add(at: EpochMs, card: number, terminal: number, id: number): void {
    if (this.#length === this.#capacity) this.#widen()
    let place = this.#length++
    while (place > 0 && (this.#rows[this.#row(place - 1)] ?? 0) > at) {
      const from = this.#row(place - 1)
      this.#rows.copyWithin(this.#row(place), from, from + COLUMNS)
      place--
    }
    this.#write(place, at, card, terminal, id)
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
    this.#first = (this.#first + 1) & (this.#capacity - 1)
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

  get #capacity(): number {
    return this.#rows.length / COLUMNS
  }

  #row(place: number): number {
    return ((this.#first + place) & (this.#capacity - 1)) * COLUMNS
  }

  #write(place: number, at: EpochMs, card: number, terminal: number, id: number): void {
    const row = this.#row(place)
    this.#rows[row] = at
    this.#rows[row + 1] = card
    this.#rows[row + 2] = terminal
    this.#rows[row + 3] = id
  }

  #widen(): void {
    const wider = new Float64Array(2 * this.#rows.length)
    wider.set(this.save())
    this.#rows = wider
    this.#first = 0
  }
}
