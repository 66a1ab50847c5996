/**
 * How well scores put frauds first, where each row stands for `weight` payments: the sample of the legitimate is counted as all of them. Prepared once, since a
 * resample only changes how often each row is there.
 */
export class Ranked {
  /** Rows from the highest score down, and where each run of equal scores ends. */
  readonly #order: Uint32Array
  readonly #ends: Uint32Array
  readonly #labels: Uint8Array
  readonly #weights: Float64Array

  constructor(scores: Float64Array, labels: Uint8Array, weights: Float64Array) {
    this.#order = Uint32Array.from(scores, (_, r) => r).sort((a, b) => (scores[b] as number) - (scores[a] as number))
    const ends: number[] = []
    this.#order.forEach((r, k) => {
      if (k + 1 === this.#order.length || scores[this.#order[k + 1] as number] !== scores[r]) ends.push(k + 1)
    })
    this.#ends = Uint32Array.from(ends)
    this.#labels = labels
    this.#weights = weights
  }

  /** Average precision and area under the ROC curve. `times`: how often each row is there. NaN without both kinds. */
  measure(times?: Uint32Array): { readonly ap: number; readonly auc: number } {
    const all = this.#totals(times)
    let [frauds, others, ap, area] = [0, 0, 0, 0]
    let begin = 0
    for (const end of this.#ends) {
      let [fraudsHere, othersHere] = [0, 0]
      for (let k = begin; k < end; k++) {
        const r = this.#order[k] as number
        const weight = (this.#weights[r] as number) * (times?.[r] ?? 1)
        if (this.#labels[r] === 1) fraudsHere += weight
        else othersHere += weight
      }
      begin = end
      // Frauds before these others, and half of those beside them.
      area += othersHere * (frauds + fraudsHere / 2)
      frauds += fraudsHere
      others += othersHere
      if (fraudsHere > 0) ap += (fraudsHere / all.frauds) * (frauds / (frauds + others))
    }
    return all.frauds === 0 ? { ap: Number.NaN, auc: Number.NaN } : { ap, auc: area / (all.frauds * all.others) }
  }

  #totals(times: Uint32Array | undefined): { readonly frauds: number; readonly others: number } {
    let [frauds, others] = [0, 0]
    this.#labels.forEach((label, r) => {
      const weight = (this.#weights[r] as number) * (times?.[r] ?? 1)
      if (label === 1) frauds += weight
      else others += weight
    })
    return { frauds, others }
  }
}

/** The same numbers for the same seed (Mulberry32): what is drawn must be drawn again by whoever checks it. In [0, 1). */
export function drawn(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How often each of `count` rows is in a resample of as many, drawn with putting back. */
export function resampled(count: number, next: () => number): Uint32Array {
  const times = new Uint32Array(count)
  for (let k = 0; k < count; k++) {
    const r = Math.floor(next() * count)
    times[r] = (times[r] as number) + 1
  }
  return times
}
