import { join } from 'node:path'
import { equalBytes } from '#protocol/bytes.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { openSqliteStore } from '../../../terminal/core/store-sqlite.ts'
import type { StoredEntry, TillStore } from '../../../terminal/core/store.ts'
import type { TillCommit } from './till-sequence.ts'

const PAGE_BYTES = 4 * 1024 * 1024
const PAGE_COUNT = 1000

/**
 * Opens what a power cut left with the production store and answers with what is wrong, or undefined. `promised` commits had returned, so they must be there;
 * the next may be, whole; after that nothing. The chain must verify, and the journal must go on.
 */
export function tillImageFault(folder: string, commits: readonly TillCommit[], promised: number): string | undefined {
  const path = join(folder, 'journal.sqlite')
  const store = openSqliteStore(path)
  try {
    const found = commitsIn(store, commits)
    if (typeof found === 'string') return found
    if (found < promised) return `${promised} commits were promised, ${found} are there`
    if (found > promised + 1) return `${found} commits are there, though only ${promised + 1} were begun`
    const next = commits[found]
    if (next === undefined) return undefined
    store.commit(next.change)
  } finally {
    store.close()
  }
  const again = openSqliteStore(path)
  try {
    const found = commitsIn(again, commits)
    return typeof found === 'number' && found > promised ? undefined : `after writing on: ${found} commits, promised were ${promised}`
  } finally {
    again.close()
  }
}

/** How many commits are there, exactly as they were made; a sentence where that is no whole number of them. */
function commitsIn(store: TillStore, commits: readonly TillCommit[]): number | string {
  const entries = everything(store)
  let previous = GENESIS
  for (const { n, bytes, hash } of entries) {
    if (!equalBytes(hash, chainHash(nodeCrypto, previous, bytes))) return `the chain breaks at entry ${n}`
    previous = hash
  }
  let [count, n] = [0, 0]
  for (const commit of commits) {
    if (n === entries.length) break
    for (const entry of commit.entries) {
      const stored = entries[n++]
      if (stored === undefined) return `commit ${count + 1} is there in part`
      if (stored.epoch !== entry.epoch || stored.n !== entry.n || !equalBytes(stored.bytes, entry.bytes)) return `entry ${n} is not what was written`
    }
    count += 1
  }
  if (n < entries.length) return `${entries.length - n} entries that nobody wrote`
  const expected = commits[count - 1]?.recordsAfter ?? new Map<string, string>()
  const records = store.records('')
  const same = records.size === expected.size && [...records].every(([name, value]) => expected.get(name) === value)
  return same ? count : `the records do not belong to commit ${count}`
}

function everything(store: TillStore): StoredEntry[] {
  const entries: StoredEntry[] = []
  for (let at = { epoch: 1, n: 0 }; ;) {
    const page = store.readAfter(at, PAGE_BYTES, PAGE_COUNT)
    const last = page.at(-1)
    if (last === undefined) return entries
    entries.push(...page)
    at = last
  }
}
