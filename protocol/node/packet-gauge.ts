import type { Duplex } from 'node:stream'

/**
 * Watches the bytes of one MQTT connection for packets that announce more than they may be (MQTT 3.1.1 §2.2: a byte of type and flags, then
 * the remaining length in one to four bytes of 7 bits, lowest first). The broker's parser would collect up to 256 MB before anybody looked.
 */
export class PacketGauge {
  readonly #maxBytes: number
  /** Bytes of the current packet's body that are still to come. */
  #left = 0
  /** Undefined between packets; otherwise what is known of the remaining length. */
  #length: { value: number; shift: number } | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** False as soon as a packet announces too much, or a length that is none. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at)
        this.#left -= skipped
        at += skipped
        continue
      }
      const byte = chunk[at++] ?? 0
      if (this.#length === undefined) {
        this.#length = { value: 0, shift: 0 }
        continue
      }
      this.#length.value += (byte & 127) * 2 ** this.#length.shift
      this.#length.shift += 7
      if (this.#length.value > this.#maxBytes || (byte >= 128 && this.#length.shift >= 28)) return false
      if (byte >= 128) continue
      this.#left = this.#length.value
      this.#length = undefined
    }
    return true
  }
}

/** The broker library pulls bytes with `read`; this looks at them on their way, and ends the connection of a client that announces too large a packet. */
export function limitPackets(connection: Duplex, maxBytes: number): void {
  const gauge = new PacketGauge(maxBytes)
  const read = connection.read.bind(connection) as (size?: number) => Uint8Array | null
  connection.read = (size?: number) => {
    const chunk = read(size)
    if (chunk === null || gauge.accepts(chunk)) return chunk
    connection.destroy()
    return null
  }
}
