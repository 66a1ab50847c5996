import { Worker } from 'node:worker_threads'
import { fail, type Outcome } from '#protocol/outcome.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { Looked } from './looking.ts'
import type { Done, Job, WorkerData } from './pool-worker.ts'
import type { PictureCode } from './picture.ts'

export type LookCode = PictureCode | 'face.busy' | 'face.unavailable'

/** What looks at pictures. */
export interface Looker {
  /** Which engine: embeddings of two names are never compared. */
  readonly engine: string
  /** The bytes of a picture's file, which are gone (zeroed) afterwards. Never throws for what is in them. */
  look(bytes: Uint8Array, options: { readonly embed: boolean }): Promise<Outcome<Looked, LookCode>>
  close(): Promise<void>
}

export type PoolOptions = {
  /** One core each. */
  readonly workers: number
  /** Path of a manifest: `onnx-slot.ts`. */
  readonly model?: string | undefined
  readonly timers: Timers
  warn(line: string): void
}

/** Pictures that wait: more would only grow old. Each has at most MAX_PICTURE_BYTES. */
const MAX_WAITING = 64
/** A worker that takes longer over one picture is ended; a new one takes its place. */
const PATIENCE: DurationMs = 10_000
/** Of JavaScript, for each worker. The nets lie beside it, in WebAssembly's memory, which does not grow with what is sent. */
const MAX_HEAP_MB = 256

type Waiting = { readonly job: Job; readonly resolve: (looked: Outcome<Looked, LookCode>) => void }

/** Engines in threads of their own, so that whoever serves requests never waits for a net. Answers when the first is ready; throws when none can start. */
export async function openPool({ workers, model, timers, warn }: PoolOptions): Promise<Looker> {
  const waiting: Waiting[] = []
  const running = new Set<Worker>()
  const idle: ((next: Waiting) => void)[] = []
  let isClosed = false

  const hand = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const [take, next] = [idle.shift(), waiting.shift()]
      if (take && next) take(next)
    }
  }

  function start(): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./pool-worker.ts', import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
        env: {},
        workerData: { model } satisfies WorkerData,
      })
      running.add(worker)
      let current: Waiting | undefined
      let stopWaiting = (): void => undefined
      let isReady = false
      const take = (next: Waiting): void => {
        current = next
        stopWaiting = timers.after(PATIENCE, () => void worker.terminate())
        worker.postMessage(next.job, [next.job.bytes.buffer])
      }
      worker.on('message', (done: Done) => {
        if ('ready' in done) {
          isReady = true
          resolve(done.ready)
        } else {
          stopWaiting()
          current?.resolve(done.looked)
          current = undefined
        }
        idle.push(take)
        hand()
      })
      worker.on('error', (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        warn(`a worker of the face service ended: ${why}`)
        if (!isReady) reject(new Error(why))
      })
      worker.on('exit', () => {
        stopWaiting()
        running.delete(worker)
        const place = idle.indexOf(take)
        if (place !== -1) idle.splice(place, 1)
        // Not asked again: what ended one worker would end the next.
        current?.resolve(fail('face.image_unreadable', 'the worker ended over it'))
        // One that never began would not begin the next time either.
        if (!isClosed && isReady) start().catch((error: unknown) => warn(`a worker of the face service does not start: ${String(error)}`))
        if (running.size === 0) for (const { resolve: answer } of waiting.splice(0)) answer(fail('face.unavailable'))
      })
    })
  }

  const engine = await start()
  for (let more = 1; more < workers; more++) start().catch((error: unknown) => warn(`a worker of the face service does not start: ${String(error)}`))

  return {
    engine,
    look: (bytes, { embed }) =>
      new Promise((resolve) => {
        const own = new Uint8Array(bytes)
        bytes.fill(0)
        if (isClosed || running.size === 0) return resolve(fail('face.unavailable'))
        if (waiting.length >= MAX_WAITING) return resolve(fail('face.busy'))
        waiting.push({ job: { bytes: own, embed }, resolve })
        hand()
      }),
    async close() {
      isClosed = true
      for (const { resolve } of waiting.splice(0)) resolve(fail('face.unavailable'))
      await Promise.all([...running].map((worker) => worker.terminate()))
    },
  }
}
