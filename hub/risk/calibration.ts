/**
 * From logits to probabilities that can be multiplied with money: isotonic regression, fitted by pooling adjacent violators (Ayer et al. 1955) to payments that the
 * trees were not trained on, flat over each pool and a straight line from one to the next. It never turns two payments round, so it changes no order; where there was nothing to fit
 * it is the logistic function.
 */
export type Calibration = {
  /** Rising strictly. Of one length with `probabilities`; empty: the logistic function. */
  readonly logits: Float64Array
  /** Rising, within [LEAST, 1 − LEAST]. */
  readonly probabilities: Float64Array
}

export const uncalibrated: Calibration = { logits: new Float64Array(0), probabilities: new Float64Array(0) }

/** Nothing is sure: a payment is never worth nothing because few were looked at. */
const LEAST = 1e-6

/** Monotone in `logit`. Beyond the ends: as at the ends. */
export function calibrated({ logits, probabilities }: Calibration, logit: number): number {
  const last = logits.length - 1
  if (last < 0) return bounded(1 / (1 + Math.exp(-logit)))
  if (logit <= (logits[0] as number)) return probabilities[0] as number
  if (logit >= (logits[last] as number)) return probabilities[last] as number
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((logits[middle] as number) <= logit) low = middle
    else high = middle
  }
  const [from, to] = [logits[low] as number, logits[high] as number]
  const [least, most] = [probabilities[low] as number, probabilities[high] as number]
  // Rounding must not carry the line beyond its end.
  return Math.min(most, least + ((most - least) * (logit - from)) / (to - from))
}

const bounded = (probability: number): number => Math.min(1 - LEAST, Math.max(LEAST, probability))

type Pool = { weight: number; frauds: number; readonly from: number; to: number }

/** `weights`: how many payments each row stands for, since only some of the legitimate are kept. */
export function fitCalibration(logits: Float64Array, labels: Uint8Array, weights: Float64Array): Calibration {
  const order = Uint32Array.from(logits, (_, r) => r).sort((a, b) => (logits[a] as number) - (logits[b] as number))
  const pools: Pool[] = []
  for (let k = 0; k < order.length;) {
    // Rows of one score are one pool from the beginning: nobody can tell them apart.
    const logit = logits[order[k] as number] as number
    const pool: Pool = { weight: 0, frauds: 0, from: logit, to: logit }
    for (; k < order.length && logits[order[k] as number] === logit; k++) {
      const weight = weights[order[k] as number] as number
      pool.weight += weight
      if (labels[order[k] as number] === 1) pool.frauds += weight
    }
    pools.push(pool)
    while (pools.length > 1 && rateOf(pools.at(-2)) >= rateOf(pools.at(-1))) {
      const right = pools.pop() as Pool
      const left = pools.at(-1) as Pool
      left.weight += right.weight
      left.frauds += right.frauds
      left.to = right.to
    }
  }
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const points = pools.flatMap(({ weight, frauds, from, to }) => {
    // Half a payment of doubt at either end: a pool of frauds alone is not proof that there is no exception, nor one without any that there is none.
    const rate = frauds / weight
    const probability = bounded(rate > 0.5 ? (frauds + 0.5) / (weight + 1) : Math.max(rate, 0.5 / (all + 1)))
    return from === to
      ? [{ logit: from, probability }]
      : [
          { logit: from, probability },
          { logit: to, probability },
        ]
  })
  let most = 0
  return {
    logits: Float64Array.from(points, ({ logit }) => logit),
    // Doubt weighs more in a small pool, and must not turn it and its neighbour round.
    probabilities: Float64Array.from(points, ({ probability }) => (most = Math.max(most, probability))),
  }
}

const rateOf = (pool: Pool | undefined): number => (pool === undefined ? 0 : pool.frauds / pool.weight)
