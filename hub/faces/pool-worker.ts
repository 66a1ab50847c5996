import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#protocol/node/clock.ts'
import { fail, invariant, type Outcome } from '#protocol/outcome.ts'
import { loadEngine } from './load-engine.ts'
import { lookAt, type Looked } from './looking.ts'
import type { PictureCode } from './picture.ts'

/** Pool → worker: one picture at a time. Its bytes are transferred, so that only one thread has them. */
export type Job = { readonly bytes: Uint8Array<ArrayBuffer>; readonly embed: boolean }
/** `model`: the path of a manifest (`onnx-slot.ts`). */
export type WorkerData = { readonly model: string | undefined }
export type Done = { readonly ready: string } | { readonly looked: Outcome<Looked, PictureCode> }

const port = parentPort
invariant(port !== null, 'the pool starts this file')
const { model } = workerData as WorkerData
const engine = await loadEngine(model)
port.on('message', ({ bytes, embed }: Job) => {
  // What no picture should be able to bring about ends as one that cannot be read: the worker lives on.
  void lookAt(engine, bytes, embed, systemClock.monotonic)
    .catch((error: unknown) => fail('face.image_unreadable' as const, error instanceof Error ? error.message : String(error)))
    .then((looked) => {
      bytes.fill(0)
      port.postMessage({ looked } satisfies Done)
    })
})
port.postMessage({ ready: engine.name } satisfies Done)
