import type Database from 'better-sqlite3'
import { decodeEntry } from '#protocol/journal/entry.ts'
import { isOpen, keptOf, riskOf, type PaymentRecord } from './payments.ts'
import { projected } from './projection.ts'
import { StoreError, type StoredEntry } from './store.ts'

/**
 * The till's SQLite schema, one step for each `user_version`. A step is never edited once it was released: change means another step.
 */
const steps: readonly ((db: Database.Database) => void)[] = [
  (db) =>
    db.exec(`
      CREATE TABLE entry (
        epoch INTEGER NOT NULL,
        n INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (epoch, n)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE record (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    `),
  (db) => {
    db.exec(`
      CREATE TABLE payment (
        id TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        n INTEGER NOT NULL,
        open INTEGER NOT NULL,
        wallet TEXT NOT NULL,
        risk INTEGER NOT NULL CHECK (risk >= 0),
        kept INTEGER NOT NULL CHECK (kept >= 0),
        at INTEGER NOT NULL,
        receipt TEXT,
        value TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX paymentLast ON payment (epoch, n, open, wallet, risk, kept, at);
      CREATE INDEX paymentReceipt ON payment (receipt) WHERE receipt IS NOT NULL;
      CREATE INDEX paymentOpen ON payment (epoch, n) WHERE open = 1;
    `)
    projectAll(db)
    db.exec(`DELETE FROM record WHERE name >= 'payment/' AND name < 'payment0'`)
  },
]
export const SCHEMA_VERSION = steps.length

/** Brings a database of any earlier version, or an empty one, to this one: all of it or nothing. Throws StoreError for one of a later version. */
export function migrate(db: Database.Database): void {
  const version = refuseNewer(db)
  if (version === SCHEMA_VERSION) return
  db.transaction(() => {
    for (const step of steps.slice(version)) step(db)
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  }).exclusive()
}

/** The version of a database. Throws StoreError for a later one than this program's. */
export function refuseNewer(db: Database.Database): number {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > SCHEMA_VERSION) throw new StoreError('till.newer_journal', `schema ${version}, this program knows ${SCHEMA_VERSION}`)
  return version
}

/** Stores a payment in place of the one with its id. */
export function paymentWriter(db: Database.Database): (record: PaymentRecord) => void {
  const put = db.prepare(
    `INSERT INTO payment (id, epoch, n, open, wallet, risk, kept, at, receipt, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, n = excluded.n, open = excluded.open, wallet = excluded.wallet, risk = excluded.risk,
     kept = excluded.kept, at = excluded.at, receipt = excluded.receipt, value = excluded.value`,
  )
  return (record) => {
    const { id, last, wallet, intendedAt, receiptNumber } = record
    const open = isOpen(record) ? 1 : 0
    put.run(id, last.epoch, last.n, open, wallet, riskOf(record), keptOf(record), intendedAt, receiptNumber ?? null, JSON.stringify(record))
  }
}

/**
 * Makes the payment rows from the entries. One that cannot be read is passed over: whether the journal is whole is not decided here.
 * One entry at a time, so that a long journal needs no more memory than a short one.
 */
export function projectAll(db: Database.Database): void {
  const put = paymentWriter(db)
  const get = db.prepare<[string], string>('SELECT value FROM payment WHERE id = ?').pluck()
  const page = db.prepare<[number, number], StoredEntry>('SELECT epoch, n, bytes, hash FROM entry WHERE (epoch, n) > (?, ?) ORDER BY epoch, n LIMIT 500')
  for (let entries = page.all(0, 0); entries.length > 0;) {
    for (const stored of entries) {
      const entry = decodeEntry(stored.bytes, { till: tillOf(stored.bytes), epoch: stored.epoch, n: stored.n })
      const record = entry.ok ? projected((id) => parsed(get.get(id)), entry.value) : undefined
      if (record !== undefined) put(record)
    }
    const last = entries.at(-1)
    entries = last === undefined ? [] : page.all(last.epoch, last.n)
  }
}

const parsed = (text: string | undefined): PaymentRecord | undefined => (text === undefined ? undefined : (JSON.parse(text) as PaymentRecord))

function tillOf(bytes: Uint8Array): string {
  return /"till":"([0-9a-f-]{36})"/.exec(Buffer.from(bytes.subarray(0, 80)).toString('latin1'))?.[1] ?? ''
}
