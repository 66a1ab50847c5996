import { chmodSync, closeSync, mkdirSync, openSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { utf8 } from '#protocol/bytes.ts'
import { DiskReserve } from './disk-reserve.ts'
import type { Head } from './journal.ts'
import type { Place } from './outbox.ts'
import { isDamaged, markDamaged, salvageFile } from './store-salvage.ts'
import { migrate, paymentWriter, refuseNewer } from './store-schema.ts'
import {
  parseRecord,
  StoreError,
  type Change,
  type Durability,
  type PaymentRows,
  type Risk,
  type StoredEntry,
  type TillStore,
  type WaitingSum,
} from './store.ts'
import type { PaymentRecord } from './payments.ts'

const codes: Readonly<Record<string, StoreError['code']>> = {
  SQLITE_FULL: 'till.disk_full',
  SQLITE_CORRUPT: 'till.journal_corrupt',
  SQLITE_NOTADB: 'till.journal_corrupt',
  SQLITE_BUSY: 'till.busy',
}

/** Written since the log was moved into the file last: some 30 payments. */
const REST_AFTER_ROWS = 250
/** 16 MiB, four times SQLite's own. */
const LONGEST_LOG_PAGES = 4000

type Guard = <T>(action: () => T) => T

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
 * at the drive's cache). One process at a time writes: two cores on one journal would each believe in a head of their own. What holds them apart is a lock
 * database beside the journal; the journal itself is open to readers, so that a running till can be backed up, verified and exported.
 *
 * A file with pages that cannot be read is salvaged when it is opened. When one is found later, `onDamage` is called: whoever started this process starts it
 * again.
 */
export function openSqliteStore(path: string, onDamage: () => void = () => {}, durability: Durability = 'FULL'): TillStore {
  return guarded(() => {
    const lock = takeLock(`${path}-lock`)
    try {
      if (isDamaged(path)) salvageFile(path)
      return sqliteStore(openOrSalvage(path, durability), path, onDamage, () => lock.close())
    } catch (error) {
      lock.close()
      throw error
    }
  })
}

/** An empty store in a folder of its own, for a training: nothing in it outlives `close`, or the next one. */
export function scratchStore(folder: string): TillStore {
  const clear = (): void => rmSync(folder, { recursive: true, force: true })
  clear()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const store = openSqliteStore(join(folder, 'journal.sqlite'), undefined, 'OFF')
  return {
    ...store,
    close: () => {
      store.close()
      clear()
    },
  }
}

/** What can be read of a journal by a process that is not its till. */
export type JournalReader = Pick<TillStore, 'head' | 'readAfter' | 'bytesAfter' | 'records' | 'close'> & {
  /** Copies the whole database, as it is at one moment, into a new file. */
  backup(to: string): void
}

/**
 * Opens a journal to read it, also while its till writes. A journal of an earlier version is read as it is. Throws StoreError; `till.journal_corrupt` also
 * when there is none.
 */
export function openSqliteReader(path: string): JournalReader {
  return guarded(() => {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 2000 })
    try {
      refuseNewer(db)
      return { ...journalReader(db, guarded), backup: (to) => guarded(() => void db.prepare('VACUUM INTO ?').run(to)), close: () => db.close() }
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** The lock goes with the process, however that ends: it is an open transaction, and nothing is ever written in it. */
function takeLock(path: string): Database.Database {
  privateFile(path)
  const lock = new Database(path, { timeout: 2000 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

function openOrSalvage(path: string, durability: Durability): Database.Database {
  try {
    return guarded(() => openJournalFile(path, durability))
  } catch (error) {
    if (!(error instanceof StoreError && error.code === 'till.journal_corrupt')) throw error
    salvageFile(path)
    return openJournalFile(path, durability)
  }
}

function openJournalFile(path: string, durability: Durability): Database.Database {
  privateFile(path)
  const db = new Database(path, { timeout: 2000 })
  try {
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${durability}`)
    // Two more fsyncs that a customer would wait for: `rest` does it between two of them, and a commit only where there never is such a moment.
    db.pragma(`wal_autocheckpoint = ${LONGEST_LOG_PAGES}`)
    if (process.platform === 'darwin') db.pragma('fullfsync = ON')
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** The journal holds payment codes and totals: only the till's own account reads it, nor the write-ahead log, which gets the same mode. */
function privateFile(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  if (process.platform !== 'win32') chmodSync(path, 0o600)
}

function sqliteStore(db: Database.Database, path: string, onDamage: () => void, closed: () => void): TillStore {
  const guard: Guard = (action) => {
    try {
      return guarded(action)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'till.journal_corrupt') {
        markDamaged(path)
        onDamage()
      }
      throw error
    }
  }
  const insert = db.prepare('INSERT INTO entry (epoch, n, bytes, hash) VALUES (?, ?, ?, ?)')
  const put = db.prepare('INSERT INTO record (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const remove = db.prepare('DELETE FROM record WHERE name = ?')
  const putPayment = paymentWriter(db)
  const reserve = new DiskReserve(`${path}-reserve`)
  const following = db.prepare<[string, number], { name: string; value: string }>('SELECT name, value FROM record WHERE name > ? ORDER BY name LIMIT ?')

  let rows = 0

  const commit = db.transaction((change: Change) => {
    rows += (change.entries?.length ?? 0) + Object.keys(change.put ?? {}).length + (change.payments?.length ?? 0) + (change.remove?.length ?? 0)
    for (const entry of change.entries ?? []) insert.run(entry.epoch, entry.n, entry.bytes, entry.hash)
    for (const payment of change.payments ?? []) putPayment(payment)
    for (const [name, value] of Object.entries(change.put ?? {})) put.run(name, value)
    for (const name of change.remove ?? []) remove.run(name)
  })

  return {
    commit: (change) => {
      try {
        guard(() => commit.immediate(change))
      } catch (error) {
        const full = error instanceof StoreError && error.code === 'till.disk_full'
        if (!full || !reserve.release()) throw error
        guard(() => commit.immediate(change))
      }
    },
    ...journalReader(db, guard),
    recordsAfter: (name, limit) => guard(() => new Map(following.all(name, limit).map((row) => [row.name, row.value]))),
    payments: paymentRows(db, guard),
    roomBytes: () => roomAt(path),
    rest: () => {
      if (rows < REST_AFTER_ROWS) return
      rows = 0
      try {
        guard(() => db.pragma('wal_checkpoint(PASSIVE)'))
      } catch (error) {
        // The log goes on growing, as far as there is room for it: commits say so when there is none.
        if (!(error instanceof StoreError && error.code === 'till.disk_full')) throw error
      }
    },
    close: () => {
      db.close()
      closed()
    },
  }
}

/** Rows that are fetched at once: one by one each costs twice as much. */
const PAGE_ROWS = 256

function journalReader(db: Database.Database, guard: Guard): Pick<TillStore, 'head' | 'readAfter' | 'bytesAfter' | 'records'> {
  const head = db.prepare<[], Head>('SELECT epoch, n, hash FROM entry ORDER BY epoch DESC, n DESC LIMIT 1')
  const after = db.prepare<[number, number, number], StoredEntry>('SELECT epoch, n, bytes, hash FROM entry WHERE (epoch, n) > (?, ?) ORDER BY epoch, n LIMIT ?')
  const bytes = entryPages(db)
  const range = db.prepare<[string, string], { name: string; value: string }>('SELECT name, value FROM record WHERE name >= ? AND name < ?')
  return {
    bytesAfter: (place, maxBytes, maxCount) =>
      guard(() => bytesThatFit((taken) => bytes(place.epoch, place.n + taken, Math.min(PAGE_ROWS, maxCount - taken)), maxBytes)),
    head: () => guard(() => head.get()),
    readAfter: (place, maxBytes, maxCount) => guard(() => takeWhileFits(after.iterate(place.epoch, place.n, maxCount), maxBytes)),
    records: (prefix) => guard(() => new Map(range.all(prefix, `${prefix}\u{10ffff}`).map(({ name, value }) => [name, value]))),
  }
}

/** Record separator (ISO 646): JSON has no control character in it, so no entry does. */
const SEPARATOR = 0x1e

/**
 * Entries of an epoch after a number, whole pages of them as one text: a buffer of its own for each costs four times as much as reading it, and a backlog has
 * hundreds of thousands. What is not UTF-8 without that separator, and so no entry any more, comes row by row or with other bytes; its hash tells either way.
 */
function entryPages(db: Database.Database): (epoch: number, after: number, limit: number) => readonly Uint8Array[] {
  const rows = 'SELECT bytes FROM entry WHERE epoch = ? AND n > ? ORDER BY n LIMIT ?'
  const one = db.prepare<[number, number, number], Uint8Array>(rows).pluck()
  const page = db.prepare<[number, number, number], { text: string | null; count: number; size: number | null }>(
    `SELECT group_concat(CAST(bytes AS TEXT), char(${SEPARATOR})) AS text, count(*) AS count, sum(length(bytes)) AS size FROM (${rows})`,
  )
  return (epoch, after, limit) => {
    const { text, count, size } = page.get(epoch, after, limit) ?? { text: null, count: 0, size: 0 }
    if (text === null || size === null) return []
    const bytes = utf8(text)
    const entries = bytes.length === size + count - 1 ? split(bytes, SEPARATOR) : []
    return entries.length === count ? entries : one.all(epoch, after, limit)
  }
}

function split(bytes: Uint8Array, separator: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let from = 0
  for (let end = bytes.indexOf(separator); end !== -1; end = bytes.indexOf(separator, from)) {
    parts.push(bytes.subarray(from, end))
    from = end + 1
  }
  parts.push(bytes.subarray(from))
  return parts
}

/** Of the file system, as far as this account may use it. */
function roomAt(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize
}

const END: Place = { epoch: Number.MAX_SAFE_INTEGER, n: 0 }

function paymentRows(db: Database.Database, guard: Guard): PaymentRows {
  const select = <P extends unknown[]>(rest: string) => db.prepare<P, string>(`SELECT value FROM payment ${rest}`).pluck()
  const byId = select<[string]>('WHERE id = ?')
  const byReceipt = select<[string]>('WHERE receipt = ? ORDER BY id')
  const sold = select<[number]>('WHERE receipt IS NOT NULL ORDER BY epoch DESC, n DESC LIMIT ?')
  const open = select<[]>('WHERE open = 1 ORDER BY epoch, n')
  const between = 'WHERE (epoch, n) > (?, ?) AND (epoch, n) <= (?, ?)'
  type Between = [number, number, number, number]
  const inOrder = select<Between>(`${between} ORDER BY epoch, n`)
  const risk = db.prepare<Between, Risk & { wallet: string }>(
    `SELECT wallet, sum(risk) AS minor, count(*) AS payments FROM payment ${between} AND open = 0 AND risk > 0 GROUP BY wallet`,
  )
  const waiting = db.prepare<Between, WaitingSum>(`SELECT count(*) AS payments, coalesce(sum(kept), 0) AS amountMinor FROM payment ${between} AND kept > 0`)
  const oldest = db.prepare<[number, number], number>('SELECT at FROM payment WHERE (epoch, n) > (?, ?) ORDER BY epoch, n LIMIT 1').pluck()
  const read = (text: string | undefined) => (text === undefined ? undefined : parseRecord<PaymentRecord>(text))

  return {
    get: (id) => guard(() => read(byId.get(id))),
    byReceipt: (number) => guard(() => read(byReceipt.get(number))),
    onReceipt: (number) => guard(() => byReceipt.all(number).map((text) => parseRecord<PaymentRecord>(text))),
    sold: (limit) => guard(() => sold.all(limit).map((text) => parseRecord<PaymentRecord>(text))),
    between: (place, upTo) => guard(() => inOrder.all(place.epoch, place.n, upTo.epoch, upTo.n).map((text) => parseRecord<PaymentRecord>(text))),
    open: () => guard(() => open.all().map((text) => parseRecord<PaymentRecord>(text))),
    riskAfter: (place, upTo = END) =>
      guard(() => new Map(risk.all(place.epoch, place.n, upTo.epoch, upTo.n).map(({ wallet, minor, payments }) => [wallet, { minor, payments }]))),
    waitingAfter: (place, upTo = END) => guard(() => waiting.get(place.epoch, place.n, upTo.epoch, upTo.n) ?? { payments: 0, amountMinor: 0 }),
    oldestAfter: (place) => guard(() => oldest.get(place.epoch, place.n)),
  }
}

/** Page by page, until the next would make them larger than `maxBytes`; the first whatever its size. */
function bytesThatFit(page: (taken: number) => readonly Uint8Array[], maxBytes: number): Uint8Array[] {
  const taken: Uint8Array[] = []
  let bytes = 0
  for (let next = page(0); next.length > 0; next = page(taken.length)) {
    for (const entry of next) {
      bytes += entry.length
      if (taken.length > 0 && bytes > maxBytes) return taken
      taken.push(entry)
    }
  }
  return taken
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
