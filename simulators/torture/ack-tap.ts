import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import { openSigned, type Ack, type KeySet } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { downTopic, upTopic } from '#protocol/topics.ts'
import { MqttFrames } from './mqtt-frames.ts'
import type { Tap } from './rough-line.ts'

export type AckTapPorts = {
  readonly crypto: Crypto
  /** Of the root that this till pinned. Undefined until it is enrolled. */
  identity(): { readonly till: Id; readonly rootPublicKey: Uint8Array } | undefined
  /** The till has taken this acknowledgement. */
  acknowledged(ack: Ack): void
  /** The till sends a batch: the hub is about to write. */
  sent(): void
}

/**
 * Listens on a till's line. An acknowledgement counts as accepted once the till has answered its delivery with a PUBACK, which it does after it has dealt with
 * the message, and its signature verifies under an acknowledgement key that the root has signed.
 */
export function ackTap({ crypto, identity, acknowledged, sent }: AckTapPorts): Tap {
  let keys: KeySet['keys'] = []
  const ackKey = (keyId: string) => unhex(keys.find((key) => key.role === 'ack' && key.keyId === keyId)?.publicKey ?? '')

  function took(topic: string, payload: Uint8Array): void {
    const who = identity()
    if (who === undefined) return
    if (topic === downTopic(who.till, 'keys')) {
      const rootKeyId = hex(keyIdOf(crypto, who.rootPublicKey))
      const set = openSigned(crypto, payload, signedTypes.keySet, (keyId) => (keyId === rootKeyId ? who.rootPublicKey : undefined))
      if (set.ok) keys = set.value.keys
    }
    if (topic !== downTopic(who.till, 'ack')) return
    const ack = openSigned(crypto, payload, signedTypes.ack, ackKey)
    if (ack.ok && ack.value.till === who.till) acknowledged(ack.value)
  }

  return () => {
    const [ups, downs] = [new MqttFrames(), new MqttFrames()]
    const delivered = new Map<number, { readonly topic: string; readonly payload: Uint8Array }>()
    return {
      down(chunk) {
        for (const frame of downs.read(chunk)) if (frame.type === 'publish' && frame.packetId !== undefined) delivered.set(frame.packetId, frame)
      },
      up(chunk) {
        for (const frame of ups.read(chunk)) {
          if (frame.type === 'publish' && frame.topic === upTopic(identity()?.till ?? '')) sent()
          const message = frame.type === 'puback' ? delivered.get(frame.packetId) : undefined
          if (message === undefined || frame.type !== 'puback') continue
          delivered.delete(frame.packetId)
          took(message.topic, message.payload)
        }
      },
    }
  }
}
