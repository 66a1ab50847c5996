import type { DurationMs, EpochMs } from '#protocol/time.ts'
import { DAY, HOUR } from '#protocol/time.ts'

/** How long after a payment it is known whether it was fraud: complaints come late, and a model may not know what a person could not. */
export const LABEL_DELAY: DurationMs = 7 * DAY
export const WINDOWS: readonly DurationMs[] = [DAY, 7 * DAY, 30 * DAY]

/** A payment in a history: its columns lie side by side. */
const TIME = 0
const AMOUNT = 1
/** Against what the card's holder usually pays; the same number in the terminal's history. */
const RATIO = 2
/** 0 legitimate, 1 fraud, or not known yet. */
const LABEL = 3
/** Of the other side: which terminal a card was at, which card a terminal saw. */
const OTHER = 4
/** Which payment it is: labels come for that, wherever it lies by then. */
const ID = 5
const COLUMNS = 6

const UNKNOWN = -1

const SMALLEST = 8
/** Of one key the last so many payments are remembered; a busier one is judged by these. */
export const MOST_REMEMBERED = 512
/** Larger amounts count as this in sums of squares, which stay whole numbers below 2^53: the order of additions then changes nothing. */
const WINSORISED = 2 ** 20
/** Beyond so many confirmed payments the old ones count half: habits change, and sums stay exact. */
const HALVED_AT = 4096

export type SavedHistory = { readonly rows: Float64Array; readonly counters: readonly number[]; readonly windows: readonly (readonly number[])[] }

/** Ratios are against what the card usually pays, ages in days, −1 for never. */
export type Lately = {
  largest1: number
  largest3: number
  largest7: number
  largest14: number
  large: number
  sinceLarge: number
  firstLarge: number
  last: number
  meanOfThree: number
  most: number
  same: number
  sameToday: number
  hourly: number
  today: number
}

export type KnownFrauds = {
  frauds: number
  plain: number
  firstPlain: number
  lastPlain: number
  smallest: number
  smallestRatio: number
  meanRatio3: number
  largestRatio3: number
  large7: number
}

/** Sums over payments, in whole minor units: exact, whatever the order. */
export type Sums = { count: number; sum: number; squares: number }

/**
 * What one key (a card, a terminal, a store, a device) did lately, in order of event time: a ring of its last payments, windows that move along it, and the same
 * windows a label delay earlier, where it is known what was fraud. Adding a payment costs the same whatever lies in it.
 */
export class History {
  #rows = new Float64Array(SMALLEST * COLUMNS)
  #capacity = SMALLEST
  /** Places are counted from the first payment ever. */
  #first = 0
  #next = 0
  #confirmed = 0
  /** How far the windows were moved. */
  #now: EpochMs = 0
  readonly #recentFrom = [0, 0, 0]
  readonly recentSum = [0, 0, 0]
  recentSquares = 0
  readonly #delayedFrom = [0, 0, 0]
  readonly delayedFrauds = [0, 0, 0]
  /** Confirmed legitimate payments, all of them. */
  readonly legitimate: Sums = { count: 0, sum: 0, squares: 0 }
  /** Confirmed frauds without a legitimate payment between them, up to the last that is confirmed. */
  run = 0
  runBegan: EpochMs = 0
  lastFraud: EpochMs = 0
  lastLegitimate: EpochMs = 0
  legitimateSince = 0
  frauds = 0

  /** Everything, for a snapshot: `load` makes the same history of it, bit by bit. */
  save(): SavedHistory {
    const counters = [this.#first, this.#next, this.#confirmed, this.#now, this.recentSquares, this.run, this.runBegan, this.lastFraud, this.lastLegitimate]
    const { count, sum, squares } = this.legitimate
    return {
      rows: this.#rows,
      counters: [...counters, this.legitimateSince, this.frauds, count, sum, squares],
      windows: [this.#recentFrom, this.recentSum, this.#delayedFrom, this.delayedFrauds].map((each) => [...each]),
    }
  }

  static load({ rows, counters, windows }: SavedHistory): History {
    const history = new History()
    history.#rows = Float64Array.from(rows)
    history.#capacity = rows.length / COLUMNS
    const [first = 0, next = 0, confirmed = 0, now = 0, squares = 0, run = 0, began = 0, fraud = 0, legitimate = 0, since = 0, frauds = 0, ...sums] = counters
    history.#first = first
    history.#next = next
    history.#confirmed = confirmed
    history.#now = now
    history.recentSquares = squares
    history.run = run
    history.runBegan = began
    history.lastFraud = fraud
    history.lastLegitimate = legitimate
    history.legitimateSince = since
    history.frauds = frauds
    history.legitimate.count = sums[0] ?? 0
    history.legitimate.sum = sums[1] ?? 0
    history.legitimate.squares = sums[2] ?? 0
    const kept = [history.#recentFrom, history.recentSum, history.#delayedFrom, history.delayedFrauds]
    kept.forEach((each, k) => each.splice(0, each.length, ...(windows[k] ?? [])))
    return history
  }

  get seen(): number {
    return this.#next
  }

  get lastAt(): EpochMs {
    return this.#next === this.#first ? 0 : this.#at(this.#next - 1, TIME)
  }

  recentCount(window: number): number {
    return this.#next - (this.#recentFrom[window] ?? 0)
  }

  delayedCount(window: number): number {
    return Math.max(0, this.#confirmed - (this.#delayedFrom[window] ?? 0))
  }

  /** Moves the windows to `now`: what is older than a window leaves it. `now` does not go back. */
  advance(now: EpochMs): void {
    this.#now = now
    for (let w = 0; w < 3; w++) {
      const length = WINDOWS[w] ?? 0
      let from = this.#recentFrom[w] ?? 0
      while (from < this.#next && this.#at(from, TIME) <= now - length) this.#leave(w, from++)
      this.#recentFrom[w] = from
      let late = this.#delayedFrom[w] ?? 0
      while (late < this.#confirmed && this.#at(late, TIME) <= now - LABEL_DELAY - length) this.#leaveDelayed(w, late++)
      this.#delayedFrom[w] = late
    }
  }

  /**
   * Adds a payment at its place in time, which is the end unless it comes late: an offline payment is remembered where it happened. Windows were moved to the
   * latest payment of all before.
   */
  add(at: EpochMs, amountMinor: number, ratio: number, other: number, id: number): void {
    if (this.#next - this.#first === this.#capacity) this.#makeRoom()
    let place = this.#next++
    while (place > this.#first && this.#at(place - 1, TIME) > at) {
      this.#rows.copyWithin(this.#row(place), this.#row(place - 1), this.#row(place - 1) + COLUMNS)
      place--
    }
    const row = this.#row(place)
    this.#rows[row + TIME] = at
    this.#rows[row + AMOUNT] = amountMinor
    this.#rows[row + RATIO] = ratio
    this.#rows[row + LABEL] = UNKNOWN
    this.#rows[row + OTHER] = other
    this.#rows[row + ID] = id
    for (let w = 0; w < 3; w++) this.#enter(w, place, at, amountMinor)
    if (place < this.#confirmed) this.#confirmed++
  }

  #enter(w: number, place: number, at: EpochMs, amountMinor: number): void {
    const length = WINDOWS[w] ?? 0
    if (at > this.#now - length) {
      this.recentSum[w] = (this.recentSum[w] ?? 0) + amountMinor
      if (w === 2) this.recentSquares += winsorised(amountMinor) ** 2
    } else this.#recentFrom[w] = (this.#recentFrom[w] ?? 0) + 1
    if (place < this.#confirmed && at <= this.#now - LABEL_DELAY - length) this.#delayedFrom[w] = (this.#delayedFrom[w] ?? 0) + 1
  }

  /** It is now known what payment `id` was; one that was pushed out of the ring is passed over. Labels come in the order of event time, but for late payments. */
  confirm(id: number, isFraud: boolean): void {
    let place = this.#confirmed
    if (place >= this.#next || this.#at(place, ID) !== id) {
      place = this.#placeOf(id)
      if (place < 0) return
    }
    const row = this.#row(place)
    const at = this.#rows[row + TIME] ?? 0
    this.#rows[row + LABEL] = isFraud ? 1 : 0
    if (place >= this.#confirmed) this.#confirmed = place + 1
    if (isFraud) {
      for (let w = 0; w < 3; w++) if (place >= (this.#delayedFrom[w] ?? 0)) this.delayedFrauds[w] = (this.delayedFrauds[w] ?? 0) + 1
      if (this.run++ === 0) this.runBegan = at
      this.lastFraud = at
      this.legitimateSince = 0
      this.frauds++
      return
    }
    this.run = 0
    this.lastLegitimate = at
    this.legitimateSince++
    this.#countLegitimate(this.#rows[row + AMOUNT] ?? 0)
  }

  #placeOf(id: number): number {
    for (let place = this.#next - 1; place >= this.#first; place--) if (this.#at(place, ID) === id) return place
    return -1
  }

  /**
   * As it was at `then`, from what is remembered: what happened before, and the labels that were known. For a payment that comes late, which is judged by
   * what was known when it was made.
   */
  asOf(then: EpochMs): History {
    const past = new History()
    const due: number[] = []
    for (let place = this.#first; place < this.#next; place++) {
      const row = this.#row(place)
      const at = this.#rows[row + TIME] ?? 0
      if (at >= then) break
      past.advance(at)
      past.add(at, this.#rows[row + AMOUNT] ?? 0, this.#rows[row + RATIO] ?? 0, this.#rows[row + OTHER] ?? 0, this.#rows[row + ID] ?? 0)
      if (at <= then - LABEL_DELAY && this.#rows[row + LABEL] !== UNKNOWN) due.push(row)
    }
    for (const row of due) past.confirm(this.#rows[row + ID] ?? 0, this.#rows[row + LABEL] === 1)
    past.advance(then)
    return past
  }

  /** What a card did lately, in one going over, the newest first. `place`: the terminal that it is at now. Written into `lately`, which is used again and again. */
  lookBack(now: EpochMs, place: number, large: number, lately: Lately): void {
    const rows = this.#rows
    const mask = this.#capacity - 1
    const month = now - 30 * DAY
    const [today, hour, three, week, fortnight] = [now - DAY, now - HOUR, now - 3 * DAY, now - 7 * DAY, now - 14 * DAY]
    let [seen, most, same, sameToday, sum, hourly, largeCount, last, firstThree] = [0, 0, 0, 0, 0, 0, 0, -1, 0]
    let [largest1, largest3, largest7, largest14, sinceLarge, firstLarge] = [0, 0, 0, 0, -1, -1]
    for (let at = this.#next - 1; at >= this.#first; at--) {
      const row = (at & mask) * COLUMNS
      const when = rows[row] as number
      if (when <= month) break
      const amount = rows[row + AMOUNT] as number
      const ratio = rows[row + RATIO] as number
      if (seen === 0) last = ratio
      if (seen < 3) firstThree += ratio
      seen++
      if (amount > most) most = amount
      const isSame = rows[row + OTHER] === place
      if (isSame) same++
      if (when > today) {
        sum += amount
        if (isSame) sameToday++
        if (when > hour) hourly++
        if (ratio > largest1) largest1 = ratio
      }
      if (when <= fortnight) continue
      if (when > three && ratio > largest3) largest3 = ratio
      if (when > week && ratio > largest7) largest7 = ratio
      if (ratio > largest14) largest14 = ratio
      if (ratio < large) continue
      largeCount++
      firstLarge = (now - when) / DAY
      if (sinceLarge < 0) sinceLarge = firstLarge
    }
    lately.largest1 = largest1
    lately.largest3 = largest3
    lately.largest7 = largest7
    lately.largest14 = largest14
    lately.large = largeCount
    lately.sinceLarge = sinceLarge
    lately.firstLarge = firstLarge
    lately.last = last
    lately.meanOfThree = seen === 0 ? -1 : firstThree / Math.min(seen, 3)
    lately.most = most
    lately.same = same
    lately.sameToday = sameToday
    lately.hourly = hourly
    lately.today = sum
  }

  /** What a terminal's frauds of the last 28 days were like, as far as they are known, and how large its last payments were for their cards. */
  lookBackAtFrauds(now: EpochMs, large: number, known: KnownFrauds): void {
    const rows = this.#rows
    const mask = this.#capacity - 1
    const from = now - 28 * DAY - LABEL_DELAY
    let [frauds, plain, first, last, smallest, smallestRatio] = [0, 0, -1, -1, -1, -1]
    if (this.lastFraud > from) {
      for (let at = this.#confirmed - 1; at >= this.#first; at--) {
        const row = (at & mask) * COLUMNS
        const when = rows[row] as number
        if (when <= from) break
        if (rows[row + LABEL] !== 1) continue
        const amount = rows[row + AMOUNT] as number
        const ratio = rows[row + RATIO] as number
        frauds++
        if (smallest < 0 || amount < smallest) smallest = amount
        if (smallestRatio < 0 || ratio < smallestRatio) smallestRatio = ratio
        // The amount was ordinary for that card: it is the terminal that the fraud tells of.
        if (ratio >= large) continue
        plain++
        first = (now - when) / DAY
        if (last < 0) last = first
      }
    }
    let [ratios, recent, largest, largeCount] = [0, 0, 0, 0]
    for (let at = this.#next - 1; at >= this.#first; at--) {
      const row = (at & mask) * COLUMNS
      const when = rows[row] as number
      if (when <= now - 7 * DAY) break
      const ratio = rows[row + RATIO] as number
      if (ratio >= large) largeCount++
      if (when <= now - 3 * DAY) continue
      recent++
      ratios += ratio
      if (ratio > largest) largest = ratio
    }
    known.frauds = frauds
    known.plain = plain
    known.firstPlain = first
    known.lastPlain = last
    known.smallest = smallest
    known.smallestRatio = smallestRatio
    known.meanRatio3 = recent === 0 ? -1 : ratios / recent
    known.largestRatio3 = largest
    known.large7 = largeCount
  }

  #countLegitimate(amountMinor: number): void {
    const sums = this.legitimate
    sums.count++
    sums.sum += amountMinor
    sums.squares += winsorised(amountMinor) ** 2
    if (sums.count < HALVED_AT) return
    sums.count /= 2
    sums.sum = Math.floor(sums.sum / 2)
    sums.squares = Math.floor(sums.squares / 2)
  }

  #leave(w: number, place: number): void {
    const amount = this.#at(place, AMOUNT)
    this.recentSum[w] = (this.recentSum[w] ?? 0) - amount
    if (w === 2) this.recentSquares -= winsorised(amount) ** 2
  }

  #leaveDelayed(w: number, place: number): void {
    if (this.#at(place, LABEL) === 1) this.delayedFrauds[w] = (this.delayedFrauds[w] ?? 0) - 1
  }

  /** Twice the room, or the oldest payment's. */
  #makeRoom(): void {
    if (this.#capacity < MOST_REMEMBERED) {
      const wider = new Float64Array(2 * this.#rows.length)
      for (let place = this.#first; place < this.#next; place++) {
        const row = this.#row(place)
        wider.set(this.#rows.subarray(row, row + COLUMNS), (place & (2 * this.#capacity - 1)) * COLUMNS)
      }
      this.#rows = wider
      this.#capacity *= 2
      return
    }
    const gone = this.#first
    for (let w = 0; w < 3; w++) {
      if (this.#recentFrom[w] === gone) {
        this.#leave(w, gone)
        this.#recentFrom[w] = gone + 1
      }
      if (this.#delayedFrom[w] === gone) {
        if (gone < this.#confirmed) this.#leaveDelayed(w, gone)
        this.#delayedFrom[w] = gone + 1
      }
    }
    this.#first++
    this.#confirmed = Math.max(this.#confirmed, this.#first)
  }

  #row(place: number): number {
    // The capacity is a power of two.
    return (place & (this.#capacity - 1)) * COLUMNS
  }

  #at(place: number, column: number): number {
    return this.#rows[this.#row(place) + column] ?? 0
  }
}

const winsorised = (amountMinor: number): number => Math.min(amountMinor, WINSORISED)
