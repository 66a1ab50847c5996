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

/** What is in a feature vector, in its order. Amounts in minor units, times in days, −1 where there is nothing to say. */
export const featureNames = [
  'amount',
  'hour',
  'weekend',
  'night',
  'card_count_1d',
  'card_count_7d',
  'card_count_30d',
  'card_mean_1d',
  'card_mean_7d',
  'card_mean_30d',
  'terminal_count_1d_delayed',
  'terminal_count_7d_delayed',
  'terminal_count_30d_delayed',
  'terminal_risk_1d_delayed',
  'terminal_risk_7d_delayed',
  'terminal_risk_30d_delayed',
  'card_seen',
  'card_since_last',
  'card_z_30d',
  'card_ratio_30d',
  'card_z_legitimate',
  'card_ratio_legitimate',
  'card_mean_legitimate',
  'card_sd_legitimate',
  'card_largest_ratio_1d',
  'card_largest_ratio_3d',
  'card_largest_ratio_7d',
  'card_largest_ratio_14d',
  'card_large_14d',
  'card_since_large',
  'card_since_first_large_14d',
  'card_ratio_last',
  'card_mean_ratio_last_3',
  'card_largest_30d',
  'card_ratio_to_largest',
  'card_same_terminal_30d',
  'card_same_terminal_1d',
  'card_count_1h',
  'card_sum_1d',
  'card_frauds',
  'card_frauds_30d_delayed',
  'card_fraud_run',
  'card_since_fraud',
  'card_since_legitimate',
  'card_legitimate_since_fraud',
  'terminal_count_1d',
  'terminal_count_7d',
  'terminal_count_30d',
  'terminal_since_last',
  'terminal_mean_30d',
  'terminal_ratio_30d',
  'terminal_frauds',
  'terminal_fraud_run',
  'terminal_run_age',
  'terminal_run_days',
  'terminal_since_fraud',
  'terminal_since_legitimate',
  'terminal_legitimate_since_fraud',
  'terminal_frauds_28d_delayed',
  'terminal_plain_frauds_28d',
  'terminal_first_plain_fraud_age',
  'terminal_last_plain_fraud_age',
  'terminal_smallest_fraud_28d',
  'terminal_smallest_fraud_ratio_28d',
  'terminal_mean_ratio_3d',
  'terminal_largest_ratio_3d',
  'terminal_large_7d',
] as const
export type FeatureName = (typeof featureNames)[number]
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

/** Says at the end of the label delay whether a payment was fraud. */
export type Labels = (id: number) => boolean

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
    this.release(this.#now)
    const cardPlace = this.#cards.numberOf(event.card)
    const terminalPlace = this.#terminals.numberOf(event.terminal)
    const card = this.#cards.at(cardPlace)
    const terminal = this.#terminals.at(terminalPlace)
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
      this.#cards.at(due.card).confirm(due.id, isFraud)
      this.#terminals.at(due.terminal).confirm(due.id, isFraud)
    }
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
  for (let w = 0; w < 3; w++) out[i++] = ((card.recentSum[w] ?? 0) + amountMinor) / (card.recentCount(w) + 1)
  for (let w = 0; w < 3; w++) out[i++] = terminal.delayedCount(w)
  for (let w = 0; w < 3; w++) out[i++] = terminal.delayedCount(w) === 0 ? 0 : (terminal.delayedFrauds[w] ?? 0) / terminal.delayedCount(w)

  const count = card.recentCount(2)
  const mean = count === 0 ? amountMinor : (card.recentSum[2] ?? 0) / count
  const { legitimate } = card
  const meanLegitimate = legitimate.count === 0 ? mean : legitimate.sum / legitimate.count
  const sdLegitimate = sd(legitimate.count, legitimate.sum, legitimate.squares)
  const ratioLegitimate = meanLegitimate === 0 ? 1 : amountMinor / meanLegitimate
  out[i++] = card.seen
  out[i++] = since(at, card.lastAt)
  out[i++] = z(amountMinor, mean, sd(count, card.recentSum[2] ?? 0, card.recentSquares))
  out[i++] = mean === 0 ? 1 : amountMinor / mean
  out[i++] = z(amountMinor, meanLegitimate, sdLegitimate)
  out[i++] = ratioLegitimate
  out[i++] = meanLegitimate
  out[i++] = sdLegitimate
  i = writeCardsPast(out, i, at, amountMinor, card, place)
  out[i++] = card.frauds
  out[i++] = card.delayedFrauds[2] ?? 0
  out[i++] = card.run
  out[i++] = since(at, card.lastFraud)
  out[i++] = since(at, card.lastLegitimate)
  out[i++] = card.legitimateSince
  for (let w = 0; w < 3; w++) out[i++] = terminal.recentCount(w)
  out[i++] = since(at, terminal.lastAt)
  const terminalMean = terminal.recentCount(2) === 0 ? amountMinor : (terminal.recentSum[2] ?? 0) / terminal.recentCount(2)
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
