import { DEPTH, type Trees } from './boosting.ts'
import { FEATURES, featureNames, type FeatureName } from './features.ts'
import type { RiskModel } from './learning.ts'

/**
 * Why a model says what it says: each question on a payment's way through a tree moves the score from what that branch holds on average to what the next one does, and
 * that step is the feature's. The steps of all trees and the bias are the logit, to the last rounding: nothing is left out and nothing is estimated.
 */
export type Contributions = { readonly bias: number; readonly byFeature: Float64Array }

const INNER = 2 ** DEPTH - 1
const LEAVES = 2 ** DEPTH

export function contributionsOf({ members, shift }: RiskModel, row: Float64Array): Contributions {
  const byFeature = new Float64Array(FEATURES)
  let bias = shift
  for (const trees of members) bias += addTrees(trees, row, byFeature, 1 / members.length)
  return { bias, byFeature }
}

/** Adds one member's steps, and answers what it says before any question is asked. */
function addTrees(trees: Trees, row: Float64Array, byFeature: Float64Array, share: number): number {
  let bias = trees.bias
  for (let tree = 0; tree * LEAVES < trees.leaf.length; tree++) {
    let [from, to] = [tree * LEAVES, (tree + 1) * LEAVES]
    let place = 0
    let here = meanOf(trees, from, to)
    bias += here
    while (to - from > 1) {
      const at = tree * INNER + place
      const feature = trees.feature[at] ?? 0
      const goesRight = (row[feature] ?? 0) > (trees.threshold[at] ?? Number.POSITIVE_INFINITY)
      const middle = (from + to) / 2
      if (goesRight) from = middle
      else to = middle
      const next = meanOf(trees, from, to)
      byFeature[feature] = (byFeature[feature] ?? 0) + (next - here) * share
      here = next
      place = 2 * place + (goesRight ? 2 : 1)
    }
  }
  return bias * share
}

/** Of the leaves under a branch, by how many payments of the training each of them had. */
function meanOf({ leaf, weight }: Trees, from: number, to: number): number {
  let [sum, all] = [0, 0]
  for (let k = from; k < to; k++) {
    const own = weight?.[k] ?? 1
    sum += own * (leaf[k] ?? 0)
    all += own
  }
  if (all > 0) return sum / all
  // A branch that nobody took in training.
  for (let k = from; k < to; k++) sum += leaf[k] ?? 0
  return sum / (to - from)
}

export type Reason = { readonly feature: FeatureName; readonly value: number; readonly contribution: number }

/** What spoke most for fraud, the strongest first; what spoke against it is not among them. */
export function topReasons(contributions: Contributions, row: Float64Array, most: number): readonly Reason[] {
  return featureNames
    .map((feature, place) => ({ feature, value: row[place] ?? 0, contribution: contributions.byFeature[place] ?? 0 }))
    .filter(({ contribution }) => contribution > 0)
    .toSorted((a, b) => b.contribution - a.contribution)
    .slice(0, most)
}
