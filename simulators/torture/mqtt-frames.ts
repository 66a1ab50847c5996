/** What the torture looks at in a stream of MQTT 3.1.1: messages with their acknowledgements. Everything else passes by. */
export type MqttFrame =
  | { readonly type: 'publish'; readonly topic: string; readonly packetId: number | undefined; readonly payload: Uint8Array }
  | { readonly type: 'puback'; readonly packetId: number }

const PUBLISH = 3
const PUBACK = 4
/** More than the largest message that is sent here; a stream that announces more is not read any further. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024

/** Cuts one direction of one connection into its packets (MQTT 3.1.1 §2.2, §3.3, §3.4), whatever pieces it comes in. */
export class MqttFrames {
  #rest: Buffer = Buffer.alloc(0)
  #broken = false

  /** The frames that are complete with these bytes. */
  read(chunk: Uint8Array): MqttFrame[] {
    if (this.#broken) return []
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: MqttFrame[] = []
    for (let packet = this.#next(); packet !== undefined; packet = this.#next()) {
      const frame = frameOf(packet.head, packet.body)
      if (frame !== undefined) frames.push(frame)
    }
    return frames
  }

  #next(): { readonly head: number; readonly body: Buffer } | undefined {
    let [length, at] = [0, 1]
    for (let shift = 0; ; shift += 7, at++) {
      const byte = this.#rest[at]
      if (byte === undefined) return undefined
      length += (byte & 127) * 2 ** shift
      if (shift > 21 || length > MAX_FRAME_BYTES) {
        this.#broken = true
        this.#rest = Buffer.alloc(0)
        return undefined
      }
      if (byte < 128) break
    }
    const end = at + 1 + length
    if (this.#rest.length < end) return undefined
    const packet = { head: this.#rest[0] ?? 0, body: this.#rest.subarray(at + 1, end) }
    this.#rest = this.#rest.subarray(end)
    return packet
  }
}

function frameOf(head: number, body: Buffer): MqttFrame | undefined {
  const type = head >> 4
  if (type === PUBACK && body.length >= 2) return { type: 'puback', packetId: body.readUInt16BE(0) }
  if (type !== PUBLISH || body.length < 2) return undefined
  const topicEnd = 2 + body.readUInt16BE(0)
  const qos = (head >> 1) & 3
  const payloadAt = topicEnd + (qos > 0 ? 2 : 0)
  if (body.length < payloadAt) return undefined
  const packetId = qos > 0 ? body.readUInt16BE(topicEnd) : undefined
  return { type: 'publish', topic: body.toString('utf8', 2, topicEnd), packetId, payload: Uint8Array.from(body.subarray(payloadAt)) }
}
