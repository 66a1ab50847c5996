import type { Card, DeviceHealth, ScaleReading } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { makeId } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import type { DownKind } from '#protocol/topics.ts'
import { SECOND, type EpochMs } from '#protocol/time.ts'
import { Authority } from './authority.ts'
import { ChunkAsking } from './chunk-asking.ts'
import { Cash } from './cash.ts'
import { Counter } from './counter.ts'
import { Display } from './display.ts'
import { Draining } from './draining.ts'
import { Epochs } from './epochs.ts'
import { Integrity } from './integrity.ts'
import { openJournal, type Journal } from './journal.ts'
import { Notices } from './notices.ts'
import type { OutboxEvent, Place } from './outbox.ts'
import { Payments } from './payments.ts'
import { Peripherals } from './peripherals.ts'
import type { TillIdentity, TillPorts } from './ports.ts'
import { Popularity } from './popularity.ts'
import { Receipts } from './receipts.ts'
import { Shift } from './shift.ts'
import { SpentCodes } from './spent-codes.ts'
import { StoreError, type Change } from './store.ts'
import { keptTime, RECORD_CLOCK, TillClock } from './till-clock.ts'

const TICK = SECOND / 2

/**
 * A till: the one object that a screen, a scanner and a hub talk to. Synchronous and without threads or promises: every call runs to its end,
 * and whatever it tells the outside happens after its entries are on the disk. Everything it knows is in the store; a new Till on the same
 * store goes on where the last one stopped, wherever that was.
 */
export class Till {
  readonly #identity: TillIdentity
  readonly #ports: TillPorts
  readonly #clock: TillClock
  readonly #journal: Journal
  readonly #authority: Authority
  readonly #payments: Payments
  readonly #draining: Draining
  readonly #epochs: Epochs
  readonly #integrity: Integrity
  readonly #notices: Notices
  readonly #spentCodes: SpentCodes
  readonly #receipts: Receipts
  readonly #peripherals: Peripherals
  readonly #popularity: Popularity
  readonly #chunkAsking: ChunkAsking
  readonly #cash: Cash
  readonly #counter: Counter
  readonly #display: Display
  #blocked: ErrorCode | undefined
  #forked = false
  #stopped = false
  #cancelTick: () => void = () => {}

  /** Opens the till on its store. Throws StoreError when the disk cannot be used. */
  constructor(identity: TillIdentity, ports: TillPorts) {
    const { store, crypto } = ports
    const epochs = new Epochs(store)
    this.#identity = identity
    this.#ports = ports
    this.#epochs = epochs
    this.#authority = new Authority(crypto, store, identity.till, identity.rootPublicKey)
    this.#journal = openJournal(identity, crypto, store, ports.clock.now())
    this.#draining = new Draining(identity, crypto, store, this.#journal, ports.link, this.#authority, epochs, ports.packing)
    this.#clock = new TillClock(ports.clock, this.#journal.lastAt, this.#draining.lastHubTime, keptTime(store))
    this.#payments = new Payments(store, epochs.heldBack(this.#draining.outbox.safe), epochs.heldBack(this.#draining.settled))
    this.#notices = new Notices(() => makeId(this.#clock.now(), crypto.randomBytes(10)))
    this.#spentCodes = new SpentCodes(store)
    this.#receipts = new Receipts(
      identity.till,
      store,
      ports.printer,
      (soldBy) => ({ ...this.#authority.shop, till: identity.name, servedBy: this.#authority.staff.find(({ id }) => id === soldBy)?.name }),
      () => this.#newId(),
    )
    this.#peripherals = new Peripherals({
      printer: ports.printer,
      devices: ports.devices,
      notices: this.#notices,
      now: () => this.#clock.now(),
      newId: () => this.#newId(),
    })
    this.#popularity = new Popularity(store)
    this.#chunkAsking = new ChunkAsking(identity, ports.link)
    this.#cash = new Cash(store, () => this.#peripherals.kickDrawer())
    this.#integrity = new Integrity({
      owner: identity,
      crypto,
      store,
      epochs,
      journal: this.#journal,
      draining: this.#draining,
      payments: this.#payments,
      now: () => this.#clock.now(),
      appended: () => this.#drain({ type: 'appended', head: this.#journal.head }),
      tell: (code, detail) => void this.#incident(code, detail),
    })
    this.#integrity.start()
    this.#counter = new Counter({
      ...this.#parts(),
      timers: ports.timers,
      notices: this.#notices,
      peripherals: this.#peripherals,
      tillName: identity.name,
      search: (text) => this.#display.found(text),
      exporter: ports.exporter,
      practice: ports.practice,
      leave: (reason) => ports.leave(reason),
      newId: () => this.#newId(),
      monotonic: () => ports.clock.monotonic(),
      outbox: () => this.#draining.outbox,
      salvaging: () => epochs.salvage !== undefined,
      drain: (event) => this.#drain(event),
      later: (action) => {
        this.#attempt(() => ok(action()))
        this.#display.draw()
      },
    })
    this.#display = new Display({
      tendering: this.#counter.tendering,
      refunding: this.#counter.refunding,
      leaving: this.#counter.leaving,
      weighing: this.#counter.weighing,
      staff: this.#counter.staff,
      signedOut: () => this.#counter.signedOut,
      peripherals: this.#peripherals,
      identity,
      clock: this.#clock,
      authority: this.#authority,
      draining: this.#draining,
      payments: this.#payments,
      receipts: this.#receipts,
      popularity: this.#popularity,
      notices: this.#notices,
      show: (message) => ports.show(message),
      attempt: (action) => this.#attempt(action),
      blocked: () => this.#refusesToSell,
    })
  }

  /** What the counter writes with. */
  #parts() {
    return {
      till: this.#identity.till,
      crypto: this.#ports.crypto,
      store: this.#ports.store,
      clock: this.#clock,
      authority: this.#authority,
      payments: this.#payments,
      record: (facts: readonly Fact[], also: Omit<Change, 'entries'>, at?: EpochMs) => this.#record(facts, also, at),
      nextPlace: () => ({ epoch: this.#journal.head.epoch, n: this.#journal.head.n + 1 }),
      isCalled: (place: Place, hashHex: string) => this.#journal.isCalled(place, hashHex),
      isNumberedTwice: (place: Place) => this.#epochs.isNumberedTwice(place),
      receipts: this.#receipts,
      spentCodes: this.#spentCodes,
      shift: new Shift(this.#ports.store),
      cash: this.#cash,
    }
  }

  /** Begins to work: timers run, and a payment that was interrupted is taken up again. */
  start(): void {
    const open = this.#payments.open()
    if (open !== undefined) this.#attempt(() => ok(this.#counter.tendering.resume(open)))
    if (this.#clock.doubtful) this.#attempt(() => this.#incident('policy.clock_doubtful', 'the machine’s clock is behind the newest entry'))
    this.#tick()
    this.#display.catalogue()
    this.#display.draw()
  }

  /** A clean stop: signs where the journal stands, so that the next start has nothing to verify. */
  shutDown(): void {
    this.#attempt(() => ok(this.#journal.checkpoint()))
    this.stop()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTick()
    this.#counter.tendering.stop()
  }

  // ---------------------------------------------------------------- from the screen and the devices

  command(command: Command): Outcome<null> {
    const outcome = this.#attempt(() => this.#counter.perform(command, this.#refusesToSell))
    this.#display.draw()
    return outcome
  }

  /** For a screen that has just been opened. */
  greet(): void {
    this.#display.greet()
  }

  /** Somebody wants to practise: what comes next is for another till. */
  get training(): boolean {
    return this.#counter.training
  }

  /** What a scanner read, whatever the screen shows at the moment. */
  scanned(text: string, aim?: string): Outcome<null> {
    return this.command({ type: 'scan', text, ...(aim === undefined ? {} : { aim }) })
  }

  /** A device changed, or its bridge went away (then it is `absent`). */
  device(health: DeviceHealth): void {
    this.#peripherals.changed(health)
    this.#display.draw()
  }

  /** A card was swiped. What of it may be seen is shown; nothing of it is kept. */
  card(card: Card): void {
    this.#peripherals.swiped(card, this.#counter.tendering.sale.id)
    this.#display.draw()
  }

  /** What the scale shows now. */
  reading(reading: ScaleReading): void {
    this.#peripherals.reads(reading)
    if (this.#counter.weighing.isOpen) this.#display.draw()
  }

  drawer(open: boolean): void {
    this.#peripherals.drawerIs(open)
    this.#display.draw()
  }

  /** What a device of this kind sent could not be read. */
  garbage(kind: DeviceHealth['kind']): void {
    this.#peripherals.garbled(kind)
    this.#display.draw()
  }

  /** The end of an order that was given through `TillPorts.devices`. */
  ordered(order: string, result: 'done' | 'failed' | 'unknown', code?: ErrorCode): void {
    this.#peripherals.ordered(order, result, code)
    this.#display.draw()
  }

  printed(job: string, result: 'printed' | 'failed' | 'unknown', code?: ErrorCode): void {
    const known = this.#attempt(() => ok(this.#receipts.printed(job, result, code)))
    if (known.ok && !known.value && !this.#peripherals.isPage(job)) return
    if (result !== 'printed') this.#notices.add(code ?? (result === 'unknown' ? 'device.unknown_result' : 'device.absent'), this.#clock.now())
    this.#display.draw()
  }

  // ---------------------------------------------------------------- from the link

  connected(): void {
    this.#drain({ type: 'connected' })
    this.#askForChunks()
    this.#display.draw()
  }

  disconnected(): void {
    this.#drain({ type: 'disconnected' })
    this.#attempt(() => ok(this.#counter.tendering.disconnected()))
    this.#display.draw()
  }

  /** A message from the hub. Anybody may have written it: it is believed only as far as its signature goes. */
  received(kind: DownKind, bytes: Uint8Array): void {
    const { products } = this.#authority
    this.#draining.serving = this.#counter.tendering.sale.lines.length > 0
    const outcome = this.#attempt((): Outcome<unknown> => {
      if (kind === 'ack') return this.#acknowledged(bytes)
      if (kind === 'decision') return this.#counter.tendering.decided(bytes)
      if (kind === 'refund') return this.#counter.refundAnswered(bytes)
      return kind === 'chunk' ? this.#authority.acceptChunk(bytes) : this.#authority.accept(kind, bytes)
    })
    if (this.#authority.products !== products) this.#display.catalogue()
    this.#askForChunks()
    if (!outcome.ok && this.#blocked === undefined) this.#attempt(() => this.#incident(outcome.code, `${kind}: ${outcome.detail ?? ''}`))
    this.#display.draw()
  }

  // ---------------------------------------------------------------- the journal and the hub

  /** Appends durably, then lets the outbox know. Throws StoreError. */
  #record(facts: readonly Fact[], also: Omit<Change, 'entries'> = {}, at = this.#clock.now()): void {
    this.#journal.append(at, facts, { ...also, put: { ...also.put, ...this.#popularity.count(facts) } })
    for (const payment of also.payments ?? []) this.#display.paymentChanged(payment)
    this.#drain({ type: 'appended', head: this.#journal.head })
  }

  /** What cannot be sent now is sent later: an entry that is on the disk stays written whatever becomes of its sending. */
  #drain(event: OutboxEvent): void {
    this.#attempt(() => ok(this.#draining.step(event, this.#ports.clock.monotonic())))
  }

  #askForChunks(): void {
    this.#chunkAsking.step(this.#authority.wantedChunk, this.#draining.outbox.connected, this.#ports.clock.monotonic())
  }

  #acknowledged(bytes: Uint8Array): Outcome<unknown> {
    const heard = this.#draining.acknowledged(bytes, this.#ports.clock.monotonic())
    if (!heard.ok) return heard
    const { ack, fresh, contradicts } = heard.value
    if (contradicts && !this.#integrity.restored(ack)) {
      // Two tills live under one name: whatever is written here from now on the hub could never accept.
      this.#forked = true
      return fail('custody.fork', `the hub's head at ${ack.epoch}/${ack.received.n} is not this till's, again`)
    }
    const wrongBy = fresh ? this.#clock.onHubTime(ack.hubTime) : undefined
    if (wrongBy !== undefined) this.#incident('policy.clock_doubtful', `set by the hub; it was ${Math.round(wrongBy / SECOND)} s ahead`)
    this.#moveWatermarks()
    return heard
  }

  /** Throws StoreError. */
  #moveWatermarks(): void {
    this.#payments.acknowledged(this.#epochs.heldBack(this.#draining.outbox.safe), this.#epochs.heldBack(this.#draining.settled))
  }

  /** One entry and one notice per kind of trouble and minute: whoever can send garbage must not be able to fill the journal. */
  #incident(code: ErrorCode, detail: string): Outcome<null> {
    const now = this.#clock.now()
    if (this.#notices.add(code, now)) this.#record([{ kind: 'incident.recorded', body: { code, detail: detail.slice(0, 500) } }])
    return ok(null)
  }

  /** Runs an action that may find the disk unusable. Then nothing is sold any more, the person is told why, and what is on the disk stays as it is. */
  #attempt<T>(action: () => Outcome<T>): Outcome<T> {
    // The store is closed: a last message of a device or of the hub finds nobody.
    if (this.#stopped) return fail('till.core_restarting')
    try {
      return action()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#blocked = error.code
      this.#ports.log(error.message)
      return fail(error.code)
    }
  }

  #tick(): void {
    this.#attempt(() => ok(this.#counter.tick()))
    this.#drain({ type: 'tick' })
    this.#askForChunks()
    this.#authority.prepareSearch()
    this.#attempt(() => ok(this.#integrity.tick()))
    this.#attempt(() => ok(this.#moveWatermarks()))
    this.#attempt(() => ok(this.#spentCodes.forget(this.#clock.now())))
    const slept = this.#clock.watch()
    if (slept !== undefined)
      this.#attempt(() => this.#incident('policy.clock_doubtful', `the machine’s clock jumped ${Math.round(slept / SECOND)} s against its monotonic one`))
    this.#attempt(() => ok(this.#keepTime()))
    if (this.#blocked === 'till.disk_full') this.#tryDisk()
    this.#display.draw()
    this.#cancelTick = this.#ports.timers.after(TICK, () => this.#tick())
  }

  /** Throws StoreError. */
  #keepTime(): void {
    const due = this.#clock.due()
    if (due === undefined) return
    this.#ports.store.commit({ put: { [RECORD_CLOCK]: JSON.stringify(due) } })
    this.#clock.kept(due)
  }

  /** A full disk may have been cleaned: one small write tells. */
  #tryDisk(): void {
    const works = this.#attempt(() => ok(this.#ports.store.commit({ put: { probe: String(this.#clock.now()) } })))
    if (!works.ok) return
    this.#blocked = undefined
    this.#attempt(() => ok(this.#counter.tendering.retry()))
  }

  /** Why nothing can be sold here, whoever is signed in. */
  get #refusesToSell(): ErrorCode | undefined {
    return this.#blocked ?? (this.#forked ? 'custody.fork' : undefined)
  }

  #newId() {
    return makeId(this.#clock.now(), this.#ports.crypto.randomBytes(10))
  }
}
