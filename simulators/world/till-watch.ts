import { equalBytes } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { readBatch, verifyBatch, type Ack } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { View } from '#protocol/till-api/api.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { DownKind } from '#protocol/topics.ts'
import { ACK_TIMEOUT } from '../../terminal/core/outbox.ts'
import type { Change } from '../../terminal/core/store.ts'
import type { Scheduler } from './clock.ts'
import { JournalTruth, type PaymentTruth } from './journal-truth.ts'
import type { TillMachine, TillWitness } from './till-machine.ts'
import type { Trace } from './trace.ts'

/** What the person at the till saw and did not dream: outside the system, and never wrong. */
export type Approval = { readonly paymentId: Id; readonly amountMinor: Minor; readonly receiptNumber: string }

/** A place up to which the hub gave its word, as far as the till can have heard it. */
type Promised = { epoch: number; n: number }
const further = (a: Promised, b: Promised): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.n > b.n)

/** How a screen may go on from what it shows; `off` is a machine without power. Written down a second time on purpose. */
export const screenMoves = [
  'off > none',
  'off > deciding',
  'off > approved',
  'none > awaiting_code',
  'awaiting_code > none',
  'awaiting_code > deciding',
  'awaiting_code > approved',
  'deciding > approved',
  'deciding > refused',
  'approved > none',
  'refused > none',
  'refused > awaiting_code',
] as const

/** All that is known of one till from outside. */
class WatchedTill {
  readonly machine: TillMachine
  readonly journal: JournalTruth
  readonly approvals = new Map<Id, Approval>()
  readonly printed = new Set<string>()
  readonly codes = new Set<string>()
  received: Promised = { epoch: 1, n: 0 }
  safe: Promised = { epoch: 1, n: 0 }
  stage = 'off'
  blocked: string | undefined
  /** Since when it has been at this stage, blocked or not. */
  stageSince: DurationMs = 0
  underWay: { readonly connection: number; readonly at: DurationMs } | undefined

  constructor(machine: TillMachine, journal: JournalTruth) {
    this.machine = machine
    this.journal = journal
  }
}

/**
 * Looks over the tills' shoulders: at everything they show, print and send, in the very moment they do it, measured by what is durable on
 * their disks in that moment. Invariants 1, 2, 4, 5, 7, 8 and a till's part of 13.
 */
export class TillWatch implements TillWitness {
  readonly tills = new Map<Id, WatchedTill>()
  /** Of all tills: a payment's id belongs to one. */
  readonly payments = new Set<Id>()
  readonly moves = new Set<string>()
  readonly #trace: Trace
  readonly #crypto: Crypto
  readonly #scheduler: Scheduler
  readonly #said: (bytes: Uint8Array) => Ack | undefined

  /** `said`: the acknowledgement that these bytes are, if the hub ever made it. */
  constructor(trace: Trace, crypto: Crypto, scheduler: Scheduler, said: (bytes: Uint8Array) => Ack | undefined) {
    this.#trace = trace
    this.#crypto = crypto
    this.#scheduler = scheduler
    this.#said = said
  }

  add(machine: TillMachine): void {
    const { till } = machine.identity
    const journal = new JournalTruth(till, this.#trace, (payment) => this.#intended(watched, payment))
    const watched = new WatchedTill(machine, journal)
    this.tills.set(till, watched)
    machine.disk.onDurable = (change) => {
      journal.durable(change)
      this.#released(watched, change)
    }
  }

  // ---------------------------------------------------------------- TillWitness

  starts({ name }: TillMachine): void {
    this.#trace.note(`${name} starts`)
  }

  stops(machine: TillMachine, why: string): void {
    const watched = this.#of(machine)
    watched.underWay = undefined
    watched.stage = 'off'
    watched.blocked = undefined
    this.#trace.note(`${machine.name} stops: ${why}`)
  }

  breaks({ name }: TillMachine, error: unknown): void {
    this.#trace.violation(0, `${name} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  shows(machine: TillMachine, view: View): void {
    const watched = this.#of(machine)
    const { tender, link, till } = view
    if (till.blocked !== watched.blocked) {
      watched.blocked = till.blocked
      watched.stageSince = this.#scheduler.awake
    }
    if (tender.stage !== watched.stage) {
      const move = `${watched.stage} > ${tender.stage}`
      if (!(screenMoves as readonly string[]).includes(move)) this.#trace.violation(5, `the screen of ${machine.name} went ${move}`)
      this.moves.add(move)
      watched.stage = tender.stage
      watched.stageSince = this.#scheduler.awake
      this.#trace.note(
        `${machine.name} shows ${tender.stage}${'code' in tender ? ` ${tender.code}` : ''}${till.blocked === undefined ? '' : ` blocked ${till.blocked}`}`,
      )
    }
    if (tender.stage === 'approved') this.#approved(watched, tender)
    const waiting = this.#capturedPast(watched, watched.safe)
    if (link.waiting.payments < waiting)
      this.#trace.violation(8, `${machine.name} shows ${link.waiting.payments} payments as not yet safe, but the hub confirmed all but ${waiting}`)
  }

  prints(machine: TillMachine, job: string): void {
    const watched = this.#of(machine)
    const [receiptNumber = '', copy] = job.split('/')
    this.#trace.note(`${machine.name} prints ${job}`)
    if (!watched.journal.sales.has(receiptNumber)) this.#trace.violation(2, `${machine.name} printed ${job} before the sale was on its disk`)
    if (copy === undefined && watched.printed.has(job)) this.#trace.violation(0, `${machine.name} printed ${job} twice unasked`)
    watched.printed.add(job)
  }

  sends(machine: TillMachine, bytes: Uint8Array): void {
    const watched = this.#of(machine)
    const read = readBatch(bytes)
    if (!read.ok) return this.#trace.violation(0, `${machine.name} sent what is no batch: ${read.detail ?? ''}`)
    const { batch, envelope } = read.value
    this.#trace.note(`${machine.name} sends ${batch.epoch}/${batch.from} +${batch.entries.length}`)
    if (!verifyBatch(this.#crypto, envelope, machine.identity.signer.publicKey)) this.#trace.violation(4, `${machine.name} signed a batch wrongly`)
    this.#oneDrainer(watched)
    const before: Promised = { epoch: batch.epoch, n: batch.from - 1 }
    if (batch.from > 1 && further(before, watched.received))
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
    const ack = kind === 'ack' ? this.#said(bytes) : undefined
    if (ack?.till !== machine.identity.till) return
    const watched = this.#of(machine)
    const { epoch, received, safe } = ack
    watched.underWay = undefined
    if (further({ epoch, n: received.n }, watched.received)) watched.received = { epoch, n: received.n }
    if (further({ epoch, n: safe }, watched.safe)) watched.safe = { epoch, n: safe }
  }

  /** A customer waits for a decision as long as the policy says and not much longer, unless the till says what is wrong with it. */
  checkPatience(limit: DurationMs): void {
    for (const { machine, stage, stageSince } of this.tills.values()) {
      const stuck = stage === 'deciding' && this.#scheduler.awake - stageSince > limit && machine.view !== undefined && machine.view.till.blocked === undefined
      if (stuck) this.#trace.violation(9, `${machine.name} has been deciding for more than ${limit} ms`)
    }
  }

  // ---------------------------------------------------------------- what must hold

  #of(machine: TillMachine): WatchedTill {
    const watched = this.tills.get(machine.identity.till)
    if (watched === undefined) throw new Error(`${machine.name} is not watched`)
    return watched
  }

  #intended({ machine, codes }: WatchedTill, { id, code }: PaymentTruth): void {
    if (this.payments.has(id)) this.#trace.violation(1, `payment ${id} began twice`)
    this.payments.add(id)
    if (code === undefined) return
    if (codes.has(code)) this.#trace.violation(13, `${machine.name} took one code twice`)
    codes.add(code)
  }

  #approved(watched: WatchedTill, { paymentId, amountMinor, receiptNumber }: Approval): void {
    const known = watched.approvals.get(paymentId)
    if (known !== undefined) {
      if (known.amountMinor !== amountMinor || known.receiptNumber !== receiptNumber)
        this.#trace.violation(1, `${watched.machine.name} shows another amount or receipt for payment ${paymentId}`)
      return
    }
    watched.approvals.set(paymentId, { paymentId, amountMinor, receiptNumber })
    this.#trace.note(`${watched.machine.name} approved ${paymentId} for ${amountMinor}, receipt ${receiptNumber}`)
    const payment = watched.journal.payments.get(paymentId)
    const sale = watched.journal.sales.get(receiptNumber)
    const durable = payment?.capturedMinor === amountMinor && payment.receiptNumber === receiptNumber
    if (!durable) this.#trace.violation(2, `${watched.machine.name} says approved, but its disk has no capture of payment ${paymentId} for ${amountMinor}`)
    else if (sale?.totalMinor !== amountMinor || sale.saleId !== payment.saleId)
      this.#trace.violation(2, `${watched.machine.name} says approved, but its disk has no sale ${receiptNumber} for ${amountMinor}`)
  }

  /** Between two batches on one connection there is an acknowledgement, or the time after which it is overdue. */
  #oneDrainer(watched: WatchedTill): void {
    const connection = watched.machine.line.connections
    const { underWay } = watched
    const now = this.#scheduler.now
    if (underWay?.connection === connection && now - underWay.at < ACK_TIMEOUT) this.#trace.violation(7, `${watched.machine.name} has two batches under way`)
    watched.underWay = { connection, at: now }
  }

  #capturedPast({ journal }: WatchedTill, safe: Promised): number {
    let count = 0
    for (const { last, capturedMinor } of journal.payments.values()) if (capturedMinor !== undefined && further(last, safe)) count += 1
    return count
  }

  /** What a till remembers of a payment may go only when all of its entries are safe. */
  #released({ machine, journal, safe }: WatchedTill, { remove = [] }: Change): void {
    for (const name of remove) {
      const payment = journal.payments.get(name.slice(name.indexOf('/') + 1))
      if (payment !== undefined && further(payment.last, safe))
        this.#trace.violation(8, `${machine.name} let go of ${name} before the hub had confirmed it as safe`)
    }
  }
}
