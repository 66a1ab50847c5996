import type { Trees } from './boosting.ts'

/** One after the other through all trees: adds their leaves to `score`, in their order. */
export type TreesScorer = (row: Float64Array, score: number) => number

const INNER = 7
const LEAVES = 8
/** One function of so many: V8 makes machine code of it in a few milliseconds, beside the main thread. */
const TREES_IN_ONE = 50

/**
 * `scoreOf` as straight code, bit by bit the same and in a third of the time: questions and leaves are numbers in the code and not in arrays. Made of numbers and operators alone, since
 * features are places and every number is written by `JSON.stringify`. Throws an `EvalError` where code may not be made at run time.
 */
export function compiledTrees({ feature, threshold, leaf }: Trees): TreesScorer {
  const parts: TreesScorer[] = []
  for (let from = 0; from < leaf.length / LEAVES; from += TREES_IN_ONE) {
    const text = codeOf({ feature, threshold, leaf }, from, Math.min(from + TREES_IN_ONE, leaf.length / LEAVES))
    // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
    parts.push(new Function('f', 's', text) as TreesScorer)
  }
  return (row, score) => {
    let sum = score
    for (let part = 0; part < parts.length; part++) sum = (parts[part] as TreesScorer)(row, sum)
    return sum
  }
}

function codeOf({ feature, threshold, leaf }: Pick<Trees, 'feature' | 'threshold' | 'leaf'>, from: number, to: number): string {
  const asked = new Set(feature.subarray(from * INNER, to * INNER))
  const read = [...asked].map((place) => `const f${place}=f[${place}];`)
  const trees: string[] = []
  for (let tree = from; tree < to; tree++) {
    const asks = (node: number): string => {
      const value = threshold[tree * INNER + node] ?? Infinity
      return value === Infinity ? 'false' : `f${feature[tree * INNER + node]}>${JSON.stringify(value)}`
    }
    const below = (node: number): string =>
      node < INNER ? `(${asks(node)}?${below(2 * node + 2)}:${below(2 * node + 1)})` : JSON.stringify(leaf[tree * LEAVES + node - INNER])
    trees.push(`s+=${below(0)};`)
  }
  return `'use strict';${read.join('')}${trees.join('')}return s`
}
