import { bookSettings, DEPTH } from './boosting.ts'
import { calibrated, fitCalibration, type Calibration } from './calibration.ts'
import { edgesOf, referenceOf, type Reference } from './drift.ts'
import { FEATURES, featureNames } from './features.ts'
import { logitOf, modelOf, SAMPLED, SAMPLES, type KeptRow, type RiskModel } from './learning.ts'
import { contributionsOf } from './reasons.ts'
import type { TrainingSet } from './training-rows.ts'
import { drawn, Ranked, resampled } from './weighted.ts'
import type { CalibrationBin, Measured, ModelCard } from '#protocol/hub-api/risk-model.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * A model as it is kept. `model` judges payments and has learned from everything known; its `twin` has not seen the held-out week, was measured on it, and stands for
 * the model when a later one challenges it: what has seen a week cannot be measured on that week.
 */
export type Trained = {
  readonly card: ModelCard
  readonly model: RiskModel
  readonly twin: RiskModel
  readonly calibration: Calibration
  readonly reference: Reference
}

export type Challenge = {
  readonly set: TrainingSet
  /** The number that the model gets, and the seed of its resamples. */
  readonly version: number
  readonly now: EpochMs
  /** In force, as it was measured. */
  readonly champion: { readonly version: number; readonly twin: RiskModel } | undefined
  /** Of the bins that drift is counted in, so that another model does not begin to count anew. */
  readonly edges: readonly Float64Array[] | undefined
}

/** Fewer frauds than these teach a model their accidents. */
const LEAST_LEARNED = 30
const LEAST_HELD = 10
const RESAMPLES = 200
/** A challenger is better when it is in so many of a hundred resamples of the held-out week. */
const BETTER = 0.9
const CALIBRATION_BINS = 10
const EXPLAINED = 500
const STRONGEST = 12

/** Whether there are enough frauds to learn from and to measure on. */
export function canLearn({ learned, held, heldFrom }: TrainingSet): boolean {
  const before = learned.labels.filter((_, r) => (learned.at[r] ?? 0) < heldFrom)
  return countFrauds(before) >= LEAST_LEARNED && countFrauds(held.labels) >= LEAST_HELD
}

/** Trains, measures and compares: the same challenge gives the same model, card and verdict, bit by bit. */
export function trainChallenger({ set, version, now, champion, edges: known }: Challenge): Outcome<Trained, 'risk.nothing_to_learn'> {
  if (!canLearn(set)) return fail('risk.nothing_to_learn')
  const kept = keptOf(set)
  const before = kept.filter(({ at }) => at < set.heldFrom)
  const { held } = set
  const heldFrauds = countFrauds(held.labels)
  const [twin, model] = [modelOf(before), modelOf(kept)]
  if (twin === undefined || model === undefined) return fail('risk.nothing_to_learn')

  const logits = logitsOf(twin, held.rows)
  const measured = measure(logits, set, version, champion)
  // Where calibration is measured it must not have been fitted; where it serves it may have seen all that there is.
  const halves = halvesOf(held.labels)
  const half = fitCalibration(picked(logits, halves.one), pickedLabels(held.labels, halves.one), picked(held.weights, halves.one))
  const checked = calibrationOf(half, picked(logits, halves.other), pickedLabels(held.labels, halves.other), picked(held.weights, halves.other))
  const calibration = fitCalibration(logits, held.labels, held.weights)
  const probabilities = logits.map((logit) => calibrated(calibration, logit))
  const { better, ...figures } = measured
  const card: ModelCard = {
    version,
    madeAt: now,
    seed: version,
    recipe: { trees: bookSettings.trees, depth: DEPTH, rate: bookSettings.rate, lambda: bookSettings.lambda, members: SAMPLES, sampledOneIn: SAMPLED },
    features: featureNames,
    learned: { from: set.from, until: set.until, rows: kept.length, frauds: countFrauds(set.learned.labels) },
    heldOut: { from: set.heldFrom, until: set.until, rows: held.labels.length, frauds: heldFrauds },
    ...figures,
    ...checked,
    strongest: strongestOf(model, held.rows),
    // Where there is nothing to compare it with, it has to be better than a coin.
    wasPromoted: better === undefined ? figures.auc.from > 0.5 : better >= BETTER,
    limits: limitsOf(heldFrauds),
  }
  return ok({ card, model, twin, calibration, reference: referenceOf(known ?? edgesOf(held.rows), held.rows, probabilities, held.weights) })
}

type Kept = KeptRow & { readonly at: EpochMs }
function keptOf({ learned: { rows, at, labels, samples } }: TrainingSet): readonly Kept[] {
  return Array.from(at, (when, r) => ({ row: rows.subarray(r * FEATURES, (r + 1) * FEATURES), at: when, isFraud: labels[r] === 1, samples: samples[r] ?? 0 }))
}

const countFrauds = (labels: Uint8Array): number => labels.reduce((count, label) => count + label, 0)

function logitsOf(model: RiskModel, rows: Float64Array): Float64Array {
  return Float64Array.from({ length: rows.length / FEATURES }, (_, r) => logitOf(model, rows.subarray(r * FEATURES, (r + 1) * FEATURES)))
}

type Figures = Pick<ModelCard, 'ap' | 'auc' | 'against'> & { readonly better: number | undefined }

/** On the held-out week, which neither twin has seen: the champion's ended its learning before this one's began to be held out. */
function measure(logits: Float64Array, { held }: TrainingSet, seed: number, champion: Challenge['champion']): Figures {
  const ranked = new Ranked(logits, held.labels, held.weights)
  const other = champion && new Ranked(logitsOf(champion.twin, held.rows), held.labels, held.weights)
  const next = drawn(seed)
  const aps: number[] = []
  const aucs: number[] = []
  let wins = 0
  for (let k = 0; k < RESAMPLES; k++) {
    const times = resampled(held.labels.length, next)
    const { ap, auc } = ranked.measure(times)
    aps.push(ap)
    aucs.push(auc)
    if (other !== undefined && ap > other.measure(times).ap) wins++
  }
  const { ap, auc } = ranked.measure()
  const better = other && wins / RESAMPLES
  const against = champion && other && better !== undefined ? { version: champion.version, ap: other.measure().ap, better } : undefined
  return { ap: between(ap, aps), auc: between(auc, aucs), better, ...(against && { against }) }
}

function between(value: number, all: readonly number[]): Measured {
  const sorted = all.filter((one) => !Number.isNaN(one)).toSorted((a, b) => a - b)
  return { value, from: sorted[Math.floor(0.025 * sorted.length)] ?? value, to: sorted[Math.floor(0.975 * sorted.length)] ?? value }
}

/** Every second fraud and every second other: both halves have of both. */
function halvesOf(labels: Uint8Array): { readonly one: readonly number[]; readonly other: readonly number[] } {
  const one: number[] = []
  const other: number[] = []
  const seen = [0, 0]
  labels.forEach((label, r) => ((seen[label] = (seen[label] ?? 0) + 1) % 2 === 0 ? one : other).push(r))
  return { one, other }
}
const picked = (from: Float64Array, rows: readonly number[]): Float64Array => Float64Array.from(rows, (r) => from[r] as number)
const pickedLabels = (from: Uint8Array, rows: readonly number[]): Uint8Array => Uint8Array.from(rows, (r) => from[r] as number)

/** Brier's score is the mean square of what was said less what was. */
function calibrationOf(
  calibration: Calibration,
  logits: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
): Pick<ModelCard, 'brier' | 'ece' | 'calibration'> {
  const said = logits.map((logit) => calibrated(calibration, logit))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const order = Uint32Array.from(said, (_, r) => r).sort((a, b) => (said[a] as number) - (said[b] as number))
  const bins: { payments: number; said: number; was: number }[] = []
  let [brier, seen] = [0, 0]
  for (const r of order) {
    const [weight, probability, label] = [weights[r] as number, said[r] as number, labels[r] as number]
    brier += weight * (probability - label) ** 2
    // The highest hundredth is what decisions are about: halves of what is left make bins as fine as that.
    const bin = Math.min(CALIBRATION_BINS - 1, Math.floor(-Math.log2(Math.max(1 - seen / all, 2 ** -CALIBRATION_BINS))))
    seen += weight
    const own = (bins[bin] ??= { payments: 0, said: 0, was: 0 })
    own.payments += weight
    own.said += weight * probability
    own.was += weight * label
  }
  const calibrationBins: CalibrationBin[] = bins
    .filter((bin) => bin !== undefined)
    .map(({ payments, said: sum, was }) => ({ payments, said: sum / payments, was: was / payments }))
  const ece = calibrationBins.reduce((sum, bin) => sum + bin.payments * Math.abs(bin.said - bin.was), 0) / all
  return { brier: brier / all, ece, calibration: calibrationBins }
}

/** By the mean size of what they add to the score of held-out payments. */
function strongestOf(model: RiskModel, rows: Float64Array): ModelCard['strongest'] {
  const count = rows.length / FEATURES
  const step = Math.max(1, Math.floor(count / EXPLAINED))
  const sums = new Float64Array(FEATURES)
  let explained = 0
  for (let r = 0; r < count; r += step) {
    contributionsOf(model, rows.subarray(r * FEATURES, (r + 1) * FEATURES)).byFeature.forEach((logits, f) => (sums[f] = (sums[f] as number) + Math.abs(logits)))
    explained++
  }
  return featureNames
    .map((feature, f) => ({ feature, logits: (sums[f] as number) / explained }))
    .toSorted((a, b) => b.logits - a.logits)
    .slice(0, STRONGEST)
}

function limitsOf(heldFrauds: number): readonly string[] {
  return [
    'It was measured by a twin that has not seen the held-out week; the model itself has learned from that week too, so its own figures are not known.',
    'Its probabilities were fitted to the twin’s scores of that week. Where the share of fraud changes they are wrong until it is trained again.',
    'Payments that were declined have no label: what it learns of them is what people said in cases.',
    'Labels are a week old at least. A pattern that is new is not seen before its first complaints are.',
    ...(heldFrauds < 50 ? [`Only ${heldFrauds} frauds were held out: the intervals are wide, and the highest bins hold few.`] : []),
  ]
}
