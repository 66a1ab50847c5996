import { join } from 'node:path'
import type { Account, Transfer } from '../../../hub/ledger/ledger.ts'
import type { HubStore } from '../../../hub/store/hub-store.ts'
import { openSqliteStore } from '../../../hub/store/sqlite.ts'
import type { HubCommit } from './hub-sequence.ts'

const EVERY = 1_000_000

/** As `tillImageFault`, for the hub's books: every promised posting, whole turns only, and accounts that agree with them. */
export async function hubImageFault(folder: string, commits: readonly HubCommit[], promised: number): Promise<string | undefined> {
  const found = await withStore(folder, async (store) => {
    const before = await commitsIn(store, commits)
    if (typeof before === 'string') return before
    if (before < promised) return `${promised} commits were promised, ${before} are there`
    if (before > promised + 1) return `${before} commits are there, though only ${promised + 1} were begun`
    const next = commits[before]
    if (next !== undefined && (await store.commit(next.changes)) !== 'done') return 'it cannot be written on'
    return Math.min(before + 1, commits.length)
  })
  if (typeof found === 'string') return found
  const after = await withStore(folder, (store) => commitsIn(store, commits))
  return after === found ? undefined : `after writing on: ${after} commits, and not ${found}`
}

async function withStore<T>(folder: string, look: (store: HubStore) => Promise<T | string>): Promise<T | string> {
  const opened = openSqliteStore(join(folder, 'hub.db'))
  if (!opened.ok) return `${opened.code} ${opened.detail ?? ''}`
  try {
    return await look(opened.value)
  } finally {
    await opened.value.close()
  }
}

async function commitsIn(store: HubStore, commits: readonly HubCommit[]): Promise<number | string> {
  const accounts = await store.accounts(EVERY)
  const transfers = (await store.transfersAfter(0, EVERY)).map(({ seq: _seq, ...transfer }) => transfer)
  // Each commit after the first has more transfers than the one before.
  const count = [undefined, ...commits].findIndex(
    (commit) => accounts.length === (commit?.accountsAfter.size ?? 0) && transfers.length === (commit?.transfers.length ?? 0),
  )
  if (count < 0) return `${transfers.length} transfers are there, which is no whole number of commits`
  const commit = commits[count - 1]
  const same = picture(accounts) === picture([...(commit?.accountsAfter.values() ?? [])]) && picture(transfers) === picture(commit?.transfers ?? [])
  return same ? count : `accounts or transfers are not those of commit ${count}`
}

/** The same rows give the same text, whatever the order of rows and of their columns; what is not there and what is there without a value are the same. */
const picture = (rows: readonly (Account | Transfer)[]): string => rows.map(textOf).toSorted().join('\n')

const textOf = (row: Account | Transfer): string =>
  Object.entries(row)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .toSorted()
    .join(' ')
