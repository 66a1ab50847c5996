import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { Link, TillIdentity } from './ports.ts'

/** A chunk that has not come by then was lost, or the question was. */
const ASK_AGAIN: DurationMs = 5 * SECOND

/** Asks the hub for the chunks of a new catalogue, one at a time: a sale that is made meanwhile waits for one chunk at most. */
export class ChunkAsking {
  readonly #identity: Pick<TillIdentity, 'till' | 'signer'>
  readonly #link: Pick<Link, 'send'>
  #asked: { readonly chunk: string; readonly at: DurationMs } | undefined

  constructor(identity: Pick<TillIdentity, 'till' | 'signer'>, link: Pick<Link, 'send'>) {
    this.#identity = identity
    this.#link = link
  }

  /** `chunk`: the hash of what is missing, if anything is. `isConnected`: there is somebody to ask. `at` is monotonic. */
  step(chunk: string | undefined, isConnected: boolean, at: DurationMs): void {
    if (!isConnected) this.#asked = undefined
    if (chunk === undefined || !isConnected) return
    if (this.#asked?.chunk === chunk && at - this.#asked.at < ASK_AGAIN) return
    this.#asked = { chunk, at }
    const { till, signer } = this.#identity
    this.#link.send(encodeSigned(signer, signedTypes.wanted, { v: 1, till, chunk }))
  }
}
