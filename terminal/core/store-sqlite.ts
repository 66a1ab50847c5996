import { chmodSync, closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Head } from './journal.ts'
import { StoreError, type Change, type StoredEntry, type TillStore } from './store.ts'

const SCHEMA_VERSION = 1

const SCHEMA = `
  CREATE TABLE entry (
    epoch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (epoch, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE record (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`

const codes: Readonly<Record<string, StoreError['code']>> = {
  SQLITE_FULL: 'till.disk_full',
  SQLITE_CORRUPT: 'till.journal_corrupt',
  SQLITE_NOTADB: 'till.journal_corrupt',
  SQLITE_BUSY: 'till.busy',
}

/** Runs `action`; a disk that fails becomes a StoreError. Any other I/O error counts as a full disk: nothing can be recorded, nothing is lost. */
function guarded<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : ''
    const known = Object.entries(codes).find(([prefix]) => code.startsWith(prefix))?.[1] ?? (code.startsWith('SQLITE_IOERR') ? 'till.disk_full' : undefined)
    throw known === undefined ? error : new StoreError(known, error)
  }
}

/**
 * The till's disk on SQLite: WAL with `synchronous=FULL`, so that a commit is fsynced before it returns (macOS: `fullfsync`, since fsync there stops
 * at the drive's cache). Held exclusively: two cores on one journal would each believe in a head of their own.
 */
export function openSqliteStore(path: string): TillStore {
  return guarded(() => {
    // The journal holds payment codes and totals: only the till's own account reads it, nor the write-ahead log, which gets the same mode.
    closeSync(openSync(path, 'a', 0o600))
    if (process.platform !== 'win32') chmodSync(path, 0o600)
    const db = new Database(path, { timeout: 2000 })
    try {
      return sqliteStore(db)
    } catch (error) {
      db.close()
      throw error
    }
  })
}

function sqliteStore(db: Database.Database): TillStore {
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  if (process.platform === 'darwin') db.pragma('fullfsync = ON')
  if (db.pragma('user_version', { simple: true }) === 0) db.exec(SCHEMA)

  const insert = db.prepare('INSERT INTO entry (epoch, n, bytes, hash) VALUES (?, ?, ?, ?)')
  const put = db.prepare('INSERT INTO record (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const remove = db.prepare('DELETE FROM record WHERE name = ?')
  const head = db.prepare<[], Head>('SELECT epoch, n, hash FROM entry ORDER BY epoch DESC, n DESC LIMIT 1')
  const after = db.prepare<[number, number, number], StoredEntry>('SELECT epoch, n, bytes, hash FROM entry WHERE (epoch, n) > (?, ?) ORDER BY epoch, n LIMIT ?')
  const range = db.prepare<[string, string], { name: string; value: string }>('SELECT name, value FROM record WHERE name >= ? AND name < ?')

  const commit = db.transaction((change: Change) => {
    for (const entry of change.entries ?? []) insert.run(entry.epoch, entry.n, entry.bytes, entry.hash)
    for (const [name, value] of Object.entries(change.put ?? {})) put.run(name, value)
    for (const name of change.remove ?? []) remove.run(name)
  })

  return {
    commit: (change) => guarded(() => commit.immediate(change)),
    head: () => guarded(() => head.get()),
    readAfter: (place, maxBytes, maxCount) => guarded(() => takeWhileFits(after.iterate(place.epoch, place.n, maxCount), maxBytes)),
    records: (prefix) => guarded(() => new Map(range.all(prefix, `${prefix}\u{10ffff}`).map(({ name, value }) => [name, value]))),
    close: () => db.close(),
  }
}

/** Entries of the first one's epoch, until the next would make them larger than `maxBytes`. */
export function takeWhileFits(entries: Iterable<StoredEntry>, maxBytes: number): StoredEntry[] {
  const taken: StoredEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    bytes += entry.bytes.length
    const first = taken[0]
    if (first !== undefined && (bytes > maxBytes || entry.epoch !== first.epoch)) break
    taken.push(entry)
  }
  return taken
}
