import type { RuleOutcome } from '#protocol/risk/rules.ts'
import type { Minor } from '#protocol/money.ts'

/** From the mildest to the hardest. */
export const outcomes = ['approve', 'challenge', 'review', 'decline'] as const satisfies readonly ('approve' | RuleOutcome)[]
export type RiskOutcome = (typeof outcomes)[number]

export const harder = (a: RiskOutcome, b: RiskOutcome): RiskOutcome => (outcomes.indexOf(a) >= outcomes.indexOf(b) ? a : b)

/** Probabilities of fraud from which on something is done: challenge ≤ review ≤ decline. */
export type Thresholds = { readonly challenge: number; readonly review: number; readonly decline: number }

export const outcomeAt = (probability: number, { challenge, review, decline }: Thresholds): RiskOutcome =>
  probability >= decline ? 'decline' : probability >= review ? 'review' : probability >= challenge ? 'challenge' : 'approve'

/** What a person has stated about money and about people's time. Shares are between 0 and 1. */
export type RiskCosts = {
  /** Of a fraud's amount that is lost in the end. */
  readonly lossShare: number
  /** Of an honest payment's amount that is earned, and lost when it is declined. */
  readonly marginShare: number
  /** Of honest customers who walk away when they are asked to confirm on their phone, and of frauds that this stops. */
  readonly challengeLeaves: number
  readonly challengeStops: number
  /** A person's time for one case, and the share of frauds that this saves. */
  readonly reviewMinor: Minor
  readonly reviewSaves: number
  /** Cases that the people there can look at in a day. */
  readonly reviewsPerDay: number
}

/** Each threshold stays within what a person allowed, whatever the figures say. */
export type Bound = readonly [least: number, most: number]
export type ThresholdBounds = { readonly [T in keyof Thresholds]: Bound }

export type Scored = { readonly probability: number; readonly isFraud: boolean; readonly amountMinor: Minor }

const CANDIDATES = 40

/**
 * The thresholds that would have cost least over these payments, whose labels are known, taken in `days` days. Pure: the same payments give the same answer. Every
 * candidate lies within its bounds; where nothing keeps to the capacity, the fewest reviews win.
 */
export function chooseThresholds(scored: readonly Scored[], costs: RiskCosts, bounds: ThresholdBounds, days: number): Thresholds {
  const sorted = scored.toSorted((a, b) => a.probability - b.probability)
  const sums = costSums(sorted, costs)
  const places = new Map<number, number>()
  const placeOf = (threshold: number): number => {
    const known = places.get(threshold)
    if (known !== undefined) return known
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle]?.probability ?? 0) < threshold) low = middle + 1
      else high = middle
    }
    places.set(threshold, low)
    return low
  }
  const between = (sum: Float64Array, from: number, to: number): number => (sum[to] ?? 0) - (sum[from] ?? 0)
  const capacity = costs.reviewsPerDay * Math.max(days, 1)
  let best: Thresholds = { challenge: bounds.challenge[1], review: bounds.review[1], decline: bounds.decline[1] }
  let [least, leastOver] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const decline of candidates(bounds.decline)) {
    for (const review of candidates(bounds.review)) {
      if (review > decline) break
      const [from, to] = [placeOf(review), placeOf(decline)]
      const over = Math.max(0, to - from - capacity)
      if (over > leastOver) continue
      for (const challenge of candidates(bounds.challenge)) {
        if (challenge > review) break
        const first = placeOf(challenge)
        const cost =
          between(sums.approve, 0, first) + between(sums.challenge, first, from) + between(sums.review, from, to) + between(sums.decline, to, sorted.length)
        if (over > leastOver || (over === leastOver && cost >= least)) continue
        least = cost
        leastOver = over
        best = { challenge, review, decline }
      }
    }
  }
  return best
}

/** What each outcome would have cost for the first n payments, for every n. */
function costSums(sorted: readonly Scored[], costs: RiskCosts): { readonly [O in RiskOutcome]: Float64Array } {
  const sums = {
    approve: new Float64Array(sorted.length + 1),
    challenge: new Float64Array(sorted.length + 1),
    review: new Float64Array(sorted.length + 1),
    decline: new Float64Array(sorted.length + 1),
  }
  sorted.forEach((payment, k) => {
    for (const outcome of outcomes) sums[outcome][k + 1] = (sums[outcome][k] ?? 0) + costOf(payment, outcome, costs)
  })
  return sums
}

function costOf({ isFraud, amountMinor }: Scored, outcome: RiskOutcome, costs: RiskCosts): number {
  const loss = isFraud ? amountMinor * costs.lossShare : 0
  const margin = isFraud ? 0 : amountMinor * costs.marginShare
  switch (outcome) {
    case 'approve':
      return loss
    case 'challenge':
      return loss * (1 - costs.challengeStops) + margin * costs.challengeLeaves
    case 'review':
      return loss * (1 - costs.reviewSaves) + costs.reviewMinor
    case 'decline':
      return margin
  }
}

/** Evenly in odds and not in probabilities, since most of what matters is near 0. */
function candidates([least, most]: Bound): readonly number[] {
  if (least >= most) return [most]
  const [from, to] = [logit(least), logit(most)]
  return Array.from({ length: CANDIDATES }, (_, k) =>
    k === 0 ? least : k === CANDIDATES - 1 ? most : 1 / (1 + Math.exp(-(from + ((to - from) * k) / (CANDIDATES - 1)))),
  )
}

const logit = (probability: number): number => {
  const bounded = Math.min(1 - 1e-6, Math.max(1e-6, probability))
  return Math.log(bounded / (1 - bounded))
}
