import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compactScoreOf, compactTreesBytes, MAX_MODEL_BYTES, MAX_TREES, readCompactTrees, type CompactTrees } from './compact-trees.ts'

const FEATURES = 5
const tree = fc.record({
  feature: fc.array(fc.nat(FEATURES - 1), { minLength: 7, maxLength: 7 }),
  threshold: fc.array(fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constant(Infinity)), { minLength: 7, maxLength: 7 }),
  leaf: fc.array(fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }), { minLength: 8, maxLength: 8 }),
})
const model = fc
  .record({ bias: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), trees: fc.array(tree, { maxLength: 20 }) })
  .map(({ bias, trees }): CompactTrees => ({
    features: FEATURES,
    bias,
    feature: Uint8Array.from(trees.flatMap((each) => each.feature)),
    threshold: Float32Array.from(trees.flatMap((each) => each.threshold)),
    leaf: Int16Array.from(trees.flatMap((each) => each.leaf)),
  }))
const row = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: FEATURES, maxLength: FEATURES }).map((values) => Float64Array.from(values))

/** As the format's text says it, one question after the other. */
function naive({ bias, feature, threshold, leaf }: CompactTrees, values: Float64Array): number {
  let score = bias
  for (let t = 0; t < leaf.length / 8; t++) {
    let node = 0
    while (node < 7) node = 2 * node + ((values[feature[7 * t + node] ?? 0] ?? 0) > (threshold[7 * t + node] ?? 0) ? 2 : 1)
    score += leaf[8 * t + node - 7] ?? 0
  }
  return score
}

test('a model that was written is read again, and scores as its text says', () => {
  fc.assert(
    fc.property(model, row, (trees, values) => {
      const bytes = compactTreesBytes(trees)
      const read = bytes && readCompactTrees(bytes)
      expect(read && compactScoreOf(read, values)).toBe(naive(trees, values))
      expect(read && compactTreesBytes(read)).toEqual(bytes)
    }),
  )
})

test('what is cut short, longer or changed is not read as the same model', () => {
  fc.assert(
    fc.property(model, fc.nat(), fc.integer({ min: 1, max: 255 }), (trees, pick, other) => {
      const bytes = compactTreesBytes(trees) ?? new Uint8Array(0)
      const place = pick % bytes.length
      expect(readCompactTrees(bytes.subarray(0, place))).toBeUndefined()
      expect(readCompactTrees(Uint8Array.from([...bytes, 0]))).toBeUndefined()
      const changed = readCompactTrees(bytes.map((byte, at) => (at === place ? byte ^ other : byte)))
      expect(changed === undefined || changed.leaf.length % 8 === 0).toBe(true)
    }),
  )
})

test('the largest model fits into its bound; what does not is not written', () => {
  const full = (trees: number): CompactTrees => ({
    features: 27,
    bias: 0,
    feature: Uint8Array.from({ length: 7 * trees }, (_, node) => node % 27),
    threshold: Float32Array.from({ length: 7 * trees }, (_, node) => node),
    leaf: new Int16Array(8 * trees),
  })
  expect(compactTreesBytes(full(MAX_TREES))?.length).toBeLessThan(MAX_MODEL_BYTES / 2)
  expect(compactTreesBytes(full(MAX_TREES + 1))).toBeUndefined()
})
