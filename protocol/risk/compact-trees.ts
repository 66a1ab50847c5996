/**
 * Boosted trees in a few kilobytes, for a till that must judge alone: whole numbers only, so that every machine comes to the same score. Three questions a tree,
 * as the hub's (`hub/risk/boosting.ts`); thresholds are shared by all trees and named by their number, leaves are 1/4096 of a logit in 16 bits.
 *
 * Bytes, little-endian: `SPL1`; how many features; how many trees; the bias (32 bits, in 1/4096 logit); of each feature how many thresholds, then these (32-bit floats,
 * rising); of each tree seven questions (feature, number of its threshold; 255: goes left, whatever the value) and eight leaves.
 */
export const LOGIT = 4096
/** A bundle with a model stays a message that any link carries at once. */
export const MAX_MODEL_BYTES = 16_384
export const MAX_TREES = 128

const MAGIC = [0x53, 0x50, 0x4c, 0x31]
const HEADER = 10
const INNER = 7
const LEAVES = 8
const TREE_BYTES = 2 * INNER + 2 * LEAVES
const NO_QUESTION = 255

export type CompactTrees = {
  readonly features: number
  /** In 1/4096 logit. */
  readonly bias: number
  /** Seven of each tree, level by level; a value above the threshold goes right. */
  readonly feature: Uint8Array
  readonly threshold: Float32Array
  /** Eight of each tree, in 1/4096 logit. */
  readonly leaf: Int16Array
}

/** Undefined where it does not fit: too many trees, thresholds or bytes. */
export function compactTreesBytes({ features, bias, feature, threshold, leaf }: CompactTrees): Uint8Array | undefined {
  const trees = leaf.length / LEAVES
  const thresholds = Array.from({ length: features }, (_, f) => thresholdsOf(f, feature, threshold))
  const size = HEADER + thresholds.reduce((sum, each) => sum + 1 + 4 * each.length, 0) + trees * TREE_BYTES
  if (features > 255 || trees > MAX_TREES || size > MAX_MODEL_BYTES || thresholds.some(({ length }) => length >= NO_QUESTION)) return undefined
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  bytes[4] = features
  bytes[5] = trees
  view.setInt32(6, bias, true)
  let at = HEADER
  for (const each of thresholds) {
    bytes[at++] = each.length
    for (const value of each) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  for (let tree = 0; tree < trees; tree++) {
    for (let node = tree * INNER; node < (tree + 1) * INNER; node++) {
      const asks = thresholds[feature[node] ?? 0]?.indexOf(threshold[node] ?? Infinity) ?? -1
      bytes[at++] = asks < 0 ? 0 : (feature[node] ?? 0)
      bytes[at++] = asks < 0 ? NO_QUESTION : asks
    }
    for (let node = tree * LEAVES; node < (tree + 1) * LEAVES; node++, at += 2) view.setInt16(at, leaf[node] ?? 0, true)
  }
  return bytes
}

function thresholdsOf(f: number, feature: Uint8Array, threshold: Float32Array): readonly number[] {
  const own = Array.from(threshold).filter((value, node) => feature[node] === f && Number.isFinite(value))
  return [...new Set(own)].toSorted((a, b) => a - b)
}

/** Undefined for anything but the exact bytes of a model: no byte too many, every threshold finite and rising, every question about something that is there. */
export function readCompactTrees(bytes: Uint8Array): CompactTrees | undefined {
  if (bytes.length < HEADER || bytes.length > MAX_MODEL_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [features, trees] = [bytes[4] ?? 0, bytes[5] ?? 0]
  if (trees > MAX_TREES) return undefined
  const thresholds: number[][] = []
  let at = HEADER
  for (let f = 0; f < features; f++) {
    const count = bytes[at++] ?? NO_QUESTION
    if (count === NO_QUESTION || at + 4 * count > bytes.length) return undefined
    const own = Array.from({ length: count }, (_, k) => view.getFloat32(at + 4 * k, true))
    if (own.some((value, k) => !Number.isFinite(value) || value <= (own[k - 1] ?? -Infinity))) return undefined
    thresholds.push(own)
    at += 4 * count
  }
  if (bytes.length !== at + trees * TREE_BYTES) return undefined
  const read = {
    features,
    bias: view.getInt32(6, true),
    feature: new Uint8Array(trees * INNER),
    threshold: new Float32Array(trees * INNER).fill(Infinity),
    leaf: new Int16Array(trees * LEAVES),
  }
  for (let tree = 0; tree < trees; tree++) {
    for (let node = tree * INNER; node < (tree + 1) * INNER; node++, at += 2) {
      const [asked, number] = [bytes[at] ?? 0, bytes[at + 1] ?? 0]
      if (number === NO_QUESTION && asked === 0) continue
      const value = thresholds[asked]?.[number]
      if (value === undefined) return undefined
      read.feature[node] = asked
      read.threshold[node] = value
    }
    for (let node = tree * LEAVES; node < (tree + 1) * LEAVES; node++, at += 2) read.leaf[node] = view.getInt16(at, true)
  }
  return read
}

/** In 1/4096 logit, a whole number. `row` has as many numbers as the model has features. */
export function compactScoreOf({ bias, feature, threshold, leaf }: CompactTrees, row: Float64Array): number {
  let score = bias
  for (let root = 0, leaves = 0; leaves < leaf.length; root += INNER, leaves += LEAVES) {
    const first = Number((row[feature[root] as number] as number) > (threshold[root] as number))
    const under = root + 1 + first
    const second = 2 * first + Number((row[feature[under] as number] as number) > (threshold[under] as number))
    const last = root + 3 + second
    const third = 2 * second + Number((row[feature[last] as number] as number) > (threshold[last] as number))
    score += leaf[leaves + third] as number
  }
  return score
}
