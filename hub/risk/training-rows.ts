import { FEATURES } from './features.ts'
import { LABEL_DELAY } from './history.ts'
import type { KnownDecision, PastDecisions } from './known.ts'
import { samplesOf, type KeptRow } from './learning.ts'
import { DAY, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** The newest payments with known labels, which a model is measured on and its twin has not seen. */
export const HELD_OUT: DurationMs = 7 * DAY
const LEARNED_OVER: DurationMs = 90 * DAY
const MOST_LEARNED = 100_000
const MOST_HELD = 40_000

/** Vectors one after the other, oldest first, as they go to another thread. */
export type Rows = { readonly rows: Float64Array; readonly at: Float64Array; readonly labels: Uint8Array }
export type TrainingSet = {
  /** Frauds and samples of the legitimate, those of the held-out week included; `samples` says which. */
  readonly learned: Rows & { readonly samples: Uint8Array }
  /** Of the held-out week: each stands for `weights` payments. */
  readonly held: Rows & { readonly weights: Float64Array }
  readonly from: EpochMs
  readonly heldFrom: EpochMs
  readonly until: EpochMs
}

/** What can be learned at `now`, from what was written down with each decision: what is learned from is what was served. Labels younger than their delay are not looked at. */
export async function trainingSet(past: PastDecisions, now: EpochMs, enough?: AbortSignal): Promise<TrainingSet> {
  const until = now - LABEL_DELAY
  const heldFrom = until - HELD_OUT
  const learned: (KeptRow & { readonly at: EpochMs })[] = []
  const held = new HalvedSample(MOST_HELD)
  for await (const share of past.between(until - LEARNED_OVER, until)) {
    enough?.throwIfAborted()
    for (const decision of share) {
      const { at, features: row, isFraud } = decision
      if (isFraud === undefined) continue
      const hash = hashOf(decision.payment)
      const samples = samplesOf(hash)
      if (isFraud || samples > 0) learned.push({ row, at, isFraud, samples })
      if (at >= heldFrom) held.add(decision, hash)
      // Beyond what a thread takes at a time the oldest say least.
      if (learned.length >= MOST_LEARNED) learned.splice(0, MOST_LEARNED / 4)
    }
  }
  return {
    learned: { ...flat(learned), samples: Uint8Array.from(learned, ({ samples }) => samples) },
    held: held.rows(),
    from: learned[0]?.at ?? until,
    heldFrom,
    until,
  }
}

/** Every fraud; of the legitimate all of them, or half, or a quarter …: as many as there is room for, and the same ones whenever it is asked. */
class HalvedSample {
  readonly #most: number
  #kept: { readonly row: Float64Array; readonly at: EpochMs; readonly isFraud: boolean; readonly hash: number }[] = []
  #oneIn = 1

  constructor(most: number) {
    this.#most = most
  }

  add({ features: row, at, isFraud = false }: KnownDecision, hash: number): void {
    if (!isFraud && hash % this.#oneIn !== 0) return
    this.#kept.push({ row, at, isFraud, hash })
    if (this.#kept.length <= this.#most) return
    this.#oneIn *= 2
    this.#kept = this.#kept.filter((one) => one.isFraud || one.hash % this.#oneIn === 0)
  }

  rows(): TrainingSet['held'] {
    return { ...flat(this.#kept), weights: Float64Array.from(this.#kept, ({ isFraud }) => (isFraud ? 1 : this.#oneIn)) }
  }
}

function flat(kept: readonly { readonly row: Float64Array; readonly at: EpochMs; readonly isFraud: boolean }[]): Rows {
  const rows = new Float64Array(kept.length * FEATURES)
  kept.forEach(({ row }, r) => rows.set(row, r * FEATURES))
  return { rows, at: Float64Array.from(kept, ({ at }) => at), labels: Uint8Array.from(kept, ({ isFraud }) => (isFraud ? 1 : 0)) }
}

/** FNV-1a over an id's characters, then stirred: ids that were made together share their beginnings. 32 bits. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let k = 0; k < id.length; k++) hash = Math.imul(hash ^ id.charCodeAt(k), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
