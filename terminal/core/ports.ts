import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { Order, PrintDocument } from '#protocol/device/messages.ts'
import type { JsonMessage, LaneSettings, Packing } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { ToScreen } from '#protocol/till-api/api.ts'
import type { Clock, DurationMs, EpochMs, Timers } from '#protocol/time.ts'
import type { HealthReports } from './health.ts'
import type { TillStore } from './store.ts'

/** Everything of the world that a till touches. `main.ts` passes the real ones, `simulators/world` its own. */
export type TillPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Crypto
  readonly store: TillStore
  readonly link: Link
  readonly printer: Printer
  readonly devices: Devices
  /** Batches of a backlog are packed with this, if it is there. */
  readonly packing?: Packing
  readonly exporter: Exporter
  /** The other tills of the store, where this machine can reach them. */
  readonly lanes?: LanePort
  /** Without it no receipt is sent anywhere. */
  readonly addresses?: Addresses
  /** Nobody has to sign in, since nothing that is done here counts: see `training.ts`. */
  readonly practice?: boolean
  /** Shoppers serve themselves at it: it takes the few commands of `open-commands.ts` and no others. */
  readonly kiosk?: boolean
  /**
   * The gate is open: ends this core soon after this call has returned. `update`: to be started again, as another version. `reset`: the same, with journal and
   * identity moved aside, never deleted, so that the core comes back as a till that nobody has enrolled.
   */
  leave(reason: 'update' | 'reset'): void
  /** The hub has certified the key that this till wanted: it is in force from the next start on. */
  rekeyed?(answer: JsonMessage<'sp.rekeyed'>): void
  /** Tells the hub how this till is. */
  readonly health?: HealthReports
  /** Another version of the program waits for this one to end. */
  updateReady?(): boolean
  /** Called with whole views; must not throw. */
  show(message: Exclude<ToScreen, { type: 'outcome' }>): void
  log(line: string): void
}

/** The network's end. The till tells it what to send; it tells the till what arrived (`Till.connected`, `disconnected`, `received`). */
export interface Link {
  /** Best effort: what gets lost is sent again. */
  send(batch: Uint8Array): void
  /** The connection looks dead: drop it and try anew. Without a connection: try now. */
  reconnect(): void
}

export interface Printer {
  /** False when no printer is there to take the job. The result comes to `Till.printed`. */
  print(job: string, document: PrintDocument, deadline: DurationMs): boolean
}

export interface Devices {
  /** False when nobody is there to take the order. Its end comes to `Till.ordered`. */
  order(order: string, what: Order, deadline: DurationMs): boolean
}

/** The way to the other lanes, over the store's edge. What comes over it goes to `Till.laneConnected`, `laneDisconnected`, `laneHeard` and `laneCopy`. */
export interface LanePort {
  /** Where the edge is, as the hub signed it, and the documents by which the edge knows its tills. Undefined: there is none. */
  configure(edge: LaneSettings['edge'], documents: { readonly store: Id; readonly keys: Uint8Array; readonly lanes: Uint8Array } | undefined): void
  /** To all lanes, best effort. */
  say(message: Uint8Array): void
  /** To one lane, best effort. */
  copy(to: Id, message: Uint8Array): void
  /** Seals a batch to the hub's export key as `sealJournal` does. `done` comes after this call has returned, without the file where the key is none. */
  seal(exportKey: Uint8Array, till: Id, batch: { readonly bytes: Uint8Array; readonly entries: number }, done: (sealed: Uint8Array | undefined) => void): void
}

/** Seals an address as `sealAddress` of protocol/node/sealed-address.ts does. `done` comes after this call has returned, without a value where the key is none. */
export interface Addresses {
  seal(
    exportKey: Uint8Array,
    till: Id,
    requestId: Id,
    address: string,
    done: (made: { readonly sealed: Uint8Array; readonly key: Uint8Array } | undefined) => void,
  ): void
}

export interface Exporter {
  /** Writes everything that is not safe at the hub into a file sealed to the hub's key: where it is, and how many entries it holds. */
  exportJournal(): Outcome<{ readonly file: string; readonly entries: number }>
}

/** Who this till is. Made at enrolment, kept apart from the journal (`identity.ts`). */
export type TillIdentity = {
  readonly till: Id
  readonly name: string
  readonly signer: Signer
  readonly rootPublicKey: Uint8Array
  /** Keys that it had before, and until when, oldest first. */
  readonly former?: readonly { readonly signer: Signer; readonly until: EpochMs }[]
}
