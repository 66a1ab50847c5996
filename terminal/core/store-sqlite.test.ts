import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { utf8 } from '#protocol/bytes.ts'
import { holdsTillStore } from './store.conformance.ts'
import { openSqliteStore } from './store-sqlite.ts'
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

test('a file that is no database is a damaged journal, and is left as it is', () => {
  writeFileSync(path, 'this was a journal once '.repeat(100))
  expect(codeOf(() => openSqliteStore(path))).toBe('till.journal_corrupt')
  expect(readFileSync(path, 'utf8')).toContain('this was a journal once')
})

test('a damaged page is a damaged journal', () => {
  const store = openSqliteStore(path)
  for (let n = 1; n <= 200; n++) store.commit({ entries: [entry(n, 500)] })
  store.close()
  const file = openSync(path, 'r+')
  for (let page = 1; page < 10; page++) writeSync(file, new Uint8Array(4096).fill(0xa5), 0, 4096, page * 4096)
  closeSync(file)
  expect(
    codeOf(() => {
      const damaged = openSqliteStore(path)
      try {
        for (let n = 0; n < 200; n++) damaged.readAfter({ epoch: 1, n }, 1000, 1)
      } finally {
        damaged.close()
      }
    }),
  ).toBe('till.journal_corrupt')
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
