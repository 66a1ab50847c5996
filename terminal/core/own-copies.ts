import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { Packing } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { encodePeerCopy } from '#protocol/lanes/messages.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import { batchAfter, SMALL_BATCH_BYTES } from './batch.ts'
import type { Epochs } from './epochs.ts'
import { compare, type Place } from './outbox.ts'
import type { LanePort } from './ports.ts'
import type { TillStore } from './store.ts'

/** Two places besides this one: one neighbour may go with the same power cut. */
export const NEIGHBOURS = 2
/** The hub has usually taken an entry by then, and a copy would be for nothing. */
const HUB_FIRST: DurationMs = 400
/** A neighbour that has not confirmed a copy by then gets it again. */
const KEPT_WITHIN: DurationMs = 3 * SECOND

export type OwnCopiesParts = {
  readonly till: Id
  readonly signer: Signer
  readonly crypto: Crypto
  readonly store: TillStore
  readonly epochs: Epochs
  readonly packing?: Packing | undefined
  readonly port: LanePort
  /** A piece is ready: time for the next step. */
  sealed(): void
}

/** Where this till stands: `received`: what the hub has; `answering`: the hub is there. */
export type Standing = {
  readonly store: Id
  readonly exportKey: Uint8Array
  readonly head: Place
  readonly received: Place
  readonly answering: boolean
  readonly lastAck: string
}

type Neighbour = { readonly kept: Place; readonly underway?: { readonly last: Place; readonly since: DurationMs } }
type Sealed = { readonly after: Place; readonly first: Place; readonly last: Place; readonly sealed: Uint8Array }
const NOWHERE: Place = { epoch: 1, n: 0 }

/**
 * Brings copies of this till's entries that the hub has not taken yet to its neighbours, one piece at a time to each. Behind everything else: a payment never waits for
 * it. What neighbours have confirmed is known in memory only; after a start they get everything again and keep it once.
 */
export class OwnCopies {
  readonly #parts: OwnCopiesParts
  readonly #neighbours = new Map<Id, Neighbour>()
  /** The last piece that was sealed: two neighbours that stand at one place get the same. */
  #piece: Sealed | undefined
  #sealing = false
  #behindSince: DurationMs | undefined
  #receivedThen: Place = NOWHERE

  constructor(parts: OwnCopiesParts) {
    this.#parts = parts
  }

  /** Up to here at least one neighbour has everything. */
  get kept(): Place {
    return [...this.#neighbours.values()].reduce((furthest, { kept }) => (compare(kept, furthest) > 0 ? kept : furthest), NOWHERE)
  }

  /** Sends what is due to those of `present`, in their order, who are this till's neighbours now. */
  step(present: readonly Id[], standing: Standing, now: DurationMs): void {
    // A hub that came back from a backup: what it called safe before, the neighbours have let go of.
    if (compare(standing.received, this.#receivedThen) < 0) this.forget()
    if (compare(standing.received, this.#receivedThen) !== 0 || compare(standing.received, standing.head) >= 0) this.#behindSince = undefined
    this.#receivedThen = standing.received
    if (compare(standing.received, standing.head) >= 0) return
    this.#behindSince ??= now
    if (standing.answering && now - this.#behindSince < HUB_FIRST) return
    for (const to of present.slice(0, NEIGHBOURS)) this.#bring(to, standing, now)
  }

  /** A neighbour has everything up to here on its disk. Answers whether there is more for it. */
  confirmed(by: Id, place: Place): void {
    const neighbour = this.#neighbours.get(by)
    if (neighbour?.underway === undefined || compare(place, neighbour.underway.last) !== 0) return
    this.#neighbours.set(by, { kept: place })
  }

  /** Nobody is sure any more of what a neighbour has: it was set up anew, or the hub lost something. */
  forget(): void {
    this.#neighbours.clear()
    this.#piece = undefined
  }

  #bring(to: Id, standing: Standing, now: DurationMs): void {
    const { kept = NOWHERE, underway } = this.#neighbours.get(to) ?? {}
    const after = compare(standing.received, kept) > 0 ? standing.received : kept
    if (compare(after, standing.head) >= 0) return
    if (underway !== undefined && now - underway.since < KEPT_WITHIN) return
    if (this.#piece !== undefined && compare(this.#piece.after, after) === 0) return this.#send(to, standing.store, this.#piece, now)
    this.#seal(after, standing)
  }

  /** Whoever waits for it gets it with the next step. */
  #seal(after: Place, { exportKey, lastAck }: Standing): void {
    if (this.#sealing) return
    const { till, crypto, signer, store, epochs, packing, port } = this.#parts
    const { bytes, entries, last } = batchAfter(crypto, { till, signer }, store, epochs, after, lastAck, undefined, SMALL_BATCH_BYTES, packing)
    if (last === undefined) return
    this.#sealing = true
    const first = { epoch: last.epoch, n: last.n - entries + 1 }
    port.seal(exportKey, till, { bytes, entries }, (sealed) => {
      this.#sealing = false
      if (sealed === undefined) return
      this.#piece = { after, first, last, sealed }
      this.#parts.sealed()
    })
  }

  #send(to: Id, store: Id, { first, last, sealed }: Sealed, now: DurationMs): void {
    const { till, signer, port } = this.#parts
    const { kept = NOWHERE } = this.#neighbours.get(to) ?? {}
    this.#neighbours.set(to, { kept, underway: { last, since: now } })
    port.copy(to, encodePeerCopy(signer, { store, from: till, to, epoch: last.epoch, firstN: first.n, lastN: last.n, sealed }))
  }
}
