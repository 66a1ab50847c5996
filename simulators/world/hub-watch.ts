import { hex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned, type Ack } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { DownKind } from '#protocol/topics.ts'
import type { Changes, Funds, Payment, StoredEntry } from '../../hub/store/hub-store.ts'
import type { Transfer } from '../../hub/ledger/ledger.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { GenuineCode } from './customer.ts'
import { paymentMoves } from './journal-truth.ts'
import type { Trace } from './trace.ts'

/** What the money of a payment may do from one commit to the next. Written down a second time on purpose. */
export const fundsMoves = ['none > held', 'none > posted', 'none > released', 'held > posted', 'held > released', 'held > expired', 'expired > posted'] as const

const stateRank: Readonly<Record<string, number>> = { INTENDED: 1, HELD: 2, ACCEPTED_OFFLINE: 2, CAPTURED: 3, DECLINED: 3, VOIDED: 3, REJECTED: 3 }
const ZERO = new Uint8Array(32)

const placeOf = ({ till, epoch, n }: { readonly till: Id; readonly epoch: number; readonly n: number }): string => `${till} ${epoch}/${n}`

export type Intent = { readonly paymentId: Id; readonly till: Id; readonly code: string; readonly amountMinor: Minor; readonly bytes: string }

export type HubLaw = {
  readonly showCapMinor: Minor
  ackKey(keyId: string): Uint8Array | undefined
  /** The code as its phone made it, if one did. */
  genuine(text: string): GenuineCode | undefined
}

/**
 * Looks over the hub's shoulder: at every commit of its store and every message to a till, in the moment they happen. Invariants 4, 5, 6, 8
 * and 16 on the hub's side, and 13.
 */
export class HubWatch {
  /** The hub's true acknowledgements, by the very bytes: anything else that looks like one is forged. */
  readonly acks = new WeakMap<Uint8Array, Ack>()
  readonly payments = new Map<Id, Payment>()
  /** The first intent of each payment. */
  readonly intents = new Map<Id, Intent>()
  /** Entries that begin a payment which began otherwise before. */
  readonly conflicts: StoredEntry[] = []
  /** Every transfer that moved a payment's money to a merchant. */
  readonly posted = new Map<Id, Transfer>()
  readonly fundsMoves = new Set<string>()
  readonly paymentMoves = new Set<string>()
  readonly #trace: Trace
  readonly #crypto: Crypto
  readonly #law: HubLaw
  readonly #entries = new Map<string, StoredEntry>()
  readonly #heads = new Map<Id, { epoch: number; n: number; hash: Uint8Array }>()
  readonly #paidByCode = new Map<string, Id>()
  readonly #states = new Map<Id, string>()

  constructor(trace: Trace, crypto: Crypto, law: HubLaw) {
    this.#trace = trace
    this.#crypto = crypto
    this.#law = law
  }

  committed({ entries = [], payments = [], transfers = [], exceptions = [] }: Changes): void {
    for (const entry of entries) this.#takes(entry)
    for (const payment of payments) this.#moves(payment)
    for (const transfer of transfers) this.#books(transfer)
    for (const { till, epoch, n, code, detail } of exceptions) this.#trace.note(`hub sets aside ${till} ${epoch}/${n} ${code} ${detail ?? ''}`)
  }

  /** The hub's disk was lost, and a backup put in its place: what came later never happened. */
  restored(disk: MemoryDisk): void {
    for (const known of [this.payments, this.posted, this.intents, this.#entries, this.#heads, this.#paidByCode, this.#states]) known.clear()
    this.conflicts.length = 0
    for (const entry of disk.entries) this.#takes(entry)
    for (const [id, payment] of disk.rows.payments) this.payments.set(id, payment)
    for (const transfer of disk.rows.transfers.values()) this.#books(transfer)
  }

  /** An acknowledgement may promise only what is there: the entries, and their copy. */
  says(till: Id, kind: DownKind, bytes: Uint8Array, copied: number): void {
    if (kind === 'decision') return this.#decides(till, bytes)
    if (kind !== 'ack') return this.#trace.note(`hub tells ${till} its ${kind}`)
    const opened = openSigned(this.#crypto, bytes, signedTypes.ack, this.#law.ackKey)
    if (!opened.ok) return this.#trace.violation(8, `the hub sent an acknowledgement that cannot be opened: ${opened.code} ${opened.detail ?? ''}`)
    this.acks.set(bytes, opened.value)
    const { epoch, received, safe, hubEpoch, hubTime } = opened.value
    this.#trace.note(`hub acknowledges ${till} ${epoch}/${received.n}, safe ${safe}, hub epoch ${hubEpoch}, hub time ${hubTime}`)
    const entry = this.#entries.get(placeOf({ till, epoch, n: received.n }))
    if (received.n > 0 && (entry === undefined || hex(entry.hash) !== received.head))
      this.#trace.violation(8, `the hub acknowledged ${till} ${epoch}/${received.n}, which it does not have`)
    const safeEntry = this.#entries.get(placeOf({ till, epoch, n: safe }))
    if (safe > 0 && (safeEntry === undefined || safeEntry.seq > copied))
      this.#trace.violation(8, `the hub called ${till} ${epoch}/${safe} safe, which has no second copy`)
  }

  #decides(till: Id, bytes: Uint8Array): void {
    const opened = openSigned(this.#crypto, bytes, signedTypes.decision, this.#law.ackKey)
    if (!opened.ok) return this.#trace.violation(16, `the hub sent a decision that cannot be opened: ${opened.code}`)
    const { paymentId, verdict } = opened.value
    const payment = this.payments.get(paymentId)
    const kept = verdict.type === 'held' ? 'held' : verdict.code
    this.#trace.note(`hub tells ${till} that payment ${paymentId} is ${kept}`)
    if (payment?.verdict !== kept) this.#trace.violation(2, `the hub says ${kept} of payment ${paymentId}, its disk says ${payment?.verdict ?? 'nothing'}`)
  }

  #takes(entry: StoredEntry): void {
    const head = this.#heads.get(entry.till) ?? { epoch: 0, n: 0, hash: ZERO }
    const begins = entry.epoch > head.epoch
    const hash = nodeCrypto.sha256(Buffer.concat([begins ? ZERO : head.hash, entry.bytes]))
    if (entry.seq !== this.#entries.size + 1) this.#trace.violation(4, `the hub stored ${entry.seq} after ${this.#entries.size}`)
    if (entry.n !== (begins ? 1 : head.n + 1) || (!begins && entry.epoch !== head.epoch))
      this.#trace.violation(4, `the hub stored ${entry.till} ${entry.epoch}/${entry.n} after ${head.epoch}/${head.n}`)
    if (hex(hash) !== hex(entry.hash)) this.#trace.violation(4, `the hub's hash of ${entry.till} ${entry.epoch}/${entry.n} does not follow`)
    this.#entries.set(placeOf(entry), entry)
    this.#heads.set(entry.till, { epoch: entry.epoch, n: entry.n, hash })
    this.#read(entry)
  }

  /** Bytes of a rogue till may be anything. */
  #read(stored: StoredEntry): void {
    const entry = decodeEntry(stored.bytes, stored)
    if (!entry.ok || !('paymentId' in entry.value.body)) return
    const { kind, body } = entry.value
    const { paymentId } = body
    this.#states.set(paymentId, this.#follows(this.#states.get(paymentId) ?? 'nothing', kind.slice('payment.'.length)))
    if (kind !== 'payment.intended') return
    const { instrument, amountMinor } = body
    const first = this.intents.get(paymentId)
    const bytes = JSON.stringify(body)
    if (first === undefined) this.intents.set(paymentId, { paymentId, till: stored.till, code: instrument.code, amountMinor, bytes })
    else if (first.bytes !== bytes || first.till !== stored.till) this.conflicts.push(stored)
  }

  #follows(from: string, to: string): string {
    const move = `${from} > ${to}`
    if (!(paymentMoves as readonly string[]).includes(move)) return from
    this.paymentMoves.add(move)
    return to
  }

  #moves(payment: Payment): void {
    const before = this.payments.get(payment.id)
    if (before !== undefined) {
      if (
        before.content !== payment.content ||
        before.amountMinor !== payment.amountMinor ||
        before.till !== payment.till ||
        before.intended !== payment.intended
      ) {
        this.#trace.violation(6, `payment ${payment.id} was written over`)
      }
      const from = stateRank[before.state] ?? 0
      const to = stateRank[payment.state] ?? 0
      if (before.state !== payment.state && to <= from)
        this.#trace.violation(5, `payment ${payment.id} went from ${before.state} to ${payment.state} at the hub`)
    }
    const from: Funds = before?.funds ?? 'none'
    if (from !== payment.funds) {
      const move = `${from} > ${payment.funds}`
      if (!(fundsMoves as readonly string[]).includes(move)) this.#trace.violation(5, `the money of payment ${payment.id} went ${move}`)
      this.fundsMoves.add(move)
    }
    this.#trace.note(`hub has payment ${payment.id} ${payment.state} ${payment.funds}${payment.exception === undefined ? '' : ` ${payment.exception}`}`)
    this.payments.set(payment.id, payment)
  }

  #books(transfer: Transfer): void {
    if (transfer.payment === undefined || (transfer.kind !== 'single' && transfer.kind !== 'post')) return
    const { payment: id } = transfer
    if (this.posted.has(id)) this.#trace.violation(16, `payment ${id} was posted twice`)
    this.posted.set(id, transfer)
    this.#trace.note(`hub posts ${transfer.amount} for payment ${id}`)
    const wrong = this.#unjustified(id, transfer)
    if (wrong !== undefined) this.#trace.violation(16, `payment ${id} was posted, but ${wrong}`)
  }

  /** Why no wallet agreed to this posting. */
  #unjustified(id: Id, { debit, amount }: Transfer): string | undefined {
    const intent = this.intents.get(id)
    if (intent === undefined) return 'nobody intended it'
    if (this.#states.get(id) !== 'captured') return 'no till captured it'
    const code = this.#law.genuine(intent.code)
    if (code === undefined) return 'no phone ever made its code'
    if (debit !== `wallet/${code.wallet}`) return `the money was taken from ${debit}`
    if (amount !== BigInt(intent.amountMinor)) return `it is over ${intent.amountMinor}`
    const other = this.#paidByCode.get(code.text)
    if (other !== undefined) return `its code paid ${other} already`
    this.#paidByCode.set(code.text, id)
    if (code.confirmed === undefined)
      return amount > BigInt(this.#law.showCapMinor) ? 'its code was merely shown, and it is above the cap for those' : undefined
    const { till, amountMinor } = code.confirmed
    return till === intent.till && BigInt(amountMinor) === amount ? undefined : `the phone confirmed ${amountMinor} at ${till}`
  }
}
