import { FEATURES, featureNames, type FeatureName } from './features.ts'
import type { DriftAlert, DriftState, DriftView } from '#protocol/hub-api/risk-model.ts'
import { DAY, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** How vectors and probabilities lay when a model was measured: shares of each bin. The last row is the score's. */
export type Reference = {
  /** Of each feature, rising: a value is in the bin of how many edges are below it. */
  readonly edges: readonly Float64Array[]
  readonly shares: readonly Float64Array[]
  /** Share of vectors in which the feature had nothing to say. */
  readonly missing: Float64Array
}

const BINS = 10
const SCORE = FEATURES
const COLUMNS = FEATURES + 1
/** Probabilities are looked at where they differ: few payments are above one in three. */
const SCORE_EDGES = Float64Array.of(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
/** What features say when there is nothing to say. */
const NOTHING = -1
/** As banks use the index: below the first nothing has happened, from the second on the model judges others than it has learned from. */
const MOVED = 0.1
const CHANGED = 0.25
/** Counts of everything ever: they move because a hub gets older, which nobody has to look at. */
const GROWING: readonly string[] = [
  'card_seen',
  'card_frauds',
  'card_legitimate_since_fraud',
  'terminal_frauds',
  'terminal_legitimate_since_fraud',
] satisfies FeatureName[]
const MISSING_MORE = 0.2
/** Half of the frauds are heard of later: what the model learns from is too old. */
const LABELS_LATE_DAYS = 14
/** Fewer say nothing: with ten bins chance alone moves the index by tenths. */
const LEAST_PAYMENTS = 500
const KEPT_DAYS = 14
const LOOKED_AT: DurationMs = 7 * DAY
const MOST_DELAYS = 1000

/** Deciles of held-out payments; several that fall together are one. */
export function edgesOf(rows: Float64Array): readonly Float64Array[] {
  const count = rows.length / FEATURES
  const column = new Float64Array(count)
  return featureNames.map((_, f) => {
    for (let r = 0; r < count; r++) column[r] = rows[r * FEATURES + f] as number
    column.sort()
    const edges = Array.from({ length: BINS - 1 }, (__, k) => column[Math.floor(((k + 1) * count) / BINS)] ?? 0)
    // The largest value of all divides nothing.
    return Float64Array.from(new Set(edges.filter((edge) => edge < (column[count - 1] ?? 0))))
  })
}

export function binOf(edges: Float64Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value > (edges[middle] as number)) low = middle + 1
    else high = middle
  }
  return low
}

/** `rows` as they were measured, each standing for `weights` payments. */
export function referenceOf(edges: readonly Float64Array[], rows: Float64Array, probabilities: Float64Array, weights: Float64Array): Reference {
  const all = [...edges, SCORE_EDGES]
  const shares = all.map((own) => new Float64Array(own.length + 1))
  const missing = new Float64Array(FEATURES)
  let total = 0
  weights.forEach((weight, r) => {
    total += weight
    for (let f = 0; f < COLUMNS; f++) {
      const value = f === SCORE ? (probabilities[r] as number) : (rows[r * FEATURES + f] as number)
      const own = shares[f] as Float64Array
      const bin = binOf(all[f] as Float64Array, value)
      own[bin] = (own[bin] as number) + weight
      if (value === NOTHING) missing[f] = (missing[f] as number) + weight
    }
  })
  const divided = (numbers: Float64Array): Float64Array => numbers.map((number) => (total === 0 ? 0 : number / total))
  return { edges, shares: shares.map(divided), missing: divided(missing) }
}

/** Σ (now − then) · ln(now / then). A bin that was or is empty counts as half a payment in ten thousand, or one would make it infinite. */
export function psiOf(then: Float64Array, now: Float64Array): number {
  let sum = 0
  for (let bin = 0; bin < then.length; bin++) {
    const [before, after] = [Math.max(then[bin] as number, 5e-5), Math.max(now[bin] ?? 0, 5e-5)]
    sum += (after - before) * Math.log(after / before)
  }
  return sum
}

/** Of one day of event time (UTC). */
type Day = {
  readonly day: EpochMs
  payments: number
  scored: number
  /** Side by side: the bins of each column. */
  readonly counts: Uint32Array
  readonly missing: Uint32Array
  readonly least: Float64Array
  readonly most: Float64Array
}

export type SavedDrift = { readonly days: readonly Day[]; readonly delays: readonly number[]; readonly heard: number }

/**
 * What payments look like lately, by day, against how they looked when the model was measured. Its memory does not grow: two weeks of counters, and the delays of
 * the last thousand labels.
 */
export class DriftMonitor {
  readonly #edges: readonly Float64Array[]
  readonly #starts: readonly number[]
  readonly #days: Day[]
  /** In days, a ring. */
  readonly #delays: number[]
  #heard: number

  /** `edges`: those of the model's reference, one more than features only in what is saved with it. */
  constructor(edges: readonly Float64Array[], saved?: SavedDrift) {
    this.#edges = [...edges, SCORE_EDGES]
    let start = 0
    this.#starts = [...this.#edges.map((own) => (start += own.length + 1) - own.length - 1), start]
    this.#days = (saved?.days ?? []).filter(({ counts }) => counts.length === start)
    this.#delays = [...(saved?.delays ?? [])]
    this.#heard = saved?.heard ?? 0
  }

  save(): SavedDrift {
    return { days: this.#days, delays: this.#delays, heard: this.#heard }
  }

  /** A decision. One that comes so late that its day is forgotten is passed over. */
  see(at: EpochMs, features: Float64Array, probability: number | undefined): void {
    const day = this.#dayOf(at)
    if (day === undefined) return
    day.payments++
    for (let f = 0; f < FEATURES; f++) {
      const value = features[f] as number
      const place = (this.#starts[f] as number) + binOf(this.#edges[f] as Float64Array, value)
      day.counts[place] = (day.counts[place] as number) + 1
      if (value === NOTHING) day.missing[f] = (day.missing[f] as number) + 1
      if (value < (day.least[f] as number)) day.least[f] = value
      if (value > (day.most[f] as number)) day.most[f] = value
    }
    if (probability === undefined) return
    day.scored++
    const place = (this.#starts[SCORE] as number) + binOf(SCORE_EDGES, probability)
    day.counts[place] = (day.counts[place] as number) + 1
  }

  /** A fraud was heard of, so long after its payment. */
  heard(after: DurationMs): void {
    this.#delays[this.#heard++ % MOST_DELAYS] = after / DAY
  }

  #dayOf(at: EpochMs): Day | undefined {
    const start = Math.floor(at / DAY) * DAY
    const known = this.#days.find(({ day }) => day === start)
    if (known !== undefined) return known
    const last = this.#days.at(-1)
    if (last !== undefined && start <= last.day - KEPT_DAYS * DAY) return undefined
    const day: Day = {
      day: start,
      payments: 0,
      scored: 0,
      counts: new Uint32Array(this.#starts[COLUMNS] ?? 0),
      missing: new Uint32Array(FEATURES),
      least: new Float64Array(FEATURES).fill(Number.POSITIVE_INFINITY),
      most: new Float64Array(FEATURES).fill(Number.NEGATIVE_INFINITY),
    }
    this.#days.push(day)
    this.#days.sort((a, b) => a.day - b.day)
    const newest = this.#days.at(-1)?.day ?? start
    while ((this.#days[0]?.day ?? newest) <= newest - KEPT_DAYS * DAY) this.#days.shift()
    return day
  }

  /** The last seven days against the reference. */
  state(reference: Reference): DriftState {
    const newest = this.#days.at(-1)?.day ?? 0
    const days = this.#days.filter(({ day }) => day > newest - LOOKED_AT)
    const payments = sumOf(days, ({ payments: own }) => own)
    const features = featureNames.map((_, f) => this.#view(f, days, payments, reference))
    const scored = sumOf(days, (day) => day.scored)
    const score = scored === 0 ? undefined : this.#view(SCORE, days, scored, reference)
    const sorted = this.#delays.toSorted((a, b) => a - b)
    const delayAt = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    const labels = { frauds: Math.min(this.#heard, MOST_DELAYS), medianDays: delayAt(0.5), most90Days: delayAt(0.9) }
    return {
      from: days[0]?.day ?? 0,
      until: days.length === 0 ? 0 : newest + DAY,
      payments,
      score,
      features,
      labels,
      days: this.#days.map((day) => this.#daily(day, reference)),
      alerts: payments < LEAST_PAYMENTS ? [] : alertsOf(score, features, labels),
    }
  }

  #view(column: number, days: readonly Day[], payments: number, { shares, missing }: Reference): DriftView {
    const then = shares[column] ?? new Float64Array(0)
    const now = this.#shares(column, days, payments)
    const psi = psiOf(then, now)
    const least = Math.min(...days.map((day) => day.least[column] ?? 0))
    const most = Math.max(...days.map((day) => day.most[column] ?? 0))
    return {
      feature: featureNames[column] ?? 'score',
      psi,
      level: psi >= CHANGED ? 'changed' : psi >= MOVED ? 'moved' : 'steady',
      isConstant: column !== SCORE && payments > 0 && least === most,
      missing: payments === 0 ? 0 : sumOf(days, (day) => day.missing[column] ?? 0) / payments,
      missingThen: missing[column] ?? 0,
      edges: [...(this.#edges[column] ?? [])],
      before: [...then],
      now: [...now],
    }
  }

  #shares(column: number, days: readonly Day[], payments: number): Float64Array {
    const [from, to] = [this.#starts[column] as number, this.#starts[column + 1] as number]
    return Float64Array.from({ length: to - from }, (_, bin) => (payments === 0 ? 0 : sumOf(days, ({ counts }) => counts[from + bin] as number) / payments))
  }

  #daily(day: Day, { shares }: Reference): DriftState['days'][number] {
    const psiAt = (column: number, payments: number): number =>
      payments === 0 ? 0 : psiOf(shares[column] ?? new Float64Array(0), this.#shares(column, [day], payments))
    return {
      day: day.day,
      payments: day.payments,
      meanPsi: featureNames.reduce((sum, _, f) => sum + psiAt(f, day.payments), 0) / FEATURES,
      scorePsi: psiAt(SCORE, day.scored),
    }
  }
}

const sumOf = (days: readonly Day[], of: (day: Day) => number): number => days.reduce((sum, day) => sum + of(day), 0)

function alertsOf(score: DriftView | undefined, features: readonly DriftView[], labels: DriftState['labels']): readonly DriftAlert[] {
  const alerts: DriftAlert[] = []
  if (score?.level === 'changed') alerts.push({ what: 'score', value: score.psi })
  for (const { feature, psi, level, isConstant, before, missing, missingThen } of features) {
    // What was one value before may go on being it.
    if (isConstant && before.filter((share) => share > 0).length > 1) alerts.push({ what: 'constant', feature, value: 1 })
    else if (missing - missingThen > MISSING_MORE) alerts.push({ what: 'missing', feature, value: missing })
    else if (level === 'changed' && !GROWING.includes(feature)) alerts.push({ what: 'feature', feature, value: psi })
  }
  if (labels.frauds >= 20 && labels.medianDays > LABELS_LATE_DAYS) alerts.push({ what: 'labels', value: labels.medianDays })
  return alerts
}
