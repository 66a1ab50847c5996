import { Worker } from 'node:worker_threads'
import type { LoneFit, LoneSample } from '../risk/lone-fit.ts'
import { LONE_FEATURES } from '#protocol/risk/lone.ts'
import type { EpochMs } from '#protocol/time.ts'

/** Of each sample at, sum, bad, within caps, weight, and its features: one array, which changes hands and is not copied. */
const COLUMNS = 5 + LONE_FEATURES
export type LoneJob = { readonly packed: Float64Array; readonly judgedFrom: EpochMs }

export function packSamples(samples: readonly LoneSample[]): Float64Array {
  const packed = new Float64Array(samples.length * COLUMNS)
  samples.forEach(({ at, amountMinor, isBad, withinCaps, weight, features }, n) => {
    packed.set([at, amountMinor, Number(isBad), Number(withinCaps), weight], n * COLUMNS)
    packed.set(features, n * COLUMNS + 5)
  })
  return packed
}

export function unpackSamples(packed: Float64Array): readonly LoneSample[] {
  return Array.from({ length: packed.length / COLUMNS }, (_, n) => {
    const [at = 0, amountMinor = 0, isBad = 0, withinCaps = 0, weight = 1] = packed.subarray(n * COLUMNS, n * COLUMNS + 5)
    return { at, amountMinor, isBad: isBad === 1, withinCaps: withinCaps === 1, weight, features: packed.subarray(n * COLUMNS + 5, (n + 1) * COLUMNS) }
  })
}

/** `fitLone` beside the main thread, which has payments to take in: a second of work for a busy month. Rejects when the worker dies. */
export function fitInWorker(samples: readonly LoneSample[], judgedFrom: EpochMs): Promise<LoneFit | undefined> {
  const packed = packSamples(samples)
  const workerData: LoneJob = { packed, judgedFrom }
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./lone-worker.ts', import.meta.url), { workerData, transferList: [packed.buffer as ArrayBuffer] })
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('the worker ended without an answer')))
  })
}
