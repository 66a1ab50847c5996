import { Worker } from 'node:worker_threads'
import type { Challenge, Trained } from './challenger.ts'
import type { Outcome } from '#protocol/outcome.ts'

/** Rejects when the training ends without an answer, as it does at once when it is told to. */
export type Train = (challenge: Challenge, enough: AbortSignal) => Promise<Outcome<Trained, 'risk.nothing_to_learn'>>

/** Beside the main thread, which takes payments meanwhile: the vectors are handed over and not copied. A thread that dies takes nothing with it but the training. */
export const trainInThread: Train = (challenge, enough) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./training-worker.ts', import.meta.url))
    worker.once('message', (trained: Outcome<Trained, 'risk.nothing_to_learn'>) => resolve(trained))
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the training ended with ${code}`)))
    const { learned, held } = challenge.set
    worker.postMessage(challenge, [learned.rows.buffer as ArrayBuffer, held.rows.buffer as ArrayBuffer])
    worker.unref()
    const end = (): void => void worker.terminate()
    if (enough.aborted) end()
    enough.addEventListener('abort', end, { once: true })
    worker.once('exit', () => enough.removeEventListener('abort', end))
  })
