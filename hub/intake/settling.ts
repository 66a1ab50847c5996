import { Desk, type Needs, type Shopkeeper } from './desk.ts'
import { codeKeysOf, expireHold, judgePayment, signDecisions, type Bench } from './payments.ts'
import type { Proven, ProofClaim, Prove } from './proof.ts'
import { pump } from './pump.ts'
import { wrongInSale } from './sales.ts'
import type { HubStore, StoredEntry } from '../store/hub-store.ts'
import type { Transfer } from '../ledger/ledger.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { knownError } from '#protocol/errors.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type Entry } from '#protocol/journal/entry.ts'
import { invariant, unreachable, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type Clock, type EpochMs, type Timers } from '#protocol/time.ts'

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
  sendDecision(till: Id, decision: Uint8Array): void
  /** The last entry of its till that a turn has settled. */
  settled(last: StoredEntry): void
  /** Something that the console shows has changed. */
  changed(): void
  warn(line: string): void
}

export interface Settling {
  /** There may be entries, or holds whose time has come. */
  wake(): void
  idle(): Promise<void>
  stop(): Promise<void>
}

const MAX_TURN_ENTRIES = 500
const MAX_TURN_HOLDS = 100
const MAX_STALE_COMMITS = 20
const FULL_DISK_PAUSE = 5 * SECOND

type Item = { readonly stored: StoredEntry; readonly entry: Outcome<Entry, 'entry.malformed'>; readonly proof: Proven | undefined }
/** The clock is read once: a hold that was due must not be early again because somebody put the clock back meanwhile. */
type Turn = { readonly now: EpochMs; readonly from: number; readonly items: readonly Item[]; readonly due: readonly Transfer[] }

export function createSettling(ports: SettlingPorts): Settling {
  const { store, warn } = ports
  const bench: Bench = {
    shop: ports.shop,
    crypto: ports.crypto,
    sign: (decision) => encodeSigned(ports.ackSigner(), signedTypes.decision, decision),
  }

  const itemsAfter = async (seq: number) => await proveItems(ports.prove, await store.entries(seq, MAX_TURN_ENTRIES))
  /** With a backlog the workers verify the next turn's proofs while this one is judged and committed. */
  let ahead: { readonly after: number; readonly items: Promise<readonly Item[]> } | undefined

  async function turn(): Promise<boolean> {
    const { settledSeq } = await store.standing()
    const items = await (ahead?.after === settledSeq ? ahead.items : itemsAfter(settledSeq))
    const last = items.at(-1)
    ahead = last === undefined || items.length < MAX_TURN_ENTRIES ? undefined : { after: last.stored.seq, items: itemsAfter(last.stored.seq) }
    const now = ports.clock.now()
    const due = await store.dueHolds(now, MAX_TURN_HOLDS)
    if (items.length === 0 && due.length === 0) return false
    const settled = await settle({ now, from: settledSeq, items, due })
    if (settled === 'full') {
      warn('the disk is full: entries stay in custody and are settled later')
      ports.timers.after(FULL_DISK_PAUSE, work.wake)
      return false
    }
    for (const stored of new Map(items.map((item) => [item.stored.till, item.stored])).values()) ports.settled(stored)
    for (const { till, decision } of settled) ports.sendDecision(till, decision)
    ports.changed()
    return ahead !== undefined || due.length === MAX_TURN_HOLDS
  }

  async function settle(turn: Turn): Promise<'full' | ReturnType<typeof signDecisions>> {
    const needs = needsOf(turn)
    const to = turn.items.at(-1)?.stored.seq ?? turn.from
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await judgeAll(turn, () => Desk.open(store, needs, ports.shop, turn.now))
      const answers = signDecisions(desk, bench)
      const committed = await store.commit(desk.changes({ from: turn.from, to }))
      if (committed === 'full') return 'full'
      if (committed === 'done') return answers
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
      return desk
    }
  }

  const work = pump(turn)
  return work
}

async function proveItems(prove: Prove, entries: readonly StoredEntry[]): Promise<Item[]> {
  const read = entries.map((stored) => ({ stored, entry: decodeEntry(stored.bytes, stored) }))
  const claims: ProofClaim[] = []
  const claimOf = new Map<number, number>()
  for (const { stored, entry } of read) {
    if (!entry.ok || entry.value.kind !== 'payment.intended') continue
    const { instrument, amountMinor, currency } = entry.value.body
    claimOf.set(stored.seq, claims.length)
    claims.push({ code: instrument.code, request: instrument.request, till: stored.till, amountMinor, currency, at: entry.value.at })
  }
  const proven = claims.length === 0 ? [] : await prove(claims)
  invariant(proven.length === claims.length, 'every claim is answered')
  return read.map(({ stored, entry }) => ({ stored, entry, proof: proven[claimOf.get(stored.seq) ?? -1] }))
}

function needsOf({ items, due }: Turn): Needs {
  const payments = new Set<Id>(due.flatMap(({ payment }) => payment ?? []))
  const codes = new Set<string>()
  const wallets = new Set<string>()
  for (const { stored, entry, proof } of items) {
    if (entry.ok && 'paymentId' in entry.value.body) payments.add(entry.value.body.paymentId)
    if (entry.ok && entry.value.kind === 'sale.completed') for (const { paymentId } of entry.value.body.payments) payments.add(paymentId)
    if (proof?.ok !== true) continue
    for (const key of codeKeysOf(stored.till, proof.value)) codes.add(key)
    wallets.add(proof.value.wallet)
  }
  return { payments, codes, wallets }
}

function judge(desk: Desk, bench: Bench, { stored, entry, proof }: Item): void {
  if (!entry.ok) return desk.setAside(stored, entry.code, entry.detail)
  const { value } = entry
  switch (value.kind) {
    case 'epoch.opened':
      return
    case 'incident.recorded':
      return desk.setAside(stored, knownError(value.body.code, 'entry.unknown_incident'), value.body.detail ?? value.body.code)
    case 'sale.completed': {
      const wrong = wrongInSale(desk, value.body)
      if (wrong !== undefined) desk.setAside(stored, 'entry.amount_mismatch', wrong, value.body.payments[0]?.paymentId)
      for (const { paymentId } of value.body.payments) if (desk.payment(paymentId) !== undefined) desk.link(paymentId, stored.seq)
      return
    }
    case 'payment.intended':
    case 'payment.rejected':
    case 'payment.held':
    case 'payment.accepted_offline':
    case 'payment.declined':
    case 'payment.voided':
    case 'payment.captured':
      return judgePayment(desk, bench, stored, value, proof)
    default:
      return unreachable(value)
  }
}
