import { DAY, type EpochMs } from '#protocol/time.ts'
import { bookSettings, scoreOf, train, type Settings, type Trees } from './boosting.ts'
import { compiledTrees, type TreesScorer } from './compiled-trees.ts'
import { FEATURES, type Labels } from './features.ts'
import { LABEL_DELAY } from './history.ts'

/** One in so many legitimate payments is learned from, and every fraud: frauds are one in a hundred, and the rest says the same again. */
export const SAMPLED = 20
/** Different samples of the legitimate: one alone moves the average precision by ±.002, two together hardly. */
export const SAMPLES = 2

/** The average of trees that were trained on different samples, in logits of the probability among all payments and not among the sampled. */
export type RiskModel = { readonly members: readonly Trees[]; readonly shift: number }

/** A model that is asked more often than an explanation asks it becomes code. */
const COMPILED_AFTER = 200
type Asked = { times: number; compiled: readonly TreesScorer[] | undefined }
const asked = new WeakMap<RiskModel, Asked>()
let newest: { readonly model: RiskModel; readonly asked: Asked } | undefined

/** The probability of fraud as logits. The same to the last bit, however often it is asked. */
export function logitOf(model: RiskModel, row: Float64Array): number {
  const { members, shift } = model
  const known = newest?.model === model ? newest.asked : askedOf(model)
  if (known.compiled === undefined && ++known.times === COMPILED_AFTER) known.compiled = compiled(members)
  let sum = 0
  for (let member = 0; member < members.length; member++) {
    const trees = members[member] as Trees
    const scorer = known.compiled?.[member]
    sum += scorer === undefined ? scoreOf(trees, row) : scorer(row, trees.bias)
  }
  return sum / members.length + shift
}

function askedOf(model: RiskModel): Asked {
  const known = asked.get(model) ?? { times: 0, compiled: undefined }
  asked.set(model, known)
  newest = { model, asked: known }
  return known
}

function compiled(members: RiskModel['members']): readonly TreesScorer[] | undefined {
  try {
    return members.map(compiledTrees)
  } catch (error) {
    // Where code must not be made at run time, the loop says the same.
    if (error instanceof EvalError) return undefined
    throw error
  }
}

/** A vector that is learned from. `samples`: see `samplesOf`. */
export type KeptRow = { readonly row: Float64Array; readonly isFraud: boolean; readonly samples: number }

/** Each member from all frauds and its own sample of the legitimate. Undefined while there is no fraud to learn from. */
export function modelOf(kept: readonly KeptRow[], settings: Settings = bookSettings): RiskModel | undefined {
  if (!kept.some(({ isFraud }) => isFraud)) return undefined
  const members = Array.from({ length: SAMPLES }, (_, sample) => {
    const chosen = kept.filter(({ isFraud, samples }) => isFraud || (samples & (1 << sample)) !== 0)
    const rows = new Float64Array(chosen.length * FEATURES)
    chosen.forEach(({ row }, r) => rows.set(row, r * FEATURES))
    return train(
      rows,
      Uint8Array.from(chosen, ({ isFraud }) => (isFraud ? 1 : 0)),
      FEATURES,
      settings,
    )
  })
  return { members, shift: -Math.log(SAMPLED) }
}

/** Rows that lie together: one of them is no work for the collector of garbage. */
const CHUNK = 1024
type Chunk = { readonly rows: Float64Array; readonly at: Float64Array; readonly id: Float64Array; length: number }

/**
 * Feature vectors as they were when their payments were decided, kept for learning: all of them until their labels are known, then the frauds and a sample.
 * What is learned from is thus what is served.
 */
export class TrainingLog {
  readonly #labels: Labels
  readonly #waiting: Chunk[] = []
  readonly #kept: KeptRow[] = []

  constructor(labels: Labels) {
    this.#labels = labels
  }

  /** `id`: what `labels` is asked about, and what decides whether it is in a sample: the same payments whoever asks. */
  add(id: number, at: EpochMs, features: Float64Array): void {
    let chunk = this.#waiting.at(-1)
    if (chunk === undefined || chunk.length === CHUNK) {
      chunk = { rows: new Float64Array(CHUNK * FEATURES), at: new Float64Array(CHUNK), id: new Float64Array(CHUNK), length: 0 }
      this.#waiting.push(chunk)
    }
    chunk.rows.set(features, chunk.length * FEATURES)
    chunk.at[chunk.length] = at
    chunk.id[chunk.length] = id
    chunk.length++
  }

  /** Learns from everything whose label is known at `now`. Undefined while there is no fraud to learn from. */
  learn(now: EpochMs, settings: Settings = bookSettings): RiskModel | undefined {
    this.#release(now - LABEL_DELAY)
    return modelOf(this.#kept, settings)
  }

  #release(until: EpochMs): void {
    while (this.#waiting[0] !== undefined) {
      const chunk = this.#waiting[0]
      const young = this.#takeKnown(chunk, until)
      if (young > 0) {
        chunk.length = young
        return
      }
      this.#waiting.shift()
    }
  }

  /** What is known is kept or dropped; the others move to the front of their chunk. Answers how many those are. */
  #takeKnown({ rows, at, id, length }: Chunk, until: EpochMs): number {
    let young = 0
    for (let k = 0; k < length; k++) {
      const own = id[k] ?? 0
      const from = k * FEATURES
      if ((at[k] ?? 0) > until) {
        rows.copyWithin(young * FEATURES, from, from + FEATURES)
        at[young] = at[k] ?? 0
        id[young++] = own
        continue
      }
      const isFraud = this.#labels(own) === true
      const samples = samplesOf(own)
      if (isFraud || samples > 0) this.#kept.push({ row: rows.slice(from, from + FEATURES), isFraud, samples })
    }
    return young
  }
}

/** Bit n: in sample n. */
export function samplesOf(id: number): number {
  let samples = 0
  for (let sample = 0; sample < SAMPLES; sample++) if ((Math.imul(id + 1, 2_654_435_761 + 2 * (sample + 1)) >>> 16) % SAMPLED === 0) samples |= 1 << sample
  return samples
}

/** The first moment of the day that `at` is in (UTC). */
export const dayOf = (at: EpochMs): EpochMs => Math.floor(at / DAY) * DAY
