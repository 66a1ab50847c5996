/**
 * Gradient-boosted decision trees for a yes/no question: log loss, second-order gains (Friedman 2001; Chen and Guestrin 2016), features cut into at most 255
 * bins, each tree three questions deep. The same rows and settings give the same model, bit by bit.
 */
export type Settings = { readonly trees: number; readonly rate: number; readonly lambda: number; readonly leastWeight: number }
/** Fixed, so that scoring is straight code. */
export const DEPTH = 3
const INNER = 2 ** DEPTH - 1
const LEAVES = 2 ** DEPTH

export const bookSettings: Settings = { trees: 100, rate: 0.1, lambda: 1, leastWeight: 1 }

/**
 * Seven inner nodes a tree, level by level; a value above the threshold goes right. A node that does not divide has the threshold +∞.
 * The score is in logits: `bias` plus one leaf of each tree.
 */
export type Trees = {
  readonly features: number
  readonly bias: number
  readonly feature: Uint16Array
  readonly threshold: Float64Array
  readonly leaf: Float64Array
  /** How many rows of the training each leaf had, for reasons. Models of before have none. */
  readonly weight?: Float64Array | undefined
}

const MOST_BINS = 255

/** `rows`: one after the other, `features` numbers each; `labels`: 0 or 1. */
export function train(rows: Float64Array, labels: Uint8Array, features: number, settings: Settings): Trees {
  const count = labels.length
  const edges = Array.from({ length: features }, (_, f) => edgesOf(rows, labels, features, f))
  const bins = Array.from({ length: features }, (_, f) => binned(rows, count, features, f, edges[f] ?? new Float64Array(0)))
  // Even odds to begin with: the first trees then hear every row, and not only the few whose answer is rare.
  const bias = 0
  const trees: Trees = {
    features,
    bias,
    feature: new Uint16Array(settings.trees * INNER),
    threshold: new Float64Array(settings.trees * INNER).fill(Number.POSITIVE_INFINITY),
    leaf: new Float64Array(settings.trees * LEAVES),
    weight: new Float64Array(settings.trees * LEAVES),
  }
  const score = new Float64Array(count).fill(bias)
  const gradient = new Float64Array(count)
  const hessian = new Float64Array(count)
  const node = new Uint8Array(count)
  const grower = new Grower(bins, edges, gradient, hessian, node, settings)
  for (let t = 0; t < settings.trees; t++) {
    for (let r = 0; r < count; r++) {
      const p = 1 / (1 + Math.exp(-(score[r] ?? 0)))
      gradient[r] = p - (labels[r] ?? 0)
      hessian[r] = p * (1 - p)
    }
    grower.grow(trees, t)
    for (let r = 0; r < count; r++) score[r] = (score[r] ?? 0) + (trees.leaf[t * LEAVES + (node[r] ?? 0)] ?? 0)
  }
  return trees
}

/**
 * Values between which a feature is cut. Both answers have the same mass, or all of the few frauds would lie in one bin; a value that much of the mass shares
 * has a bin of its own, and the others share the rest evenly.
 */
function edgesOf(rows: Float64Array, labels: Uint8Array, features: number, f: number): Float64Array {
  const sorted = [0, 1].map((label) => valuesOf(rows, labels, features, f, label))
  const values: number[] = []
  const masses: number[] = []
  for (let [n, p] = [0, 0]; n < (sorted[0]?.length ?? 0) || p < (sorted[1]?.length ?? 0);) {
    const value = Math.min(sorted[0]?.[n] ?? Number.POSITIVE_INFINITY, sorted[1]?.[p] ?? Number.POSITIVE_INFINITY)
    let mass = 0
    for (; sorted[0]?.[n] === value; n++) mass += 1 / (sorted[0]?.length ?? 1)
    for (; sorted[1]?.[p] === value; p++) mass += 1 / (sorted[1]?.length ?? 1)
    values.push(value)
    masses.push(mass)
  }
  const total = 2 / MOST_BINS
  const isLarge = (k: number): boolean => (masses[k] ?? 0) > total
  const large = masses.filter((_, k) => isLarge(k))
  const rest = 2 - large.reduce((sum, one) => sum + one, 0)
  const share = values.length <= MOST_BINS ? 0 : rest / Math.max(MOST_BINS - large.length, 1)
  const edges: number[] = []
  let filled = 0
  for (let k = 0; k + 1 < values.length && edges.length < MOST_BINS - 1; k++) {
    filled += masses[k] ?? 0
    if (filled < share && !isLarge(k) && !isLarge(k + 1)) continue
    edges.push(middle(values[k] ?? 0, values[k + 1] ?? 0))
    filled = 0
  }
  return Float64Array.from(edges)
}

function valuesOf(rows: Float64Array, labels: Uint8Array, features: number, f: number, label: number): Float64Array {
  const values = new Float64Array(labels.length)
  let count = 0
  for (let r = 0; r < labels.length; r++) if (labels[r] === label) values[count++] = rows[r * features + f] ?? 0
  return values.subarray(0, count).sort()
}

const middle = (a: number, b: number): number => {
  const between = a + (b - a) / 2
  return between < b ? between : a
}

/** The bin of each row: how many edges are below its value. */
function binned(rows: Float64Array, count: number, features: number, f: number, edges: Float64Array): Uint8Array {
  const bins = new Uint8Array(count)
  for (let r = 0; r < count; r++) {
    const value = rows[r * features + f] ?? 0
    let low = 0
    let high = edges.length
    while (low < high) {
      const mid = (low + high) >> 1
      if (value > (edges[mid] ?? 0)) low = mid + 1
      else high = mid
    }
    bins[r] = low
  }
  return bins
}

type Split = { readonly feature: number; readonly bin: number; readonly gain: number }
const NO_SPLIT: Split = { feature: 0, bin: MOST_BINS, gain: 0 }
const BINS = MOST_BINS + 1

/** Sums of gradient and hessian of each bin of each feature, side by side, over the rows of a node. */
type Histogram = Float64Array

class Grower {
  readonly #bins: readonly Uint8Array[]
  readonly #edges: readonly Float64Array[]
  readonly #gradient: Float64Array
  readonly #hessian: Float64Array
  readonly #node: Uint8Array
  readonly #settings: Settings
  /** The rows of a level's nodes side by side: what one node reads lies together. */
  readonly #order: Uint32Array
  readonly #spare: Uint32Array
  readonly #gathered: Float64Array

  constructor(
    bins: readonly Uint8Array[],
    edges: readonly Float64Array[],
    gradient: Float64Array,
    hessian: Float64Array,
    node: Uint8Array,
    settings: Settings,
  ) {
    this.#bins = bins
    this.#edges = edges
    this.#gradient = gradient
    this.#hessian = hessian
    this.#node = node
    this.#settings = settings
    this.#order = new Uint32Array(node.length)
    this.#spare = new Uint32Array(node.length)
    this.#gathered = new Float64Array(2 * node.length)
  }

  /** Grows tree `t`; afterwards `node` has the leaf of each row. */
  grow(trees: Trees, t: number): void {
    for (let r = 0; r < this.#order.length; r++) this.#order[r] = r
    let bounds = [0, this.#order.length]
    let histograms = [this.#histogram(0, this.#order.length)]
    for (let level = 0; level < DEPTH; level++) {
      const below: number[] = [0]
      const next: Histogram[] = []
      for (let n = 0; n < 2 ** level; n++) {
        const [from, to] = [bounds[n] ?? 0, bounds[n + 1] ?? 0]
        const own = histograms[n] ?? new Float64Array(0)
        const split = this.#best(own)
        const at = t * INNER + 2 ** level - 1 + n
        if (split.gain > 0) {
          trees.feature[at] = split.feature
          trees.threshold[at] = this.#edges[split.feature]?.[split.bin] ?? Number.POSITIVE_INFINITY
        }
        const middleOf = this.#divide(from, to, split)
        below.push(middleOf, to)
        if (level + 1 < DEPTH) next.push(...this.#children(own, from, middleOf, to))
      }
      bounds = below
      histograms = next
    }
    this.#leaves(trees, t, bounds)
  }

  #leaves(trees: Trees, t: number, bounds: readonly number[]): void {
    const { lambda, rate } = this.#settings
    const leaves = bounds.length - 1
    for (let n = 0; n < leaves; n++) {
      let g = 0
      let h = 0
      for (let k = bounds[n] ?? 0; k < (bounds[n + 1] ?? 0); k++) {
        const r = this.#order[k] ?? 0
        g += this.#gradient[r] ?? 0
        h += this.#hessian[r] ?? 0
        this.#node[r] = n
      }
      trees.leaf[t * leaves + n] = (-rate * g) / (h + lambda)
      if (trees.weight !== undefined) trees.weight[t * leaves + n] = (bounds[n + 1] ?? 0) - (bounds[n] ?? 0)
    }
  }

  /** Only the smaller half is counted; the other is what the whole has beyond it. */
  #children(whole: Histogram, from: number, middleOf: number, to: number): [Histogram, Histogram] {
    const isLeftSmaller = middleOf - from <= to - middleOf
    const counted = isLeftSmaller ? this.#histogram(from, middleOf) : this.#histogram(middleOf, to)
    const rest = whole
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - (counted[i] as number)
    return isLeftSmaller ? [counted, rest] : [rest, counted]
  }

  #best(histogram: Histogram): Split {
    const { lambda, leastWeight } = this.#settings
    let best = NO_SPLIT
    for (let f = 0; f < this.#bins.length; f++) {
      const last = this.#edges[f]?.length ?? 0
      if (last === 0) continue
      const base = 2 * BINS * f
      let [totalG, totalH] = [0, 0]
      for (let bin = 0; bin <= last; bin++) {
        totalG += histogram[base + 2 * bin] as number
        totalH += histogram[base + 2 * bin + 1] as number
      }
      const whole = totalG ** 2 / (totalH + lambda)
      let [g, h] = [0, 0]
      for (let bin = 0; bin < last; bin++) {
        g += histogram[base + 2 * bin] as number
        h += histogram[base + 2 * bin + 1] as number
        const rest = totalH - h
        if (h < leastWeight || rest < leastWeight) continue
        const gain = g ** 2 / (h + lambda) + (totalG - g) ** 2 / (rest + lambda) - whole
        // A hair's breadth better is rounding; the earlier feature stays.
        if (gain > best.gain + 1e-9) best = { feature: f, bin, gain }
      }
    }
    return best
  }

  #histogram(from: number, to: number): Histogram {
    const histogram = new Float64Array(2 * BINS * this.#bins.length)
    const [order, gathered, gradient, hessian] = [this.#order, this.#gathered, this.#gradient, this.#hessian]
    for (let k = from; k < to; k++) {
      const r = order[k] as number
      gathered[2 * k] = gradient[r] as number
      gathered[2 * k + 1] = hessian[r] as number
    }
    for (let f = 0; f < this.#bins.length; f++) {
      const bins = this.#bins[f] as Uint8Array
      const base = 2 * BINS * f
      for (let k = from; k < to; k++) {
        const at = base + 2 * (bins[order[k] as number] as number)
        histogram[at] = (histogram[at] as number) + (gathered[2 * k] as number)
        histogram[at + 1] = (histogram[at + 1] as number) + (gathered[2 * k + 1] as number)
      }
    }
    return histogram
  }

  /** Puts what goes left before what goes right, each in its order; answers where right begins. */
  #divide(from: number, to: number, { feature, bin, gain }: Split): number {
    if (gain <= 0) return to
    const bins = this.#bins[feature] ?? new Uint8Array(0)
    let left = from
    let right = 0
    for (let k = from; k < to; k++) {
      const r = this.#order[k] ?? 0
      if ((bins[r] ?? 0) <= bin) this.#order[left++] = r
      else this.#spare[right++] = r
    }
    this.#order.set(this.#spare.subarray(0, right), left)
    return left
  }
}

/**
 * In logits. `row` begins at `offset`. This is what a decision is made of: every index is inside its array by construction, and comparisons are counted and not
 * branched upon, since nobody could foresee them (a quarter of the time).
 */
export function scoreOf({ feature, threshold, leaf, bias }: Trees, row: Float64Array, offset = 0): number {
  let score = bias
  for (let root = 0, leaves = 0; leaves < leaf.length; root += INNER, leaves += LEAVES) {
    const first = Number((row[offset + (feature[root] as number)] as number) > (threshold[root] as number))
    const under = root + 1 + first
    const second = 2 * first + Number((row[offset + (feature[under] as number)] as number) > (threshold[under] as number))
    const last = root + 3 + second
    const third = 2 * second + Number((row[offset + (feature[last] as number)] as number) > (threshold[last] as number))
    score += leaf[leaves + third] as number
  }
  return score
}
