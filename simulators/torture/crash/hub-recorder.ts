import { join } from 'node:path'
import { invariant } from '#protocol/outcome.ts'
import { openSqliteStore } from '../../../hub/store/sqlite.ts'
import type { HubStore } from '../../../hub/store/hub-store.ts'
import { firstHubCommits } from './hub-sequence.ts'
import { promise, readRecorderOptions } from './recorder.ts'

/** Runs under strace: a hub's production store that settles, is closed in between and opened again. Says `mark N` once commit N has resolved. */
const { folder, seed, commits, durable, reopenAfter } = readRecorderOptions()
if (!durable) await import('./without-durability.ts')

function open(): HubStore {
  const opened = openSqliteStore(join(folder, 'hub.db'))
  invariant(opened.ok, 'the recorder has its database for itself')
  return opened.value
}

let store = open()
for (const [index, { changes }] of firstHubCommits(seed, commits).entries()) {
  const committed = await store.commit(changes)
  invariant(committed === 'done', 'nobody else writes')
  promise(index + 1)
  if (index + 1 !== reopenAfter) continue
  await store.close()
  store = open()
}
// Killed, not closed: closing would write everything back into the database.
process.kill(process.pid, 'SIGKILL')
