import { swipeKey } from './cards.ts'
import { judgedAt, misdated, type Dated } from './back-dating.ts'
import { fundCredit, judgeCreditIssued } from './credits.ts'
import { giftsArePaid, takeBackGifts } from './gifts.ts'
import { judgeCashMoved, judgeShiftOpened, postRounding } from './cash.ts'
import { retryPayment } from './collecting.ts'
import { Desk, type Needs, type Shopkeeper } from './desk.ts'
import { codeKeysOf, expireHold, judgePayment, signDecisions, type Bench } from './payments.ts'
import type { Proven, ProofClaim, Prove } from './proof.ts'
import { pump } from './pump.ts'
import { hearLabels, takenIn } from './risk-asking.ts'
import { claimedBy, expireUnclaimed, otherWayOf, takenOverKey } from './merchant-qr.ts'
import { isPhonePaymentId } from './phone-payment-id.ts'
import { exchangeAccounts } from '../exchange/postings.ts'
import { judgeRefund, judgeRefundAnswered, judgeRefundRequest, signRefundDecisions } from './refunds.ts'
import { keyOf, openSalvaged, type Salvage } from './salvage.ts'
import { postPoints, withPoints } from './points.ts'
import { givesMore, wrongBeside, wrongInSale } from './sales.ts'
import { judgeReturned } from './returns.ts'
import { judgeNumbers } from './numbers.ts'
import { schemeKey } from './schemes.ts'
import { judgeShiftClosed } from './shifts.ts'
import { judgeStaffActed } from './staff.ts'
import { countersOf, judgeReceiptRequested } from './receipt-requests.ts'
import { postTip } from './tips.ts'
import { judgeOrderHandedOver, judgeOrderPlaced, orderDocument } from '../orders/order.ts'
import { creditDayId, requestKey, type HubStore, type StoredEntry } from '../store/hub-store.ts'
import type { Transfer } from '../ledger/ledger.ts'
import type { HeardLabel, RiskDesk } from '../risk/desk.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { knownError } from '#protocol/errors.ts'
import { hex } from '#protocol/bytes.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type Entry, type EntryBody } from '#protocol/journal/entry.ts'
import type { Currency } from '#protocol/money.ts'
import { invariant, unreachable, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type Clock, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'

/**
 * Settling: what entries in custody mean. In the hub's order, each exactly once: the payments, postings and exceptions of a turn and the
 * cursor behind its last entry are one commit. An entry that makes no sense is set aside for a person, and the next one goes on.
 */
export type SettlingPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Crypto
  readonly store: HubStore
  readonly shop: Shopkeeper
  readonly prove: Prove
  /** What thinks about payments. Missing: nobody does. */
  readonly risk?: RiskDesk | undefined
  ackSigner(): Signer
  /** Answers to `payment.intended` and to `refund.requested`. */
  sendDecision(till: Id, kind: 'decision' | 'refund', message: Uint8Array): void
  /** Until then (monotonic) custody is busy: it comes first, since that is what makes tills safe. Undefined: no. */
  busyUntil?(): DurationMs
  /** Something that the console shows has changed. */
  changed(): void
  warn(line: string): void
}

export interface Settling {
  /** There may be entries, or holds and attempts whose time has come. */
  wake(): void
  idle(): Promise<void>
  stop(): Promise<void>
}

const MAX_TURN_ENTRIES = 1000
const STRETCHES_AHEAD = 2
/** Entries may be large, if a till means harm. */
const MAX_TURN_BYTES = 4 * 1024 * 1024
const MAX_TURN_HOLDS = 100
const MAX_TURN_RETRIES = 100
const MAX_STALE_COMMITS = 20
const FULL_DISK_PAUSE = 5 * SECOND
/** Settling gives way to custody, but goes on: tills that drain without end must not keep others from their money. */
const LONGEST_WAIT: DurationMs = 3 * SECOND

/** `entry` is what is judged: of a salvaged entry the one inside, while `stored` stays the one that brought it. `key`: what must be judged only once under it. */
type Item = {
  readonly stored: StoredEntry
  readonly entry: Outcome<Entry, 'entry.malformed'>
  readonly salvage: Salvage | undefined
  readonly key: string | undefined
  readonly proof: Proven | undefined
}
/** The clock is read once: what was due must not be early again because somebody put the clock back meanwhile. */
type Turn = {
  readonly now: EpochMs
  readonly from: number
  readonly items: readonly Item[]
  readonly due: readonly Transfer[]
  readonly retries: readonly Id[]
  readonly labels: readonly HeardLabel[]
}
/** Entries that are read and decoded, and whose proofs are being verified. `full`: it is as large as one may be, so there may be more behind it. */
type Stretch = { readonly after: number; readonly to: number; readonly full: boolean; readonly items: Promise<readonly Item[]> }
type Answer = { readonly till: Id; readonly kind: 'decision' | 'refund'; readonly message: Uint8Array }

/** Whoever judges payments or hears about them from an acquirer signs what tills wait for. */
export const benchOf = ({ shop, crypto, ackSigner }: Pick<SettlingPorts, 'shop' | 'crypto' | 'ackSigner'>): Bench => ({
  shop,
  crypto,
  sign: (decision) => encodeSigned(ackSigner(), signedTypes.decision, decision),
  signRefund: (decision) => encodeSigned(ackSigner(), signedTypes.refund, decision),
  isOurs(receipt) {
    const { keyId, publicKey } = ackSigner()
    return openSigned(crypto, receipt, signedTypes.paid, (id) => (id === hex(keyId) ? publicKey : undefined)).ok
  },
})

export function createSettling(ports: SettlingPorts): Settling {
  const { store, warn, risk } = ports
  const bench = benchOf(ports)

  /** What comes next, with a backlog: the workers verify its proofs while a turn is judged and committed, and are not kept waiting by the reading of more. */
  let ahead: Stretch[] = []

  async function stretchAfter(after: number): Promise<Stretch | undefined> {
    const entries = await store.entries(after, MAX_TURN_ENTRIES, MAX_TURN_BYTES)
    const last = entries.at(-1)
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
    return last && { after, to: last.seq, full: entries.length === MAX_TURN_ENTRIES || bytes >= MAX_TURN_BYTES, items: proveItems(ports, entries) }
  }

  async function nextStretch(after: number): Promise<Stretch | undefined> {
    if (ahead[0]?.after !== after) ahead = []
    const first = ahead.shift() ?? (await stretchAfter(after))
    for (let last = ahead.at(-1) ?? first; last?.full === true && ahead.length < STRETCHES_AHEAD; last = ahead.at(-1)) {
      const next = await stretchAfter(last.to)
      if (next === undefined) break
      ahead.push(next)
    }
    return first
  }

  /** Who waits for all to be settled, or for the end, sends nothing more. */
  let hurried = false
  let wakeUp: () => void = () => undefined
  async function giveWay(): Promise<void> {
    const since = ports.clock.monotonic()
    while (!hurried) {
      const wait = Math.min(ports.busyUntil?.() ?? -Infinity, since + LONGEST_WAIT) - ports.clock.monotonic()
      if (wait <= 0) break
      await new Promise<void>((resolve) => {
        wakeUp = resolve
        ports.timers.after(wait, resolve)
      })
    }
  }
  async function hurry(until: () => Promise<void>): Promise<void> {
    hurried = true
    wakeUp()
    await until()
    hurried = false
  }

  async function turn(): Promise<boolean> {
    await giveWay()
    const { settledSeq } = await store.standing()
    const stretch = await nextStretch(settledSeq)
    const items = (await stretch?.items) ?? []
    const now = ports.clock.now()
    const due = await store.dueHolds(now, MAX_TURN_HOLDS)
    const retries = await store.dueRetries(now, MAX_TURN_RETRIES)
    const labels = (await risk?.labelsDue(now)) ?? []
    if (items.length === 0 && due.length === 0 && retries.length === 0 && labels.length === 0) return false
    const settled = await settle({ now, from: settledSeq, items, due, retries, labels })
    if (settled === 'full') {
      warn('the disk is full: entries stay in custody and are settled later')
      ports.timers.after(FULL_DISK_PAUSE, work.wake)
      return false
    }
    for (const { till, kind, message } of settled) ports.sendDecision(till, kind, message)
    ports.changed()
    return stretch?.full === true || ahead.length > 0 || due.length === MAX_TURN_HOLDS || retries.length === MAX_TURN_RETRIES
  }

  async function settle(turn: Turn): Promise<'full' | readonly Answer[]> {
    const needs = needsOf(turn, ports.crypto)
    const to = turn.items.at(-1)?.stored.seq ?? turn.from
    const stumbled = new Map<number, string>()
    let engine = await risk?.engine()
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const asked = risk && engine && { engine, settings: risk.settings, taken: takenIn(turn.items) }
      const desk = await judgeAll(turn, { ...bench, risk: asked }, stumbled, () => Desk.open(store, needs, ports.shop, turn.now))
      if (risk !== undefined && engine?.isAll(desk.riskRows) === false) {
        engine = await risk.afresh()
        continue
      }
      const decisions = signDecisions(desk, bench).map((signed) => ({ ...signed, kind: 'decision' as const }))
      const refunds = signRefundDecisions(desk, bench).map((signed) => ({ ...signed, kind: 'refund' as const }))
      const committed = await store.commit(desk.changes({ from: turn.from, to }))
      if (committed === 'full') return 'full'
      if (committed !== 'done') continue
      risk?.committed()
      return [...decisions, ...refunds]
    }
    invariant(false, 'settling commits in the end')
  }

  /**
   * Judges on a fresh desk. An entry over which the judge itself stumbles is set aside too, loudly, and the turn begins anew without it:
   * stopping there would keep every later payment of every till from its money.
   */
  async function judgeAll(turn: Turn, bench: Bench, stumbled: Map<number, string>, openDesk: () => Promise<Desk>): Promise<Desk> {
    for (;;) {
      const desk = await openDesk()
      if (bench.risk !== undefined) hearLabels(desk, bench.risk, turn.labels)
      let at = 0
      try {
        for (const item of turn.items) {
          at = item.stored.seq
          const reason = stumbled.get(at)
          if (reason === undefined) judge(desk, bench, item)
          else desk.setAside(item.stored, 'entry.malformed', `the hub stumbled over it: ${reason}`)
        }
      } catch (error) {
        stumbled.set(at, error instanceof Error ? error.message : String(error))
        warn(`entry ${at} was set aside: ${stumbled.get(at)}`)
        continue
      }
      for (const { payment } of turn.due) if (payment !== undefined) (desk.payment(payment) === undefined ? expireUnclaimed : expireHold)(desk, payment)
      for (const payment of turn.retries) retryPayment(desk, bench.shop, payment)
      return desk
    }
  }

  const work = pump(turn)
  return { wake: work.wake, idle: () => hurry(work.idle), stop: () => hurry(work.stop) }
}

async function proveItems({ prove, store, crypto }: SettlingPorts, entries: readonly StoredEntry[]): Promise<Item[]> {
  const read: Omit<Item, 'proof'>[] = []
  const stands = new Map((await store.get('heads', [...new Set(entries.map(({ till }) => till))])).map(({ id, epoch }) => [id, epoch]))
  for (const stored of entries) {
    const entry = decodeEntry(stored.bytes, stored)
    const salvage = entry.ok && entry.value.kind === 'entry.salvaged' ? await openSalvaged(store, crypto, stored, entry.value) : undefined
    // The end of a closed epoch, from an export, may come behind the entries that carried it over.
    const isOfClosed = salvage === undefined && stored.epoch < (stands.get(stored.till) ?? 0)
    read.push({ stored, entry: salvage?.entry ?? entry, salvage, key: isOfClosed ? keyOf(crypto, stored, stored.bytes) : salvage?.key })
  }
  const claims: ProofClaim[] = []
  const claimOf = new Map<number, number>()
  for (const { stored, entry, salvage } of read) {
    if (!entry.ok || entry.value.kind !== 'payment.intended') continue
    const { instrument, amountMinor, currency } = entry.value.body
    // Who has a credit's code is looked up among the credits, when the payment is judged.
    if (instrument.type !== 'wallet') continue
    const at = judgedAt(entry.value.at, datedAs(stored, salvage))
    claimOf.set(stored.seq, claims.length)
    claims.push({ code: instrument.code, request: instrument.request, till: stored.till, amountMinor, currency, at })
  }
  const proven = claims.length === 0 ? [] : await prove(claims)
  invariant(proven.length === claims.length, 'every claim is answered')
  return read.map((item) => ({ ...item, proof: proven[claimOf.get(item.stored.seq) ?? -1] }))
}

function needsOf({ items, due, retries }: Turn, crypto: Pick<Crypto, 'sha256'>): Needs {
  const payments = new Set<Id>([...due.flatMap(({ payment }) => payment ?? []), ...retries])
  const holds = new Set<Id>(due.flatMap(({ payment }) => payment ?? []))
  const [codes, wallets, salvaged] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const [refunds, tills, movements, credits] = [new Set<Id>(), new Set<Id>(), new Set<Id>(), new Set<Id>()]
  const [returns, goodsOf, goodsPaidBy] = [new Set<Id>(), new Set<string>(), new Set<Id>()]
  const [points, customers, serials] = [new Set<Id>(), new Set<Id>(), new Set<string>()]
  const [sendings, counters, accounts] = [new Set<Id>(), new Set<string>(), new Set<string>()]
  const [creditDays, currencies, documents] = [new Set<string>(), new Set<Currency>(), new Set<string>()]
  for (const { stored, entry, salvage, key, proof } of items) {
    tills.add(stored.till)
    if (key !== undefined) salvaged.add(key)
    if (!entry.ok) continue
    const { kind, body } = entry.value
    if ('paymentId' in body) payments.add(body.paymentId)
    if ('refundId' in body) refunds.add(body.refundId)
    if ('movementId' in body) movements.add(body.movementId)
    if (kind === 'refund.requested') goodsOf.add(body.of)
    if ('orderId' in body) documents.add(orderDocument(body.orderId))
    if (kind === 'order.placed') for (const { paymentId } of body.payments) payments.add(paymentId)
    if (kind === 'receipt.requested') {
      goodsOf.add(body.receiptNumber)
      sendings.add(body.requestId)
      for (const counter of countersOf(stored.till, judgedAt(entry.value.at, datedAs(stored, salvage)), body.receiptNumber)) counters.add(counter)
    }
    if (kind === 'payment.refunded' || kind === 'payment.voided') {
      points.add(body.paymentId)
      goodsPaidBy.add(body.paymentId)
    }
    if (kind === 'sale.completed' && body.customer !== undefined) {
      customers.add(body.customer)
      for (const { paymentId } of body.payments) points.add(paymentId)
    }
    if (kind === 'sale.completed' && givesMore(body)) for (const { paymentId } of body.payments) goodsPaidBy.add(paymentId)
    if (kind === 'sale.completed') {
      for (const { paymentId } of body.payments) payments.add(paymentId)
      for (const { creditId } of body.lines) if (creditId !== undefined) credits.add(creditId)
      for (const line of body.lines) for (const serial of line.serials ?? []) serials.add(serial)
    }
    if ('creditId' in body && body.creditId !== undefined) credits.add(body.creditId)
    if (kind === 'goods.returned') {
      returns.add(body.returnId)
      if (body.of !== undefined) goodsOf.add(body.of)
      creditDays.add(creditDayId(stored.till, judgedAt(entry.value.at, datedAs(stored, salvage))))
      for (const { refundId, paymentId } of body.refunds) {
        payments.add(paymentId)
        goodsPaidBy.add(paymentId)
        refunds.add(refundId)
      }
    }
    if (kind === 'credit.issued') creditDays.add(creditDayId(stored.till, judgedAt(entry.value.at, datedAs(stored, salvage))))
    const claimed = kind === 'payment.intended' ? claimedBy(body) : undefined
    if ('paymentId' in body && isPhonePaymentId(body.paymentId)) holds.add(body.paymentId)
    const otherWay = kind === 'payment.intended' ? otherWayOf(crypto, body) : undefined
    if (otherWay !== undefined) {
      holds.add(otherWay)
      payments.add(otherWay)
      codes.add(takenOverKey(otherWay))
    }
    if (claimed !== undefined) {
      codes.add(takenOverKey(claimed.paymentId))
      codes.add(requestKey(stored.till, claimed.nonce))
      wallets.add(claimed.wallet)
      if (claimed.exchange !== undefined) for (const account of exchangeAccounts(claimed.currency, [claimed.exchange.currency])) accounts.add(account)
    }
    if (kind === 'payment.intended' && body.instrument.type === 'card') codes.add(swipeKey(body.instrument.encrypted.ksn))
    if (kind === 'payment.intended' && body.instrument.type === 'scheme') codes.add(schemeKey(body.instrument.scheme, body.instrument.code))
    if (kind === 'payment.intended' && body.instrument.type === 'credit') credits.add(body.instrument.creditId)
    for (const currency of currenciesOf(entry.value)) currencies.add(currency)
    if (proof?.ok !== true) continue
    for (const key of codeKeysOf(stored.till, proof.value)) codes.add(key)
    wallets.add(proof.value.wallet)
  }
  return {
    holds,
    payments,
    codes,
    wallets,
    refunds,
    salvaged,
    tills,
    movements,
    credits,
    creditDays,
    currencies,
    returns,
    goodsOf,
    goodsPaidBy,
    serials,
    points,
    customers,
    sendings,
    counters,
    accounts,
    documents,
  }
}

/** Of notes and coins. */
function currenciesOf({ kind, body }: Entry): readonly Currency[] {
  if (kind === 'payment.taken_in_cash') return body.foreign === undefined ? [] : [body.foreign.currency]
  if (kind === 'shift.closed') return (body.foreignCash ?? []).map(({ currency }) => currency)
  return kind === 'cash.moved' ? [body.currency] : []
}

function judge(desk: Desk, bench: Bench, { stored, entry, salvage, key, proof }: Item): void {
  if (salvage?.known === true || (key !== undefined && !desk.takeSalvaged(key, stored.seq))) return
  if (!entry.ok) return desk.setAside(stored, entry.code, entry.detail)
  const { value } = entry
  const dated = datedAs(stored, salvage)
  const wrongTime = misdated(value.at, dated)
  if (wrongTime !== undefined) desk.setAside(stored, wrongTime, datesOf(value.at, dated), 'paymentId' in value.body ? value.body.paymentId : undefined)
  switch (value.kind) {
    case 'epoch.opened':
      return judgeEpoch(desk, stored, value.body)
    case 'incident.recorded':
      return desk.setAside(stored, knownError(value.body.code, 'entry.unknown_incident'), value.body.detail ?? value.body.code)
    case 'sale.completed':
      return judgeSale(desk, bench.shop, stored, value.body)
    case 'payment.intended':
    case 'payment.rejected':
    case 'payment.held':
    case 'payment.accepted_offline':
    case 'payment.unknown':
    case 'payment.declined':
    case 'payment.voided':
    case 'payment.reversed':
    case 'payment.captured':
    case 'payment.taken_in_cash':
      return givingBack(desk, bench, stored, [value.body.paymentId], () => judgePayment(desk, bench, stored, value, proof))
    case 'payment.refunded':
      return givingBack(desk, bench, stored, [value.body.paymentId], () => judgeRefund(desk, bench, stored, value))
    case 'refund.requested': {
      const payments = desk.paymentsByReceipt(value.body.of).map(({ id }) => id)
      return givingBack(desk, bench, stored, payments, () => judgeRefundRequest(desk, bench, stored, value))
    }
    case 'refund.answered':
      return judgeRefundAnswered(desk, stored, value)
    case 'credit.issued':
      return judgeCreditIssued(desk, stored, judgedAt(value.at, dated), value.body, bench.shop)
    case 'goods.returned':
      return judgeReturned(desk, bench, stored, value)
    case 'receipt.requested':
      return judgeReceiptRequested(desk, stored, judgedAt(value.at, dated), value.body)
    case 'order.placed':
      return judgeOrderPlaced(desk, stored, value.body)
    case 'order.handed_over':
      return judgeOrderHandedOver(desk, stored, value.body)
    case 'shift.opened':
      return judgeShiftOpened(desk, stored, value.body, bench.shop)
    case 'cash.moved':
      return judgeCashMoved(desk, stored, value.body, bench.shop)
    case 'shift.closed':
      return judgeShiftClosed(desk, stored, value.body, bench.shop)
    case 'staff.acted':
      return judgeStaffActed(desk, stored, value, bench.shop.staff)
    case 'entry.salvaged':
      return invariant(false, 'what is inside a salvaged entry is judged, not the entry')
    default:
      return unreachable(value)
  }
}

/** Does what may give money of these payments back, and then what hangs on it. */
function givingBack(desk: Desk, { shop }: Bench, stored: StoredEntry, payments: readonly Id[], act: () => void): void {
  withPoints(desk, payments, act)
  takeBackGifts(desk, shop, stored, payments)
}

/** A salvaged entry was written before the epoch that brought it, and is younger than what bounded its own epoch when the next one began. */
const datedAs = ({ floorAt, receivedAt }: StoredEntry, salvage: Salvage | undefined): Dated => ({
  floorAt: salvage === undefined ? floorAt : salvage.floorAt,
  receivedAt,
})

const datesOf = (at: EpochMs, { floorAt, receivedAt }: Dated): string =>
  `says ${dateOf(at)}, came at ${dateOf(receivedAt)}${floorAt === undefined ? '' : `, after ${dateOf(floorAt)}`}`

/** Whole milliseconds reach further than dates do (ECMA-262 §21.4.1.1). */
const MAX_DATE: EpochMs = 8.64e15
const dateOf = (at: EpochMs): string => (at > MAX_DATE ? `${at} ms` : new Date(at).toISOString())

/** A till begins anew only when it is enrolled; after that something has happened to its journal. */
function judgeEpoch(desk: Desk, stored: StoredEntry, { reason, previous }: EntryBody<'epoch.opened'>): void {
  if (reason === 'enrolled') return
  // A till that was put back to a backup has lost count of its shift.
  if (reason === 'restored') desk.forgetShift(stored.till)
  const code = reason === 'restored' ? 'till.restored' : 'till.journal_salvaged'
  desk.setAside(stored, code, previous === undefined ? undefined : `goes on after entry ${previous.n} of epoch ${previous.epoch}`)
}

function judgeSale(desk: Desk, shop: Shopkeeper, stored: StoredEntry, sale: EntryBody<'sale.completed'>): void {
  const first = desk.soldGoods(stored.till, sale.saleId)?.sale
  const wrong = wrongInSale(desk, stored.till, sale) ?? (first === undefined ? undefined : wrongBeside(first, sale))
  desk.saveSoldGoods(stored.till, sale)
  if (wrong !== undefined) desk.setAside(stored, 'entry.amount_mismatch', wrong, sale.payments[0]?.paymentId)
  if (wrong === undefined) {
    // The part that was rounded is the last, since it left nothing to pay.
    const inCash = sale.payments.map(({ paymentId }) => desk.payment(paymentId)).findLast((payment) => payment?.profile === 'cash')
    if (inCash?.state === 'CAPTURED') postRounding(desk, shop, inCash, sale.roundingMinor ?? 0)
    postTip(desk, shop, sale)
    const arePaid = giftsArePaid(desk, sale)
    for (const { creditId, totalMinor } of sale.lines) {
      if (creditId === undefined) continue
      if (arePaid) fundCredit(desk, shop, stored, { id: creditId, amountMinor: totalMinor, backing: sale.saleId })
      else desk.setAside(stored, 'credit.not_paid', `credit ${creditId} over ${totalMinor} is worth nothing yet`, sale.payments[0]?.paymentId)
    }
  }
  if (wrong === undefined) {
    postPoints(desk, stored, sale, shop)
    judgeNumbers(desk, stored, sale)
  }
  for (const id of new Set(sale.payments.map(({ paymentId }) => paymentId))) if (desk.payment(id) !== undefined) desk.link(id, stored.seq)
}
