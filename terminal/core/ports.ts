import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { PrintDocument } from '#protocol/device/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { ToScreen } from '#protocol/till-api/api.ts'
import type { Clock, DurationMs, Timers } from '#protocol/time.ts'
import type { TillStore } from './store.ts'

/** Everything of the world that a till touches. `main.ts` passes the real ones, `simulators/world` its own. */
export type TillPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Crypto
  readonly store: TillStore
  readonly link: Link
  readonly printer: Printer
  /** Called with whole views; must not throw. */
  show(message: Exclude<ToScreen, { type: 'outcome' }>): void
  log(line: string): void
}

/** The network's end. The till tells it what to send; it tells the till what arrived (`Till.connected`, `disconnected`, `received`). */
export interface Link {
  /** Best effort: what gets lost is sent again. */
  send(batch: Uint8Array): void
  /** The connection looks dead: drop it and try anew. */
  reconnect(): void
}

export interface Printer {
  /** False when no printer is there to take the job. The result comes to `Till.printed`. */
  print(job: string, document: PrintDocument, deadline: DurationMs): boolean
}

/** Who this till is. Made at enrolment, kept apart from the journal (`identity.ts`). */
export type TillIdentity = {
  readonly till: Id
  readonly name: string
  readonly signer: Signer
  readonly rootPublicKey: Uint8Array
}
