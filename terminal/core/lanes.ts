import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { LaneSettings, Packing } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import {
  encodeLaneMessage,
  laneMark,
  MAX_LANE_LIST,
  readLaneMessage,
  readPeerCopy,
  type LaneMessage,
  type LaneSays,
  type PeerCopy,
} from '#protocol/lanes/messages.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, HOUR, SECOND, type Clock, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import type { Draining } from './draining.ts'
import type { Epochs } from './epochs.ts'
import { KeptCopies } from './kept-copies.ts'
import { LaneBook, SPENT_TOLD_FOR } from './lane-book.ts'
import { Loans } from './lane-loans.ts'
import { compare, type Place } from './outbox.ts'
import { OwnCopies } from './own-copies.ts'
import type { Payments } from './payments.ts'
import type { LanePort, Link, TillIdentity } from './ports.ts'
import type { SpentCode, SpentCodes } from './spent-codes.ts'
import { parseRecord, type TillStore, type WaitingSum } from './store.ts'

const RECORD_RUN = 'lanes/run'
/** A lane that hears nothing of this one for longer takes it for gone. */
const SAY_SOMETHING: DurationMs = 4 * SECOND
const ASK_AGAIN: DurationMs = 1 * SECOND
const WANT_AGAIN: DurationMs = 2 * SECOND
/** Policies hold for a day or a few; one that was signed before the rules changed may hold for longer than this till's own. */
const LONGEST_GONE: DurationMs = 30 * DAY
const LOANS_LOOKED_AT: DurationMs = 1 * HOUR
/** What comes in one moment is written to the disk together. */
const GATHER: DurationMs = 5
const MAX_GATHERED = 500

/** What a payment that is decided here has to know of the others. */
export type OtherLanes = {
  /** What a wallet owes at the other lanes of this store, as far as they have said. Minor units. */
  exposureOf(wallet: string): Minor
  /** By how much this till's slice of the store's cap is larger or, negative, smaller than it was signed. Minor units. */
  readonly sliceLentMinor: Minor
}
export const NO_LANES: OtherLanes = { exposureOf: () => 0, sliceLentMinor: 0 }

export type LanesParts = {
  readonly identity: TillIdentity
  readonly crypto: Crypto
  readonly store: TillStore
  readonly clock: Clock
  readonly timers: Timers
  readonly authority: Authority
  readonly payments: Payments
  readonly spentCodes: SpentCodes
  readonly draining: Draining
  readonly epochs: Epochs
  readonly packing?: Packing | undefined
  readonly link: Pick<Link, 'send'>
  readonly port: LanePort
  /** The till's own time. */
  now(): EpochMs
  head(): Place
  /** Runs what may find the disk unusable, and shows what became of it. */
  later(action: () => void): void
}

/**
 * This till among the others of its store. Everything here comes on top: without an edge, or cut off from it, a till sells as one that is alone, within its own slice.
 * Nothing that is said to other lanes is waited for, and nothing that they say is believed beyond what its signature and its numbers prove.
 */
export class Lanes implements OtherLanes {
  readonly #parts: LanesParts
  readonly #book: LaneBook
  readonly #loans: Loans
  readonly #kept: KeptCopies
  readonly #own: OwnCopies
  #settings: LaneSettings | undefined
  #tills: ReadonlyMap<Id, Uint8Array> = new Map()
  #connected = false
  #run = 0
  #n = 0
  #saidAt: DurationMs = -Infinity
  #askedAt: DurationMs = -Infinity
  #wantedAt: DurationMs = -Infinity
  #loansAt: DurationMs = -Infinity
  #soon = false
  #answers: string[] = []
  readonly #fresh: (SpentCode & { readonly wallet: string })[] = []
  /** Of wallets whose exposure was said, what was said last. */
  readonly #told = new Map<string, Minor>()
  #safeTold: Place = { epoch: 1, n: 0 }
  #gathered: PeerCopy[] = []
  #alone: { readonly at: string; readonly sum: WaitingSum } | undefined

  constructor(parts: LanesParts) {
    const { crypto, store, identity, epochs, packing, port } = parts
    this.#parts = parts
    this.#book = new LaneBook(hex(crypto.randomBytes(16)))
    this.#loans = new Loans(store)
    this.#kept = new KeptCopies(store, crypto)
    this.#own = new OwnCopies({ till: identity.till, signer: identity.signer, crypto, store, epochs, packing, port, sealed: () => this.changed() })
  }

  // ---------------------------------------------------------------- what the counter asks

  /** The code was taken by another lane of this store. */
  hasSpent(credentialId: string, counter: number): boolean {
    return this.#settings !== undefined && counter <= this.#book.counterOf(this.#mark('credential', credentialId))
  }

  exposureOf(wallet: string): Minor {
    return this.#settings === undefined ? 0 : this.#book.exposureOf(this.#mark('wallet', wallet))
  }

  get sliceLentMinor(): Minor {
    return this.#loans.balance(new Set(this.#tills.keys()))
  }

  /** Payments that nobody but this till has: neither the hub nor a neighbour. Undefined without other lanes. */
  get onlyHere(): WaitingSum | undefined {
    if (this.#tills.size < 2) return undefined
    const { draining, epochs, payments, head } = this.#parts
    const [received, kept] = [draining.received, this.#own.kept]
    const place = epochs.heldBack(compare(kept, received) > 0 ? kept : received)
    const at = `${place.epoch}/${place.n} ${head().epoch}/${head().n}`
    // Drawn with every view, and added up by the disk: once for each change of what it is made of.
    if (this.#alone?.at !== at) this.#alone = { at, sum: payments.waitingAfter(place) }
    return this.#alone.sum
  }

  /** Entries of other tills are kept here, and perhaps nowhere else. */
  get keepsCopies(): boolean {
    return !this.#kept.isEmpty
  }

  // ---------------------------------------------------------------- what happens at this till

  /** A commit has spent these codes of a wallet. */
  spent(codes: readonly SpentCode[], wallet: string): void {
    if (this.#settings !== undefined && this.#connected) this.#fresh.push(...codes.map((code) => ({ ...code, wallet })))
  }

  /** Entries were written, or the hub has said something: what it means for the others is told in a moment, never before this call returns. */
  changed(): void {
    if (this.#settings === undefined || !this.#connected || this.#soon) return
    this.#soon = true
    this.#parts.timers.after(1, () => {
      this.#soon = false
      this.#parts.later(() => this.#tell())
    })
  }

  tick(): void {
    const now = this.#now
    this.#configure()
    this.#book.forget(now)
    if (now - this.#loansAt >= LOANS_LOOKED_AT) {
      this.#loansAt = now
      this.#keepLoans()
    }
    // The hub may be there while the edge is not: what is kept here is brought all the same.
    if (this.#parts.draining.outbox.answering) for (const file of this.#kept.due(now)) this.#parts.link.send(file)
    if (!this.#connected) return
    this.#tell()
    if (now - this.#askedAt >= ASK_AGAIN && this.#others.some((till) => !this.#book.isSynced(till))) this.#ask(now)
    if (now - this.#saidAt >= SAY_SOMETHING) this.#say({ kind: 'exposure', wallets: [] })
  }

  // ---------------------------------------------------------------- what the edge carries

  /** Throws StoreError. */
  connected(): void {
    this.#configure()
    if (this.#settings === undefined) return
    if (this.#run === 0) this.#begin()
    this.#connected = true
    this.#own.forget()
    this.#ask(this.#now)
    this.changed()
  }

  disconnected(): void {
    this.#connected = false
    this.#own.forget()
  }

  /** A message of another lane. Anybody may have written it. Throws StoreError. */
  heard(bytes: Uint8Array): Outcome<unknown> {
    const read = readLaneMessage(this.#parts.crypto, bytes, (till) => this.#tills.get(till))
    if (!read.ok) return read
    const message = read.value
    if (message.store !== this.#settings?.store) return fail('wire.malformed', 'of another store')
    if (message.from === this.#parts.identity.till) return ok(null)
    const heard = this.#book.take(message, this.#now)
    if (heard === 'old') return ok(null)
    if (heard === 'gap' && this.#now - this.#askedAt >= ASK_AGAIN) this.#ask(this.#now)
    this.#follow(message, heard === 'taken')
    return ok(null)
  }

  /** A neighbour's copy to keep. It is on the disk before anybody is told so. */
  copyCame(bytes: Uint8Array): Outcome<unknown> {
    const read = readPeerCopy(this.#parts.crypto, bytes, (till) => this.#tills.get(till))
    if (!read.ok) return read
    const copy = read.value
    const { till } = this.#parts.identity
    if (copy.to !== till || copy.from === till || copy.store !== this.#settings?.store) return fail('wire.malformed', 'a copy for somebody else')
    if (this.#gathered.length >= MAX_GATHERED) return ok(null)
    this.#gathered.push(copy)
    if (this.#gathered.length === 1) this.#parts.timers.after(GATHER, () => this.#parts.later(() => this.#keep()))
    return ok(null)
  }

  /** The hub has what this till brought it of a neighbour's. Throws StoreError. */
  copied(bytes: Uint8Array): Outcome<unknown> {
    const opened = this.#parts.authority.open(bytes, signedTypes.copied)
    if (!opened.ok) return opened
    if (opened.value.till !== this.#parts.identity.till) return fail('wire.wrong_till')
    this.#kept.brought(opened.value.answers)
    return ok(null)
  }

  // ---------------------------------------------------------------- inside

  get #now(): DurationMs {
    return this.#parts.clock.monotonic()
  }

  /** In the order in which they are this till's neighbours: the next ones around the ring of all ids. */
  get #others(): readonly Id[] {
    const { till } = this.#parts.identity
    const ids = [...this.#tills.keys()].toSorted()
    return [...ids.filter((id) => id > till), ...ids.filter((id) => id < till)]
  }

  #mark(kind: 'credential' | 'wallet', name: string): string {
    return laneMark(this.#parts.crypto, this.#settings?.store ?? '', kind, name)
  }

  /** The hub's newest word about the lanes. */
  #configure(): void {
    const settings = this.#parts.authority.lanes
    if (settings === this.#settings) return
    this.#settings = settings
    this.#tills = new Map((settings?.tills ?? []).map(({ till, publicKey }) => [till, unhex(publicKey) ?? new Uint8Array(0)]))
    this.#book.keepOnly(new Set(this.#tills.keys()))
    this.#keepLoans()
    this.#parts.port.configure(settings?.edge, this.#parts.authority.laneDocuments())
  }

  /** Throws StoreError. */
  #keepLoans(): void {
    const { authority, now } = this.#parts
    if (this.#settings === undefined) return
    const { issuedAt = 0, validUntil = 0 } = authority.policy ?? {}
    this.#loans.keepOnly(new Set(this.#tills.keys()), now(), now() + Math.max(LONGEST_GONE, validUntil - issuedAt))
  }

  /** Numbers of a new run: nobody takes what this till said before its start for what it says now. Throws StoreError. */
  #begin(): void {
    const { store } = this.#parts
    const text = store.records(RECORD_RUN).get(RECORD_RUN)
    const run = (text === undefined ? 0 : parseRecord<number>(text)) + 1
    store.commit({ put: { [RECORD_RUN]: String(run) } })
    this.#run = run
  }

  #say(says: LaneSays): void {
    const { identity, port } = this.#parts
    if (!this.#connected || this.#settings === undefined) return
    this.#n += 1
    this.#saidAt = this.#now
    port.say(encodeLaneMessage(identity.signer, { v: 1, store: this.#settings.store, from: identity.till, run: this.#run, n: this.#n, says }))
  }

  #ask(now: DurationMs): void {
    this.#askedAt = now
    this.#say({ kind: 'ask', nonce: this.#book.nonce })
  }

  /** `isNow`: it is known to be no old message of that lane. */
  #follow({ from, says }: LaneMessage, isNow: boolean): void {
    const { till } = this.#parts.identity
    switch (says.kind) {
      case 'ask':
        this.#answers = [...this.#answers.filter((nonce) => nonce !== says.nonce), says.nonce].slice(-this.#tills.size)
        return this.changed()
      case 'state':
        for (const [to, total] of says.given) if (to === till) this.#loans.receive(from, total)
        for (const [of, total] of says.had) if (of === till) this.#loans.remember(from, total)
        return
      case 'kept':
        if (says.of === till) this.#own.confirmed(from, { epoch: says.epoch, n: says.n })
        return this.changed()
      case 'safe':
        return this.#kept.safe(from, { epoch: says.epoch, n: says.n })
      case 'want':
        // One that is played again would only move what this till can spare, but to somebody who has not asked.
        return isNow ? this.#lend(from, says.amountMinor) : undefined
      case 'given':
        if (says.to === till) this.#loans.receive(from, says.totalMinor)
        return
      case 'spent':
      case 'exposure':
        return
    }
  }

  /** Throws StoreError. */
  #keep(): void {
    const copies = this.#gathered
    this.#gathered = []
    for (const { from, epoch, lastN } of this.#kept.keep(copies, this.#now)) this.#say({ kind: 'kept', of: from, epoch, n: lastN })
  }

  /** Everything that the others should know by now. */
  #tell(): void {
    if (!this.#connected) return
    this.#tellSpent()
    if (this.#answers.length > 0) this.#tellState()
    this.#tellExposure()
    this.#tellSafe()
    this.#wantMore()
    this.#copy()
  }

  #tellSpent(): void {
    const { payments } = this.#parts
    for (const { credentialId, counter, wallet } of this.#fresh.splice(0)) {
      const marked = this.#mark('wallet', wallet)
      const exposureMinor = payments.exposureOf(wallet)
      this.#told.set(wallet, exposureMinor)
      this.#say({ kind: 'spent', credential: this.#mark('credential', credentialId), counter, wallet: marked, exposureMinor })
    }
  }

  #tellState(): void {
    const { payments, spentCodes, now } = this.#parts
    const exposures = [...payments.exposures()].filter(([wallet, minor]) => wallet !== '' && minor > 0).slice(0, MAX_LANE_LIST)
    const spent = spentCodes.since(now() - SPENT_TOLD_FOR, MAX_LANE_LIST)
    this.#told.clear()
    for (const [wallet, minor] of exposures) this.#told.set(wallet, minor)
    const answers = this.#answers
    this.#answers = []
    this.#say({
      kind: 'state',
      answers,
      spent: spent.map(({ credentialId, counter }) => [this.#mark('credential', credentialId), counter]),
      exposure: exposures.map(([wallet, minor]) => [this.#mark('wallet', wallet), minor]),
      given: this.#loans.given.map(([till, minor]) => [till, minor]),
      had: this.#loans.had.map(([till, minor]) => [till, minor]),
    })
  }

  /** Of what was said before, what is another sum now: the hub has settled, or a payment came to nothing. */
  #tellExposure(): void {
    const { payments } = this.#parts
    const changes: [string, Minor][] = []
    for (const [wallet, told] of this.#told) {
      const minor = payments.exposureOf(wallet)
      if (minor === told || changes.length === MAX_LANE_LIST) continue
      changes.push([this.#mark('wallet', wallet), minor])
      if (minor === 0) this.#told.delete(wallet)
      else this.#told.set(wallet, minor)
    }
    if (changes.length > 0) this.#say({ kind: 'exposure', wallets: changes })
  }

  #tellSafe(): void {
    const { safe } = this.#parts.draining
    if (compare(safe, this.#safeTold) <= 0) return
    this.#safeTold = safe
    this.#say({ kind: 'safe', ...safe })
  }

  // ---------------------------------------------------------------- slices

  /** What this till may still take alone of the store's cap. Undefined: the policy sets no such cap. */
  get #leftOfSlice(): Minor | undefined {
    const slice = this.#parts.authority.policy?.storeSlice
    return slice === undefined ? undefined : slice.sliceMinor + this.sliceLentMinor - this.#parts.payments.exposureMinor
  }

  /** Asked for in time: a customer does not wait for a till next door. */
  #wantMore(): void {
    const { policy } = this.#parts.authority
    const left = this.#leftOfSlice
    if (policy === undefined || left === undefined || left >= policy.offline.perPaymentMinor || this.#now - this.#wantedAt < WANT_AGAIN) return
    this.#wantedAt = this.#now
    this.#say({ kind: 'want', amountMinor: policy.offline.perPaymentMinor - Math.max(0, left) })
  }

  /** On this disk first, then said. Throws StoreError. */
  #lend(to: Id, wantedMinor: Minor): void {
    const totalMinor = this.#loans.give(to, wantedMinor, this.#leftOfSlice ?? 0)
    if (totalMinor !== undefined) this.#say({ kind: 'given', to, totalMinor })
  }

  // ---------------------------------------------------------------- copies

  #copy(): void {
    const { draining, authority, now, head } = this.#parts
    const exportKey = authority.exportKey(now())
    if (exportKey === undefined || this.#settings === undefined) return
    const present = new Set(this.#book.present(this.#now))
    const { received, lastAck, outbox } = draining
    const standing = { store: this.#settings.store, exportKey, head: head(), received, answering: outbox.answering, lastAck }
    this.#own.step(
      this.#others.filter((till) => present.has(till)),
      standing,
      this.#now,
    )
  }
}
