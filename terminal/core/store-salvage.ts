import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { syncFolder } from '#protocol/node/durable-file.ts'
import { RECORD_CHECKPOINT } from './checkpoint.ts'
import { compare } from './outbox.ts'
import type { PaymentRecord } from './payments.ts'
import { RECORD_HOLES } from './store-holes.ts'
import { migrate, paymentWriter, projectAll } from './store-schema.ts'
import { parseRecord, type StoredEntry } from './store.ts'

/** Beside a journal in which a page could not be read: the next start salvages it. */
const MARK = '-damaged'
const SIDECARS = ['', '-wal', '-shm'] as const
/** Numbers that are looked for one by one behind the last entry that could be read from either end. */
const MAX_SEARCHED = 100_000

/** SQLite found a page that it cannot make sense of. Best effort: without the mark the same page is found again. */
export function markDamaged(path: string): void {
  try {
    closeSync(openSync(path + MARK, 'a', 0o600))
  } catch {
    // A disk that takes no empty file either says so at the next commit.
  }
}

/** Finishes what a crash interrupted. True when the journal is to be salvaged before it is used. */
export function isDamaged(path: string): boolean {
  if (existsSync(`${path}.salvaged`)) putInPlace(path)
  return existsSync(path + MARK)
}

/**
 * Makes a sound journal of a damaged one: what can still be read goes into a fresh file, the damaged one is kept beside it under another name, whole. The
 * policy is left out: what this till has at risk may be among what was lost, so nothing is accepted offline until the hub has spoken.
 */
export function salvageFile(path: string): void {
  const fresh = `${path}.salvaging`
  for (const sidecar of SIDECARS) rmSync(fresh + sidecar, { force: true })
  closeSync(openSync(fresh, 'a', 0o600))
  const to = new Database(fresh)
  to.pragma('journal_mode = DELETE')
  migrate(to)
  const from = openWhatIsLeft(path)
  to.transaction(() => copyReadable(from, to)).exclusive()
  from?.close()
  to.close()
  syncFolder(dirname(path))
  renameSync(fresh, `${path}.salvaged`)
  putInPlace(path)
}

/** Each step can be repeated: the first that is missing is where a crash came. */
function putInPlace(path: string): void {
  if (existsSync(path)) {
    let kept = 1
    while (existsSync(`${path}-damaged-${kept}`)) kept += 1
    // The database last: as long as it is there, this is where to go on.
    for (const sidecar of SIDECARS.toReversed()) if (existsSync(path + sidecar)) renameSync(path + sidecar, `${path}-damaged-${kept}${sidecar}`)
  }
  renameSync(`${path}.salvaged`, path)
  rmSync(path + MARK, { force: true })
  syncFolder(dirname(path))
}

/** Undefined when nothing at all can be read of it. */
function openWhatIsLeft(path: string): Database.Database | undefined {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true })
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return db
  } catch {
    db?.close()
    return undefined
  }
}

function copyReadable(from: Database.Database | undefined, to: Database.Database): void {
  const insert = to.prepare('INSERT OR IGNORE INTO entry (epoch, n, bytes, hash) VALUES (?, ?, ?, ?)')
  const put = to.prepare('INSERT OR IGNORE INTO record (name, value) VALUES (?, ?)')
  const putPayment = paymentWriter(to)
  for (const { epoch, n, bytes, hash } of readableEntries(from)) insert.run(epoch, n, bytes, hash)
  projectAll(to)
  for (const order of ['', 'DESC']) {
    for (const { value } of readable<{ value: string }>(from, `SELECT value FROM payment ORDER BY id ${order}`)) putPayment(parseRecord<PaymentRecord>(value))
    for (const { name, value } of readable<{ name: string; value: string }>(from, `SELECT name, value FROM record ORDER BY name ${order}`)) put.run(name, value)
  }
  to.prepare('DELETE FROM record WHERE name IN (?, ?)').run(RECORD_CHECKPOINT, 'authority/policy')
  put.run(RECORD_HOLES, 'true')
}

/** Rows until one that cannot be read. */
function* readable<Row>(from: Database.Database | undefined, sql: string): Generator<Row> {
  try {
    yield* from?.prepare<[], Row>(sql).iterate() ?? []
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
  }
}

/** From the first to one that cannot be read, then from the last, then one by one between the two: there may be sound pages among damaged ones. */
function* readableEntries(from: Database.Database | undefined): Generator<StoredEntry> {
  let first: StoredEntry | undefined
  for (const entry of readable<StoredEntry>(from, 'SELECT epoch, n, bytes, hash FROM entry ORDER BY epoch, n')) yield (first = entry)
  let last: StoredEntry | undefined
  for (const entry of readable<StoredEntry>(from, 'SELECT epoch, n, bytes, hash FROM entry ORDER BY epoch DESC, n DESC')) {
    if (first !== undefined && compare(entry, first) <= 0) return
    yield (last = entry)
  }
  if (from === undefined) return
  const { epoch, n: begin } = first ?? { epoch: last?.epoch ?? 1, n: 0 }
  const end = last?.epoch === epoch ? last.n : begin + MAX_SEARCHED
  const readOne = oneByOne(from)
  for (let n = begin + 1; n < Math.min(end, begin + MAX_SEARCHED); n++) {
    const found = readOne(epoch, n)
    if (found !== undefined) yield found
  }
}

/** Prepared once: a till in a shop waits for a hundred thousand of them. */
function oneByOne(from: Database.Database): (epoch: number, n: number) => StoredEntry | undefined {
  const orUndefined = <T>(read: () => T | undefined): T | undefined => {
    try {
      return read()
    } catch {
      return undefined
    }
  }
  const one = orUndefined(() => from.prepare<[number, number], StoredEntry>('SELECT epoch, n, bytes, hash FROM entry WHERE epoch = ? AND n = ?'))
  return (epoch, n) => orUndefined(() => one?.get(epoch, n))
}
