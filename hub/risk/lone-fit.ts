import { base64url } from '#protocol/bytes.ts'
import type { Minor } from '#protocol/money.ts'
import { compactScoreOf, compactTreesBytes, LOGIT, readCompactTrees, type CompactTrees } from '#protocol/risk/compact-trees.ts'
import { LONE_FEATURES } from '#protocol/risk/lone.ts'
import type { EpochMs } from '#protocol/time.ts'
import { bookSettings, train, type Settings, type Trees } from './boosting.ts'

/** A payment as a lone till would have seen it, and what became of it. `weight`: how many payments it stands for, where the good ones are a sample. */
export type LoneSample = {
  readonly at: EpochMs
  readonly features: Float64Array
  readonly amountMinor: Minor
  readonly isBad: boolean
  /** The caps alone would have accepted it: only then is there anything for a model to refuse. */
  readonly withinCaps: boolean
  readonly weight: number
}

/** What a threshold would have done to payments that the model had not learned from. Minor units. */
export type CurvePoint = {
  readonly refuseAbove: number
  /** Accepted, and never paid. */
  readonly lossMinor: Minor
  /** Good payments that were refused. */
  readonly refused: number
  readonly refusedMinor: Minor
}

export type LoneFit = {
  /** As a policy carries it. */
  readonly model: string
  readonly bytes: number
  /** From everything that the caps accept to the most that is refused; the loss falls, what is refused rises. */
  readonly points: readonly CurvePoint[]
  /** What the points were measured on: within caps, and of these the bad ones. */
  readonly judged: number
  readonly judgedMinor: Minor
  readonly bad: number
  readonly badMinor: Minor
}

/** Below this nothing is learned that would not be an accident. */
export const LEAST_BAD = 20
/** Shares of the good payments, in parts per million, that a person may choose to refuse. */
const REFUSED_PPM = [500, 1000, 2000, 3000, 5000, 7500, 10_000, 15_000, 20_000, 30_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000]
/** Of no payment ever. */
export const REFUSE_NOTHING = 2 ** 31

export const loneSettings: Settings = { ...bookSettings, trees: 80 }

/** In whole numbers. Leaves below 1/8192 of a logit are nothing. */
export function compactOf({ features, bias, feature, threshold, leaf }: Trees, shift: number): CompactTrees {
  return {
    features,
    bias: Math.round((bias + shift) * LOGIT),
    feature: Uint8Array.from(feature),
    threshold: Float32Array.from(threshold),
    leaf: Int16Array.from(leaf, (logit) => Math.max(-(2 ** 15), Math.min(2 ** 15 - 1, Math.round(logit * LOGIT)))),
  }
}

/**
 * Learns from the samples before `judgedFrom` and measures on those from then on: no point of the curve flatters itself. The caller leaves out what could not be known yet.
 * Undefined while there are too few bad payments in either part.
 */
export function fitLone(samples: readonly LoneSample[], judgedFrom: EpochMs): LoneFit | undefined {
  const learned = samples.filter(({ at }) => at < judgedFrom)
  const judged = samples.filter(({ at, withinCaps }) => at >= judgedFrom && withinCaps)
  if (badIn(learned) < LEAST_BAD || badIn(judged) === 0) return undefined
  const rows = new Float64Array(learned.length * LONE_FEATURES)
  learned.forEach(({ features }, row) => rows.set(features, row * LONE_FEATURES))
  const labels = Uint8Array.from(learned, ({ isBad }) => (isBad ? 1 : 0))
  const good = learned.filter(({ isBad }) => !isBad)
  const shift = -Math.log(Math.max(1, good.reduce((sum, { weight }) => sum + weight, 0) / Math.max(1, good.length)))
  const bytes = compactTreesBytes(compactOf(train(rows, labels, LONE_FEATURES, loneSettings), shift))
  // Read back: what is measured is what a till will have.
  const trees = bytes && readCompactTrees(bytes)
  if (bytes === undefined || trees === undefined) return undefined
  const scored = judged.map((sample) => ({ ...sample, score: compactScoreOf(trees, sample.features) })).toSorted((a, b) => b.score - a.score)
  const bad = scored.filter(({ isBad }) => isBad)
  const sum = (of: readonly LoneSample[]): Minor => of.reduce((total, { amountMinor, weight }) => total + amountMinor * weight, 0)
  return {
    model: base64url(bytes),
    bytes: bytes.length,
    points: curveOf(scored),
    judged: scored.reduce((total, { weight }) => total + weight, 0),
    judgedMinor: sum(scored),
    bad: bad.length,
    badMinor: sum(bad),
  }
}

const badIn = (samples: readonly LoneSample[]): number => samples.reduce((count, { isBad }) => count + Number(isBad), 0)

/** `scored`: the highest score first. */
function curveOf(scored: readonly (LoneSample & { readonly score: number })[]): readonly CurvePoint[] {
  const good = scored.reduce((total, { isBad, weight }) => total + (isBad ? 0 : weight), 0)
  let lossMinor = scored.reduce((total, { isBad, amountMinor }) => total + (isBad ? amountMinor : 0), 0)
  const points: CurvePoint[] = [{ refuseAbove: REFUSE_NOTHING, lossMinor, refused: 0, refusedMinor: 0 }]
  let [refused, refusedMinor, next] = [0, 0, 0]
  for (const ppm of REFUSED_PPM) {
    const most = (good * ppm) / 1_000_000
    const before = next
    // All payments of one score share their fate.
    for (let end = next; end < scored.length; next = end) {
      let [count, sum, saved] = [0, 0, 0]
      const score = scored[next]?.score
      for (; scored[end]?.score === score && end < scored.length; end++) {
        const { isBad, weight, amountMinor } = scored[end] ?? { isBad: false, weight: 0, amountMinor: 0 }
        if (isBad) saved += amountMinor
        else [count, sum] = [count + weight, sum + weight * amountMinor]
      }
      if (refused + count > most) break
      refused += count
      refusedMinor += sum
      lossMinor -= saved
    }
    if (next > before) points.push({ refuseAbove: scored[next]?.score ?? -REFUSE_NOTHING, lossMinor, refused, refusedMinor })
  }
  return points
}

/** The point that costs least, where a refused good payment costs this share of its sum, in parts per million: the margin that is lost, and some of the goodwill. */
export function cheapest(points: readonly CurvePoint[], refusedCostsPpm: number): CurvePoint | undefined {
  const cost = ({ lossMinor, refusedMinor }: CurvePoint): number => lossMinor + (refusedMinor * refusedCostsPpm) / 1_000_000
  return points.toSorted((a, b) => cost(a) - cost(b) || a.refused - b.refused)[0]
}
