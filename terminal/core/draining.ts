import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Ack, Packing } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import { BATCH_BYTES, batchAfter, SMALL_BATCH_BYTES } from './batch.ts'
import type { Epochs, Named } from './epochs.ts'
import type { Journal } from './journal.ts'
import { compare, hasUnsent, newOutbox, stepOutbox, type Outbox, type OutboxEvent, type Place } from './outbox.ts'
import type { Link, TillIdentity } from './ports.ts'
import { parseRecord, type TillStore } from './store.ts'

export const RECORD_OUTBOX = 'outbox'
/** What the hub has said, as it is stored. */
export type Heard = {
  readonly received: Place
  /** Hash at `received`, hex; missing in what the first version wrote. */
  readonly receivedHead?: string
  readonly safe: Place
  readonly settled: Place
  readonly hubEpoch: number
  readonly hubTime: EpochMs
  readonly lastAck: string
}

/**
 * `fresh`: it answers what this till sent last, so its hub time is of just now and not of some time ago.
 * `contradicts`: it answers what this till sent last, in the epoch that it writes now, and its head is not this journal's; nothing else of it was taken.
 */
export type Acknowledged = { readonly ack: Ack; readonly fresh: boolean; readonly contradicts: boolean }

/** What an acknowledgement must have said for the disk to be written: whoever repeats an old one must not make this till work. */
const isNews = (before: Heard, after: Heard): boolean =>
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
  readonly #epochs: Epochs
  readonly #packing: Packing | undefined
  #outbox: Outbox
  #kept: Heard
  #damaged = false

  /** Somebody is being served at this till: what drains must not be felt. */
  serving = false
  /** SHA-256 of the last batch, hex. */
  #lastSent = ''
  /** The epoch that was being written then. */
  #sentIn = 0
  #answered = false

  constructor(identity: TillIdentity, crypto: Crypto, store: TillStore, journal: Journal, link: Link, authority: Authority, epochs: Epochs, packing?: Packing) {
    this.#identity = identity
    this.#crypto = crypto
    this.#store = store
    this.#journal = journal
    this.#link = link
    this.#authority = authority
    this.#epochs = epochs
    this.#packing = packing
    const nothing: Place = { epoch: 1, n: 0 }
    const text = store.records(RECORD_OUTBOX).get(RECORD_OUTBOX)
    this.#kept = text === undefined ? { received: nothing, safe: nothing, settled: nothing, hubEpoch: 0, hubTime: 0, lastAck: '' } : parseRecord<Heard>(text)
    authority.heard(this.#kept.hubTime)
    this.#outbox = newOutbox(journal.head, this.#kept.received, this.#kept.safe)
  }

  /** True once when a batch ended before an entry that was damaged since it was verified. */
  foundDamage(): boolean {
    const found = this.#damaged
    this.#damaged = false
    return found
  }

  /** As stored: the till's clock starts from it. */
  get lastHubTime(): EpochMs {
    return this.#kept.hubTime
  }

  get received(): Place {
    return this.#kept.received
  }

  /** With the hash that the hub has there; undefined until it has said one. */
  get receivedHead(): Named | undefined {
    const { received, receivedHead } = this.#kept
    return receivedHead === undefined || received.n === 0 ? undefined : { ...received, head: receivedHead }
  }

  /** SHA-256 of the last acknowledgement that this till's clock went by, hex; empty before the first. */
  get lastAck(): string {
    return this.#kept.lastAck
  }

  get safe(): Place {
    return this.#kept.safe
  }

  /** Up to here the hub has decided what this till's entries mean. */
  get settled(): Place {
    return this.#kept.settled
  }

  get outbox(): Outbox {
    return this.#outbox
  }

  /** The hub takes one batch after the other. */
  get flows(): boolean {
    return this.#outbox.answering && hasUnsent(this.#outbox)
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
   * A hub that stands at the head that a later epoch of this till names has everything that comes before that epoch.
   */
  acknowledged(bytes: Uint8Array, now: DurationMs): Outcome<Acknowledged> {
    const opened = this.#authority.open(bytes, signedTypes.ack)
    if (!opened.ok) return opened
    const ack = opened.value
    if (ack.till !== this.#identity.till) return fail('wire.wrong_till')
    const stands: Place = { epoch: ack.epoch, n: ack.received.n }
    const begun = this.#epochs.begunAt(stands, ack.received.head)
    const received = begun ?? stands
    const said = (n: number, known: Place): Place =>
      begun === undefined ? { epoch: ack.epoch, n: Math.min(n, ack.received.n) } : compare(known, begun) < 0 ? known : begun
    const safe = said(ack.safe, this.#kept.safe)
    const settled = said(ack.settled, this.#kept.settled)
    const fresh = ack.answers === this.#lastSent
    // What first answers the batch that was sent last is the newest word, also of a hub whose clock was put back since.
    const later = (fresh && !this.#answered) || ack.hubTime > this.#kept.hubTime
    this.#answered ||= fresh
    // From before the hub was restored. A lower epoch at a later time is a hub that was restored once more, from the same backup as the last time.
    if (ack.hubEpoch < this.#kept.hubEpoch && !later) return ok({ ack, fresh: false, contradicts: false })
    if (begun === undefined && !this.#hasHead(stands, ack.received.head)) {
      // What answers a batch from before this epoch was begun says only what the hub could not know yet, however late it comes.
      const isOfNow = fresh && this.#sentIn === this.#journal.head.epoch
      return ok({ ack, fresh, contradicts: later && isOfNow })
    }
    // Acknowledgements may arrive late or twice. One that stands further back is believed only if it is the newest: then the hub lost something.
    const back = compare(received, this.#kept.received) < 0
    const newest = ack.hubEpoch > this.#kept.hubEpoch || later
    if (back && !newest) return ok({ ack, fresh: false, contradicts: false })
    const restored = back || ack.hubEpoch > this.#kept.hubEpoch
    const furthest = (now: Place, known: Place): Place => (restored || compare(now, known) > 0 ? now : known)
    const before = this.#kept
    const kept: Heard = {
      received,
      receivedHead: ack.received.head,
      safe: furthest(safe, before.safe),
      settled: furthest(settled, before.settled),
      hubEpoch: ack.hubEpoch,
      hubTime: Math.max(ack.hubTime, before.hubTime),
      // Only one that this till's clock went by: the hub holds later entries to the time of what is cited.
      lastAck: fresh ? hex(this.#crypto.sha256(bytes)) : before.lastAck,
    }
    this.#authority.heard(ack.hubTime)
    // What cannot be stored was not heard: a batch that cites it would say that this till knows where the hub stands, and still go on from elsewhere.
    if (isNews(before, kept)) this.#store.commit({ put: { [RECORD_OUTBOX]: JSON.stringify(kept) } })
    this.#kept = kept
    this.step({ type: 'acknowledged', received: kept.received, safe: kept.safe }, now)
    return ok({ ack, fresh, contradicts: false })
  }

  /** What has to be stored when the journal joins the hub's chain at a place, since this acknowledgement; `changed` when it is. */
  joined(received: Place, ack: Ack): { readonly put: Record<string, string>; changed(): void } {
    const kept: Heard = { ...this.#kept, received, receivedHead: ack.received.head, hubEpoch: ack.hubEpoch, hubTime: Math.max(ack.hubTime, this.#kept.hubTime) }
    return {
      put: { [RECORD_OUTBOX]: JSON.stringify(kept) },
      changed: () => {
        this.#kept = kept
        this.#outbox = { ...this.#outbox, received, waitingSince: undefined }
      },
    }
  }

  #send(): void {
    const { received } = this.#outbox
    const { lastAck } = this.#kept
    const maxBytes = this.serving ? SMALL_BATCH_BYTES : BATCH_BYTES
    const { bytes: batch, damaged } = batchAfter(
      this.#crypto,
      this.#identity,
      this.#store,
      this.#epochs,
      received,
      lastAck,
      this.receivedHead,
      maxBytes,
      this.#packing,
    )
    this.#damaged ||= damaged
    this.#lastSent = hex(this.#crypto.sha256(batch))
    this.#sentIn = this.#journal.head.epoch
    this.#answered = false
    this.#link.send(batch)
  }

  #hasHead(place: Place, headHex: string): boolean {
    if (compare(place, this.#journal.head) > 0 || !this.#epochs.carries(place)) return false
    const hash = this.#journal.hashAt(place)
    return hash !== undefined && hex(hash) === headHex
  }
}
