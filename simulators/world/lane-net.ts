import { fromCbor, toCbor } from '#protocol/cose.ts'
import type { Id } from '#protocol/ids.ts'
import type { openJournal } from '#protocol/node/sealed-journal.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { LanePort } from '../../terminal/core/ports.ts'
import type { Scheduler } from './clock.ts'
import { CALM, type Weather } from './network.ts'
import type { Random } from './random.ts'

const LATENCY: DurationMs = 30
const SLOWEST: DurationMs = 4000
const COMES_BACK: DurationMs = 500
const SEALING: DurationMs = 5

/** A lane's end of its line to the edge. */
export interface LaneEnd {
  connected(): void
  disconnected(): void
  heard(channel: 'lane' | 'copy', bytes: Uint8Array): void
}

type Lane = { end: LaneEnd | undefined; plugged: boolean; connected: boolean; since: DurationMs }

/**
 * The store's edge and the cables to it. As bad as `Line` is: what is carried may be lost, come twice, or late. Who may speak and hear is not its business: it stands
 * for an edge that lets everybody in, so that nothing but what the tills themselves check is between them and whoever plays with it.
 */
export class LaneNet {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #lanes = new Map<Id, Lane>()
  #up = true
  weather: Weather = CALM
  /** Everything that was ever carried, for who plays it again. */
  readonly carried: { readonly channel: 'lane' | 'copy'; readonly bytes: Uint8Array }[] = []

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler
    this.#random = random
  }

  open(till: Id, end: LaneEnd): void {
    const lane = this.#lane(till)
    lane.end = end
    this.#scheduler.after(COMES_BACK, () => this.#settle(lane))
  }

  close(till: Id): void {
    const lane = this.#lane(till)
    lane.end = undefined
    lane.connected = false
  }

  plug(till: Id, plugged: boolean): void {
    const lane = this.#lane(till)
    lane.plugged = plugged
    this.#scheduler.after(COMES_BACK, () => this.#settle(lane))
  }

  /** The edge's machine goes down, or is there again. */
  switch(up: boolean): void {
    this.#up = up
    for (const lane of this.#lanes.values()) this.#scheduler.after(COMES_BACK, () => this.#settle(lane))
  }

  calm(): void {
    this.weather = CALM
    this.switch(true)
    for (const till of this.#lanes.keys()) this.plug(till, true)
  }

  /** Since when both have been connected without a break; undefined when they are not. */
  together(a: Id, b: Id): DurationMs | undefined {
    const [one, other] = [this.#lane(a), this.#lane(b)]
    return one.connected && other.connected && this.weather === CALM ? Math.max(one.since, other.since) : undefined
  }

  /** Somebody on the store's network says again what was said. */
  replay(random: Random): void {
    const { channel, bytes } = random.pick(this.carried)
    for (const lane of this.#lanes.values()) if (lane.connected) lane.end?.heard(channel, bytes)
  }

  portOf(from: Id, timers: Timers): LanePort {
    return {
      configure: () => {},
      say: (bytes) => this.#carry(from, 'lane', undefined, bytes),
      copy: (to, bytes) => this.#carry(from, 'copy', to, bytes),
      seal: (_key, till, { bytes, entries }, done) => void timers.after(SEALING, () => done(unsealed(till, bytes, entries))),
    }
  }

  #lane(till: Id): Lane {
    const known = this.#lanes.get(till)
    if (known !== undefined) return known
    const lane: Lane = { end: undefined, plugged: true, connected: false, since: 0 }
    this.#lanes.set(till, lane)
    return lane
  }

  #settle(lane: Lane): void {
    const connected = this.#up && lane.plugged && lane.end !== undefined
    if (connected === lane.connected) return
    lane.connected = connected
    lane.since = this.#scheduler.now
    if (connected) lane.end?.connected()
    else lane.end?.disconnected()
  }

  #carry(from: Id, channel: 'lane' | 'copy', to: Id | undefined, bytes: Uint8Array): void {
    if (!this.#lane(from).connected) return
    if (this.carried.length < 2000) this.carried.push({ channel, bytes })
    for (const [till, lane] of this.#lanes) {
      if (till === from || (to !== undefined && to !== till)) continue
      const { drop, duplicate, slow } = this.weather
      if (this.#random.chance(drop)) continue
      for (let copy = this.#random.chance(duplicate) ? 2 : 1; copy > 0; copy--) {
        const delay = this.#random.chance(slow) ? this.#random.between(1, SLOWEST) : this.#random.between(1, LATENCY)
        this.#scheduler.after(delay, () => {
          if (lane.connected && lane.plugged) lane.end?.heard(channel, bytes)
        })
      }
    }
  }
}

// ---------------------------------------------------------------- seals, without the cipher

/** As long as the head of a sealed journal. What is tried out here is who keeps and brings what, not the cipher. */
const HEAD = new Uint8Array([...Buffer.from('SPJ1'), ...new Uint8Array(40)])
const unsealed = (till: Id, batch: Uint8Array, entries: number): Uint8Array => new Uint8Array([...HEAD, ...toCbor([till, entries, batch])])

export type OpenExport = typeof openJournal

/** What stands in for `openJournal` at the simulated hub. */
export const openUnsealed: OpenExport = async (chunks, _keyOf, onBatch) => {
  const parts: Uint8Array[] = []
  for await (const part of chunks) parts.push(part)
  const read = fromCbor(new Uint8Array(Buffer.concat(parts)).subarray(HEAD.length))
  const [till, entries, batch] = read.ok && Array.isArray(read.value) ? (read.value as unknown[]) : []
  if (typeof till !== 'string' || typeof entries !== 'number' || !(batch instanceof Uint8Array)) return fail('journal.malformed')
  await onBatch(batch)
  return ok({ till, batches: 1, entries })
}
