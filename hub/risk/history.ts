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

export type SavedHistory = { readonly rows: Float64Array; readonly counters: Float64Array }

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

/** The counters of a history lie side by side, four lines of a processor's cache: a decision about one of many thousand keys waits for nothing so much as for memory. */
const FIRST = 0
const NEXT = 1
/** Up to here it is known what was fraud. */
const CONFIRMED = 2
/** How far the windows were moved. */
const NOW = 3
const RECENT_SQUARES = 4
const RUN = 5
const RUN_BEGAN = 6
const LAST_FRAUD = 7
const LAST_LEGITIMATE = 8
const LEGITIMATE_SINCE = 9
const FRAUDS = 10
/** Confirmed legitimate payments, all of them. */
const LEGITIMATE_COUNT = 11
const LEGITIMATE_SUM = 12
const LEGITIMATE_SQUARES = 13
/** Of each window where it begins, and what is in it. Three numbers from here on, as of those below. */
const RECENT_FROM = 14
const RECENT_SUM = 17
const DELAYED_FROM = 20
const DELAYED_FRAUDS = 23
/** When the first payment of each window leaves it: until then nobody has to look at that payment. */
const RECENT_ENDS = 26
const DELAYED_ENDS = 29
const COUNTERS = 32

/**
 * What one key (a card, a terminal, a store, a device) did lately, in order of event time: a ring of its last payments, windows that move along it, and the same
 * windows a label delay earlier, where it is known what was fraud. Adding a payment costs the same whatever lies in it.
 */
export class History {
  #rows = new Float64Array(SMALLEST * COLUMNS)
  #capacity = SMALLEST
  /** Places are counted from the first payment ever. */
  readonly #counters = new Float64Array(COUNTERS)

  constructor() {
    this.#findEnds()
  }

  /** Everything, for a snapshot: `load` makes the same history of it, bit by bit. */
  save(): SavedHistory {
    return { rows: this.#rows, counters: this.#counters }
  }

  static load({ rows, counters }: SavedHistory): History {
    const history = new History()
    history.#rows = Float64Array.from(rows)
    history.#capacity = rows.length / COLUMNS
    history.#counters.set(counters)
    return history
  }

  get seen(): number {
    return this.#counters[NEXT] as number
  }

  get lastAt(): EpochMs {
    const next = this.#counters[NEXT] as number
    return next === this.#counters[FIRST] ? 0 : this.#at(next - 1, TIME)
  }

  recentCount(window: number): number {
    return (this.#counters[NEXT] as number) - (this.#counters[RECENT_FROM + window] as number)
  }

  recentSum(window: number): number {
    return this.#counters[RECENT_SUM + window] as number
  }

  /** Of the longest window. */
  get recentSquares(): number {
    return this.#counters[RECENT_SQUARES] as number
  }

  delayedCount(window: number): number {
    return Math.max(0, (this.#counters[CONFIRMED] as number) - (this.#counters[DELAYED_FROM + window] as number))
  }

  delayedFrauds(window: number): number {
    return this.#counters[DELAYED_FRAUDS + window] as number
  }

  get legitimateCount(): number {
    return this.#counters[LEGITIMATE_COUNT] as number
  }

  get legitimateSum(): number {
    return this.#counters[LEGITIMATE_SUM] as number
  }

  get legitimateSquares(): number {
    return this.#counters[LEGITIMATE_SQUARES] as number
  }

  /** Confirmed frauds without a legitimate payment between them, up to the last that is confirmed. */
  get run(): number {
    return this.#counters[RUN] as number
  }

  get runBegan(): EpochMs {
    return this.#counters[RUN_BEGAN] as number
  }

  get lastFraud(): EpochMs {
    return this.#counters[LAST_FRAUD] as number
  }

  get lastLegitimate(): EpochMs {
    return this.#counters[LAST_LEGITIMATE] as number
  }

  get legitimateSince(): number {
    return this.#counters[LEGITIMATE_SINCE] as number
  }

  get frauds(): number {
    return this.#counters[FRAUDS] as number
  }

  /**
   * Reads from where the next questions will look. Histories that are asked to do this one right after the other are fetched from memory at once, and not each when it is looked
   * into. What it answers means nothing.
   */
  fetch(): number {
    const [rows, counters] = [this.#rows, this.#counters]
    const last = ((this.seen - 1) & (this.#capacity - 1)) * COLUMNS
    return (counters[RECENT_FROM] as number) + (counters[RECENT_ENDS] as number) + (rows[last] as number)
  }

  /** Moves the windows to `now`: what is older than a window leaves it. `now` does not go back. */
  advance(now: EpochMs): void {
    const counters = this.#counters
    counters[NOW] = now
    for (let w = 0; w < 3; w++) {
      if ((counters[RECENT_ENDS + w] as number) <= now) this.#moveRecent(w, now)
      if ((counters[DELAYED_ENDS + w] as number) <= now) this.#moveDelayed(w, now)
    }
  }

  #moveRecent(w: number, now: EpochMs): void {
    const counters = this.#counters
    const until = now - (WINDOWS[w] ?? 0)
    let from = counters[RECENT_FROM + w] as number
    while (from < (counters[NEXT] as number) && this.#at(from, TIME) <= until) this.#leave(w, from++)
    counters[RECENT_FROM + w] = from
    this.#findRecentEnd(w)
  }

  #moveDelayed(w: number, now: EpochMs): void {
    const counters = this.#counters
    const until = now - LABEL_DELAY - (WINDOWS[w] ?? 0)
    let from = counters[DELAYED_FROM + w] as number
    while (from < (counters[CONFIRMED] as number) && this.#at(from, TIME) <= until) this.#leaveDelayed(w, from++)
    counters[DELAYED_FROM + w] = from
    this.#findDelayedEnd(w)
  }

  #findRecentEnd(w: number): void {
    const counters = this.#counters
    const from = counters[RECENT_FROM + w] as number
    counters[RECENT_ENDS + w] = from < (counters[NEXT] as number) ? this.#at(from, TIME) + (WINDOWS[w] ?? 0) : Infinity
  }

  #findDelayedEnd(w: number): void {
    const counters = this.#counters
    const from = counters[DELAYED_FROM + w] as number
    counters[DELAYED_ENDS + w] = from < (counters[CONFIRMED] as number) ? this.#at(from, TIME) + LABEL_DELAY + (WINDOWS[w] ?? 0) : Infinity
  }

  #findEnds(): void {
    for (let w = 0; w < 3; w++) {
      this.#findRecentEnd(w)
      this.#findDelayedEnd(w)
    }
  }

  /**
   * Adds a payment at its place in time, which is the end unless it comes late: an offline payment is remembered where it happened. Windows were moved to the
   * latest payment of all before.
   */
  add(at: EpochMs, amountMinor: number, ratio: number, other: number, id: number): void {
    const counters = this.#counters
    if ((counters[NEXT] as number) - (counters[FIRST] as number) === this.#capacity) this.#makeRoom()
    const last = counters[NEXT] as number
    counters[NEXT] = last + 1
    let place = last
    while (place > (counters[FIRST] as number) && this.#at(place - 1, TIME) > at) {
      this.#rows.copyWithin(this.#row(place), this.#row(place - 1), this.#row(place - 1) + COLUMNS)
      place--
    }
    const rows = this.#rows
    const row = this.#row(place)
    rows[row + TIME] = at
    rows[row + AMOUNT] = amountMinor
    rows[row + RATIO] = ratio
    rows[row + LABEL] = UNKNOWN
    rows[row + OTHER] = other
    rows[row + ID] = id
    for (let w = 0; w < 3; w++) this.#enter(w, place, at, amountMinor)
    if (place < (counters[CONFIRMED] as number)) counters[CONFIRMED] = (counters[CONFIRMED] as number) + 1
    if (place !== last) this.#findEnds()
  }

  #enter(w: number, place: number, at: EpochMs, amountMinor: number): void {
    const counters = this.#counters
    const length = WINDOWS[w] ?? 0
    if (at > (counters[NOW] as number) - length) {
      counters[RECENT_SUM + w] = (counters[RECENT_SUM + w] as number) + amountMinor
      if (counters[RECENT_ENDS + w] === Infinity) counters[RECENT_ENDS + w] = at + length
      if (w === 2) counters[RECENT_SQUARES] = (counters[RECENT_SQUARES] as number) + winsorised(amountMinor) ** 2
    } else counters[RECENT_FROM + w] = (counters[RECENT_FROM + w] as number) + 1
    if (place < (counters[CONFIRMED] as number) && at <= (counters[NOW] as number) - LABEL_DELAY - length) {
      counters[DELAYED_FROM + w] = (counters[DELAYED_FROM + w] as number) + 1
    }
  }

  /** It is now known what payment `id` was; one that was pushed out of the ring is passed over. Labels come in the order of event time, but for late payments. */
  confirm(id: number, isFraud: boolean): void {
    const counters = this.#counters
    const confirmed = counters[CONFIRMED] as number
    let place = confirmed
    if (place >= (counters[NEXT] as number) || this.#at(place, ID) !== id) {
      place = this.#placeOf(id)
      if (place < 0) return
    }
    const row = this.#row(place)
    const at = this.#rows[row + TIME] as number
    this.#rows[row + LABEL] = isFraud ? 1 : 0
    if (place >= confirmed) {
      counters[CONFIRMED] = place + 1
      for (let w = 0; w < 3; w++) if ((counters[DELAYED_ENDS + w] as number) === Infinity) this.#findDelayedEnd(w)
    }
    if (isFraud) {
      for (let w = 0; w < 3; w++) {
        if (place >= (counters[DELAYED_FROM + w] as number)) counters[DELAYED_FRAUDS + w] = (counters[DELAYED_FRAUDS + w] as number) + 1
      }
      if (counters[RUN] === 0) counters[RUN_BEGAN] = at
      counters[RUN] = (counters[RUN] as number) + 1
      counters[LAST_FRAUD] = at
      counters[LEGITIMATE_SINCE] = 0
      counters[FRAUDS] = (counters[FRAUDS] as number) + 1
      return
    }
    counters[RUN] = 0
    counters[LAST_LEGITIMATE] = at
    counters[LEGITIMATE_SINCE] = (counters[LEGITIMATE_SINCE] as number) + 1
    this.#countLegitimate(this.#rows[row + AMOUNT] as number)
  }

  #placeOf(id: number): number {
    for (let place = this.seen - 1; place >= (this.#counters[FIRST] as number); place--) if (this.#at(place, ID) === id) return place
    return -1
  }

  /**
   * As it was at `then`, from what is remembered: what happened before, and the labels that were known. For a payment that comes late, which is judged by
   * what was known when it was made.
   */
  asOf(then: EpochMs): History {
    const past = new History()
    const due: number[] = []
    for (let place = this.#counters[FIRST] as number; place < this.seen; place++) {
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
    const first = this.#counters[FIRST] as number
    let [seen, most, same, sameToday, sum, hourly, largeCount, last, firstThree] = [0, 0, 0, 0, 0, 0, 0, -1, 0]
    let [largest1, largest3, largest7, largest14, sinceLarge, firstLarge] = [0, 0, 0, 0, -1, -1]
    for (let at = this.seen - 1; at >= first; at--) {
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
    const first = this.#counters[FIRST] as number
    let [frauds, plain, firstPlain, last, smallest, smallestRatio] = [0, 0, -1, -1, -1, -1]
    if (this.lastFraud > from) {
      for (let at = (this.#counters[CONFIRMED] as number) - 1; at >= first; at--) {
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
        firstPlain = (now - when) / DAY
        if (last < 0) last = firstPlain
      }
    }
    let [ratios, recent, largest, largeCount] = [0, 0, 0, 0]
    for (let at = this.seen - 1; at >= first; at--) {
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
    known.firstPlain = firstPlain
    known.lastPlain = last
    known.smallest = smallest
    known.smallestRatio = smallestRatio
    known.meanRatio3 = recent === 0 ? -1 : ratios / recent
    known.largestRatio3 = largest
    known.large7 = largeCount
  }

  #countLegitimate(amountMinor: number): void {
    const counters = this.#counters
    const count = (counters[LEGITIMATE_COUNT] as number) + 1
    const sum = (counters[LEGITIMATE_SUM] as number) + amountMinor
    const squares = (counters[LEGITIMATE_SQUARES] as number) + winsorised(amountMinor) ** 2
    const isLong = count >= HALVED_AT
    counters[LEGITIMATE_COUNT] = isLong ? count / 2 : count
    counters[LEGITIMATE_SUM] = isLong ? Math.floor(sum / 2) : sum
    counters[LEGITIMATE_SQUARES] = isLong ? Math.floor(squares / 2) : squares
  }

  #leave(w: number, place: number): void {
    const counters = this.#counters
    const amount = this.#at(place, AMOUNT)
    counters[RECENT_SUM + w] = (counters[RECENT_SUM + w] as number) - amount
    if (w === 2) counters[RECENT_SQUARES] = (counters[RECENT_SQUARES] as number) - winsorised(amount) ** 2
  }

  #leaveDelayed(w: number, place: number): void {
    if (this.#at(place, LABEL) === 1) this.#counters[DELAYED_FRAUDS + w] = (this.#counters[DELAYED_FRAUDS + w] as number) - 1
  }

  /** Twice the room, or the oldest payment's. */
  #makeRoom(): void {
    const counters = this.#counters
    const gone = counters[FIRST] as number
    if (this.#capacity < MOST_REMEMBERED) {
      // Nothing was forgotten so far, so the first place is the first row.
      const wider = new Float64Array(2 * this.#rows.length)
      wider.set(this.#rows)
      this.#rows = wider
      this.#capacity *= 2
      return
    }
    for (let w = 0; w < 3; w++) {
      if (counters[RECENT_FROM + w] === gone) {
        this.#leave(w, gone)
        counters[RECENT_FROM + w] = gone + 1
      }
      if (counters[DELAYED_FROM + w] === gone) {
        if (gone < (counters[CONFIRMED] as number)) this.#leaveDelayed(w, gone)
        counters[DELAYED_FROM + w] = gone + 1
      }
    }
    counters[FIRST] = gone + 1
    counters[CONFIRMED] = Math.max(counters[CONFIRMED] as number, gone + 1)
    this.#findEnds()
  }

  #row(place: number): number {
    // The capacity is a power of two.
    return (place & (this.#capacity - 1)) * COLUMNS
  }

  #at(place: number, column: number): number {
    return this.#rows[this.#row(place) + column] as number
  }
}

const winsorised = (amountMinor: number): number => Math.min(amountMinor, WINSORISED)
