import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeBatch, openSigned, type Ack } from '#protocol/hub/messages.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import type { Journal } from './journal.ts'
import { compare, newOutbox, stepOutbox, type Outbox, type OutboxEvent, type Place } from './outbox.ts'
import type { Link, TillIdentity } from './ports.ts'
import { parseRecord, type TillStore } from './store.ts'

const BATCH_BYTES = 128 * 1024
const BATCH_ENTRIES = 1000

const RECORD = 'outbox'
type Kept = {
  readonly received: Place
  readonly safe: Place
  readonly settled: Place
  readonly hubEpoch: number
  readonly hubTime: EpochMs
  readonly lastAck: string
}

/** `fresh`: it answers what this till sent last, so its hub time is of just now and not of some time ago. */
export type Acknowledged = { readonly ack: Ack; readonly fresh: boolean }

/** What an acknowledgement must have said for the disk to be written: whoever repeats an old one must not make this till work. */
const isNews = (before: Kept, after: Kept): boolean =>
  compare(before.received, after.received) !== 0 ||
  compare(before.safe, after.safe) !== 0 ||
  compare(before.settled, after.settled) !== 0 ||
  before.hubEpoch !== after.hubEpoch ||
  after.hubTime - before.hubTime > 10 * SECOND

/**
 * Brings the journal to the hub: performs what the outbox machine decides. The entries are read from the disk when they are sent; nothing is
 * queued in memory. What the hub acknowledged is kept, so a restart goes on where it was; losing that record would only mean sending again.
 */
export class Draining {
  readonly #identity: TillIdentity
  readonly #crypto: Crypto
  readonly #store: TillStore
  readonly #journal: Journal
  readonly #link: Link
  readonly #authority: Authority
  #outbox: Outbox
  #kept: Kept
  /** SHA-256 of the last batch, hex. */
  #lastSent = ''

  constructor(identity: TillIdentity, crypto: Crypto, store: TillStore, journal: Journal, link: Link, authority: Authority) {
    this.#identity = identity
    this.#crypto = crypto
    this.#store = store
    this.#journal = journal
    this.#link = link
    this.#authority = authority
    const nothing: Place = { epoch: 1, n: 0 }
    const text = store.records(RECORD).get(RECORD)
    this.#kept = text === undefined ? { received: nothing, safe: nothing, settled: nothing, hubEpoch: 0, hubTime: 0, lastAck: '' } : parseRecord<Kept>(text)
    this.#outbox = newOutbox(journal.head, this.#kept.received, this.#kept.safe)
  }

  /** As stored: the till's clock starts from it. */
  get lastHubTime(): EpochMs {
    return this.#kept.hubTime
  }

  /** Up to here the hub has decided what this till's entries mean. */
  get settled(): Place {
    return this.#kept.settled
  }

  get outbox(): Outbox {
    return this.#outbox
  }

  step(event: OutboxEvent, now: DurationMs): void {
    const { state, effects } = stepOutbox(this.#outbox, event, now)
    this.#outbox = state
    for (const effect of effects) {
      if (effect.type === 'send') this.#send()
      else this.#link.reconnect()
    }
  }

  /**
   * Takes an acknowledgement. The hub's word is believed only about entries that this till has: a head that differs from the journal's own
   * means that one of the two chains is not the one it seems. `received` may go back (a hub restored from a backup says so by a new epoch).
   */
  acknowledged(bytes: Uint8Array, now: DurationMs): Outcome<Acknowledged> {
    const opened = openSigned(this.#crypto, bytes, signedTypes.ack, (id) => this.#authority.keyOf('ack', id))
    if (!opened.ok) return opened
    const ack = opened.value
    if (ack.till !== this.#identity.till) return fail('wire.wrong_till')
    const received: Place = { epoch: ack.epoch, n: ack.received.n }
    const safe: Place = { epoch: ack.epoch, n: Math.min(ack.safe, ack.received.n) }
    const settled: Place = { epoch: ack.epoch, n: Math.min(ack.settled, ack.received.n) }
    const fresh = ack.answers === this.#lastSent
    // From before the hub was restored. A lower epoch at a later time is a hub that was restored once more, from the same backup as the last time.
    if (ack.hubEpoch < this.#kept.hubEpoch && ack.hubTime <= this.#kept.hubTime) return ok({ ack, fresh: false })
    const matches = compare(received, this.#journal.head) <= 0 && this.#hasHead(received, ack.received.head)
    if (!matches) return fail('custody.fork', `the hub's head at ${received.epoch}/${received.n} is not this till's`)
    // Acknowledgements may arrive late or twice. One that stands further back is believed only if it is the newest: then the hub lost something.
    const back = compare(received, this.#kept.received) < 0
    const newest = ack.hubEpoch > this.#kept.hubEpoch || ack.hubTime > this.#kept.hubTime
    if (back && !newest) return ok({ ack, fresh: false })
    const restored = back || ack.hubEpoch > this.#kept.hubEpoch
    const furthest = (said: Place, known: Place): Place => (restored || compare(said, known) > 0 ? said : known)
    const before = this.#kept
    this.#kept = {
      received,
      safe: furthest(safe, before.safe),
      settled: furthest(settled, before.settled),
      hubEpoch: ack.hubEpoch,
      hubTime: Math.max(ack.hubTime, this.#kept.hubTime),
      lastAck: hex(this.#crypto.sha256(bytes)),
    }
    if (isNews(before, this.#kept)) this.#store.commit({ put: { [RECORD]: JSON.stringify(this.#kept) } })
    this.step({ type: 'acknowledged', received: this.#kept.received, safe: this.#kept.safe }, now)
    return ok({ ack, fresh })
  }

  #send(): void {
    const batch = this.#batch()
    this.#lastSent = hex(this.#crypto.sha256(batch))
    this.#link.send(batch)
  }

  #batch(): Uint8Array {
    const entries = this.#store.readAfter(this.#outbox.received, BATCH_BYTES, BATCH_ENTRIES)
    const [first] = entries
    const epoch = first?.epoch ?? this.#outbox.received.epoch
    const from = first?.n ?? this.#outbox.received.n + 1
    return encodeBatch(this.#identity.signer, {
      till: this.#identity.till,
      epoch,
      from,
      previous: this.#journal.hashAt({ epoch, n: from - 1 }) ?? GENESIS,
      lastAck: unhex(this.#kept.lastAck) ?? new Uint8Array(0),
      entries: entries.map((entry) => entry.bytes),
    })
  }

  #hasHead(place: Place, headHex: string): boolean {
    const hash = this.#journal.hashAt(place)
    return hash !== undefined && hex(hash) === headHex
  }
}
