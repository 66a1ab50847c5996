import { agree, nothingSeen } from '#protocol/barcode/agreement.ts'
import type { Code } from '#protocol/barcode/engine.ts'
import type { Decoded, Frame } from './decode-worker.ts'
// oxlint-disable-next-line import/default -- the bundler makes one: the address of the worker that it built.
import workerUrl from './decode-worker.ts?worker&url'

type ScriptAddresses = { createScriptURL(url: string): string }
type PolicyMaker = { createPolicy(name: string, rules: ScriptAddresses): ScriptAddresses }

/** Electron’s page runs no address that is a mere string (Trusted Types); this one is trusted, since the build wrote it. */
const asItIs: ScriptAddresses = { createScriptURL: (url) => url }
const trusted = 'trustedTypes' in window ? (window.trustedTypes as PolicyMaker).createPolicy('camera-worker', asItIs) : asItIs

export type Watching = { stop(): void }

/**
 * Looks for codes in what `video` shows until it is stopped. The preview goes on at its own pace: decoding happens in a worker, one frame at a time,
 * and the next is taken when the one before is done. `onCode` is called once for each code that counts, see `agree`.
 */
export function watchFrames(video: HTMLVideoElement, isKnown: (text: string) => boolean, onCode: (code: Code) => void): Watching {
  const worker = new Worker(trusted.createScriptURL(workerUrl), { type: 'module' })
  let agreement = nothingSeen
  let request = 0
  let stopped = false

  const lookAtNext = () => {
    request = video.requestVideoFrameCallback(() => void look())
  }
  const look = async () => {
    const frame = await createImageBitmap(video).catch(() => undefined)
    if (stopped) return frame?.close()
    if (frame === undefined) return lookAtNext()
    const message: Frame = { frame }
    worker.postMessage(message, [frame])
  }
  worker.addEventListener('message', ({ data, timeStamp }: MessageEvent<Decoded>) => {
    if (stopped) return
    const judged = agree(agreement, data.codes, timeStamp, isKnown)
    agreement = judged.agreement
    for (const code of judged.counted) onCode(code)
    lookAtNext()
  })
  lookAtNext()

  return {
    stop() {
      stopped = true
      video.cancelVideoFrameCallback(request)
      worker.terminate()
    },
  }
}
