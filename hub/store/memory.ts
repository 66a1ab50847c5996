import type { Account, Transfer } from '../ledger/ledger.ts'
import { transferIds } from '../ledger/names.ts'
import type { Currency } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import {
  MAX_ON_RECEIPT,
  MAX_WITH_NUMBER,
  type Changes,
  type Committed,
  type Exception,
  type HubStep,
  type HubStore,
  type Keyed,
  type PaymentEntry,
  type ReturnCount,
  type Segment,
  type SoldNumber,
  type Standing,
  type StoredEntry,
  type Summary,
} from './hub-store.ts'
import type { RiskRow } from './documents.ts'
import { memoryPages } from './memory-documents.ts'
import { entryReader, lastSeqOf, unpackSegment, type EntryReader } from './segment.ts'

/** What survives the process. */
export type MemoryDisk = {
  readonly rows: { readonly [T in keyof Keyed]: Map<string, Keyed[T]> }
  readonly segments: Segment[]
  readonly links: PaymentEntry[]
  readonly numbers: SoldNumber[]
  readonly steps: HubStep[]
  readonly exceptions: Map<string, Exception>
  readonly riskLog: RiskRow[]
  hubEpoch: number
  settledSeq: number
}

export const memoryDisk = (): MemoryDisk => ({
  rows: {
    tills: new Map(),
    heads: new Map(),
    payments: new Map(),
    refunds: new Map(),
    returns: new Map(),
    salvaged: new Map(),
    shifts: new Map(),
    credits: new Map(),
    creditDays: new Map(),
    cards: new Map(),
    counters: new Map(),
    lendings: new Map(),
    sendings: new Map(),
    documents: new Map(),
    codes: new Map(),
    wallets: new Map(),
    accounts: new Map(),
    transfers: new Map(),
  },
  segments: [],
  links: [],
  numbers: [],
  steps: [],
  exceptions: new Map(),
  riskLog: [],
  hubEpoch: 1,
  settledSeq: 0,
})

/** `crash` is a power cut: whoever waits for this store waits for ever, as code of a process that is gone. Open the disk again to go on. */
export type MemoryStore = HubStore & { crash(): void }

const versioned = [
  'tills',
  'heads',
  'accounts',
  'transfers',
  'payments',
  'refunds',
  'returns',
  'shifts',
  'credits',
  'creditDays',
  'cards',
  'counters',
  'lendings',
  'sendings',
  'documents',
] as const
const insertedOnce = ['wallets', 'codes', 'salvaged'] as const

/** The store of the simulator: deterministic, and plain enough to be believed. Look-ups may be slow; they never are wrong. */
export function openMemoryStore(disk: MemoryDisk): MemoryStore {
  let crashed = false
  const answer = <T>(look: () => T): Promise<T> => (crashed ? new Promise<T>(() => undefined) : Promise.resolve(look()))
  const payments = () => [...disk.rows.payments.values()]
  const read = shelfOf(disk)
  const pages = memoryPages(disk)
  const refunds = () => [...disk.rows.refunds.values()]

  return {
    commit: (changes) => answer(() => commit(disk, changes)),
    standing: () => answer(() => standing(disk)),
    get: (table, ids) => answer(() => [...new Set(ids)].flatMap((id) => disk.rows[table].get(id) ?? []) as Keyed[typeof table][]),
    tills: () => answer(() => [...disk.rows.tills.values()]),
    entries: (afterSeq, limit, maxBytes) => answer(() => read.entries(afterSeq, limit, maxBytes)),
    segments: (afterSeq, maxBytes) => answer(() => read.segments(afterSeq, maxBytes)),
    hashes: (till, epoch, from, to) =>
      answer(() =>
        disk.segments
          .filter((segment) => segment.till === till && segment.epoch === epoch && segment.n <= to && segment.n + segment.count > from)
          .flatMap((segment) => read.unpack(segment).filter(({ n }) => n >= from && n <= to)),
      ),
    floorAfter: (till, epoch) =>
      answer(
        () => disk.segments.filter((segment) => segment.till === till && segment.epoch > epoch).toSorted((a, b) => a.epoch - b.epoch || a.n - b.n)[0]?.floorAt,
      ),
    reached: (till, epoch, seq) =>
      answer(() => {
        const last = disk.segments.findLast((segment) => segment.till === till && segment.epoch === epoch && segment.seq <= seq)
        return last === undefined ? 0 : Math.min(last.n + last.count - 1, last.n + seq - last.seq)
      }),
    dueHolds: (now, limit) =>
      answer(() =>
        [...disk.rows.transfers.values()]
          .filter(({ status, expiresAt }) => status === 'open' && expiresAt !== undefined && expiresAt <= now)
          .toSorted((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0))
          .slice(0, limit),
      ),
    dueRetries: (now, limit) =>
      answer(() =>
        payments()
          .filter(({ state, nextAttemptAt }) => state === 'RETRY' && nextAttemptAt !== undefined && nextAttemptAt <= now)
          .toSorted((a, b) => (a.nextAttemptAt ?? 0) - (b.nextAttemptAt ?? 0))
          .slice(0, limit)
          .map(({ id }) => id),
      ),
    waitingCredits: (limit) =>
      answer(() => {
        const waiting = [...disk.rows.credits.values()].filter(({ fundedAt }) => fundedAt === undefined)
        return waiting.toSorted((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, limit)
      }),
    dueCards: (now, limit) =>
      answer(() =>
        [...disk.rows.cards.values()]
          .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now)
          .toSorted((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || (a.id < b.id ? -1 : 1))
          .slice(0, limit),
      ),
    reversals: (limit) =>
      answer(() => {
        const cards = [...disk.rows.cards.values()].filter(({ reversingSince }) => reversingSince !== undefined)
        return {
          count: cards.length,
          cards: cards.toSorted((a, b) => (a.reversingSince ?? 0) - (b.reversingSince ?? 0) || (a.id < b.id ? -1 : 1)).slice(0, limit),
        }
      }),
    openDecisions: (till, limit) =>
      answer(() =>
        payments()
          .filter((payment) => payment.till === till && (payment.state === 'INTENDED' || payment.state === 'UNKNOWN'))
          .toReversed()
          .flatMap(({ decision }) => decision ?? [])
          .slice(0, limit),
      ),
    openRefundDecisions: (till, limit) =>
      answer(() =>
        refunds()
          .filter((refund) => refund.till === till && refund.answeredAt === undefined)
          .toReversed()
          .flatMap(({ decision }) => decision ?? [])
          .slice(0, limit),
      ),
    exceptionsOf: (till, epoch, limit) =>
      answer(() =>
        [...disk.exceptions.values()]
          .filter((exception) => exception.till === till && exception.epoch === epoch)
          .toSorted((a, b) => b.n - a.n)
          .slice(0, limit),
      ),
    entriesOf: (payment, limit) =>
      answer(() =>
        disk.links
          .filter((link) => link.payment === payment)
          .toSorted((a, b) => a.seq - b.seq)
          .slice(0, limit)
          .flatMap(({ seq }) => read.entry(seq) ?? []),
      ),
    newestPayments: (limit) => answer(() => payments().toReversed().slice(0, limit)),
    paymentsOf: (wallet, limit) =>
      answer(() =>
        payments()
          .filter((payment) => payment.wallet === wallet)
          .toReversed()
          .slice(0, limit),
      ),
    paymentsByReceipt: (numbers) =>
      answer(() =>
        [...new Set(numbers)].flatMap((number) =>
          payments()
            .filter(({ receiptNumber }) => receiptNumber === number)
            .slice(0, MAX_ON_RECEIPT),
        ),
      ),
    paymentsByNumber: (numbers) =>
      answer(() => {
        if (numbers.length === 0) return []
        const newest = disk.numbers.toSorted((a, b) => b.seq - a.seq || (a.payment < b.payment ? -1 : 1))
        const ids = numbers.flatMap((number) =>
          [...new Set(newest.filter((sold) => sold.number === number).map(({ payment }) => payment))].slice(0, MAX_WITH_NUMBER),
        )
        return [...new Set(ids)].flatMap((id) => disk.rows.payments.get(id) ?? [])
      }),
    atRisk: (limit) =>
      answer(() => {
        const unpaid = payments().filter(({ state }) => state === 'RETRY' || state === 'RECOVERY')
        return { count: unpaid.length, payments: unpaid.toSorted((a, b) => (a.unpaidSince ?? 0) - (b.unpaidSince ?? 0)).slice(0, limit) }
      }),
    returnsWithoutReceipt: (since, limit) =>
      answer(() => {
        const counts = new Map<string, ReturnCount>()
        for (const { receipt, at, till, staff, paidMinor } of disk.rows.returns.values()) {
          if (receipt !== undefined || at < since) continue
          const before = counts.get(`${till}/${staff}`) ?? { till, staff, returns: 0, paidMinor: 0 }
          counts.set(`${till}/${staff}`, { ...before, returns: before.returns + 1, paidMinor: before.paidMinor + paidMinor })
        }
        return [...counts.values()].toSorted((a, b) => b.paidMinor - a.paidMinor || (a.till < b.till ? -1 : 1)).slice(0, limit)
      }),
    refundsOf: (payment) => answer(() => refunds().filter((refund) => refund.payment === payment)),
    sendings: (state, limit) =>
      answer(() =>
        [...disk.rows.sendings.values()]
          .filter((sending) => state === undefined || sending.state === state)
          .toReversed()
          .slice(0, limit),
      ),
    stepsOf: (payment) => answer(() => disk.steps.filter((step) => step.payment === payment)),
    newestExceptions: (limit) => answer(() => [...disk.exceptions.values()].toReversed().slice(0, limit)),
    accounts: (limit) => answer(() => accounts(disk, limit)),
    transfersAfter: (afterSeq, limit) =>
      answer(() => [...disk.rows.transfers.values()].slice(afterSeq, afterSeq + limit).map((transfer, index) => ({ ...transfer, seq: afterSeq + 1 + index }))),
    summary: (afterPosting) => answer(() => summary(disk, afterPosting)),
    documents: (range) => answer(() => pages.documents(range)),
    documentsDue: (prefix, now, limit) => answer(() => pages.documentsDue(prefix, now, limit)),
    riskLog: (afterSeq, limit) => answer(() => pages.riskLog(afterSeq, limit)),
    transfersOfWindow: (window, afterSeq, limit) => answer(() => pages.transfersOfWindow(window, afterSeq, limit)),
    paymentsBefore: (beforeSeq, limit) => answer(() => pages.paymentsBefore(beforeSeq, limit)),
    close: () => answer(() => undefined),
    crash() {
      crashed = true
    },
  }
}

/** Looks first and writes after, so that a commit happens as a whole or not at all. */
function commit(disk: MemoryDisk, changes: Changes): Committed {
  for (const table of versioned) {
    for (const row of changes[table] ?? []) if ((disk.rows[table].get(row.id)?.version ?? 0) !== row.version) return 'stale'
  }
  for (const table of insertedOnce) {
    for (const row of changes[table] ?? []) if (disk.rows[table].has(row.id)) return 'stale'
  }
  for (const gone of changes.documentsGone ?? []) if (disk.rows.documents.get(gone.id)?.version !== gone.version) return 'stale'
  if (changes.settled !== undefined && changes.settled.from !== disk.settledSeq) return 'stale'
  if (changes.hubEpoch !== undefined && changes.hubEpoch.from !== disk.hubEpoch) return 'stale'
  for (const { seq } of changes.riskLog ?? []) if (disk.riskLog.some((row) => row.seq === seq)) return 'stale'
  let next = lastSeq(disk) + 1
  for (const segment of changes.segments ?? []) {
    if (segment.seq !== next) return 'stale'
    next += segment.count
  }

  for (const table of versioned) {
    const rows = disk.rows[table] as Map<string, { id: string; version: number }>
    for (const row of changes[table] ?? []) rows.set(row.id, { ...row, version: row.version + 1 })
  }
  for (const table of insertedOnce) {
    const rows = disk.rows[table] as Map<string, { id: string }>
    for (const row of changes[table] ?? []) rows.set(row.id, row)
  }
  for (const { id } of changes.documentsGone ?? []) disk.rows.documents.delete(id)
  disk.segments.push(...(changes.segments ?? []))
  disk.links.push(...(changes.links ?? []))
  disk.numbers.push(...(changes.numbers ?? []))
  disk.steps.push(...(changes.steps ?? []))
  for (const exception of changes.exceptions ?? []) {
    const key = `${exception.till}/${exception.epoch}/${exception.n}/${exception.code}`
    if (!disk.exceptions.has(key)) disk.exceptions.set(key, exception)
  }
  disk.riskLog.push(...(changes.riskLog ?? []))
  disk.settledSeq = changes.settled?.to ?? disk.settledSeq
  disk.hubEpoch = changes.hubEpoch?.to ?? disk.hubEpoch
  invariant(disk.settledSeq <= lastSeq(disk), 'only entries in custody are settled')
  return 'done'
}

function lastSeq({ segments }: MemoryDisk): number {
  const last = segments.at(-1)
  return last === undefined ? 0 : lastSeqOf(last)
}

/** Segments are values, so each is unpacked once however many stores read it. */
const unpacked = new WeakMap<Segment, readonly StoredEntry[]>()
function unpackedOnce(segment: Segment): readonly StoredEntry[] {
  const known = unpacked.get(segment) ?? unpackSegment(segment)
  unpacked.set(segment, known)
  return known
}

const shelfOf = ({ segments }: MemoryDisk): EntryReader =>
  entryReader(
    {
      holding: (seq) => segments.findLast((segment) => segment.seq <= seq && seq <= lastSeqOf(segment)),
      after: (segment) => segments.findLast(({ seq }) => seq === segment.seq + segment.count),
    },
    unpackedOnce,
  )

const standing = (disk: MemoryDisk): Standing => ({
  hubEpoch: disk.hubEpoch,
  lastSeq: lastSeq(disk),
  settledSeq: disk.settledSeq,
})

function accounts(disk: MemoryDisk, limit: number): Account[] {
  const wallets = new Set([...disk.rows.wallets.values()].map(({ account }) => account))
  const all = [...disk.rows.accounts.values()]
  return [...all.filter(({ id }) => !wallets.has(id)), ...all.filter(({ id }) => wallets.has(id)).toReversed()].slice(0, limit)
}

function summary(disk: MemoryDisk, afterPosting: number): Summary {
  const perCurrency = <T extends { readonly currency: Currency }, S>(rows: readonly T[], add: (rows: readonly T[]) => S) =>
    [...Map.groupBy(rows, ({ currency }) => currency)].map(([currency, group]) => ({ currency, ...add(group) }))
  const sum = <T>(rows: readonly T[], amount: (row: T) => bigint) => rows.reduce((total, row) => total + amount(row), 0n)
  const transfers = [...disk.rows.transfers.values()]
  const postings = transfers.slice(afterPosting).filter(({ kind }) => kind === 'single' || kind === 'post')
  return {
    accounts: perCurrency([...disk.rows.accounts.values()], (rows: readonly Account[]) => ({
      debitsPosted: sum(rows, (row) => row.debitsPosted),
      creditsPosted: sum(rows, (row) => row.creditsPosted),
      debitsPending: sum(rows, (row) => row.debitsPending),
      creditsPending: sum(rows, (row) => row.creditsPending),
    })),
    postings: perCurrency(postings, (rows: readonly Transfer[]) => ({
      amount: sum(rows, (row) => row.amount),
      payments: rows.filter(
        ({ id, kind, payment }) => (kind === 'post' && !id.endsWith('/fx-post')) || (payment !== undefined && id === transferIds(payment).pay),
      ).length,
    })),
    holds: perCurrency(
      transfers.filter(({ status }) => status === 'open'),
      (rows: readonly Transfer[]) => ({ amount: sum(rows, (row) => row.amount), count: rows.length }),
    ),
    lastPosting: transfers.length,
    exceptions: disk.exceptions.size,
  }
}
