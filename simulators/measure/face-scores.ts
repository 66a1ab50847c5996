/** Distances of pairs, and what follows from them. A pair is of two people, or twice of the same; people are numbers from 0 on. */
export type Pair = { readonly distance: number; readonly one: number; readonly other: number }

export type Rates = {
  readonly auc: number
  readonly tar_at_far_1pct: number
  readonly tar_at_far_0_1pct: number
  readonly eer_pct: number
  readonly fnmr_at_threshold_pct: number
  readonly fmr_at_threshold_pct: number
}

/** Sorted by distance, so that any weighting of people is judged in one pass. */
export function sortedPairs(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.toSorted((a, b) => a.distance - b.distance)
}

const PERCENT = 100
const FAR = { tar_at_far_1pct: 0.01, tar_at_far_0_1pct: 0.001 } as const

/**
 * Rates over the pairs, `weights` saying how often each person is in the sample (absent: once each). A false accept rate of x is allowed as long as no more
 * than x of the impostor pairs are at most that far apart. Undefined for a sample without pairs of either kind.
 */
export function ratesOf(sorted: readonly Pair[], threshold: number, weights?: ArrayLike<number>): Rates | undefined {
  let [genuine, impostor] = [0, 0]
  for (const pair of sorted) {
    if (pair.one === pair.other) genuine += weightIn(pair, weights)
    else impostor += weightIn(pair, weights)
  }
  if (genuine === 0 || impostor === 0) return undefined
  let [accepted, wrong, area, atThreshold, wrongAtThreshold] = [0, 0, 0, 0, 0]
  let [eer, gap] = [1, 1]
  const tar = { tar_at_far_1pct: 0, tar_at_far_0_1pct: 0 }
  for (const pair of sorted) {
    const weight = weightIn(pair, weights)
    if (weight === 0) continue
    if (pair.one === pair.other) accepted += weight
    else {
      wrong += weight
      area += weight * accepted
    }
    for (const name of ['tar_at_far_1pct', 'tar_at_far_0_1pct'] as const) if (wrong / impostor <= FAR[name]) tar[name] = accepted / genuine
    const [fmr, fnmr] = [wrong / impostor, 1 - accepted / genuine]
    if (Math.abs(fmr - fnmr) < gap) [gap, eer] = [Math.abs(fmr - fnmr), (fmr + fnmr) / 2]
    if (pair.distance <= threshold) [atThreshold, wrongAtThreshold] = [accepted, wrong]
  }
  return {
    auc: area / (genuine * impostor),
    tar_at_far_1pct: PERCENT * tar.tar_at_far_1pct,
    tar_at_far_0_1pct: PERCENT * tar.tar_at_far_0_1pct,
    eer_pct: PERCENT * eer,
    fnmr_at_threshold_pct: PERCENT * (1 - atThreshold / genuine),
    fmr_at_threshold_pct: (PERCENT * wrongAtThreshold) / impostor,
  }
}

/** How often a pair is in a sample of people. */
const weightIn = ({ one, other }: Pair, weights: ArrayLike<number> | undefined): number =>
  weights === undefined ? 1 : one === other ? (weights[one] ?? 0) : (weights[one] ?? 0) * (weights[other] ?? 0)

/** The distance at which `share` of those pairs (all of one kind, sorted) are accepted: halfway between the last that may be and the next. */
export function distanceAccepting(sorted: readonly Pair[], share: number, weights?: ArrayLike<number>): number {
  const whole = sorted.reduce((sum, pair) => sum + weightIn(pair, weights), 0)
  let [accepted, last] = [0, 0]
  for (const pair of sorted) {
    const weight = weightIn(pair, weights)
    if (weight === 0) continue
    accepted += weight
    if (accepted > share * whole) return last === 0 ? pair.distance : (last + pair.distance) / 2
    last = pair.distance
  }
  return last
}

/** How often each of `people` is drawn when as many are drawn with replacement: the bootstrap over people, since pairs of one person are not independent. */
export function resampled(people: number, random: () => number): Float64Array {
  const weights = new Float64Array(people)
  for (let i = 0; i < people; i++) {
    const drawn = Math.min(people - 1, Math.floor(random() * people))
    weights[drawn] = (weights[drawn] ?? 0) + 1
  }
  return weights
}

/** Small, quick and the same for every run: mulberry32, of public domain. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The area under the curve of scores that should be higher where `isOne`: ties count half. */
export function aucOfScores(scores: readonly { readonly score: number; readonly isOne: boolean }[]): number {
  const [ones, others] = [scores.filter(({ isOne }) => isOne), scores.filter(({ isOne }) => !isOne)]
  const wins = ones.reduce((sum, one) => sum + others.reduce((won, other) => won + (one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0), 0), 0)
  return wins / (ones.length * others.length)
}
