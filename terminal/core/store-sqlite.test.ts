import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hex, utf8 } from '#protocol/bytes.ts'
import { holdsTillStore } from './store.conformance.ts'
import { RECORD_HOLES } from './store-holes.ts'
import { openSqliteReader, openSqliteStore } from './store-sqlite.ts'
import { StoreError, type StoredEntry, type TillStore } from './store.ts'

/** The files of a database as they are at this moment, while it is open: what a power cut leaves. */
function copyAsItIs(from: string, to: string): void {
  for (const suffix of ['', '-wal']) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
}

holdsTillStore('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'till-store-'))
  let path = join(folder, 'journal.sqlite')
  let cuts = 0
  return {
    open: () => openSqliteStore(path),
    powerCut: (open: TillStore) => {
      const after = join(folder, `after-${++cuts}.sqlite`)
      copyAsItIs(path, after)
      open.close()
      path = after
      return openSqliteStore(path)
    },
    dispose: () => rmSync(folder, { recursive: true }),
  }
})

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'till-store-'))
  path = join(folder, 'journal.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

const entry = (n: number, length = 100): StoredEntry => ({ epoch: 1, n, bytes: utf8(`${n} `.padEnd(length, 'x')), hash: new Uint8Array(32).fill(n) })

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof StoreError) return error.code
    throw error
  }
  return 'none'
}

test('a file that is no database is kept aside, and a fresh journal takes its place', () => {
  writeFileSync(path, 'this was a journal once '.repeat(100))
  const store = openSqliteStore(path)
  expect(store.head()).toBeUndefined()
  expect(store.records('')).toEqual(new Map([[RECORD_HOLES, 'true']]))
  store.close()
  expect(readFileSync(`${path}-damaged-1`, 'utf8')).toContain('this was a journal once')
})

const PAGE = 4096
/** Overwrites pages of the closed database, counted from 0. */
function spoilPages(...pages: readonly number[]): void {
  const file = openSync(path, 'r+')
  for (const page of pages) writeSync(file, new Uint8Array(PAGE).fill(0xa5), 0, PAGE, page * PAGE)
  closeSync(file)
}

describe('a journal with a damaged page', () => {
  const COUNT = 200
  const written = () => {
    const store = openSqliteStore(path)
    for (let n = 1; n <= COUNT; n++)
      store.commit({ entries: [entry(n, 300)], put: { [`r/${String(n).padStart(3, '0')}`]: 'x'.repeat(50), 'authority/policy': 'p' } })
    store.close()
    return statSync(path).size / PAGE
  }

  test('is marked when it is read, and salvaged at the next start: the damaged file is kept, and everything on other pages is there', () => {
    const pages = written()
    // Deep in the file: a leaf.
    spoilPages(Math.floor(pages / 2))
    let damage = 0
    const store = openSqliteStore(path, () => (damage += 1))
    const readAll = () => Array.from({ length: COUNT }, (_, n) => store.readAfter({ epoch: 1, n }, 1000, 1)) && store.records('r/')
    expect(codeOf(readAll)).toBe('till.journal_corrupt')
    expect(damage).toBe(1)
    store.close()
    const salvaged = openSqliteStore(path)
    const entries = salvaged.readAfter({ epoch: 1, n: 0 }, 1e9, 1e6)
    const records = salvaged.records('r/')
    expect(entries.length + records.size).toBeGreaterThan(2 * COUNT - 100)
    expect(entries.length + records.size).toBeLessThan(2 * COUNT)
    expect(salvaged.records(RECORD_HOLES).size).toBe(1)
    expect(salvaged.records('authority/policy').size).toBe(0)
    expect(existsSync(`${path}-damaged-1`)).toBe(true)
    salvaged.close()
    const again = openSqliteStore(path)
    expect(existsSync(`${path}-damaged-2`)).toBe(false)
    again.close()
  })

  test('opens whichever page it is, and never shows an entry that was not written', { timeout: 60_000 }, () => {
    const pages = written()
    const sound = readFileSync(path)
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(pages - 1), { minLength: 1, maxLength: 4 }), (spoilt) => {
        for (const file of readdirSync(folder)) if (file !== 'journal.sqlite') rmSync(join(folder, file))
        writeFileSync(path, sound)
        spoilPages(...spoilt)
        for (let starts = 0; starts < 2; starts++) {
          const store = openSqliteStore(path)
          try {
            for (const { n, bytes } of Array.from({ length: COUNT }, (_, n) => store.readAfter({ epoch: 1, n }, 1000, 1)).flat())
              expect(hex(bytes)).toBe(hex(entry(n, 300).bytes))
            store.records('r/')
          } catch (error) {
            // Found now: the next start salvages it.
            if (!(error instanceof StoreError) || starts > 0) throw error
          }
          store.close()
        }
      }),
      { numRuns: 8 },
    )
  })

  test('is salvaged once more when the power goes meanwhile, at whichever file it was', () => {
    const pages = written()
    spoilPages(Math.floor(pages / 2))
    writeFileSync(`${path}-damaged`, '')
    const before = readFileSync(path)
    const finished = openSqliteStore(path)
    const count = finished.readAfter({ epoch: 1, n: 0 }, 1e9, 1e6).length
    finished.close()
    // As it was after the fresh file was written, before the damaged one was moved away.
    renameSync(path, `${path}.salvaged`)
    rmSync(`${path}-damaged-1`)
    writeFileSync(path, before)
    writeFileSync(`${path}-damaged`, '')
    const again = openSqliteStore(path)
    expect(again.readAfter({ epoch: 1, n: 0 }, 1e9, 1e6)).toHaveLength(count)
    expect(readFileSync(`${path}-damaged-1`)).toEqual(before)
    again.close()
    // And after the damaged one was moved, before the fresh one took its place.
    renameSync(path, `${path}.salvaged`)
    const third = openSqliteStore(path)
    expect(third.readAfter({ epoch: 1, n: 0 }, 1e9, 1e6)).toHaveLength(count)
    third.close()
  })
})

test('a torn write-ahead log gives every commit before the tear, and none after', { timeout: 30_000 }, () => {
  const store = openSqliteStore(path)
  for (let n = 1; n <= 30; n++) store.commit({ entries: [entry(n)] })
  const log = readFileSync(`${path}-wal`)
  const main = readFileSync(path)
  store.close()
  let most = 0
  for (let length = 0; length <= log.length; length += 1500) {
    for (const file of readdirSync(folder)) rmSync(join(folder, file))
    writeFileSync(path, main)
    // What lay there before is behind the tear: it does not belong to this log.
    writeFileSync(`${path}-wal`, Buffer.concat([log.subarray(0, length), Buffer.alloc(log.length - length, 0x5a)]))
    const torn = openSqliteStore(path)
    const found = torn.readAfter({ epoch: 1, n: 0 }, 1e9, 1e6).map(({ n }) => n)
    expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i + 1))
    expect(found.length).toBeGreaterThanOrEqual(most)
    most = found.length
    torn.close()
  }
  expect(most).toBeGreaterThan(25)
})

test('a journal of a later version is refused and left as it is', () => {
  openSqliteStore(path).close()
  const db = new Database(path)
  db.pragma('user_version = 99')
  db.close()
  expect(codeOf(() => openSqliteStore(path))).toBe('till.newer_journal')
  expect(codeOf(() => openSqliteReader(path))).toBe('till.newer_journal')
  expect(existsSync(`${path}-damaged-1`)).toBe(false)
})

test('a second process on one journal is refused', { timeout: 15_000 }, () => {
  const store = openSqliteStore(path)
  store.commit({ entries: [entry(1)] })
  expect(codeOf(() => openSqliteStore(path))).toBe('till.busy')
  store.commit({ entries: [entry(2)] })
  store.close()
  const next = openSqliteStore(path)
  expect(next.head()).toMatchObject({ n: 2 })
  next.close()
})

const CHILD = `
  const { openSqliteStore } = await import(${JSON.stringify(join(import.meta.dirname, 'store-sqlite.ts'))})
  const store = openSqliteStore(process.argv[1])
  const hash = new Uint8Array(32)
  let n = store.head()?.n ?? 0
  const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n')
  const fill = () => {
    try {
      for (;;) { store.commit({ entries: [{ epoch: 1, n: n + 1, bytes: new Uint8Array(4000).fill(n), hash }] }); n += 1 }
    } catch (error) { say({ code: error.code, n }) }
  }
  process.stdin.on('data', () => { store.commit({ entries: [{ epoch: 1, n: n + 1, bytes: new Uint8Array(10), hash }] }); n += 1; say({ n }) })
  if (process.argv[2] === 'fill') fill()
  else say({ n })
`

/** `openSqliteStore` in a process of its own; `limit`: the largest size of a file, in the shell's blocks of 512 or 1024 bytes. */
function startChild(limit: string, how: 'fill' | 'wait') {
  const node = [process.execPath, '--input-type=module', '-e', CHILD, path, how]
  const child = spawn('sh', ['-c', `ulimit -S -f ${limit}; exec "$@"`, 'sh', ...node], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    next: async (): Promise<unknown> => JSON.parse(String((await lines.next()).value)),
  }
}

// A limit on the size of files is the full disk that needs no other account: the kernel refuses the write in the same place.
test.runIf(process.platform === 'linux')('a full disk stops the till and loses nothing that was committed', { timeout: 20_000 }, async () => {
  const { child, next } = startChild('512', 'fill')
  const full = (await next()) as { code: string; n: number }
  expect(full.code).toBe('till.disk_full')
  expect(full.n).toBeGreaterThan(10)
  // Given back before anything was refused.
  expect(existsSync(`${path}-reserve`)).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const store = openSqliteStore(path)
  expect(store.head()).toMatchObject({ n: full.n })
  expect(store.readAfter({ epoch: 1, n: 0 }, 1e9, 1e6)).toHaveLength(full.n)
  store.commit({ entries: [entry(full.n + 1)] })
  store.close()
})

test.runIf(process.platform !== 'win32')('what a killed process committed is there', { timeout: 20_000 }, async () => {
  const { child, next } = startChild('unlimited', 'wait')
  expect(await next()).toEqual({ n: 0 })
  for (let n = 1; n <= 5; n++) {
    child.stdin.write('commit\n')
    expect(await next()).toEqual({ n })
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
  const store = openSqliteStore(path)
  expect(store.head()).toMatchObject({ n: 5 })
  store.close()
})

test('what the log holds is moved into the file when nobody waits, and not by the commit that a customer waits for', () => {
  const store = openSqliteStore(path)
  const alone = join(folder, 'alone.sqlite')
  const inTheFile = (): number => {
    copyFileSync(path, alone)
    const copy = openSqliteStore(alone)
    const found = copy.readAfter({ epoch: 1, n: 0 }, 10 ** 9, 10_000).length
    copy.close()
    return found
  }
  let n = 0
  // More than SQLite would leave in the log by itself.
  for (; n < 260; n++) store.commit({ entries: [entry(n + 1, 8000)] })
  const before = inTheFile()
  store.rest()
  expect([before, inTheFile()]).toEqual([0, n])
  store.commit({ entries: [entry(n + 1)] })
  // Little came since: another fsync would be for nothing.
  store.rest()
  expect(inTheFile()).toBe(n)
  store.close()
})
