import { featureNames } from '#protocol/risk/feature-names.ts'
import { DAY, HOUR, type EpochMs } from '#protocol/time.ts'
import { DueQueue, type Due } from './due-queue.ts'
import { History, LABEL_DELAY, type KnownFrauds, type Lately, type SavedHistory } from './history.ts'

/** One payment as the engine sees it. Keys are pseudonyms; nothing in here names a person. */
export type RiskEvent = {
  readonly at: EpochMs
  readonly card: string
  readonly terminal: string
  readonly amountMinor: number
}

export { featureNames, type FeatureName } from '#protocol/risk/feature-names.ts'
export const FEATURES = featureNames.length

/** The fifteen of the Fraud Detection Handbook (its chapter 3), which are the first here but for the hour. */
export const bookFeatures: readonly number[] = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

/** From here on an amount is large for its card. */
const LARGE = 2.5
const NOTHING = -1
const winsor = (value: number, most: number): number => Math.min(Math.max(value, -most), most)

/** Plain data: `v8.serialize` of it is the snapshot's file. */
export type SavedPass = {
  readonly now: EpochMs
  readonly cards: SavedKeys
  readonly terminals: SavedKeys
  readonly due: Float64Array
}
type SavedKeys = readonly (readonly [string, SavedHistory])[]

/** Says at the end of the label delay whether a payment was fraud; undefined: nobody will ever know. */
export type Labels = (id: number) => boolean | undefined

/** Where what is read ahead goes to, so that no compiler leaves the reading out as useless: see `History.fetch`. */
const readAhead = new Float64Array(1)

/** Histories by key, and by the number of the key, which is small and the same for ever. */
class Keys {
  readonly #numbers = new Map<string, number>()
  readonly #histories: History[] = []

  numberOf(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#histories.push(new History()) - 1
    this.#numbers.set(key, number)
    return number
  }

  at(number: number): History {
    return this.#histories[number] as History
  }

  save(): SavedKeys {
    return [...this.#numbers].map(([key, number]) => [key, this.at(number).save()] as const)
  }

  load(saved: SavedKeys): void {
    for (const [key, history] of saved) this.#histories[this.numberOf(key)] = History.load(history)
  }
}

/**
 * One pass over payments in event time: `observe` writes the features of a payment from what could be known at its time, and then remembers it.
 * Labels come out of a queue when their delay is over, so no feature can know what a person could not.
 */
export class FeaturePass {
  readonly #cards = new Keys()
  readonly #terminals = new Keys()
  readonly #labels: Labels
  readonly #taken: Due = { at: 0, card: 0, terminal: 0, id: 0 }
  #due = new DueQueue()
  #now: EpochMs = 0

  constructor(labels: Labels) {
    this.#labels = labels
  }

  /**
   * `id`: what `labels` will be asked about. `out`: at least `FEATURES` long. A payment that is older than the last of all came late: it is judged
   * by what was known when it was made, as far as that is remembered, and counts from then on as if it had come in time.
   */
  observe(event: RiskEvent, id: number, out: Float64Array): void {
    const { at } = event
    if (at > this.#now) this.#now = at
    const cardPlace = this.#cards.numberOf(event.card)
    const terminalPlace = this.#terminals.numberOf(event.terminal)
    const card = this.#cards.at(cardPlace)
    const terminal = this.#terminals.at(terminalPlace)
    readAhead[0] = card.fetch() + terminal.fetch()
    this.release(this.#now)
    const isLate = at < this.#now
    card.advance(this.#now)
    terminal.advance(this.#now)
    const ratio = write(out, event, isLate ? card.asOf(at) : card, isLate ? terminal.asOf(at) : terminal, terminalPlace)
    card.add(at, event.amountMinor, ratio, terminalPlace, id)
    terminal.add(at, event.amountMinor, ratio, cardPlace, id)
    this.#due.add(at, cardPlace, terminalPlace, id)
  }

  /** Everything whose delay is over at `now` is confirmed, in its order. */
  release(now: EpochMs): void {
    const due = this.#taken
    while (this.#due.take(now - LABEL_DELAY, due)) {
      const isFraud = this.#labels(due.id)
      if (isFraud === undefined) continue
      const card = this.#cards.at(due.card)
      const terminal = this.#terminals.at(due.terminal)
      readAhead[0] = card.fetch() + terminal.fetch()
      card.confirm(due.id, isFraud)
      terminal.confirm(due.id, isFraud)
    }
  }

  /**
   * Fraud that is heard of when its delay is over, as most complaints are: counted from now on. Younger ones wait in the queue like all others, so that nobody knows
   * earlier than people do in general. `mark`: from when on `labels` knows it.
   */
  heardLate({ at, card, terminal }: Pick<RiskEvent, 'at' | 'card' | 'terminal'>, id: number, mark: () => void): void {
    this.release(this.#now)
    mark()
    if (at > this.#now - LABEL_DELAY) return
    this.#cards.at(this.#cards.numberOf(card)).confirm(id, true)
    this.#terminals.at(this.#terminals.numberOf(terminal)).confirm(id, true)
  }

  /** Everything that later features depend on. With the payments since, it goes on as if nothing had happened. */
  save(): SavedPass {
    return { now: this.#now, cards: this.#cards.save(), terminals: this.#terminals.save(), due: this.#due.save() }
  }

  static load(saved: SavedPass, labels: Labels): FeaturePass {
    const pass = new FeaturePass(labels)
    pass.#now = saved.now
    pass.#cards.load(saved.cards)
    pass.#terminals.load(saved.terminals)
    pass.#due = DueQueue.load(saved.due)
    return pass
  }
}

/** Writes the vector; answers the payment's ratio to what its card usually pays, which is remembered with it. */
function write(out: Float64Array, { at, amountMinor }: RiskEvent, card: History, terminal: History, place: number): number {
  let i = 0
  const day = Math.floor(at / DAY)
  const hour = (at - day * DAY) / HOUR
  // 1970-01-01 was a Thursday.
  const weekday = (day + 3) % 7
  out[i++] = amountMinor
  out[i++] = hour
  out[i++] = weekday >= 5 ? 1 : 0
  out[i++] = Math.floor(hour) <= 6 ? 1 : 0
  for (let w = 0; w < 3; w++) out[i++] = card.recentCount(w) + 1
  for (let w = 0; w < 3; w++) out[i++] = (card.recentSum(w) + amountMinor) / (card.recentCount(w) + 1)
  for (let w = 0; w < 3; w++) out[i++] = terminal.delayedCount(w)
  for (let w = 0; w < 3; w++) out[i++] = terminal.delayedCount(w) === 0 ? 0 : terminal.delayedFrauds(w) / terminal.delayedCount(w)

  const count = card.recentCount(2)
  const mean = count === 0 ? amountMinor : card.recentSum(2) / count
  const { legitimateCount, legitimateSum } = card
  const meanLegitimate = legitimateCount === 0 ? mean : legitimateSum / legitimateCount
  const sdLegitimate = sd(legitimateCount, legitimateSum, card.legitimateSquares)
  const ratioLegitimate = meanLegitimate === 0 ? 1 : amountMinor / meanLegitimate
  out[i++] = card.seen
  out[i++] = since(at, card.lastAt)
  out[i++] = z(amountMinor, mean, sd(count, card.recentSum(2), card.recentSquares))
  out[i++] = mean === 0 ? 1 : amountMinor / mean
  out[i++] = z(amountMinor, meanLegitimate, sdLegitimate)
  out[i++] = ratioLegitimate
  out[i++] = meanLegitimate
  out[i++] = sdLegitimate
  i = writeCardsPast(out, i, at, amountMinor, card, place)
  out[i++] = card.frauds
  out[i++] = card.delayedFrauds(2)
  out[i++] = card.run
  out[i++] = since(at, card.lastFraud)
  out[i++] = since(at, card.lastLegitimate)
  out[i++] = card.legitimateSince
  for (let w = 0; w < 3; w++) out[i++] = terminal.recentCount(w)
  out[i++] = since(at, terminal.lastAt)
  const terminalMean = terminal.recentCount(2) === 0 ? amountMinor : terminal.recentSum(2) / terminal.recentCount(2)
  out[i++] = terminalMean
  out[i++] = terminalMean === 0 ? 1 : amountMinor / terminalMean
  out[i++] = terminal.frauds
  out[i++] = terminal.run
  out[i++] = terminal.run === 0 ? NOTHING : since(at, terminal.runBegan)
  out[i++] = terminal.run === 0 ? NOTHING : day - Math.floor(terminal.runBegan / DAY)
  out[i++] = since(at, terminal.lastFraud)
  out[i++] = since(at, terminal.lastLegitimate)
  out[i++] = terminal.legitimateSince
  writeTerminalsPast(out, i, at, terminal)
  return ratioLegitimate
}

/** Filled anew for each payment, and never kept: one pass makes millions of them. */
const lately: Lately = {
  largest1: 0,
  largest3: 0,
  largest7: 0,
  largest14: 0,
  large: 0,
  sinceLarge: 0,
  firstLarge: 0,
  last: 0,
  meanOfThree: 0,
  most: 0,
  same: 0,
  sameToday: 0,
  hourly: 0,
  today: 0,
}
const known: KnownFrauds = {
  frauds: 0,
  plain: 0,
  firstPlain: 0,
  lastPlain: 0,
  smallest: 0,
  smallestRatio: 0,
  meanRatio3: 0,
  largestRatio3: 0,
  large7: 0,
}

function writeCardsPast(out: Float64Array, start: number, at: EpochMs, amountMinor: number, card: History, place: number): number {
  card.lookBack(at, place, LARGE, lately)
  let i = start
  out[i++] = lately.largest1
  out[i++] = lately.largest3
  out[i++] = lately.largest7
  out[i++] = lately.largest14
  out[i++] = lately.large
  out[i++] = lately.sinceLarge
  out[i++] = lately.firstLarge
  out[i++] = lately.last
  out[i++] = lately.meanOfThree
  out[i++] = lately.most
  out[i++] = lately.most === 0 ? 1 : amountMinor / lately.most
  out[i++] = lately.same
  out[i++] = lately.sameToday
  out[i++] = lately.hourly
  out[i++] = lately.today
  return i
}

function writeTerminalsPast(out: Float64Array, start: number, at: EpochMs, terminal: History): void {
  terminal.lookBackAtFrauds(at, LARGE, known)
  let i = start
  out[i++] = known.frauds
  out[i++] = known.plain
  out[i++] = known.firstPlain
  out[i++] = known.lastPlain
  out[i++] = known.smallest
  out[i++] = known.smallestRatio
  out[i++] = known.meanRatio3
  out[i++] = known.largestRatio3
  out[i++] = known.large7
}

const since = (now: EpochMs, then: EpochMs): number => (then === 0 ? NOTHING : (now - then) / DAY)

function sd(count: number, sum: number, squares: number): number {
  return count < 2 ? 0 : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2))
}

/** Winsorised: how far an amount is out matters until it is clear. */
const z = (amount: number, mean: number, deviation: number): number => (deviation === 0 ? 0 : winsor((amount - mean) / deviation, 20))
