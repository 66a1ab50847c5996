import type { Id } from '#protocol/ids.ts'
import type { DownKind } from '#protocol/topics.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { Scheduler } from './clock.ts'
import type { Random } from './random.ts'

/** How bad the network is: probabilities per message. Whatever is not dropped arrives within `LATENCY`, or if it is slow much later. */
export type Weather = { readonly drop: number; readonly duplicate: number; readonly slow: number }
export const CALM: Weather = { drop: 0, duplicate: 0, slow: 0 }

const LATENCY: DurationMs = 120
const SLOWEST: DurationMs = 9 * SECOND
const FIRST_RETRY: DurationMs = 250
const LONGEST_RETRY: DurationMs = 10 * SECOND
/** A quiet connection is given up after this, at both ends, as `hub-link.ts` and the broker do. */
const KEEP_ALIVE: DurationMs = 6 * SECOND

/** The till's end of its line: what its hub link would tell it. */
export interface TillEnd {
  connected(): void
  disconnected(): void
  received(kind: DownKind, bytes: Uint8Array): void
}

/** The broker, which lives and dies with the hub. */
export interface Broker {
  readonly up: boolean
  attached(till: Id): void
  detached(till: Id): void
  published(till: Id, batch: Uint8Array): void
  /** The documents that a till gets whenever it connects. */
  retained(till: Id): readonly { readonly kind: DownKind; readonly bytes: Uint8Array }[]
}

/**
 * The way between one till and the broker: a cable and at most one connection over it. Worse than TCP and MQTT on purpose: any message may be
 * lost, come twice, late or out of order, and one that was sent over an old connection may still arrive when there is a new one.
 */
export class Line {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #broker: Broker
  readonly #till: Id
  #end: TillEnd | undefined
  #connection: number | undefined
  #connections = 0
  #retry = FIRST_RETRY
  #plugged = true
  #pulls = 0
  weather: Weather = CALM
  /** What the hub says to this till is lost, and nothing else. */
  deaf = false

  constructor(scheduler: Scheduler, random: Random, broker: Broker, till: Id) {
    this.#scheduler = scheduler
    this.#random = random
    this.#broker = broker
    this.#till = till
  }

  get plugged(): boolean {
    return this.#plugged
  }

  get connected(): boolean {
    return this.#connection !== undefined
  }

  /** Which connection this is; another number for each. */
  get connections(): number {
    return this.#connections
  }

  /** A till's process has started and tries to connect, for ever. */
  open(end: TillEnd): void {
    this.#end = end
    this.#retry = FIRST_RETRY
    this.#tryLater(end)
  }

  /** The process is gone. */
  close(): void {
    this.#end = undefined
    this.#hangUp()
  }

  pull(): void {
    this.#plugged = false
    const pull = ++this.#pulls
    this.#scheduler.after(KEEP_ALIVE, () => {
      if (!this.#plugged && pull === this.#pulls) this.#drop(this.#connection)
    })
  }

  plug(): void {
    this.#plugged = true
  }

  /** The till gives the connection up: it is told at once, inside this call, as by `hub-link.ts`. */
  reconnect(): void {
    this.#drop(this.#connection)
  }

  /** The broker is gone; the till's end learns it a moment later. */
  brokerGone(): void {
    const connection = this.#connection
    this.#scheduler.after(this.#random.between(0, LATENCY), () => this.#drop(connection))
  }

  /** Till to hub. Without a connection it is lost. */
  send(batch: Uint8Array): void {
    if (this.#connection === undefined) return
    this.#carry(() => {
      if (this.#broker.up) this.#broker.published(this.#till, batch)
    })
  }

  /** Hub to till. The broker keeps nothing for a till that is not there. */
  deliver(kind: DownKind, bytes: Uint8Array): void {
    const connection = this.#connection
    if (connection === undefined) return
    this.#carry(() => {
      if (connection === this.#connection && !this.deaf) this.#end?.received(kind, bytes)
    })
  }

  #carry(arrive: () => void): void {
    const { drop, duplicate, slow } = this.weather
    if (this.#random.chance(drop)) return
    const copies = this.#random.chance(duplicate) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const delay = this.#random.chance(slow) ? this.#random.between(0, SLOWEST) : this.#random.between(1, LATENCY)
      this.#scheduler.after(delay, () => {
        if (this.#plugged) arrive()
      })
    }
  }

  #tryLater(end: TillEnd): void {
    const delay = this.#retry * (0.5 + this.#random.real())
    this.#retry = Math.min(LONGEST_RETRY, 2 * this.#retry)
    this.#scheduler.after(delay, () => {
      if (end !== this.#end || this.#connection !== undefined) return
      if (this.#plugged && this.#broker.up) this.#connect(end)
      else this.#tryLater(end)
    })
  }

  #connect(end: TillEnd): void {
    this.#retry = FIRST_RETRY
    this.#connection = ++this.#connections
    this.#broker.attached(this.#till)
    for (const { kind, bytes } of this.#broker.retained(this.#till)) this.deliver(kind, bytes)
    end.connected()
  }

  #drop(connection: number | undefined): void {
    if (connection === undefined || connection !== this.#connection) return
    const end = this.#end
    this.#hangUp()
    if (end === undefined) return
    this.#tryLater(end)
    end.disconnected()
  }

  #hangUp(): void {
    if (this.#connection === undefined) return
    this.#connection = undefined
    if (this.#broker.up) this.#broker.detached(this.#till)
  }
}
