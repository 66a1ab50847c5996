import type { Id } from '#protocol/ids.ts'

/**
 * What carries messages between hub and tills: MQTT, from a broker inside the hub (`embedded.ts`) or one that stands elsewhere
 * (`external.ts`). It may lose, repeat and delay: every guarantee is made above it, by signed acknowledgements.
 */
export interface Carrier {
  /** Where tills connect. No credentials in it. */
  readonly url: string
  /** Where they connect when `url` cannot be reached: MQTT over WebSocket. */
  readonly webSocketUrl?: string | undefined
  /** For a till that is being enrolled, over its public key (raw). Absent where tills are let in by their password alone, on this machine only. DER. */
  readonly certificatesFor?: ((till: Id, publicKey: Uint8Array) => { readonly authority: Uint8Array; readonly certificate: Uint8Array }) | undefined
  /** Best effort, QoS 1. A retained message is also for those who come later. */
  publish(topic: string, payload: Uint8Array, retain: boolean): void
  /** Ends the connection of a till that may not come any more. A broker elsewhere is not ours to tell: there it ends with its next connection. */
  cutOff?(till: Id): void
  /** Everything that tills publish under `up` and `link`. One listener. */
  onMessage(listener: (topic: string, payload: Uint8Array) => void): void
  /** Called when the carrier is connected, also again after it was not: what is retained has to be published again. One listener. */
  onConnect(listener: () => void): void
  close(): Promise<void>
}
