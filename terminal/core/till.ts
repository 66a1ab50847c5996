import type { Card, DeviceHealth, ScaleReading } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { makeId } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import type { DownKind } from '#protocol/topics.ts'
import { SECOND } from '#protocol/time.ts'
import { Authority } from './authority.ts'
import { ChunkAsking } from './chunk-asking.ts'
import { Holding } from './holding.ts'
import { Cash } from './cash.ts'
import { Credits } from './credits.ts'
import { Counter } from './counter.ts'
import { Customers } from './customers.ts'
import { Display } from './display.ts'
import { Draining } from './draining.ts'
import { Epochs } from './epochs.ts'
import { Integrity } from './integrity.ts'
import { openJournal, type Journal } from './journal.ts'
import { heardWatch } from './health.ts'
import { heardRekeyed } from './key-rotation.ts'
import { Lanes, NO_LANES } from './lanes.ts'
import { Notices } from './notices.ts'
import { compare, type OutboxEvent, type Place } from './outbox.ts'
import { Payments } from './payments.ts'
import { Peripherals } from './peripherals.ts'
import { asHeard } from './phone-paid.ts'
import type { TillIdentity, TillPorts } from './ports.ts'
import { Popularity } from './popularity.ts'
import { ReceiptSending } from './receipt-sending.ts'
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
  readonly #customers: Customers
  readonly #sending: ReceiptSending
  readonly #holding: Holding
  readonly #cash: Cash
  readonly #credits: Credits
  readonly #counter: Counter
  readonly #display: Display
  readonly #lanes: Lanes | undefined
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
    this.#spentCodes = new SpentCodes(store, (credentialId, counter) => this.#lanes?.hasSpent(credentialId, counter) === true)
    this.#receipts = new Receipts(
      identity.till,
      store,
      ports.printer,
      (soldBy) => ({
        ...this.#authority.shop,
        language: this.#authority.terms.receiptLanguage,
        till: identity.name,
        servedBy: this.#authority.staff.find(({ id }) => id === soldBy)?.name,
      }),
      () => this.#newId(),
      (credit) => this.#credits.codeOf(credit),
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
    this.#customers = new Customers({
      ...ports,
      identity,
      clock: this.#clock,
      authority: this.#authority,
      online: () => this.#draining.outbox.answering,
      hubKnowsAll: () => this.#draining.outbox.answering && compare(this.#draining.settled, this.#journal.head) === 0,
      askStanding: () => this.#drain({ type: 'sync' }),
    })
    this.#sending = new ReceiptSending({
      identity,
      store,
      clock: this.#clock,
      authority: this.#authority,
      payments: this.#payments,
      link: ports.link,
      addresses: ports.addresses,
      nextPlace: () => this.#nextPlace(),
      isNumberedTwice: (place) => epochs.isNumberedTwice(place),
      record: (facts, also) => this.#record(facts, also),
      newId: () => this.#newId(),
      later: (action) => this.#later(action),
      failed: () => void this.#notices.add('receipt.cannot_send', this.#clock.now()),
    })
    this.#holding = new Holding(identity, ports.link)
    this.#credits = new Credits({ crypto, ...identity, store, authority: this.#authority, newId: () => this.#newId() })
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
    this.#lanes = this.#openLanes()
    this.#counter = new Counter({
      till: identity.till,
      crypto,
      store,
      clock: this.#clock,
      authority: this.#authority,
      payments: this.#payments,
      lanes: this.#lanes ?? NO_LANES,
      record: (facts, also, at) => this.#record(facts, also, at),
      nextPlace: () => this.#nextPlace(),
      isCalled: (place, hashHex) => this.#journal.isCalled(place, hashHex),
      isNumberedTwice: (place) => this.#epochs.isNumberedTwice(place),
      receipts: this.#receipts,
      spentCodes: this.#spentCodes,
      shift: new Shift(store),
      cash: this.#cash,
      credits: this.#credits,
      timers: ports.timers,
      notices: this.#notices,
      peripherals: this.#peripherals,
      customers: this.#customers,
      sending: this.#sending,
      tillName: identity.name,
      search: (text) => this.#display.found(text),
      exporter: ports.exporter,
      practice: ports.practice,
      kiosk: ports.kiosk,
      leave: (reason) => ports.leave(reason),
      newId: () => this.#newId(),
      monotonic: () => ports.clock.monotonic(),
      outbox: () => this.#draining.outbox,
      settled: () => this.#draining.settled,
      salvaging: () => epochs.salvage !== undefined,
      keepsCopies: () => this.#lanes?.keepsCopies === true,
      drain: (event) => this.#drain(event),
      later: (action) => this.#later(action),
    })
    this.#display = new Display({
      tendering: this.#counter.tendering,
      refunding: this.#counter.refunding,
      returning: this.#counter.returning,
      orders: this.#counter.orders,
      crypto,
      leaving: this.#counter.leaving,
      weighing: this.#counter.weighing,
      choosing: this.#counter.choosing,
      customers: this.#customers,
      sending: this.#sending,
      staff: this.#counter.staff,
      signedOut: () => this.#counter.signedOut,
      peripherals: this.#peripherals,
      identity,
      clock: this.#clock,
      authority: this.#authority,
      draining: this.#draining,
      payments: this.#payments,
      lanes: this.#lanes,
      receipts: this.#receipts,
      popularity: this.#popularity,
      notices: this.#notices,
      show: (message) => ports.show(message),
      attempt: (action) => this.#attempt(action),
      blocked: () => this.#refusesToSell,
    })
  }

  #openLanes(): Lanes | undefined {
    const { lanes: port, ...ports } = this.#ports
    if (port === undefined) return undefined
    return new Lanes({
      ...ports,
      port,
      identity: this.#identity,
      authority: this.#authority,
      payments: this.#payments,
      spentCodes: this.#spentCodes,
      draining: this.#draining,
      epochs: this.#epochs,
      now: () => this.#clock.now(),
      head: () => this.#journal.head,
      later: (action) => this.#later(action),
    })
  }

  /** For what a timer does: minds the disk, and shows what became of it. */
  #later(action: () => void): void {
    this.#attempt(() => ok(action()))
    this.#display.draw()
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

  /** A card was swiped: it pays where a payment is awaited. What of it may be seen is shown. */
  card(card: Card): void {
    this.#peripherals.swiped(card, this.#counter.tendering.sale.id)
    this.#attempt(() => this.#counter.swiped(card, this.#refusesToSell))
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
      if (kind === 'points') return this.#customers.answered(bytes)
      if (kind === 'quote') return this.#counter.tendering.quoted(bytes)
      if (kind === 'paid') return asHeard(this.#counter.tendering.paidByPhone(bytes))
      if (kind === 'addressed') return this.#sending.answered(bytes)
      if (kind === 'rekeyed') return heardRekeyed(this.#authority, bytes, this.#ports.rekeyed)
      if (kind === 'watch') return heardWatch(this.#authority, bytes, this.#ports.health)
      if (kind === 'copied') return this.#lanes?.copied(bytes) ?? ok(null)
      return kind === 'chunk' ? this.#authority.acceptChunk(bytes) : this.#authority.accept(kind, bytes)
    })
    if (this.#authority.products !== products) this.#display.catalogue()
    this.#askForChunks()
    if (!outcome.ok && this.#blocked === undefined) this.#attempt(() => this.#incident(outcome.code, `${kind}: ${outcome.detail ?? ''}`))
    this.#display.draw()
  }

  // ---------------------------------------------------------------- from the other lanes

  laneConnected(): void {
    this.#later(() => this.#lanes?.connected())
  }

  laneDisconnected(): void {
    this.#later(() => this.#lanes?.disconnected())
  }

  /** A message to all lanes, or a neighbour's copy for this one. Anybody may have written it: what is not believed is dropped without a word. */
  laneHeard(channel: 'lane' | 'copy', bytes: Uint8Array): void {
    this.#later(() => (channel === 'lane' ? this.#lanes?.heard(bytes) : this.#lanes?.copyCame(bytes)))
  }

  // ---------------------------------------------------------------- the journal and the hub

  /** Appends durably, then lets the outbox know. Throws StoreError. */
  #record(facts: readonly Fact[], also: Omit<Change, 'entries'> = {}, at = this.#clock.now()): void {
    this.#journal.append(at, facts, { ...also, put: { ...also.put, ...this.#popularity.count(facts), ...this.#customers.count(facts) } })
    for (const payment of also.payments ?? []) this.#display.paymentChanged(payment)
    this.#lanes?.spent(this.#spentCodes.spentIn(also.put ?? {}), also.payments?.[0]?.wallet ?? '')
    this.#lanes?.changed()
    this.#drain({ type: 'appended', head: this.#journal.head })
  }

  /** What cannot be sent now is sent later: an entry that is on the disk stays written whatever becomes of its sending. */
  #drain(event: OutboxEvent): void {
    this.#attempt(() => ok(this.#draining.step(event, this.#ports.clock.monotonic())))
  }

  #askForChunks(): void {
    const { connected } = this.#draining.outbox
    const at = this.#ports.clock.monotonic()
    const { policy, denied, wantedChunk } = this.#authority
    this.#chunkAsking.step(wantedChunk, connected, at)
    const sliceLentMinor = this.#lanes?.sliceLentMinor ?? 0
    this.#holding.step({ policy, denied, exposureMinor: this.#payments.exposureMinor, sliceLentMinor }, connected, at)
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
    this.#lanes?.changed()
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
    if (this.#ports.updateReady?.() === true) this.#attempt(() => ok(this.#counter.leaving.leaveIdle()))
    this.#drain({ type: 'tick' })
    this.#askForChunks()
    this.#customers.step(this.#counter.tendering, this.#ports.clock.monotonic())
    if (this.#draining.outbox.answering) this.#attempt(() => ok(this.#sending.step(this.#draining.settled, this.#ports.clock.monotonic())))
    this.#authority.prepareSearch()
    this.#attempt(() => ok(this.#integrity.tick()))
    this.#attempt(() => ok(this.#moveWatermarks()))
    this.#attempt(() => ok(this.#lanes?.tick()))
    this.#attempt(() => ok(this.#spentCodes.forget(this.#clock.lastHubTime)))
    const slept = this.#clock.watch()
    if (slept !== undefined)
      this.#attempt(() => this.#incident('policy.clock_doubtful', `the machine’s clock jumped ${Math.round(slept / SECOND)} s against its monotonic one`))
    this.#attempt(() => ok(this.#keepTime()))
    if (this.#counter.tendering.tender.stage !== 'awaiting') this.#attempt(() => ok(this.#ports.store.rest()))
    if (this.#blocked === 'till.disk_full') this.#tryDisk()
    this.#display.draw()
    this.#ports.health?.step({ head: this.#journal.head, authority: this.#authority, clock: this.#clock })
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

  #nextPlace(): Place {
    return { epoch: this.#journal.head.epoch, n: this.#journal.head.n + 1 }
  }

  #newId() {
    return makeId(this.#clock.now(), this.#ports.crypto.randomBytes(10))
  }
}
