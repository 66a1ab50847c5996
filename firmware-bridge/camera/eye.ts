import { Worker } from 'node:worker_threads'
import type { Code } from '#protocol/barcode/engine.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import type { Look, Looked } from './decode-worker.ts'

/** A picture takes 5 to 100 ms; a decoder that is still at it now will never end. */
export const DECODE_TIMEOUT: DurationMs = 5 * SECOND
/** Between a decoder that died and the next, which may meet the same picture. */
const RESTART_PAUSE: DurationMs = SECOND

export interface Eye {
  /** Looks at a picture. While it looks at one, only the newest of those that come is kept. */
  look(jpeg: Uint8Array): void
  close(): void
}

export type EyeOptions = {
  readonly timers: Timers
  readonly onLooked: (codes: readonly Code[] | undefined) => void
  readonly onSkipped: () => void
  readonly onRepeated: () => void
  readonly onFailed: (why: string) => void
}

/** Reads the codes of one camera's pictures in a thread of its own, so that a hard picture, or one that kills the decoder, delays no other device. */
export function openEye({ timers, onLooked, onSkipped, onRepeated, onFailed }: EyeOptions): Eye {
  let worker: Worker | undefined
  let busy = false
  let next: Uint8Array | undefined
  let last: Uint8Array | undefined
  let cancelTimeout = () => {}
  let cancelRestart = () => {}
  let ended = false

  const start = () => {
    const started = new Worker(new URL('./decode-worker.ts', import.meta.url))
    started.unref()
    started.on('message', ({ codes }: Looked) => {
      if (started !== worker) return
      cancelTimeout()
      busy = false
      onLooked(codes)
      if (next !== undefined) send(next)
    })
    started.on('error', (error: unknown) => started === worker && failed(error instanceof Error ? error.message : String(error)))
    worker = started
    if (next !== undefined) send(next)
  }
  const send = (jpeg: Uint8Array) => {
    next = undefined
    busy = true
    cancelTimeout = timers.after(DECODE_TIMEOUT, () => failed('it took too long over a picture'))
    const look: Look = { jpeg }
    worker?.postMessage(look)
  }
  const failed = (why: string) => {
    cancelTimeout()
    void worker?.terminate()
    worker = undefined
    busy = false
    next = undefined
    onFailed(why)
    if (!ended) cancelRestart = timers.after(RESTART_PAUSE, start)
  }
  start()

  return {
    look(jpeg) {
      if (last !== undefined && sameBytes(last, jpeg)) return onRepeated()
      last = jpeg
      if (worker !== undefined && !busy) return send(jpeg)
      if (next !== undefined) onSkipped()
      next = jpeg
    },
    close() {
      ended = true
      cancelTimeout()
      cancelRestart()
      void worker?.terminate()
      worker = undefined
    },
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0
