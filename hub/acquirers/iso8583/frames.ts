import { MAX_MESSAGE_BYTES } from './message.ts'
import { concat } from '#protocol/bytes.ts'
import { invariant } from '#protocol/outcome.ts'

/** Messages over TCP: two bytes of length, most significant first, which do not count themselves. */
export function frame(message: Uint8Array): Uint8Array {
  invariant(message.length > 0 && message.length <= MAX_MESSAGE_BYTES, 'a message fits its frame')
  return concat(Uint8Array.of(message.length >> 8, message.length & 0xff), message)
}

/** Bytes in any pieces become messages. It never holds more than one frame and what came with its end. */
export class Deframer {
  #rest: Uint8Array = new Uint8Array(0)

  /** The messages that are whole now. A length of 0 is a sign of life that some acquirers send, and no message. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#rest = concat(this.#rest, bytes)
    const messages: Uint8Array[] = []
    for (;;) {
      const length = ((this.#rest[0] ?? 0) << 8) | (this.#rest[1] ?? 0)
      if (this.#rest.length < 2 || this.#rest.length < 2 + length) return messages
      if (length > 0) messages.push(this.#rest.slice(2, 2 + length))
      this.#rest = this.#rest.slice(2 + length)
    }
  }
}
