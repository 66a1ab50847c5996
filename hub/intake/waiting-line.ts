import type { Id } from '#protocol/ids.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'

/**
 * Messages that wait for custody, first come, first served, within bounds. One till that sends without end keeps no other from being heard: each has few
 * places. And one that was turned away is not turned away again and again: room is kept for it until it has had time to come back.
 */
export type Waiting = {
  readonly till: Id
  readonly message: Uint8Array
  /** It came in a file that a person brought, not over the link. */
  readonly imported: boolean
}

export type Bounds = {
  readonly messages: number
  readonly bytes: number
  /** Messages of one till. */
  readonly perTill: number
  readonly groupMessages: number
  readonly groupBytes: number
}

/** More than twice the time after which a till sends again. */
export const KEEP_ROOM_FOR: DurationMs = 8 * SECOND
/** Of all room: the rest is for those who come now. */
const MOST_KEPT = 0.5

export class WaitingLine {
  readonly #bounds: Bounds
  readonly #waiting: Waiting[] = []
  readonly #perTill = new Map<Id, number>()
  #bytes = 0
  /** Tills that found no room, with the size of what they brought. */
  readonly #turnedAway = new Map<Id, { readonly bytes: number; readonly until: DurationMs }>()

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get length(): number {
    return this.#waiting.length
  }

  /** False when there is no room: the till will send it again. `now` is monotonic. */
  offer(one: Waiting, now: DurationMs): boolean {
    const { till, message } = one
    const ofTill = this.#perTill.get(till) ?? 0
    if (ofTill >= this.#bounds.perTill) return false
    const owed = this.#turnedAway.delete(till) ? { messages: 0, bytes: 0 } : this.#keptRoom(now)
    const { messages, bytes } = this.#bounds
    if (this.#waiting.length + owed.messages >= messages || this.#bytes + owed.bytes + message.length > bytes) {
      if (ofTill === 0 && this.#turnedAway.size < messages) this.#turnedAway.set(till, { bytes: message.length, until: now + KEEP_ROOM_FOR })
      return false
    }
    this.#waiting.push(one)
    this.#bytes += message.length
    this.#perTill.set(till, ofTill + 1)
    return true
  }

  /** What is taken into custody together; empty when nothing waits. */
  nextGroup(): Waiting[] {
    const { groupMessages, groupBytes } = this.#bounds
    let bytes = 0
    let count = 0
    while (count < this.#waiting.length && count < groupMessages && (count === 0 || bytes < groupBytes)) bytes += this.#waiting[count++]?.message.length ?? 0
    this.#bytes -= bytes
    const group = this.#waiting.splice(0, count)
    for (const { till } of group) {
      const left = (this.#perTill.get(till) ?? 0) - 1
      if (left > 0) this.#perTill.set(till, left)
      else this.#perTill.delete(till)
    }
    return group
  }

  #keptRoom(now: DurationMs): { messages: number; bytes: number } {
    const kept = { messages: 0, bytes: 0 }
    for (const [till, { bytes, until }] of this.#turnedAway) {
      if (until <= now) this.#turnedAway.delete(till)
      else kept.bytes += bytes
    }
    kept.messages = Math.min(this.#turnedAway.size, Math.floor(this.#bounds.messages * MOST_KEPT))
    kept.bytes = Math.min(kept.bytes, this.#bounds.bytes * MOST_KEPT)
    return kept
  }
}
