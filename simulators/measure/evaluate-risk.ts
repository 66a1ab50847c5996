import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'
import { bookSettings, scoreOf, train } from '../../hub/risk/boosting.ts'
import { bookFeatures, FEATURES, FeaturePass } from '../../hub/risk/features.ts'
import { dayOf, logitOf, TrainingLog, type RiskModel } from '../../hub/risk/learning.ts'
import { apOf, aucOf, cardPrecisionAt, type Scored } from '../../hub/risk/metrics.ts'
import { readTransactions, type Transactions } from './transactions.ts'

export const protocols = ['A', 'C', 'D'] as const
export type Protocol = (typeof protocols)[number]

export type Fold = { readonly date: string; readonly rows: number; readonly frauds: number; readonly auc: number; readonly ap: number; readonly cp100: number }
export type RiskEvaluation = { readonly metrics: Readonly<Record<string, number>>; readonly folds: readonly Fold[] }

const WEEK = 7 * DAY
const BOOK_WEEK: EpochMs = Date.UTC(2018, 7, 8)
const FIRST_WEEK_OF_C: EpochMs = Date.UTC(2018, 4, 16)
/** The pattern that is new in protocol D begins here: of all that was before, it is taken out. */
const EMERGES: EpochMs = Date.UTC(2018, 6, 1)
const FIRST_WEEK_OF_D: EpochMs = Date.UTC(2018, 6, 2)
const EMERGING_SCENARIO = 2
const K = 100

/**
 * Protocols of the public benchmark (see `npm run evaluate -- --help`). One pass over the payments in the order of time, as a hub would see them: a payment is scored
 * with what was known at its moment, by a model that was trained at the beginning of its week (A, C) or day (D) on labels that were known then.
 */
export function evaluateRisk(folder: string, protocol: Protocol): Outcome<RiskEvaluation, 'entry.malformed'> {
  const all = readTransactions(folder)
  const last = dayOf(all.at[all.count - 1] ?? 0)
  const weeks = weeksOf(protocol, last)
  if (weeks.length === 0 || last < (weeks[0] ?? 0) + WEEK - DAY) return fail('entry.malformed', 'it has no payments of a whole test week')
  const isIn = (i: number): boolean => protocol !== 'D' || all.scenario[i] !== EMERGING_SCENARIO || (all.at[i] ?? 0) >= EMERGES
  const scored = weeks.map((week): { week: EpochMs; isKnown: (i: number) => boolean; rows: Scored[]; book: Scored[] } => ({
    week,
    isKnown: knownCards(all, week, isIn),
    rows: [],
    book: [],
  }))
  const book = protocol === 'A' ? new BookModel(all, weeks[0] ?? BOOK_WEEK) : undefined
  replay(all, isIn, protocol === 'D' ? 1 : 7, weeks, (i, features, model) => {
    const at = all.at[i] ?? 0
    const fold = scored.find(({ week }) => at >= week && at < week + WEEK)
    const bookScore = book?.see(i, features)
    if (fold === undefined || model === undefined || fold.isKnown(i)) return
    const row = { day: dayOf(at), card: all.card[i] ?? '', label: all.fraud[i] ?? 0 }
    fold.rows.push({ ...row, score: logitOf(model, features) })
    if (bookScore !== undefined) fold.book.push({ ...row, score: bookScore })
  })
  const folds = scored.map(({ week, rows }) => foldOf(week, rows))
  const withBook = book === undefined ? [] : scored.map(({ week, book: rows }) => foldOf(week, rows))
  return ok({ metrics: { ...meansOf(folds, ''), ...(withBook.length === 0 ? {} : meansOf(withBook, '_book')), folds: folds.length }, folds })
}

function weeksOf(protocol: Protocol, last: EpochMs): readonly EpochMs[] {
  if (protocol === 'A') return [BOOK_WEEK]
  const weeks: EpochMs[] = []
  for (let week = protocol === 'C' ? FIRST_WEEK_OF_C : FIRST_WEEK_OF_D; week + WEEK <= last + DAY; week += WEEK) weeks.push(week)
  return weeks
}

/** Calls `visit` for each payment with its features and the model of that moment, which is retrained every `every` days from the first week on. */
function replay(
  all: Transactions,
  isIn: (i: number) => boolean,
  every: number,
  weeks: readonly EpochMs[],
  visit: (i: number, features: Float64Array, model: RiskModel | undefined) => void,
): void {
  const isFraud = (i: number): boolean => all.fraud[i] === 1
  const pass = new FeaturePass(isFraud)
  const log = new TrainingLog(isFraud)
  const features = new Float64Array(FEATURES)
  const first = weeks[0] ?? Number.POSITIVE_INFINITY
  const end = (weeks.at(-1) ?? 0) + WEEK
  let model: RiskModel | undefined
  let trainedOn = 0
  for (let i = 0; i < all.count; i++) {
    const at = all.at[i] ?? 0
    if (at >= end) return
    if (!isIn(i)) continue
    const today = dayOf(at)
    if (today >= first && today !== trainedOn && (today - first) % (every * DAY) === 0) {
      model = log.learn(today)
      trainedOn = today
    }
    pass.observe({ at, card: all.card[i] ?? '', terminal: all.terminal[i] ?? '', amountMinor: all.amountMinor[i] ?? 0 }, i, features)
    log.add(i, at, features)
    visit(i, features, model)
  }
}

/** Cards of which a fraud was known on the day: they are blocked already, and finding them again is no art. In the training week, or eight days ago. */
function knownCards(all: Transactions, week: EpochMs, isIn: (i: number) => boolean): (i: number) => boolean {
  const first = new Map<string, EpochMs>()
  for (let i = 0; i < all.count; i++) {
    const at = all.at[i] ?? 0
    const card = all.card[i] ?? ''
    if (at >= week - 2 * WEEK && at < week && all.fraud[i] === 1 && isIn(i) && !first.has(card)) first.set(card, dayOf(at))
  }
  return (i) => {
    const fraud = first.get(all.card[i] ?? '')
    return fraud !== undefined && (fraud < week - WEEK || fraud <= dayOf(all.at[i] ?? 0) - 8 * DAY)
  }
}

/** The book's own fifteen features and settings, trained on its one week. */
class BookModel {
  readonly #all: Transactions
  readonly #week: EpochMs
  readonly #rows: number[] = []
  readonly #labels: number[] = []
  readonly #row = new Float64Array(bookFeatures.length)
  #trees: ReturnType<typeof train> | undefined

  constructor(all: Transactions, week: EpochMs) {
    this.#all = all
    this.#week = week
  }

  see(i: number, features: Float64Array): number | undefined {
    const at = this.#all.at[i] ?? 0
    bookFeatures.forEach((feature, k) => (this.#row[k] = features[feature] ?? 0))
    if (at >= this.#week - 2 * WEEK && at < this.#week - WEEK) {
      this.#rows.push(...this.#row)
      this.#labels.push(this.#all.fraud[i] ?? 0)
    }
    if (at < this.#week) return undefined
    this.#trees ??= train(Float64Array.from(this.#rows), Uint8Array.from(this.#labels), bookFeatures.length, bookSettings)
    return scoreOf(this.#trees, this.#row)
  }
}

function foldOf(week: EpochMs, rows: readonly Scored[]): Fold {
  const scores = rows.map(({ score }) => score)
  const labels = rows.map(({ label }) => label)
  const frauds = labels.reduce((sum, label) => sum + label, 0)
  const date = new Date(week).toISOString().slice(0, 10)
  return { date, rows: rows.length, frauds, auc: rounded(aucOf(scores, labels)), ap: rounded(apOf(scores, labels)), cp100: rounded(cardPrecisionAt(K, rows)) }
}

function meansOf(folds: readonly Fold[], suffix: string): Record<string, number> {
  const mean = (of: (fold: Fold) => number): number => rounded(folds.reduce((sum, fold) => sum + of(fold), 0) / folds.length)
  return { [`auc${suffix}`]: mean(({ auc }) => auc), [`ap${suffix}`]: mean(({ ap }) => ap), [`cp100${suffix}`]: mean(({ cp100 }) => cp100) }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000
