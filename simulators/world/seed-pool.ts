import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SeedAnswer, SeedJob } from './seed-worker.ts'

/** Runs worlds in worker threads, one at a time in each: a world is one deterministic process, and a machine has several cores. */
export interface SeedPool {
  run<J extends SeedJob>(job: J): Promise<Extract<SeedAnswer, { type: J['type'] }>>
  close(): Promise<void>
}

type Waiting = { readonly job: SeedJob; resolve(answer: SeedAnswer): void; reject(reason: unknown): void }

export function seedPool(size: number = availableParallelism()): SeedPool {
  const waiting: Waiting[] = []
  const idle: Worker[] = []
  const busy = new Map<Worker, Waiting>()

  function next(worker: Worker): void {
    const first = waiting.shift()
    if (first === undefined) return void idle.push(worker)
    busy.set(worker, first)
    worker.postMessage(first.job)
  }
  const workers = Array.from({ length: size }, () => {
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url))
    worker.on('message', (answer: SeedAnswer) => {
      busy.get(worker)?.resolve(answer)
      busy.delete(worker)
      next(worker)
    })
    worker.on('error', (reason) => busy.get(worker)?.reject(reason))
    idle.push(worker)
    return worker
  })

  return {
    run: <J extends SeedJob>(job: J) =>
      new Promise<Extract<SeedAnswer, { type: J['type'] }>>((resolve, reject) => {
        // A worker answers a job with an answer of its type.
        waiting.push({ job, resolve: (answer) => resolve(answer as Extract<SeedAnswer, { type: J['type'] }>), reject })
        const worker = idle.shift()
        if (worker !== undefined) next(worker)
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
