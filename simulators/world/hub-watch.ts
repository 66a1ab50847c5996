import type { Crypto } from '#protocol/crypto.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned, type Ack } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { DownKind } from '#protocol/topics.ts'
import type { Transfer } from '../../hub/ledger/ledger.ts'
import type { Changes, Payment, PaymentEntry, Refund } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import { AccountWatch } from './account-watch.ts'
import { CashWatch } from './cash-watch.ts'
import type { GenuineCode } from './customer.ts'
import { CustodyWatch, type Kept } from './custody-watch.ts'
import { explain, type Step } from './hub-law.ts'
import { phoneMovesOf } from './phone-work.ts'
import { escrowMovesOf } from './escrow-watch.ts'
import { exchangedFor, exchangeMovesOf, isExchangePosting } from './exchange-world.ts'
import { bankMovesOf } from './bank-side.ts'
import { chargedBackIn, disputeMovesOf } from './money-disputes.ts'
import { orderMovesOf } from './order-work.ts'
import { PayoutWatch } from './payout-watch.ts'
import { riskMovesOf } from './risk-watch.ts'
import { settlementMovesOf } from './settlement-watch.ts'
import type { Trace } from './trace.ts'

/** What the money of a payment may do from one commit to the next. Written down a second time on purpose. */
export const fundsMoves = [
  'none > held',
  'none > posted',
  'none > released',
  // A phone’s hold had ended before its till spoke of it.
  'none > expired',
  'held > none',
  'held > posted',
  'held > released',
  'held > expired',
  'expired > posted',
  'expired > released',
  'posted > released',
] as const

/** What is wrong with the time of an entry does not keep it from counting. */
const MERELY_FLAGGED: readonly string[] = ['entry.backdated', 'entry.postdated']

const placeOf = ({ till, epoch, n }: { readonly till: Id; readonly epoch: number; readonly n: number }): string => `${till} ${epoch}/${n}`

export type Intent = { readonly paymentId: Id; readonly till: Id; readonly code: string; readonly amountMinor: Minor }
/** What is to be told apart: a code and a swipe are good once, a credit for what is left of it. */
function shownIn(instrument: EntryBody<'payment.intended'>['instrument']): string {
  if (instrument.type === 'wallet') return instrument.code
  if (instrument.type === 'scheme') return `${instrument.scheme} ${instrument.code}`
  if (instrument.type === 'merchant_qr') return `receipt ${instrument.receipt}`
  return instrument.type === 'credit' ? `credit ${instrument.creditId}` : `swipe ${instrument.encrypted.ksn}`
}
/** A payment's money, as the postings move it. */
type Money = { in: bigint; out: bigint; postings: number }

export type HubLaw = {
  readonly showCapMinor: Minor
  ackKey(keyId: string): Uint8Array | undefined
  /** The code as its phone made it, if one did. */
  genuine(text: string): GenuineCode | undefined
  /** Its phone was reported lost. */
  isLost(code: GenuineCode): boolean
  /** Money was posted for it. */
  paid(code: GenuineCode): void
  /** Whether the acquirer's own books have at least as much for this payment. */
  tookFromCard(payment: Id, amount: bigint): boolean
  /** What the owner of a phone in another currency confirmed for this request, in his. */
  confirmedAbroad(code: GenuineCode): readonly bigint[]
  now(): DurationMs
}

/** A true acknowledgement, and when the hub made it, in the world's time. */
export type SaidAck = { readonly ack: Ack; readonly at: DurationMs }

/**
 * Looks over the hub's shoulder: at every commit of its store and every message to a till, in the moment they happen. Invariants 4, 5, 6, 8, 12
 * and 16 on the hub's side, and 13.
 */
export class HubWatch {
  /** The hub's true acknowledgements, by the very bytes: anything else that looks like one is forged. */
  readonly acks = new WeakMap<Uint8Array, SaidAck>()
  readonly custody: CustodyWatch
  readonly payments = new Map<Id, Payment>()
  readonly refunds = new Map<Id, Refund>()
  /** The first intent of each payment. */
  readonly intents = new Map<Id, Intent>()
  /** Payments whose capture is in custody, by the till that began them. */
  readonly captured = new Set<Id>()
  /** Entries that begin a payment which began otherwise before, with the one that came first. */
  readonly conflicts: { readonly kept: Kept; readonly first: Kept }[] = []
  /** The hub's disk was lost once, and with it what it had asked others since the backup. */
  wasRestored = false
  /** What each payment's money has done. */
  readonly money = new Map<Id, Money>()
  readonly moves = new Set<string>()
  readonly #trace: Trace
  readonly #crypto: Crypto
  readonly #law: HubLaw
  readonly #accounts: AccountWatch
  readonly #cash: CashWatch
  readonly #payouts: PayoutWatch
  readonly #paidByCode = new Map<string, Id>()
  /** One request is one payment, whichever way it was confirmed. */
  readonly #paidByNonce = new Map<string, Id>()
  /** What of each payment's value went back in notes or as credit, so that its own money stayed. */
  readonly #otherwise = new Map<Id, bigint>()
  /** Their codes are of phones that had been reported lost when they came. */
  readonly #lostThen = new Set<Id>()
  /** The first entry of each payment. */
  readonly #begun = new Map<Id, { readonly bytes: string; readonly kept: Kept }>()
  readonly #taken = new Map<Id, { readonly till: Id; readonly amountMinor: Minor }>()

  constructor(trace: Trace, crypto: Crypto, law: HubLaw) {
    this.#trace = trace
    this.#crypto = crypto
    this.#law = law
    this.#accounts = new AccountWatch(trace)
    this.#payouts = new PayoutWatch(trace)
    this.#cash = new CashWatch(trace, this.moves, (place) => this.custody.at(place)?.said)
    this.custody = new CustodyWatch(trace, (kept) => this.#took(kept))
  }

  /** `copied`: up to where the second place has everything. What the hub takes from there it had before. */
  committed(changes: Changes, copied: number): void {
    for (const segment of changes.segments ?? []) this.custody.takes(segment, segment.seq > copied)
    for (const move of phoneMovesOf(changes, (payment) => this.payments.has(payment))) this.moves.add(move)
    for (const move of settlementMovesOf(changes)) this.moves.add(`settlement ${move}`)
    for (const move of escrowMovesOf(changes)) this.moves.add(`escrow ${move}`)
    for (const move of exchangeMovesOf(changes)) this.moves.add(`exchange ${move}`)
    for (const move of orderMovesOf(changes)) this.moves.add(`order ${move}`)
    for (const move of disputeMovesOf(changes)) this.moves.add(`disputes ${move}`)
    for (const move of riskMovesOf(changes)) this.moves.add(`risk ${move}`)
    for (const move of bankMovesOf(changes)) this.moves.add(`bank ${move}`)
    const steps = this.#stepsOf(changes)
    const fresh = this.#accounts.books(changes.transfers ?? [])
    for (const transfer of fresh) this.#books(transfer)
    for (const refund of changes.refunds ?? []) this.#refunded(refund)
    for (const payment of changes.payments ?? []) this.#changes(payment, steps.get(payment.id) ?? { entries: [], hub: [] })
    this.#accounts.matches(changes.accounts ?? [])
    this.#payouts.committed(changes)
    for (const { till, epoch, n, code, detail } of changes.exceptions ?? []) this.#trace.note(`hub sets aside ${till} ${epoch}/${n} ${code} ${detail ?? ''}`)
  }

  /** The hub's disk was lost, and a backup put in its place: what came later never happened. */
  restored(disk: MemoryDisk, copy: 'kept' | 'gone'): void {
    for (const known of [this.payments, this.refunds, this.intents, this.captured, this.money, this.#paidByCode, this.#paidByNonce, this.#begun, this.#taken])
      known.clear()
    this.wasRestored = true
    this.conflicts.length = 0
    this.#otherwise.clear()
    this.custody.clear(copy === 'gone')
    this.#accounts.clear()
    this.#cash.clear()
    this.#payouts.restored(disk)
    for (const segment of disk.segments) this.custody.takes(segment, false)
    for (const [id, payment] of disk.rows.payments) this.payments.set(id, payment)
    for (const refund of disk.rows.refunds.values()) this.#refunded(refund)
    for (const transfer of this.#accounts.books([...disk.rows.transfers.values()])) this.#books(transfer)
  }

  says(till: Id, kind: DownKind, bytes: Uint8Array, copied: number): void {
    if (kind === 'decision') return this.#decides(till, bytes)
    if (kind === 'refund') return this.#refunds(till, bytes)
    if (kind !== 'ack') return this.#trace.note(`hub tells ${till} its ${kind}`)
    const opened = openSigned(this.#crypto, bytes, signedTypes.ack, this.#law.ackKey)
    if (!opened.ok) return this.#trace.violation(8, `the hub sent an acknowledgement that cannot be opened: ${opened.code} ${opened.detail ?? ''}`)
    this.acks.set(bytes, { ack: opened.value, at: this.#law.now() })
    const { epoch, received, safe, hubEpoch, hubTime } = opened.value
    this.#trace.note(`hub acknowledges ${till} ${epoch}/${received.n}, safe ${safe}, hub epoch ${hubEpoch}, hub time ${hubTime}`)
    this.custody.promises(opened.value, copied)
  }

  #refunded(refund: Refund): void {
    const { id, payment, paidAs, verdict, amountMinor } = refund
    if (!this.refunds.has(id) && payment !== undefined && paidAs !== undefined && verdict === 'approved')
      this.#otherwise.set(payment, (this.#otherwise.get(payment) ?? 0n) + BigInt(amountMinor))
    this.refunds.set(id, refund)
  }

  // ---------------------------------------------------------------- what the hub tells

  #decides(till: Id, bytes: Uint8Array): void {
    const opened = openSigned(this.#crypto, bytes, signedTypes.decision, this.#law.ackKey)
    if (!opened.ok) return this.#trace.violation(16, `the hub sent a decision that cannot be opened: ${opened.code}`)
    const { paymentId, verdict } = opened.value
    const kept = verdict.type === 'held' ? 'held' : verdict.code
    this.#trace.note(`hub tells ${till} that payment ${paymentId} is ${kept}`)
    const known = this.payments.get(paymentId)?.verdict
    if (this.#lostThen.has(paymentId)) {
      if (kept !== 'held') this.moves.add('phones refused by the hub')
      else if (!this.wasRestored) this.#trace.violation(10, `the hub holds money for payment ${paymentId} with a phone that was reported lost before`)
    }
    if (known !== kept) this.#trace.violation(2, `the hub says ${kept} of payment ${paymentId}, its disk says ${known ?? 'nothing'}`)
  }

  #refunds(till: Id, bytes: Uint8Array): void {
    const opened = openSigned(this.#crypto, bytes, signedTypes.refund, this.#law.ackKey)
    if (!opened.ok) return this.#trace.violation(12, `the hub sent an answer to a refund that cannot be opened: ${opened.code}`)
    const { refundId, verdict, requested } = opened.value
    const said = verdict.type === 'approved' ? 'approved' : verdict.code
    this.#trace.note(`hub tells ${till} that refund ${refundId} is ${said}`)
    this.moves.add(`refund request > ${verdict.type}`)
    const row = this.refunds.get(refundId)
    if (row?.verdict !== said || row.requested !== requested)
      this.#trace.violation(2, `the hub says ${said} of refund ${refundId}, its disk says ${row?.verdict ?? 'nothing'}`)
    if (verdict.type === 'approved' && verdict.amountMinor !== row?.amountMinor)
      this.#trace.violation(12, `the hub approved another sum for refund ${refundId}`)
  }

  // ---------------------------------------------------------------- what comes in

  #took(kept: Kept): void {
    const { said, till } = kept
    this.#cash.took(said)
    if (said?.kind === 'epoch.opened') this.moves.add(`epoch ${said.body.reason}`)
    if (said?.kind === 'payment.captured' || said?.kind === 'payment.taken_in_cash') this.captured.add(said.body.paymentId)
    if (said?.kind !== 'payment.intended' && said?.kind !== 'payment.taken_in_cash') return
    const { paymentId, amountMinor } = said.body
    const first = this.#begun.get(paymentId)
    const bytes = JSON.stringify([said.kind, said.body])
    if (first !== undefined) {
      if (first.bytes !== bytes || first.kept.till !== till) this.conflicts.push({ kept, first: first.kept })
      return
    }
    this.#begun.set(paymentId, { bytes, kept })
    if (said.kind === 'payment.taken_in_cash') this.#taken.set(paymentId, { till, amountMinor })
    else {
      const code = shownIn(said.body.instrument)
      const shown = this.#law.genuine(code)
      if (shown !== undefined && this.#law.isLost(shown)) this.#lostThen.add(paymentId)
      this.intents.set(paymentId, { paymentId, till, code, amountMinor })
    }
  }

  // ---------------------------------------------------------------- what becomes of payments

  /** What may have moved each payment in this commit: entries that the hub says it settled, in its order, and its own steps. */
  #stepsOf(changes: Changes): ReadonlyMap<Id, { entries: Step[]; hub: Step[] }> {
    const { links = [], steps = [], refunds = [], exceptions = [] } = changes
    const chargedBack = chargedBackIn(changes)
    const found = new Map<Id, { entries: Step[]; hub: Step[] }>()
    const of = (payment: Id) => {
      const known = found.get(payment) ?? { entries: [], hub: [] }
      found.set(payment, known)
      return known
    }
    const aside = new Set(exceptions.filter(({ code }) => !MERELY_FLAGGED.includes(code)).map(placeOf))
    for (const { payment, seq } of links.toSorted((a, b) => a.seq - b.seq)) {
      const step = this.#stepOf(payment, seq, aside)
      if (step !== undefined) of(payment).entries.push(step)
    }
    // What no till has said and none has asked for, the hub has decided itself.
    const isAsked = (requested: string | undefined): boolean => requested !== undefined || links.length === 0
    const approved = refunds.filter(({ id, requested, verdict }) => isAsked(requested) && verdict === 'approved' && !this.refunds.has(id))
    for (const { payment, event } of steps) {
      if (event === 'hub.attempt_failed' || event === 'hub.exchanged' || event === 'hub.refund_asked_again') continue
      const refund =
        event === 'hub.refunded'
          ? approved.splice(
              Math.max(
                0,
                approved.findIndex((one) => one.payment === payment),
              ),
              1,
            )[0]
          : undefined
      of(payment).hub.push({ event, amount: refund?.amountMinor ?? chargedBack.get(payment) ?? 0, mayPass: false })
    }
    return found
  }

  #stepOf(payment: Id, seq: PaymentEntry['seq'], aside: ReadonlySet<string>): Step | undefined {
    const kept = this.custody.entries[seq - 1]
    if (kept?.said === undefined || !isAbout(kept.said, payment)) return undefined
    const { kind, body } = kept.said
    // Said once more in another place: the same refund.
    if (kind === 'payment.refunded' && this.refunds.has(body.refundId)) return undefined
    const amount = kind === 'payment.captured' || kind === 'payment.refunded' || kind === 'payment.taken_in_cash' ? body.amountMinor : 0
    return { event: kind, amount, mayPass: aside.has(placeOf(kept)) }
  }

  #changes(payment: Payment, { entries, hub }: { readonly entries: readonly Step[]; readonly hub: readonly Step[] }): void {
    const before = this.payments.get(payment.id)
    if (before !== undefined && !isSamePayment(before, payment)) this.#trace.violation(6, `payment ${payment.id} was written over`)
    const from = { state: before?.state ?? 'CREATED', captured: before?.capturedMinor ?? 0, refunded: before?.refundedMinor ?? 0 }
    const path = explain(from, { state: payment.state, captured: payment.capturedMinor, refunded: payment.refundedMinor }, entries, hub)
    const why = [...entries, ...hub].map(({ event, amount }) => `${event}${amount > 0 ? ` ${amount}` : ''}`).join(', ')
    if (path === undefined)
      this.#trace.violation(
        5,
        `payment ${payment.id} went from ${from.state} ${from.refunded}/${from.captured} to ${payment.state} ${payment.refundedMinor}/${payment.capturedMinor} by ${why || 'nothing'}`,
      )
    for (const move of path ?? []) this.moves.add(`payment ${move}`)
    const funds = `${before?.funds ?? 'none'} > ${payment.funds}`
    if ((before?.funds ?? 'none') !== payment.funds) {
      if (!(fundsMoves as readonly string[]).includes(funds)) this.#trace.violation(5, `the money of payment ${payment.id} went ${funds}`)
      this.moves.add(`funds ${funds}`)
    }
    this.#trace.note(`hub has payment ${payment.id} ${payment.state} ${payment.funds}${payment.exception === undefined ? '' : ` ${payment.exception}`}`)
    this.payments.set(payment.id, payment)
    this.#hasItsMoney(payment)
  }

  /** Refunds and voids never exceed what was captured, and the money is where the row says. */
  #hasItsMoney({ id, state, funds, capturedMinor, refundedMinor }: Payment): void {
    const { in: came, out } = this.money.get(id) ?? { in: 0n, out: 0n }
    const kept = state === 'VOIDED' ? 0n : BigInt(capturedMinor - refundedMinor) + (this.#otherwise.get(id) ?? 0n)
    if (refundedMinor > capturedMinor) this.#trace.violation(12, `payment ${id} of ${capturedMinor}: ${refundedMinor} were refunded`)
    const hold = this.#accounts.transfers.get(`${id}/hold`)
    if ((hold?.status === 'open') !== (funds === 'held'))
      this.#trace.violation(9, `the money of payment ${id} is ${funds}, and its hold ${hold?.status ?? 'was never made'}`)
    if (funds === 'posted' && came - out !== kept) this.#trace.violation(12, `payment ${id} should have ${kept}: ${came} came and ${out} went back`)
    if (funds !== 'posted' && came !== out) this.#trace.violation(12, `payment ${id} is ${funds}: ${came} came and ${out} went back`)
  }

  // ---------------------------------------------------------------- money

  #books(transfer: Transfer): void {
    const { payment: id, id: transferId, amount } = transfer
    this.#cash.books(transfer)
    if (isExchangePosting(transferId)) return
    // What rounding gives and takes never was the customer's.
    if (transferId === `${id}/rounding` || transferId === `${id}/unrounding`) return
    // Nor a tip the merchant's; change and foreign notes are what the drawer gave and took for it.
    if (['tip', 'untip', 'change', 'foreign'].some((what) => transferId === `${id}/${what}`)) return
    if (id === undefined || (transfer.kind !== 'single' && transfer.kind !== 'post')) return
    // Written off, or less of it: nobody's money, but a loss that somebody bears.
    if (transfer.debit.startsWith('losses/') || transfer.credit.startsWith('losses/')) return
    const money = this.money.get(id) ?? { in: 0n, out: 0n, postings: 0 }
    this.money.set(id, money)
    // A chargeback that is won is the merchant's; its customer had the money back, and keeps it.
    if (transferId.endsWith('/represented')) return
    if (transferId === `${id}/return` || transferId.endsWith('/refund') || transferId.endsWith('/chargeback')) {
      money.out += amount
      this.#trace.note(`hub gives back ${amount} of payment ${id}`)
      if (money.out > money.in) this.#trace.violation(12, `payment ${id}: ${money.in} came and ${money.out} went back`)
      return
    }
    money.in += amount
    money.postings += 1
    if (money.postings > 1) this.#trace.violation(16, `payment ${id} was posted twice`)
    this.#trace.note(`hub posts ${amount} for payment ${id}`)
    const wrong = this.#unjustified(id, transfer)
    if (wrong !== undefined) this.#trace.violation(16, `payment ${id} was posted, but ${wrong}`)
  }

  /** Why no wallet agreed to this posting. */
  #unjustified(id: Id, { debit, amount }: Transfer): string | undefined {
    if (debit.startsWith('cash/')) {
      const taken = this.#taken.get(id)
      return taken !== undefined && debit === `cash/${taken.till}` && amount === BigInt(taken.amountMinor) ? undefined : `no till took ${amount} into ${debit}`
    }
    if (debit.startsWith('exchange/')) return amount === BigInt(this.#taken.get(id)?.amountMinor ?? -1) ? undefined : `no till took foreign notes for ${amount}`
    const intent = this.intents.get(id)
    if (intent === undefined) return 'nobody intended it'
    // That a credit never gives more than it had, `AccountWatch` sees.
    if (debit.startsWith('credit/')) return intent.code === `credit ${debit.slice('credit/'.length)}` ? undefined : `${debit} was not what paid`
    if (debit.startsWith('acquirer/')) return this.wasRestored || this.#law.tookFromCard(id, amount) ? undefined : `the acquirer has not taken ${amount} for it`
    const code = this.#law.genuine(intent.code)
    if (code === undefined) return 'no phone ever made its code'
    const exchanged = debit.startsWith('fx-position/') ? exchangedFor(this.#accounts.transfers, id) : undefined
    if ((exchanged?.debit ?? debit) !== `wallet/${code.wallet}`) return `the money was taken from ${exchanged?.debit ?? debit}`
    // After its hold had ended, what went back since is not asked for.
    if (exchanged !== undefined && !this.#law.confirmedAbroad(code).some((sum) => exchanged.amount <= sum)) return `nobody confirmed ${exchanged.amount}`
    if (amount > BigInt(intent.amountMinor)) return `it is over ${intent.amountMinor}`
    const other = this.#paidByCode.get(code.text)
    if (other !== undefined) return `its code paid ${other} already`
    this.#paidByCode.set(code.text, id)
    this.#law.paid(code)
    if (code.confirmed === undefined)
      return amount > BigInt(this.#law.showCapMinor) ? 'its code was merely shown, and it is above the cap for those' : undefined
    const { till, amountMinor, nonce } = code.confirmed
    const same = this.#paidByNonce.get(nonce)
    if (same !== undefined) return `its request was paid by ${same} already`
    this.#paidByNonce.set(nonce, id)
    return till === intent.till && amountMinor === intent.amountMinor ? undefined : `the phone confirmed ${amountMinor} at ${till}`
  }
}

/** Links also name entries that move nothing: sales, requests, answers. */
const isAbout = (entry: Entry, payment: Id): boolean => entry.kind.startsWith('payment.') && 'paymentId' in entry.body && entry.body.paymentId === payment

const isSamePayment = (a: Payment, b: Payment): boolean =>
  a.content === b.content && a.amountMinor === b.amountMinor && a.till === b.till && a.intended === b.intended
