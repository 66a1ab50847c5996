import { equalBytes } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import { isCreditCode } from '#protocol/credit/code.ts'
import type { PrintDocument } from '#protocol/device/messages.ts'
import { readBatch, verifyBatch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command, GateAction, View } from '#protocol/till-api/api.ts'
import type { DurationMs, EpochMs } from '#protocol/time.ts'
import type { DownKind } from '#protocol/topics.ts'
import { ACK_TIMEOUT } from '../../terminal/core/outbox.ts'
import { CapsWatch, type CapsLaw } from './caps-watch.ts'
import type { PolicyWatch } from './policy-watch.ts'
import { WORLD_BEGINS, type Scheduler } from './clock.ts'
import type { SaidAck } from './hub-watch.ts'
import { isPast, JournalTruth, type PaymentTruth, type Place } from './journal-truth.ts'
import { goodsMovesIn } from './goods-work.ts'
import { phoneMovesIn } from './phone-work.ts'
import { isPhonePaymentId } from '../../hub/intake/phone-payment-id.ts'
import { moveOf, movesInSale, parkedIn, wrongOnReceipt, wrongWithParked, type ParkedBaskets } from './sale-watch.ts'
import { StaffWatch } from './staff.ts'
import { movesOfTenders, orphaned, toPayOf } from './tender-work.ts'
import type { TillMachine, TillWitness } from './till-machine.ts'
import type { Trace } from './trace.ts'

/** What the person at the till saw and did not dream: outside the system, and never wrong. */
export type Approval = {
  readonly paymentId: Id
  readonly amountMinor: Minor
  readonly receiptNumber: string
  /** The world's time of it. */
  readonly at: EpochMs
}

/** How a screen may go on from what it shows; `off` is a machine without power. Written down a second time on purpose. */
export const screenMoves = [
  'off > none',
  'off > deciding',
  'off > unknown',
  'off > approved',
  'none > awaiting_code',
  'none > approved',
  'awaiting_code > none',
  'awaiting_code > deciding',
  'awaiting_code > approved',
  'deciding > approved',
  'deciding > refused',
  // A part is paid, and the rest is next.
  'deciding > awaiting_code',
  'deciding > unknown',
  'unknown > approved',
  'unknown > awaiting_code',
  'unknown > refused',
  'unknown > none',
  'approved > none',
  'refused > none',
  'refused > awaiting_code',
  'refused > approved',
] as const

/** All that is known of one till from outside. */
export class WatchedTill {
  readonly machine: TillMachine
  readonly journal: JournalTruth
  readonly caps: CapsWatch
  readonly staff: StaffWatch
  readonly approvals = new Map<Id, Approval>()
  /** Payments and refunds whose entries were lost with the till's disk, or with a part of it, before the hub had them. */
  readonly lost = new Set<Id>()
  /** Payments and refunds of which an entry on this till's disk cannot be read any more, though the hub had it. */
  readonly damaged = new Set<Id>()
  readonly printed = new Set<string>()
  kicks = 0
  /** Entries by which cash was taken, given or moved. */
  reasonsToKick = 0
  readonly codes = new Set<string>()
  /** Captured here and not called safe by the hub, as far as this till can have heard. */
  readonly unsafe = new Map<Id, PaymentTruth>()
  /** Places up to which the hub gave its word, as far as the till can have heard it. */
  received: Place = { epoch: 1, n: 0 }
  safe: Place = { epoch: 1, n: 0 }
  /** Up to where the last export went. */
  exported: Place | undefined
  /** As its screen showed them last. */
  parked: ParkedBaskets = new Map()
  stage = 'off'
  blocked: string | undefined
  /** Since when it has been at this stage, blocked or not. */
  stageSince: DurationMs = 0
  underWay: { readonly connection: number; readonly at: DurationMs } | undefined

  constructor(machine: TillMachine, journal: JournalTruth, caps: CapsWatch, staff: StaffWatch) {
    this.staff = staff
    this.machine = machine
    this.journal = journal
    this.caps = caps
  }

  /** Some refund that was asked for is not answered, and its request is not lost. */
  get waitsForRefund(): boolean {
    for (const { id, state } of this.journal.refunds.values()) if (state === 'requested' && !this.lost.has(id)) return true
    return false
  }
}

export type TillWatchParts = {
  readonly trace: Trace
  readonly crypto: Crypto
  readonly scheduler: Scheduler
  readonly law: CapsLaw
  readonly policy: PolicyWatch
  /** People have to sign in. */
  readonly staffed: boolean
  /** GTINs of what the shop sells. */
  readonly goods: readonly string[]
  /** The acknowledgement that these bytes are, if the hub ever made it. */
  said(bytes: Uint8Array): SaidAck | undefined
}

/** Which policy and deny list a till has, which part of a list it lacks, what it asks about a customer, and the key of an address are no part of its journal. */
const BESIDE_THE_JOURNAL: readonly string[] = [signedTypes.holds, signedTypes.wanted, signedTypes.pointsAsked, signedTypes.addressKey, signedTypes.rekey]

/**
 * Looks over the tills' shoulders: at everything they show, print and send, in the very moment they do it, measured by what is durable on
 * their disks in that moment. Invariants 1, 2, 3, 4, 5, 7, 8, 10, and a till's part of 12 and 13.
 */
export class TillWatch implements TillWitness {
  readonly tills = new Map<Id, WatchedTill>()
  /** Of all tills: a payment's id belongs to one. */
  readonly payments = new Set<Id>()
  readonly moves = new Set<string>()
  readonly #begun = new Set<string>()
  /** Every true acknowledgement that a till has heard, as docs/artifacts.md says. */
  readonly acks: object[] = []
  /** Codes on paper. */
  readonly credits: string[] = []
  readonly #parts: TillWatchParts
  readonly #trace: Trace

  constructor(parts: TillWatchParts) {
    this.#parts = parts
    this.#trace = parts.trace
  }

  add(machine: TillMachine): void {
    const { till } = machine.identity
    const { law, policy } = this.#parts
    policy.add(machine)
    const caps = new CapsWatch(machine, this.#trace, law, policy)
    const journal = new JournalTruth(till, this.#trace, {
      intended: (payment) => this.#intended(watched, payment),
      wrote: (entry, payment) => this.#wrote(watched, entry, payment),
    })
    const watched = new WatchedTill(machine, journal, caps, new StaffWatch(machine.name, this.#trace, this.moves))
    this.tills.set(till, watched)
    machine.disk.onDurable = ({ entries = [] }) => {
      journal.durable(entries)
      watched.staff.durable(entries, this.#parts.staffed)
    }
  }

  /** The till's disk is another one now: what it had written since is known to the world and not to the till. */
  diskReplaced(machine: TillMachine): void {
    const watched = this.of(machine)
    const { journal, codes, printed, unsafe } = watched
    journal.reread(machine.disk.entries)
    watched.staff.restored(machine.disk.records)
    const { head } = journal
    if (isPast(watched.received, head)) watched.received = head
    if (isPast(watched.safe, head)) watched.safe = head
    codes.clear()
    watched.parked = new Map()
    unsafe.clear()
    printed.clear()
    for (const payment of journal.payments.values()) {
      if (payment.code !== undefined) codes.add(payment.code)
      // A part has the number of a sale that may still be open.
      if (payment.receiptNumber !== undefined && journal.hasReceipt(payment.receiptNumber)) printed.add(payment.receiptNumber)
      this.#countUnsafe(watched, payment)
    }
    this.#parts.policy.restored(machine)
    watched.caps.restored(journal.payments.values(), head)
  }

  of(machine: TillMachine): WatchedTill {
    const watched = this.tills.get(machine.identity.till)
    if (watched === undefined) throw new Error(`${machine.name} is not watched`)
    return watched
  }

  // ---------------------------------------------------------------- TillWitness

  starts({ name }: TillMachine): void {
    this.#trace.note(`${name} starts`)
  }

  stops(machine: TillMachine, why: string): void {
    const watched = this.of(machine)
    watched.underWay = undefined
    watched.stage = 'off'
    watched.blocked = undefined
    this.#trace.note(`${machine.name} stops: ${why}`)
  }

  breaks({ name }: TillMachine, error: unknown): void {
    this.#trace.violation(0, `${name} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  shows(machine: TillMachine, view: View): void {
    const watched = this.of(machine)
    const { tender, till } = view
    if (till.blocked !== watched.blocked) {
      watched.blocked = till.blocked
      watched.stageSince = this.#parts.scheduler.awake
    }
    if (tender.stage !== watched.stage) {
      const move = `${watched.stage} > ${tender.stage}`
      if (!(screenMoves as readonly string[]).includes(move)) this.#trace.violation(5, `the screen of ${machine.name} went ${move}`)
      this.moves.add(`screen ${move}`)
      watched.stage = tender.stage
      watched.stageSince = this.#parts.scheduler.awake
      this.#trace.note(
        `${machine.name} shows ${tender.stage}${'code' in tender ? ` ${tender.code}` : ''}${till.blocked === undefined ? '' : ` blocked ${till.blocked}`}`,
      )
    }
    if (tender.stage === 'approved') this.#approved(watched, tender)
    if (tender.stage === 'none' && view.till.blocked === undefined) this.#nothingForgotten(watched)
    const wrong = wrongWithParked(watched.parked, view)
    if (wrong !== undefined) this.#trace.violation(0, `${machine.name} ${wrong}`)
    watched.parked = parkedIn(view)
    this.#tellsWhatWaits(watched, view)
  }

  prints(machine: TillMachine, job: string, document: PrintDocument): void {
    const watched = this.of(machine)
    for (const block of document) if (block.kind === 'qr' && isCreditCode(block.data)) this.credits.push(block.data)
    // What is printed of a shift changes nothing.
    if (job.startsWith('shift-')) return
    if (job.startsWith('order-')) {
      const number = document.flatMap((block) => (block.kind === 'qr' ? block.data : []))[0] ?? ''
      if (!machine.disk.records.has(`order/${number}`)) this.#trace.violation(2, `${machine.name} promised order ${number} before it was on its disk`)
      return
    }
    const [receiptNumber = '', copy] = job.replace(/^void-/, '').split('/')
    this.#trace.note(`${machine.name} prints ${job}`)
    const durable = job.startsWith('void-') ? watched.journal.isVoided(receiptNumber) : watched.journal.hasReceipt(receiptNumber)
    if (!durable) this.#trace.violation(2, `${machine.name} printed ${job} before it was on its disk`)
    if (copy === undefined && watched.printed.has(job)) this.#trace.violation(0, `${machine.name} printed ${job} twice unasked`)
    watched.printed.add(job)
  }

  /** Once for each time that cash is taken, given or moved, and never before it is on the disk. */
  kicks(machine: TillMachine): void {
    const watched = this.of(machine)
    watched.kicks += 1
    this.#trace.note(`${machine.name} opens its drawer`)
    if (watched.kicks > watched.reasonsToKick)
      this.#trace.violation(2, `${machine.name} opened its drawer ${watched.kicks} times, for ${watched.reasonsToKick} reasons`)
  }

  sends(machine: TillMachine, bytes: Uint8Array): void {
    const watched = this.of(machine)
    const message = parseSign1(bytes)
    if (message.ok && BESIDE_THE_JOURNAL.includes(message.value.typ)) return
    const read = readBatch(bytes)
    if (!read.ok) return this.#trace.violation(0, `${machine.name} sent what is no batch: ${read.detail ?? ''}`)
    const { batch, envelope } = read.value
    this.#trace.note(`${machine.name} sends ${batch.epoch}/${batch.from} +${batch.entries.length}`)
    if (!verifyBatch(this.#parts.crypto, envelope, machine.identity.signer.publicKey)) this.#trace.violation(4, `${machine.name} signed a batch wrongly`)
    this.#oneDrainer(watched)
    const before: Place = { epoch: batch.epoch, n: batch.from - 1 }
    if (batch.from > 1 && isPast(before, watched.received))
      this.#trace.violation(
        8,
        `${machine.name} takes ${before.epoch}/${before.n} for received; the hub confirmed ${watched.received.epoch}/${watched.received.n}`,
      )
    for (const [index, entry] of batch.entries.entries()) {
      const n = batch.from + index
      if (!equalBytes(entry, watched.journal.bytesAt({ epoch: batch.epoch, n })))
        return this.#trace.violation(2, `${machine.name} sent entry ${n}, which is not on its disk`)
    }
  }

  hears(machine: TillMachine, kind: DownKind, bytes: Uint8Array): void {
    this.#trace.note(`${machine.name} hears ${kind} of ${bytes.length} bytes`)
    const said = kind === 'ack' ? this.#parts.said(bytes) : undefined
    if (said?.ack.till !== machine.identity.till) return
    const watched = this.of(machine)
    const { epoch, received, safe, settled, hubTime } = said.ack
    watched.underWay = undefined
    watched.caps.heard(said.at, hubTime)
    if (!watched.journal.hasHead({ epoch, n: received.n }, received.head)) return
    if (isPast({ epoch, n: received.n }, watched.received)) watched.received = { epoch, n: received.n }
    this.acks.push({
      till: said.ack.till,
      epoch,
      received: received.n,
      safe,
      settled,
      hub_epoch: said.ack.hubEpoch,
      hub_time_ms: hubTime,
      at_ms: this.#now(),
    })
    watched.caps.settled({ epoch, n: settled })
    if (!isPast({ epoch, n: safe }, watched.safe)) return
    watched.safe = { epoch, n: safe }
    for (const payment of watched.unsafe.values()) this.#countUnsafe(watched, payment)
  }

  asksToLeave(machine: TillMachine, action: GateAction): (passed: boolean) => void {
    const watched = this.of(machine)
    const orphans = this.#orphans(watched, action)
    return (passed) => {
      this.moves.add(`gate ${action} > ${passed ? 'passed' : 'refused'}`)
      if (passed && orphans !== undefined) this.#trace.violation(15, `${machine.name} did ${action} although ${orphans}`)
    }
  }

  answers(_machine: TillMachine, command: Command, outcome: Outcome<null>): void {
    const { type } = command
    const move = moveOf(command)
    if (move !== undefined && outcome.ok) this.moves.add(`basket ${move}`)
    const givesBack = type === 'refund' || type === 'voidSale'
    if (givesBack && !outcome.ok && outcome.code.startsWith('refund.')) this.moves.add('refund own > refused')
  }

  exports(machine: TillMachine): void {
    const watched = this.of(machine)
    watched.exported = watched.journal.head
    this.#trace.note(`${machine.name} exports up to ${watched.exported.epoch}/${watched.exported.n}`)
  }

  /** A customer waits for a decision as long as the policy says and not much longer, unless the till says what is wrong with it. */
  checkPatience(limit: Readonly<Record<'deciding' | 'unknown' | 'confirming', DurationMs>>): void {
    for (const { machine, stage, stageSince, journal } of this.tills.values()) {
      if (stage !== 'deciding' && stage !== 'unknown') continue
      // Who pays by another scheme's wallet may have to type a password first.
      const confirms = stage === 'unknown' && [...journal.payments.values()].some(({ scheme, state }) => scheme && state === 'unknown')
      const stuck =
        this.#parts.scheduler.awake - stageSince > limit[confirms ? 'confirming' : stage] &&
        machine.view !== undefined &&
        machine.view.till.blocked === undefined
      if (stuck) this.#trace.violation(9, `${machine.name} has been ${stage} for more than ${limit[stage]} ms`)
    }
  }

  // ---------------------------------------------------------------- what must hold

  #now(): EpochMs {
    return Math.floor(WORLD_BEGINS + this.#parts.scheduler.now)
  }

  #intended({ machine, codes }: WatchedTill, { id, code }: PaymentTruth): void {
    // What a phone paid at the hub may be shown once more to a till whose disk was put back; the hub tells people.
    const begun = isPhonePaymentId(id) ? `${id} ${machine.repairs}` : id
    if (this.#begun.has(begun)) this.#trace.violation(1, `payment ${id} began twice`)
    this.#begun.add(begun)
    this.payments.add(id)
    if (code === undefined) return
    if (codes.has(code)) this.#trace.violation(13, `${machine.name} took one code twice`)
    codes.add(code)
  }

  #wrote(watched: WatchedTill, entry: Entry, payment: PaymentTruth | undefined): void {
    watched.caps.wrote(entry, payment)
    const isOfPhone = payment?.code?.startsWith('receipt ') === true
    for (const move of phoneMovesIn(entry, isOfPhone, watched.machine.line.connected)) this.moves.add(move)
    if ('code' in entry.body) this.#parts.policy.moves.add(`refused ${entry.body.code}`)
    if (isAboutCash(entry, payment)) watched.reasonsToKick += 1
    this.#notesCash(watched, entry)
    for (const move of watched.journal.returnMoves) this.moves.add(move)
    if (entry.kind === 'sale.completed') this.#sold(watched, entry.body)
    if (payment !== undefined) this.#countUnsafe(watched, payment)
    if (entry.kind === 'payment.refunded') {
      const all = payment !== undefined && payment.refundedMinor === payment.capturedMinor
      this.moves.add(all ? 'refund own > refunded in full' : 'refund own > refunded')
    }
    if (entry.kind === 'payment.voided' && payment?.capturedMinor !== undefined) this.moves.add('refund own > voided')
  }

  #sold({ machine }: WatchedTill, sale: EntryBody<'sale.completed'>): void {
    const wrong = wrongOnReceipt(sale, this.#parts.goods)
    if (wrong !== undefined) this.#trace.violation(0, `${machine.name} sold as ${sale.receiptNumber}: ${wrong}`)
    for (const move of movesInSale(sale)) this.moves.add(`basket ${move}`)
    for (const move of movesOfTenders(sale)) this.moves.add(`tender ${move}`)
    for (const move of goodsMovesIn(sale)) this.moves.add(`goods ${move}`)
  }

  #notesCash({ journal }: WatchedTill, entry: Entry): void {
    const { kind, body } = entry
    if (kind === 'payment.taken_in_cash') this.moves.add('cash taken')
    if (kind === 'payment.taken_in_cash' && body.foreign !== undefined) this.moves.add('tender paid in foreign cash')
    if (kind === 'payment.voided' && body.code === 'sale.abandoned') this.moves.add('tender given up')
    if (kind === 'payment.intended' && body.instrument.type === 'credit') this.moves.add('tender paid by credit')
    if (kind === 'sale.completed' && body.roundingMinor !== undefined) this.moves.add('cash rounded')
    if (kind === 'shift.opened') this.moves.add('cash opened')
    if (kind === 'cash.moved') this.moves.add(`cash moved ${body.direction}`)
    if (kind === 'shift.closed' && body.cash?.countedMinor === body.cash?.expectedMinor && body.cash !== undefined) this.moves.add('cash counted right')
    if (kind === 'payment.refunded' && journal.payments.get(body.paymentId)?.cash === true) this.moves.add('cash given back')
  }

  #countUnsafe({ unsafe, safe }: WatchedTill, payment: PaymentTruth): void {
    const { id, capturedMinor, refundedMinor, state, last } = payment
    const kept = capturedMinor !== undefined && state !== 'voided' && refundedMinor < capturedMinor
    if (kept && isPast(last, safe)) unsafe.set(id, payment)
    else unsafe.delete(id)
  }

  /** Whatever this till took is for something: a sale, or the one that it is taking. */
  #nothingForgotten({ machine, journal }: WatchedTill): void {
    const kept = machine.disk.records.get('sale/tenders')
    const unfinished = kept === undefined ? undefined : (JSON.parse(kept) as { readonly receiptNumber?: string }).receiptNumber
    const lost = orphaned(journal.payments.values(), journal.soldFor, unfinished)
    if (lost !== undefined) this.#trace.violation(12, `${machine.name} took ${lost.amountMinor} by payment ${lost.id} for no sale, and has not given it back`)
  }

  #approved(watched: WatchedTill, { paymentId, amountMinor, receiptNumber }: Omit<Approval, 'at'>): void {
    const known = watched.approvals.get(paymentId)
    if (known !== undefined) {
      // A backup may be of a moment in which the payment was not decided: put back soon enough it ends once more, under a number of the epoch that the hub makes
      // the till begin. It is the same payment and the same money, and the hub tells people of its second capture.
      const shownAgain = isPhonePaymentId(paymentId) && watched.machine.repairs > 0
      const endedAnew = epochOf(receiptNumber) > epochOf(known.receiptNumber) || shownAgain
      if (known.amountMinor !== amountMinor || (known.receiptNumber !== receiptNumber && !endedAnew))
        this.#trace.violation(1, `${watched.machine.name} shows another amount or receipt for payment ${paymentId}`)
      return
    }
    watched.approvals.set(paymentId, { paymentId, amountMinor, receiptNumber, at: this.#now() })
    this.#trace.note(`${watched.machine.name} approved ${paymentId} for ${amountMinor}, receipt ${receiptNumber}`)
    const payment = watched.journal.payments.get(paymentId)
    const sale = watched.journal.sales.get(receiptNumber)
    const ofSale = sale?.payments.find((part) => part.paymentId === paymentId)
    const durable = payment?.receiptNumber === receiptNumber && payment.capturedMinor === ofSale?.amountMinor
    if (!durable) this.#trace.violation(2, `${watched.machine.name} says approved, but its disk has no capture of payment ${paymentId} for ${amountMinor}`)
    else if (sale === undefined || toPayOf(sale) !== amountMinor || sale.saleId !== payment.saleId)
      this.#trace.violation(2, `${watched.machine.name} says approved, but its disk has no sale ${receiptNumber} for ${amountMinor}`)
  }

  /** What would be lost if nobody looked after this till any more. */
  #orphans({ journal, safe, exported }: WatchedTill, action: GateAction): string | undefined {
    for (const { id, state } of journal.payments.values()) if (state === 'intended' || state === 'unknown') return `payment ${id} is ${state}`
    if (exported !== undefined && !isPast(journal.head, exported)) return undefined
    // A shift that was closed just now is closed: pressing once more does nothing.
    // Where people sign in, the entry about who closed it came with it.
    const written = this.#parts.staffed ? 2 : 1
    const before = { epoch: journal.head.epoch, n: journal.head.n - written }
    const wasCovered = !isPast(before, safe) || (exported !== undefined && !isPast(before, exported))
    if (action === 'closeShift' && journal.lastKind === 'shift.closed' && wasCovered) return undefined
    if (isPast(journal.head, safe)) return `the hub has called safe only ${safe.epoch}/${safe.n} of ${journal.head.epoch}/${journal.head.n}`
    for (const { id, state } of journal.refunds.values()) if (state === 'requested') return `refund ${id} is not answered`
    return undefined
  }

  /** Invariant 11: the screen shows what is on this till alone. */
  #tellsWhatWaits({ machine, unsafe, journal, safe }: WatchedTill, { link: { waiting } }: View): void {
    if (waiting.payments < unsafe.size)
      this.#trace.violation(8, `${machine.name} shows ${waiting.payments} payments as not yet safe, but the hub confirmed all but ${unsafe.size}`)
    const alone = [...unsafe.values()].reduce((sum, { capturedMinor = 0, refundedMinor }) => sum + capturedMinor - refundedMinor, 0)
    if (waiting.amountMinor < alone) this.#trace.violation(11, `${machine.name} shows ${waiting.amountMinor} as being on it alone, where it is ${alone}`)
    if (waiting.entries === 0 && isPast(journal.head, safe))
      this.#trace.violation(
        8,
        `${machine.name} says that nothing waits, but the hub confirmed ${safe.epoch}/${safe.n} of ${journal.head.epoch}/${journal.head.n}`,
      )
  }

  /** Between two batches on one connection there is an acknowledgement, or the time after which it is overdue. */
  #oneDrainer(watched: WatchedTill): void {
    const connection = watched.machine.line.connections
    const { underWay } = watched
    const now = this.#parts.scheduler.now
    if (underWay?.connection === connection && now - underWay.at < ACK_TIMEOUT) this.#trace.violation(7, `${watched.machine.name} has two batches under way`)
    watched.underWay = { connection, at: now }
  }
}

const isAboutCash = ({ kind }: Entry, payment: PaymentTruth | undefined): boolean =>
  kind === 'shift.opened' || kind === 'cash.moved' || kind === 'goods.returned' || (payment?.cash === true && kind !== 'sale.completed')

/** The number of an epoch is the middle of a receipt's. */
const epochOf = (receiptNumber: string): number => Number(receiptNumber.split('-')[1])
