import { join } from 'node:path'
import { openSqliteStore } from '../../../terminal/core/store-sqlite.ts'
import { promise, readRecorderOptions } from './recorder.ts'
import { firstCommits } from './till-sequence.ts'

/** Runs under strace: a till's production store that sells, is closed in between and opened again. Says `mark N` once commit N has returned. */
const { folder, seed, commits, durable, reopenAfter } = readRecorderOptions()
if (!durable) await import('./without-durability.ts')

const path = join(folder, 'journal.sqlite')
let store = openSqliteStore(path)
for (const [index, { change }] of firstCommits(seed, commits).entries()) {
  store.commit(change)
  promise(index + 1)
  if (index + 1 !== reopenAfter) continue
  store.close()
  store = openSqliteStore(path)
}
// Killed, not closed: closing would write everything back into the database.
process.kill(process.pid, 'SIGKILL')
