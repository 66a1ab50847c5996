import { base64url, hex, unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Ack } from '#protocol/hub/messages.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry, encodeEntry, MAX_SALVAGED_TEXT, type Entry, type Fact } from '#protocol/journal/entry.ts'
import { HOUR, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { ownCheckpoint, RECORD_CHECKPOINT } from './checkpoint.ts'
import type { Draining } from './draining.ts'
import type { EpochCut, Epochs, Named } from './epochs.ts'
import { follows, verify, type Head, type Journal, type Owner, type Verified } from './journal.ts'
import { compare, type Place } from './outbox.ts'
import type { PaymentRecord, Payments } from './payments.ts'
import { projected } from './projection.ts'
import { RECORD_HOLES } from './store-holes.ts'
import type { Change, StoredEntry, TillStore } from './store.ts'

/** Entries that one tick verifies behind the sale's back: about 3 ms. */
const VERIFIED_AT_ONCE = 500
/** Entries that one tick salvages, and their bytes: one commit. */
const SALVAGED_AT_ONCE = 200
const SALVAGED_BYTES = 256 * 1024
/** A till whose journal the hub contradicts again within this time lives twice: two copies would open epochs against each other for ever. */
const CALM_AFTER: DurationMs = HOUR

export type IntegrityPorts = {
  readonly owner: Owner
  readonly crypto: Crypto
  readonly store: TillStore
  readonly journal: Journal
  readonly epochs: Epochs
  readonly draining: Draining
  readonly payments: Payments
  now(): EpochMs
  /** Entries were appended; the outbox has to know. */
  appended(): void
  /** A person should hear of it, and the journal say it. */
  tell(code: ErrorCode, detail: string): void
}

/**
 * Keeps the journal honest: verifies it, from the last checkpoint at a start and everything else in small slices afterwards, and when it turns out to be
 * damaged, or older than what the hub has, opens a new epoch and carries over what the old chain cannot carry any more. A slice is one commit, so power may
 * go at any moment.
 */
export class Integrity {
  readonly #ports: IntegrityPorts
  /** What is being verified in the background, and what comes after that. */
  #verifying: { from: Head; readonly upTo: Place; readonly urgent?: true }[] = []

  constructor(ports: IntegrityPorts) {
    this.#ports = ports
  }

  /** At a start: verifies what follows the last checkpoint. Throws StoreError when the file cannot be read. */
  start(): void {
    const { crypto, owner, store, epochs, draining, journal } = this.#ports
    const text = store.records(RECORD_CHECKPOINT).get(RECORD_CHECKPOINT)
    const signed = text === undefined ? undefined : ownCheckpoint(crypto, owner, text)
    const known = signed !== undefined && hex(journal.hashAt(signed) ?? GENESIS) === hex(signed.hash)
    const from = known ? signed : this.#at(draining.safe)
    const verified = verify(crypto, store, epochs, from)
    const holes = store.records(RECORD_HOLES).has(RECORD_HOLES)
    // Of a journal of which nothing was left there is nothing to name either: the hub's first acknowledgement makes it a restored one.
    const isNew = journal.head.epoch === 1 && journal.head.n === 1
    if (verified.damaged !== undefined || (text !== undefined && !known) || (holes && !isNew)) this.#damaged(verified)
    else if (holes) store.commit({ remove: [RECORD_HOLES] })
    const { safe } = draining
    this.#verifying = [
      { from: this.#at(safe), upTo: from },
      { from: { epoch: 1, n: 0, hash: GENESIS }, upTo: safe },
    ]
  }

  /** A little of what is left to do. Throws StoreError. */
  tick(): void {
    if (this.#ports.epochs.salvage !== undefined) return this.#salvageSlice()
    const { crypto, store, epochs, draining, journal } = this.#ports
    if (draining.foundDamage()) this.#verifying.unshift({ from: this.#at(draining.received), upTo: journal.head, urgent: true })
    const [slice] = this.#verifying
    // A backlog is verified as it is sent, and the machine is busy with that.
    if (slice === undefined || (draining.flows && slice.urgent === undefined)) return
    const verified = verify(crypto, store, epochs, slice.from, slice.upTo, VERIFIED_AT_ONCE)
    if (verified.damaged !== undefined) {
      const carriedElsewhere = epochs.cuts.some(({ epoch, after }) => epoch > verified.good.epoch && compare(verified.good, after) <= 0)
      // What the hub had received before it was restored without its second copy it lacks now, wherever it was carried meanwhile.
      const lacking = compare(verified.damaged, draining.received) > 0
      if (compare(verified.damaged, draining.safe) > 0 && (lacking || !carriedElsewhere)) return this.#damaged(verified)
      const { epoch, n } = verified.damaged
      this.#ports.tell('till.journal_corrupt', `entry ${epoch}/${n} does not follow; the hub has it`)
      slice.from = this.#at(verified.damaged)
    } else if (verified.count < VERIFIED_AT_ONCE) this.#verifying.shift()
    else slice.from = verified.good
  }

  /**
   * The hub has signed a head that this journal does not have: it was restored from a backup. Goes on in a new epoch that names the hub's head. False if the
   * same has just happened: then another till lives under this one's name, and this one must stop.
   */
  restored(ack: Ack): boolean {
    const { epochs, draining, journal } = this.#ports
    const { times, at } = epochs.contradicted
    const again = times > 0 && ack.hubTime - at < CALM_AFTER
    // A till that was damaged may have lost what it knew of the hub: that its new epoch names a head which the hub has passed tells of no second till.
    const excused = epochs.cuts.at(-1)?.damaged === true && draining.received.epoch < journal.head.epoch
    if (again && times > 1 && !excused) return false
    const named = { epoch: ack.epoch, n: ack.received.n, head: ack.received.head }
    const epoch = Math.max(journal.head.epoch, ack.epoch) + 1
    const contradiction = excused ? {} : { contradictions: again ? times + 1 : 1, contradictedAt: ack.hubTime }
    const from = this.#sharedWith(named)
    this.#open('restored', { epoch, after: from, named }, from, contradiction, draining.joined({ epoch, n: 0 }, ack))
    this.#ports.tell('till.restored', `the hub stands at ${named.epoch}/${named.n}; this journal goes on in epoch ${epoch}`)
    return true
  }

  /**
   * Up to where the hub has what is here, if it stands at a head that is not: as far as it had received, or less far if it stands before that. It came back
   * from a backup itself then, and the epochs that were begun since are unknown to it.
   */
  #sharedWith(stands: Place): Place {
    const { epochs, draining } = this.#ports
    const begun = epochs.cuts.filter(({ epoch }) => epoch > stands.epoch).map(({ after }) => after)
    return [{ epoch: stands.epoch, n: stands.n }, ...begun].reduce((least, place) => (compare(place, least) < 0 ? place : least), draining.received)
  }

  #damaged({ good, damaged }: Verified): void {
    const { draining, journal, epochs } = this.#ports
    // What the hub has received it has, whatever became of it here.
    const received = draining.receivedHead
    const beyond = received !== undefined && compare(received, good) >= 0
    // An epoch of which not even the opening is left never was, for the hub: the next one goes on where that one did.
    const begun = good.n === 0 ? epochs.cuts.findLast(({ epoch }) => epoch === good.epoch)?.named : undefined
    const named: Named = beyond ? received : (begun ?? { epoch: good.epoch, n: good.n, head: hex(good.hash) })
    const after = { epoch: named.epoch, n: named.n }
    const from = compare(good, draining.safe) < 0 ? draining.safe : { epoch: good.epoch, n: good.n }
    const epoch = journal.head.epoch + 1
    this.#open('damaged', { epoch, after, named, damaged: true }, from, {})
    const first = damaged === undefined ? 'its end' : `entry ${damaged.epoch}/${damaged.n}`
    this.#ports.tell('till.journal_salvaged', `${first} was damaged; this journal goes on in epoch ${epoch}`)
    this.#verifying = []
  }

  #open(
    reason: 'restored' | 'damaged',
    cut: EpochCut,
    salvageFrom: Place,
    more: { readonly contradictions?: number; readonly contradictedAt?: number },
    joined: { readonly put: Record<string, string>; changed(): void } = { put: {}, changed: () => {} },
  ): void {
    const { journal, epochs } = this.#ports
    const pending = epochs.salvage
    const from = pending === undefined || compare(salvageFrom, pending.from) < 0 ? salvageFrom : pending.from
    const upTo = { epoch: journal.head.epoch, n: journal.head.n }
    const next = epochs.record({ ...more, cuts: [...epochs.cuts, cut], salvage: { from, upTo } })
    journal.openEpoch(
      cut.epoch,
      this.#ports.now(),
      { kind: 'epoch.opened', body: { reason, previous: cut.named } },
      { put: { ...joined.put, ...next.put }, remove: [RECORD_HOLES] },
    )
    next.changed()
    joined.changed()
    this.#ports.appended()
    this.#salvageSlice()
  }

  /**
   * Carries the next few entries over. Those that do not follow from the one before are not worth their name: they stay in the damaged part. Captures that
   * were among them are written anew from the payments' rows, in their place, so that what follows them still makes sense.
   */
  #salvageSlice(): void {
    const { store, epochs, journal, payments } = this.#ports
    const { salvage } = epochs
    if (salvage === undefined) return
    const page = store.readAfter(salvage.from, SALVAGED_BYTES, SALVAGED_AT_ONCE).filter((stored) => compare(stored, salvage.upTo) <= 0)
    const last = page.at(-1)
    const at = this.#ports.now()
    const facts: Fact[] = []
    const changed = new Map<string, PaymentRecord>()
    const carry = (fact: Extract<Fact, { kind: 'entry.salvaged' }>) => {
      facts.push(fact)
      const entry: Entry = { v: 1, till: this.#ports.owner.till, epoch: journal.head.epoch, n: journal.head.n + facts.length, at, ...fact }
      const record = projected((id) => changed.get(id) ?? payments.get(id), entry)
      if (record !== undefined) changed.set(record.id, record)
    }
    let before = this.#at(salvage.from)
    for (const stored of page) {
      const fact = this.#carried(before, stored)
      if (fact === undefined) this.#lostCaptures(before, stored).forEach(carry)
      else {
        if (!isNext(before, stored)) this.#lostCaptures(before, { epoch: stored.epoch, n: stored.n - 1 }).forEach(carry)
        carry(fact)
      }
      before = { epoch: stored.epoch, n: stored.n, hash: stored.hash }
    }
    const isDone = last === undefined || compare(last, salvage.upTo) >= 0
    if (isDone) this.#lostCaptures(before, { epoch: journal.head.epoch, n: 0 }).forEach(carry)
    const next = epochs.record({ salvage: isDone ? undefined : { from: { epoch: last.epoch, n: last.n }, upTo: salvage.upTo } })
    const moved = [...changed.values()].map((after) => ({ before: payments.get(after.id), after }))
    const also: Omit<Change, 'entries'> = { payments: moved.map(({ after }) => after), put: next.put }
    if (facts.length === 0) store.commit(also)
    else journal.append(at, facts, also)
    next.changed()
    for (const { before: was, after } of moved) payments.set(was, after)
    this.#ports.appended()
  }

  /** The fact that carries an entry over; an entry that was itself carried over goes under its first number. */
  #carried(before: Head, stored: StoredEntry): Extract<Fact, { kind: 'entry.salvaged' }> | undefined {
    const { crypto, owner } = this.#ports
    const hasBefore = before.n > 0 || stored.n === 1
    // After a hole nothing says what the entry followed; it is as it was read.
    if (hasBefore && isNext(before, stored) && !follows(crypto, before, stored)) return undefined
    const entry = decodeEntry(stored.bytes, { till: owner.till, epoch: stored.epoch, n: stored.n })
    if (!entry.ok || entry.value.kind === 'epoch.opened') return undefined
    if (entry.value.kind === 'entry.salvaged') return { kind: 'entry.salvaged', body: entry.value.body }
    const bytes = base64url(stored.bytes)
    return bytes.length > MAX_SALVAGED_TEXT ? undefined : { kind: 'entry.salvaged', body: { epoch: stored.epoch, n: stored.n, bytes } }
  }

  /**
   * Captures after a place and up to another, where entries could not be read: a payment's row says all that its capture said, so the entry comes out to the
   * letter as it was, and the hub passes over it if it has it. Whoever paid has the receipt; the hub must hear of it.
   */
  #lostCaptures(after: Place, upTo: Place): Extract<Fact, { kind: 'entry.salvaged' }>[] {
    return this.#ports.payments
      .between(after, upTo)
      .flatMap(({ id: paymentId, saleId, state, capturedMinor: amountMinor, currency, receiptNumber, capturedAt, last, cash }) => {
        if (receiptNumber === undefined || capturedAt === undefined || state === 'VOIDED') return []
        const captured: Fact =
          cash === undefined
            ? { kind: 'payment.captured', body: { paymentId, amountMinor, currency, receiptNumber } }
            : {
                kind: 'payment.taken_in_cash',
                body: { paymentId, saleId, amountMinor, ...givenIn(cash), currency, receiptNumber, ...(cash.foreign && { foreign: cash.foreign }) },
              }
        const bytes = encodeEntry({ till: this.#ports.owner.till, ...last }, capturedAt, captured)
        return { kind: 'entry.salvaged', body: { ...last, bytes: base64url(bytes) } }
      })
  }

  /** A place with the hash that the journal has there, or the hub; where nobody has one, a hash that nothing follows from. */
  #at({ epoch, n }: Place): Head {
    const { journal, draining } = this.#ports
    const said = draining.receivedHead
    const hash = journal.hashAt({ epoch, n }) ?? (said !== undefined && compare(said, { epoch, n }) === 0 ? unhex(said.head) : undefined)
    return { epoch, n, hash: hash ?? GENESIS }
  }
}

/** In the order of the entry, whose letters count. */
const givenIn = ({ tenderedMinor, changeMinor }: NonNullable<PaymentRecord['cash']>) => ({ tenderedMinor, changeMinor })

/** Nothing is missing between the two places, as far as their numbers tell. */
const isNext = (before: Place, stored: Place): boolean => (before.epoch === stored.epoch ? before.n + 1 === stored.n : stored.n === 1)
