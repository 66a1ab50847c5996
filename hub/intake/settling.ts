import { judgedAt, misdated, type Dated } from './back-dating.ts'
import { judgeCashMoved, judgeShiftOpened, postRounding } from './cash.ts'
import { retryPayment } from './collecting.ts'
import { Desk, type Needs, type Shopkeeper } from './desk.ts'
import { codeKeysOf, expireHold, judgePayment, signDecisions, type Bench } from './payments.ts'
import type { Proven, ProofClaim, Prove } from './proof.ts'
import { pump } from './pump.ts'
import { judgeRefund, judgeRefundAnswered, judgeRefundRequest, signRefundDecisions } from './refunds.ts'
import { keyOf, openSalvaged, type Salvage } from './salvage.ts'
import { wrongInSale } from './sales.ts'
import { judgeShiftClosed } from './shifts.ts'
import { judgeStaffActed } from './staff.ts'
import type { HubStore, StoredEntry } from '../store/hub-store.ts'
import type { Transfer } from '../ledger/ledger.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { knownError } from '#protocol/errors.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type Entry, type EntryBody } from '#protocol/journal/entry.ts'
import { invariant, unreachable, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type Clock, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'

/**
 * Settling: what entries in custody mean. In the hub's order, each exactly once: the payments, postings and exceptions of a turn and the
 * cursor behind its last entry are one commit. An entry that makes no sense is set aside for a person, and the next one goes on.
 */
export type SettlingPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly store: HubStore
  readonly shop: Shopkeeper
  readonly prove: Prove
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
}
/** Entries that are read and decoded, and whose proofs are being verified. `full`: it is as large as one may be, so there may be more behind it. */
type Stretch = { readonly after: number; readonly to: number; readonly full: boolean; readonly items: Promise<readonly Item[]> }
type Answer = { readonly till: Id; readonly kind: 'decision' | 'refund'; readonly message: Uint8Array }

export function createSettling(ports: SettlingPorts): Settling {
  const { store, warn } = ports
  const bench: Bench = {
    shop: ports.shop,
    crypto: ports.crypto,
    sign: (decision) => encodeSigned(ports.ackSigner(), signedTypes.decision, decision),
    signRefund: (decision) => encodeSigned(ports.ackSigner(), signedTypes.refund, decision),
  }

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
    if (items.length === 0 && due.length === 0 && retries.length === 0) return false
    const settled = await settle({ now, from: settledSeq, items, due, retries })
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
    const needs = needsOf(turn)
    const to = turn.items.at(-1)?.stored.seq ?? turn.from
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await judgeAll(turn, () => Desk.open(store, needs, ports.shop, turn.now))
      const decisions = signDecisions(desk, bench).map((signed) => ({ ...signed, kind: 'decision' as const }))
      const refunds = signRefundDecisions(desk, bench).map((signed) => ({ ...signed, kind: 'refund' as const }))
      const committed = await store.commit(desk.changes({ from: turn.from, to }))
      if (committed === 'full') return 'full'
      if (committed === 'done') return [...decisions, ...refunds]
    }
    invariant(false, 'settling commits in the end')
  }

  /**
   * Judges on a fresh desk. An entry over which the judge itself stumbles is set aside too, loudly, and the turn begins anew without it:
   * stopping there would keep every later payment of every till from its money.
   */
  async function judgeAll(turn: Turn, openDesk: () => Promise<Desk>): Promise<Desk> {
    const stumbled = new Map<number, string>()
    for (;;) {
      const desk = await openDesk()
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
      for (const { payment } of turn.due) if (payment !== undefined) expireHold(desk, payment)
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
    const at = judgedAt(entry.value.at, datedAs(stored, salvage))
    claimOf.set(stored.seq, claims.length)
    claims.push({ code: instrument.code, request: instrument.request, till: stored.till, amountMinor, currency, at })
  }
  const proven = claims.length === 0 ? [] : await prove(claims)
  invariant(proven.length === claims.length, 'every claim is answered')
  return read.map((item) => ({ ...item, proof: proven[claimOf.get(item.stored.seq) ?? -1] }))
}

function needsOf({ items, due, retries }: Turn): Needs {
  const payments = new Set<Id>([...due.flatMap(({ payment }) => payment ?? []), ...retries])
  const [codes, wallets, receipts, salvaged] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()]
  const [refunds, tills, movements] = [new Set<Id>(), new Set<Id>(), new Set<Id>()]
  for (const { stored, entry, key, proof } of items) {
    tills.add(stored.till)
    if (key !== undefined) salvaged.add(key)
    if (!entry.ok) continue
    const { kind, body } = entry.value
    if ('paymentId' in body) payments.add(body.paymentId)
    if ('refundId' in body) refunds.add(body.refundId)
    if ('movementId' in body) movements.add(body.movementId)
    if (kind === 'refund.requested') receipts.add(body.of)
    if (kind === 'sale.completed') for (const { paymentId } of body.payments) payments.add(paymentId)
    if (proof?.ok !== true) continue
    for (const key of codeKeysOf(stored.till, proof.value)) codes.add(key)
    wallets.add(proof.value.wallet)
  }
  return { payments, codes, wallets, refunds, receipts, salvaged, tills, movements }
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
      return judgePayment(desk, bench, stored, value, proof)
    case 'payment.refunded':
      return judgeRefund(desk, bench, stored, value)
    case 'refund.requested':
      return judgeRefundRequest(desk, bench, stored, value)
    case 'refund.answered':
      return judgeRefundAnswered(desk, stored, value)
    case 'shift.opened':
      return judgeShiftOpened(desk, stored, value.body, bench.shop)
    case 'cash.moved':
      return judgeCashMoved(desk, stored, value.body, bench.shop)
    case 'shift.closed':
      return judgeShiftClosed(desk, stored, value.body, bench.shop)
    case 'staff.acted':
      return judgeStaffActed(desk, stored, value.body, bench.shop.staff)
    case 'entry.salvaged':
      return invariant(false, 'what is inside a salvaged entry is judged, not the entry')
    default:
      return unreachable(value)
  }
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
  const wrong = wrongInSale(desk, sale)
  if (wrong !== undefined) desk.setAside(stored, 'entry.amount_mismatch', wrong, sale.payments[0]?.paymentId)
  const inCash = sale.payments.map(({ paymentId }) => desk.payment(paymentId)).find((payment) => payment?.profile === 'cash')
  if (wrong === undefined && inCash?.state === 'CAPTURED') postRounding(desk, shop, inCash, sale.roundingMinor ?? 0)
  for (const id of new Set(sale.payments.map(({ paymentId }) => paymentId))) if (desk.payment(id) !== undefined) desk.link(id, stored.seq)
}
