import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { makeId } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { fail, ok, unreachable, type Outcome } from '#protocol/outcome.ts'
import { CODE_PREFIX } from '#protocol/payment-code/code.ts'
import type { Command } from '#protocol/till-api/api.ts'
import type { DownKind } from '#protocol/topics.ts'
import { SECOND } from '#protocol/time.ts'
import { applySaleEvent, gtin14, newSale, totalsOf, type Sale, type SaleEvent } from '../sale/basket.ts'
import { Authority } from './authority.ts'
import { Draining } from './draining.ts'
import { openJournal, replay, type Journal } from './journal.ts'
import { Notices } from './notices.ts'
import { compare, hasUnsent, type OutboxEvent } from './outbox.ts'
import { INTENT_LIFETIME, Paying, RECORD_APPROVED, RECORD_SALE, type Completed, type Tender } from './paying.ts'
import { paymentRecordName, Payments, type PaymentRecord } from './payments.ts'
import type { TillIdentity, TillPorts } from './ports.ts'
import { Receipts } from './receipts.ts'
import { SpentCodes } from './spent-codes.ts'
import { parseRecord, StoreError, type Change } from './store.ts'
import { TillClock } from './till-clock.ts'
import { viewOf } from './view.ts'

const TICK = SECOND / 2
/** With more than this to drain, a hub's decision would come too late to wait for: the policy decides at once. */
const BACKLOG_LIMIT = 200

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
  readonly #paying: Paying
  readonly #notices: Notices
  readonly #spentCodes: SpentCodes
  readonly #receipts: Receipts
  readonly #devices = new Map<string, DeviceHealth>()
  #sale: Sale
  #tender: Tender = { stage: 'none' }
  #recovered: boolean
  #blocked: ErrorCode | undefined
  #forked = false
  #stopped = false
  #revision = 0
  #drawn = ''
  #linkSince: number
  #linkWas: 'online' | 'connecting' | 'offline' = 'connecting'
  #cancelTick: () => void = () => {}
  #cancelWait: () => void = () => {}

  /** Opens the till on its store. Throws StoreError when the disk cannot be used. */
  constructor(identity: TillIdentity, ports: TillPorts) {
    const { store, crypto } = ports
    this.#identity = identity
    this.#ports = ports
    this.#authority = new Authority(crypto, store, identity.till, identity.rootPublicKey)
    this.#journal = openJournal(identity.till, crypto, store, ports.clock.now())
    this.#draining = new Draining(identity, crypto, store, this.#journal, ports.link, this.#authority)
    this.#clock = new TillClock(ports.clock, this.#journal.lastAt, this.#draining.lastHubTime)
    this.#payments = new Payments(store)
    this.#notices = new Notices(() => makeId(this.#clock.now(), crypto.randomBytes(10)))
    this.#linkSince = this.#clock.now()
    this.#spentCodes = new SpentCodes(store, this.#clock.now())
    this.#receipts = new Receipts(
      identity.till,
      store,
      ports.printer,
      () => ({ ...this.#authority.shop, till: identity.name }),
      () => this.#newId(),
    )
    this.#paying = new Paying({
      till: identity.till,
      crypto,
      clock: this.#clock,
      authority: this.#authority,
      payments: this.#payments,
      record: (facts, also, at) => this.#record(facts, also, at),
      nextPlace: () => ({ epoch: this.#journal.head.epoch, n: this.#journal.head.n + 1 }),
      receipts: this.#receipts,
      spentCodes: this.#spentCodes,
    })
    this.#verifyTail()
    const sale = store.records(RECORD_SALE).get(RECORD_SALE)
    this.#sale = sale === undefined ? newSale(this.#newId()) : parseRecord<Sale>(sale)
    this.#recovered = this.#sale.lines.length > 0
    this.#settleUp()
    const last = this.#receipts.last
    if (last !== undefined && store.records(RECORD_APPROVED).has(RECORD_APPROVED)) this.#tender = { stage: 'approved', approval: last }
  }

  /** Begins to work: timers run, and a payment that was interrupted is taken up again. */
  start(): void {
    const open = this.#payments.open()
    if (open !== undefined) this.#resume(open)
    if (this.#clock.doubtful) this.#attempt(() => this.#incident('policy.clock_doubtful', 'the machine’s clock is behind the newest entry'))
    this.#tick()
    this.#showCatalogue()
    this.#changed()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTick()
    this.#cancelWait()
  }

  // ---------------------------------------------------------------- from the screen and the devices

  command(command: Command): Outcome<null> {
    if (command.type === 'dismissNotice') this.#notices.dismiss(command.notice)
    else if (this.#blocked !== undefined) return fail(this.#blocked)
    else if (this.#forked) return fail('custody.fork')
    const outcome = this.#attempt(() => this.#perform(command))
    this.#changed()
    return outcome
  }

  /** What a scanner read, whatever the screen shows at the moment. */
  scanned(text: string): Outcome<null> {
    return this.command({ type: 'scan', text })
  }

  /** A device changed, or its bridge went away (then it is `absent`). */
  device(health: DeviceHealth): void {
    this.#devices.set(health.device, health)
    if (health.state === 'ready') this.#notices.recovered()
    this.#changed()
  }

  garbage(): void {
    this.#notices.add('device.garbage', this.#clock.now())
    this.#changed()
  }

  printed(job: string, result: 'printed' | 'failed' | 'unknown', code?: ErrorCode): void {
    const known = this.#attempt(() => ok(this.#receipts.printed(job, result, code)))
    if (known.ok && !known.value) return
    if (result !== 'printed') this.#notices.add(code ?? (result === 'unknown' ? 'device.unknown_result' : 'device.absent'), this.#clock.now())
    this.#changed()
  }

  // ---------------------------------------------------------------- from the link

  connected(): void {
    this.#drain({ type: 'connected' })
    this.#changed()
  }

  disconnected(): void {
    this.#drain({ type: 'disconnected' })
    if (this.#tender.stage === 'deciding') this.#attempt(() => this.#fallBack('offline'))
    this.#changed()
  }

  /** A message from the hub. Anybody may have written it: it is believed only as far as its signature goes. */
  received(kind: DownKind, bytes: Uint8Array): void {
    const outcome = this.#attempt((): Outcome<unknown> => {
      if (kind === 'ack') return this.#acknowledged(bytes)
      if (kind === 'decision') return this.#decided(bytes)
      const accepted = this.#authority.accept(kind, bytes)
      if (accepted.ok && accepted.value && kind === 'catalogue') {
        this.#showCatalogue()
      }
      return accepted
    })
    if (!outcome.ok && this.#blocked === undefined) this.#attempt(() => this.#incident(outcome.code, `${kind}: ${outcome.detail ?? ''}`))
    this.#changed()
  }

  // ---------------------------------------------------------------- commands

  #perform(command: Command): Outcome<null> {
    switch (command.type) {
      case 'scan':
        return this.#scan(command.text.trim())
      case 'addProduct':
        return this.#add(command.gtin)
      case 'setQuantity':
        return this.#sell({ type: 'quantity_set', line: command.line, quantity: command.quantity })
      case 'clearSale':
        return this.#sell({ type: 'cleared' })
      case 'takePayment':
        return this.#takePayment()
      case 'cancelPayment':
        return this.#cancelPayment()
      case 'continue':
        return this.#continue()
      case 'reprint':
        if (this.#receipts.last === undefined) return ok(null)
        return this.#receipts.copy() ? ok(null) : this.#noticed('device.absent')
      case 'dismissNotice':
        return ok(null)
      case 'enrol':
        return fail('wire.wrong_till', 'this till is enrolled')
      default:
        return unreachable(command)
    }
  }

  #scan(text: string): Outcome<null> {
    if (text.startsWith(CODE_PREFIX)) {
      return this.#tender.stage === 'awaiting'
        ? this.#offer(text, this.#tender)
        : this.#noticed(this.#tender.stage === 'deciding' ? 'sale.payment_in_flight' : 'sale.not_paying')
    }
    if (/^\d{8,14}$/.test(text)) return this.#add(text)
    // Other wallets show 16 to 24 digits, or `fp` and a face token.
    if (/^(\d{16,24}|fp[0-9A-Za-z]{20,40})$/.test(text)) return this.#noticed('code.unknown_scheme')
    return this.#noticed(this.#tender.stage === 'awaiting' ? 'code.malformed' : 'sale.unknown_product')
  }

  #add(digits: string): Outcome<null> {
    const product = this.#authority.product(gtin14(digits))
    return product === undefined ? this.#noticed('sale.unknown_product', digits) : this.#sell({ type: 'product_added', product })
  }

  /** Changes the basket. A scan begins the next sale by itself after an approval, and changes the amount while a code is awaited. */
  #sell(event: SaleEvent): Outcome<null> {
    if (this.#tender.stage === 'deciding') return this.#noticed('sale.payment_in_flight')
    const changed = applySaleEvent(this.#sale, event)
    if (!changed.ok) return this.#noticed(changed.code)
    this.#ports.store.commit({ put: { [RECORD_SALE]: JSON.stringify(changed.value) }, remove: [RECORD_APPROVED] })
    this.#sale = changed.value
    this.#recovered = false
    this.#notices.settle()
    if (this.#tender.stage === 'awaiting' && totalsOf(this.#sale.lines).totalMinor > 0) this.#tender = this.#begin()
    else this.#tender = { stage: 'none' }
    return ok(null)
  }

  #takePayment(): Outcome<null> {
    if (this.#tender.stage === 'deciding') return this.#noticed('sale.payment_in_flight')
    if (this.#sale.lines.length === 0) return this.#noticed('sale.empty')
    if (totalsOf(this.#sale.lines).totalMinor === 0) return this.#noticed('sale.nothing_to_pay')
    if (this.#tender.stage !== 'awaiting') this.#tender = this.#begin()
    return ok(null)
  }

  #begin(): Tender {
    const { currency, merchant } = this.#authority.shop
    return this.#paying.begin(this.#sale, currency, merchant)
  }

  #cancelPayment(): Outcome<null> {
    if (this.#tender.stage === 'deciding') return this.#noticed('sale.payment_in_flight')
    this.#tender = { stage: 'none' }
    this.#notices.settle()
    return ok(null)
  }

  #continue(): Outcome<null> {
    if (this.#tender.stage === 'approved') this.#ports.store.commit({ remove: [RECORD_APPROVED] })
    if (this.#tender.stage === 'approved' || this.#tender.stage === 'refused') this.#tender = { stage: 'none' }
    return ok(null)
  }

  // ---------------------------------------------------------------- paying

  #offer(text: string, tender: Extract<Tender, { stage: 'awaiting' }>): Outcome<null> {
    const { currency } = this.#authority.shop
    const judged = this.#paying.judge(text, tender.amountMinor, currency, tender.request)
    if (!judged.ok) return this.#refuseCode(text, tender, judged.code)
    if (this.#hubCanDecide()) {
      const record = this.#paying.intend(this.#sale, currency, text, judged.value, tender.request)
      this.#await(record)
      return ok(null)
    }
    const accepted = this.#paying.acceptAlone(this.#sale, currency, text, judged.value, tender.request)
    if (!accepted.ok) return this.#refuseCode(text, tender, accepted.code)
    this.#approved(accepted.value)
    return ok(null)
  }

  /** The payment stays open for another code; the refusal is journaled. */
  #refuseCode(text: string, tender: Extract<Tender, { stage: 'awaiting' }>, code: ErrorCode): Outcome<null> {
    // Once for each code: one that lies before a scanner that reads on and on must not fill the journal.
    if (tender.refused?.text !== text) this.#paying.reject(this.#sale, tender.amountMinor, this.#authority.shop.currency, text, code)
    this.#tender = { ...tender, refused: { code, text, n: (tender.refused?.n ?? 0) + 1 } }
    return fail(code)
  }

  #hubCanDecide(): boolean {
    const { answering, head, received } = this.#draining.outbox
    return answering && (head.epoch !== received.epoch ? false : head.n - received.n <= BACKLOG_LIMIT)
  }

  #await(record: PaymentRecord): void {
    this.#tender = { stage: 'deciding', paymentId: record.id, amountMinor: record.amountMinor, since: this.#clock.now() }
    this.#cancelWait()
    this.#cancelWait = this.#ports.timers.after(this.#authority.policy?.holdWaitMs ?? SECOND, () => {
      this.#drain({ type: 'unanswered' })
      this.#attempt(() => this.#fallBack('no_answer'))
      this.#changed()
    })
  }

  /** After a restart between intent and end: waits for the hub as if it had just been asked, unless nobody can be standing there any more. */
  #resume(record: PaymentRecord): void {
    const stale = this.#clock.now() - record.intendedAt > INTENT_LIFETIME || this.#sale.id !== record.saleId
    if (stale) this.#attempt(() => ok(this.#paying.giveUp(record, 'wire.no_answer')))
    else this.#await(record)
  }

  #fallBack(because: 'offline' | 'no_answer'): Outcome<null> {
    const record = this.#deciding()
    if (record === undefined) return ok(null)
    this.#finish(record, this.#paying.fallBack(this.#sale, record, because))
    return ok(null)
  }

  #decided(bytes: Uint8Array): Outcome<null> {
    const opened = openSigned(this.#ports.crypto, bytes, signedTypes.decision, (id) => this.#authority.keyOf('ack', id))
    if (!opened.ok) return opened
    const decision = opened.value
    if (decision.till !== this.#identity.till) return fail('wire.wrong_till')
    const record = this.#deciding()
    // Late, repeated, or about a payment that this till has ended by itself: the hub learns how from the journal.
    if (record === undefined || record.id !== decision.paymentId) return ok(null)
    const hash = this.#journal.hashAt(record.intended)
    if (hash === undefined || hex(hash) !== decision.intended) return fail('entry.conflict', 'a decision about another intent')
    this.#finish(record, this.#paying.answered(this.#sale, record, decision, bytes))
    return ok(null)
  }

  #deciding(): PaymentRecord | undefined {
    return this.#tender.stage === 'deciding' ? this.#payments.get(this.#tender.paymentId) : undefined
  }

  #finish(record: PaymentRecord, outcome: Outcome<Completed>): void {
    this.#cancelWait()
    if (outcome.ok) this.#approved(outcome.value)
    else this.#tender = { stage: 'refused', amountMinor: record.amountMinor, code: outcome.code }
  }

  /** The entries are on the disk: now the screen may say it and the printer may move. */
  #approved({ approval, nextSale }: Completed): void {
    this.#sale = nextSale
    this.#tender = { stage: 'approved', approval }
    this.#recovered = false
    this.#notices.settle()
    this.#receipts.issue(approval)
  }

  // ---------------------------------------------------------------- the journal and the hub

  /** Appends durably, then lets the outbox know. Throws StoreError. */
  #record(facts: readonly Fact[], also: Omit<Change, 'entries'> = {}, at = this.#clock.now()): void {
    this.#journal.append(at, facts, also)
    this.#drain({ type: 'appended', head: this.#journal.head })
  }

  /** What cannot be sent now is sent later: an entry that is on the disk stays written whatever becomes of its sending. */
  #drain(event: OutboxEvent): void {
    this.#attempt(() => ok(this.#draining.step(event, this.#ports.clock.monotonic())))
  }

  #acknowledged(bytes: Uint8Array): Outcome<unknown> {
    const heard = this.#draining.acknowledged(bytes, this.#ports.clock.monotonic())
    // The hub signed that it has another journal of this till: whatever is written here from now on it could never accept.
    if (!heard.ok && heard.code === 'custody.fork') this.#forked = true
    if (!heard.ok) return heard
    const { ack, fresh } = heard.value
    const wrongBy = fresh ? this.#clock.onHubTime(ack.hubTime) : undefined
    if (wrongBy !== undefined) this.#incident('policy.clock_doubtful', `set by the hub; it was ${Math.round(wrongBy / SECOND)} s ahead`)
    this.#settleUp()
    return heard
  }

  /** Lets go of what is safe and settled at the hub. */
  #settleUp(): void {
    const done = this.#payments.acknowledged(this.#draining.outbox.safe, this.#draining.settled)
    if (done.length > 0) {
      this.#ports.store.commit({ remove: done.map((record) => paymentRecordName(record.id)) })
      this.#payments.release(done)
    }
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

  #verifyTail(): void {
    const { received } = this.#draining.outbox
    const hash = this.#journal.hashAt(received)
    if (hash === undefined) throw new StoreError('till.journal_corrupt', 'the last acknowledged entry is missing')
    for (const _ of replay(this.#identity.till, this.#ports.crypto, this.#ports.store, { ...received, hash })) void _
  }

  #tick(): void {
    this.#drain({ type: 'tick' })
    const slept = this.#clock.watch()
    if (slept !== undefined)
      this.#attempt(() => this.#incident('policy.clock_doubtful', `the machine’s clock ran ${Math.round(slept / SECOND)} s ahead of its monotonic one`))
    if (this.#blocked === 'till.disk_full') this.#tryDisk()
    this.#changed()
    this.#cancelTick = this.#ports.timers.after(TICK, () => this.#tick())
  }

  /** A full disk may have been cleaned: one small write tells. A payment whose end could not be written down waits anew, or it would wait for ever. */
  #tryDisk(): void {
    const works = this.#attempt(() => ok(this.#ports.store.commit({ put: { probe: String(this.#clock.now()) } })))
    if (!works.ok) return
    this.#blocked = undefined
    const record = this.#deciding()
    if (record !== undefined) this.#await(record)
  }

  #noticed(code: ErrorCode, detail?: string): Outcome<null> {
    this.#notices.add(code, this.#clock.now(), detail)
    return detail === undefined ? fail(code) : fail(code, detail)
  }

  #newId() {
    return makeId(this.#clock.now(), this.#ports.crypto.randomBytes(10))
  }

  // ---------------------------------------------------------------- what the screen sees

  /** For a screen that has just been opened. */
  greet(): void {
    this.#showCatalogue()
    this.#drawn = ''
    this.#changed()
  }

  #showCatalogue(): void {
    this.#ports.show({ type: 'catalogue', products: this.#authority.products })
  }

  /** Shows the view if it is another one than the last. */
  #changed(): void {
    const { outbox } = this.#draining
    const link = outbox.answering ? 'online' : outbox.connected ? 'connecting' : 'offline'
    // Offline since the hub was last heard, also when that was before a restart.
    if (link !== this.#linkWas) this.#linkSince = link === 'online' ? this.#clock.now() : this.#clock.lastHubTime || this.#clock.now()
    this.#linkWas = link
    const shop = this.#authority.shop
    const view = viewOf({
      identity: this.#identity,
      merchant: shop.merchant,
      currency: shop.currency,
      policy: this.#authority.policy,
      sale: this.#sale,
      tender: this.#tender,
      receipt: this.#receipts.state,
      receiptCode: this.#receipts.code,
      lastApproval: this.#receipts.last,
      recovered: this.#recovered,
      blocked: this.#blocked ?? (this.#forked ? 'custody.fork' : undefined),
      link: { state: link, since: this.#linkSince },
      entriesWaiting: hasUnsent(outbox) || compare(outbox.safe, outbox.head) < 0 ? Math.max(1, outbox.head.n - outbox.safe.n) : 0,
      waiting: this.#payments.waiting,
      oldestAt: this.#payments.oldestAt,
      situation: {
        now: this.#clock.now(),
        clockDoubtful: this.#clock.doubtful,
        offlineFor: this.#clock.offlineFor(),
        tillExposureMinor: this.#payments.exposureMinor,
      },
      devices: [...this.#devices.values()],
      notices: this.#notices.all,
    })
    const drawn = JSON.stringify(view)
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    this.#revision += 1
    this.#ports.show({ type: 'view', view: { ...view, revision: this.#revision } })
  }
}
