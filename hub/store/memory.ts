import type { Account, Transfer } from '../ledger/ledger.ts'
import type { Currency } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Changes, Committed, Exception, HubStore, Keyed, PaymentEntry, Standing, StoredEntry, Summary } from './hub-store.ts'

/** What survives the process. */
export type MemoryDisk = {
  readonly rows: { readonly [T in keyof Keyed]: Map<string, Keyed[T]> }
  readonly entries: StoredEntry[]
  readonly links: PaymentEntry[]
  readonly exceptions: Map<string, Exception>
  hubEpoch: number
  settledSeq: number
}

export const memoryDisk = (): MemoryDisk => ({
  rows: { tills: new Map(), heads: new Map(), payments: new Map(), codes: new Map(), wallets: new Map(), accounts: new Map(), transfers: new Map() },
  entries: [],
  links: [],
  exceptions: new Map(),
  hubEpoch: 1,
  settledSeq: 0,
})

/** `crash` is a power cut: whoever waits for this store waits for ever, as code of a process that is gone. Open the disk again to go on. */
export type MemoryStore = HubStore & { crash(): void }

const versioned = ['tills', 'heads', 'accounts', 'transfers', 'payments'] as const
const insertedOnce = ['wallets', 'codes'] as const

/** The store of the simulator: deterministic, and plain enough to be believed. Look-ups may be slow; they never are wrong. */
export function openMemoryStore(disk: MemoryDisk): MemoryStore {
  let crashed = false
  const answer = <T>(look: () => T): Promise<T> => (crashed ? new Promise<T>(() => undefined) : Promise.resolve(look()))
  const payments = () => [...disk.rows.payments.values()]

  return {
    commit: (changes) => answer(() => commit(disk, changes)),
    standing: () => answer(() => standing(disk)),
    get: (table, ids) => answer(() => [...new Set(ids)].flatMap((id) => disk.rows[table].get(id) ?? []) as Keyed[typeof table][]),
    tills: () => answer(() => [...disk.rows.tills.values()]),
    entries: (afterSeq, limit) => answer(() => disk.entries.slice(afterSeq, afterSeq + limit)),
    hashes: (till, epoch, from, to) =>
      answer(() => disk.entries.filter((entry) => entry.till === till && entry.epoch === epoch && entry.n >= from && entry.n <= to)),
    dueHolds: (now, limit) =>
      answer(() =>
        [...disk.rows.transfers.values()]
          .filter(({ status, expiresAt }) => status === 'open' && expiresAt !== undefined && expiresAt <= now)
          .toSorted((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0))
          .slice(0, limit),
      ),
    openDecisions: (till, limit) =>
      answer(() =>
        payments()
          .filter((payment) => payment.till === till && payment.state === 'INTENDED')
          .toReversed()
          .slice(0, limit)
          .flatMap(({ decision }) => decision ?? []),
      ),
    exceptionsOf: (till, epoch, limit) =>
      answer(() =>
        [...disk.exceptions.values()]
          .filter((exception) => exception.till === till && exception.epoch === epoch)
          .toSorted((a, b) => b.n - a.n)
          .slice(0, limit),
      ),
    entriesOf: (payment) =>
      answer(() =>
        disk.links
          .filter((link) => link.payment === payment)
          .flatMap(({ seq }) => disk.entries[seq - 1] ?? [])
          .toSorted((a, b) => a.seq - b.seq),
      ),
    newestPayments: (limit) => answer(() => payments().toReversed().slice(0, limit)),
    paymentsOf: (wallet, limit) =>
      answer(() =>
        payments()
          .filter((payment) => payment.wallet === wallet)
          .toReversed()
          .slice(0, limit),
      ),
    newestExceptions: (limit) => answer(() => [...disk.exceptions.values()].toReversed().slice(0, limit)),
    accounts: (limit) => answer(() => accounts(disk, limit)),
    summary: (afterPosting) => answer(() => summary(disk, afterPosting)),
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
  if (changes.settled !== undefined && changes.settled.from !== disk.settledSeq) return 'stale'
  if (changes.hubEpoch !== undefined && changes.hubEpoch.from !== disk.hubEpoch) return 'stale'
  for (const [index, entry] of (changes.entries ?? []).entries()) if (entry.seq !== disk.entries.length + 1 + index) return 'stale'

  for (const table of versioned) {
    const rows = disk.rows[table] as Map<string, { id: string; version: number }>
    for (const row of changes[table] ?? []) rows.set(row.id, { ...row, version: row.version + 1 })
  }
  for (const table of insertedOnce) {
    const rows = disk.rows[table] as Map<string, { id: string }>
    for (const row of changes[table] ?? []) rows.set(row.id, row)
  }
  disk.entries.push(...(changes.entries ?? []))
  disk.links.push(...(changes.links ?? []))
  for (const exception of changes.exceptions ?? []) {
    const key = `${exception.till}/${exception.epoch}/${exception.n}/${exception.code}`
    if (!disk.exceptions.has(key)) disk.exceptions.set(key, exception)
  }
  disk.settledSeq = changes.settled?.to ?? disk.settledSeq
  disk.hubEpoch = changes.hubEpoch?.to ?? disk.hubEpoch
  invariant(disk.settledSeq <= disk.entries.length, 'only entries in custody are settled')
  return 'done'
}

const standing = (disk: MemoryDisk): Standing => ({
  hubEpoch: disk.hubEpoch,
  lastSeq: disk.entries.length,
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
      payments: rows.filter(({ payment }) => payment !== undefined).length,
    })),
    holds: perCurrency(
      transfers.filter(({ status }) => status === 'open'),
      (rows: readonly Transfer[]) => ({ amount: sum(rows, (row) => row.amount), count: rows.length }),
    ),
    lastPosting: transfers.length,
    exceptions: disk.exceptions.size,
  }
}
