import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAccount } from '../ledger/ledger.ts'
import { storeConformance } from './conformance.ts'
import { memoryDisk, openMemoryStore } from './memory.ts'
import { openSqliteStore } from './sqlite.ts'

const opened = (path: string) => {
  const store = openSqliteStore(path)
  if (!store.ok) throw new Error(`${store.code} ${store.detail ?? ''}`)
  return store.value
}

storeConformance('the memory store', () => {
  const disk = memoryDisk()
  return { open: () => openMemoryStore(disk), clean: () => undefined }
})

storeConformance('the SQLite store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-store-'))
  return { open: () => opened(join(folder, 'hub.db')), clean: () => rmSync(folder, { recursive: true }) }
})

describe('a crashed memory store', () => {
  it('keeps those who wait waiting, and its disk as it was', async () => {
    const disk = memoryDisk()
    const store = openMemoryStore(disk)
    const bank = openAccount({ id: 'bank', label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' })
    await store.commit({ accounts: [bank] })
    store.crash()
    const late = store.commit({ accounts: [{ ...bank, id: 'late' }] })
    const winner = await Promise.race([late, new Promise((resolve) => setImmediate(resolve, 'nothing happened'))])
    expect(winner).toBe('nothing happened')
    expect((await openMemoryStore(disk).get('accounts', ['bank', 'late'])).map(({ id }) => id)).toEqual(['bank'])
  })
})

describe('an SQLite file', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-store-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('belongs to one hub at a time', async () => {
    const path = join(folder, 'hub.db')
    const first = opened(path)
    expect(openSqliteStore(path)).toMatchObject({ ok: false, code: 'till.busy' })
    await first.close()
    await opened(path).close()
  })

  it('that is no database is refused and left alone', () => {
    const path = join(folder, 'hub.db')
    writeFileSync(path, 'x'.repeat(5000))
    expect(openSqliteStore(path)).toMatchObject({ ok: false, code: 'till.journal_corrupt' })
  })

  it('on a disk without room stores nothing of a commit, says so, and is whole afterwards', async () => {
    const path = join(folder, 'hub.db')
    const filling = `
      import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'sqlite.ts'))}
      const store = openSqliteStore(${JSON.stringify(path)}).value
      const till = '01900000-0000-7000-8000-000000000001'
      for (let seq = 1; ; seq++) {
        const entry = { seq, till, epoch: 1, n: seq, bytes: new Uint8Array(20000), hash: new Uint8Array(32), receivedAt: 1 }
        const committed = await store.commit({ entries: [entry], exceptions: [{ at: 1, till, epoch: 1, n: seq, code: 'entry.malformed' }] })
        if (committed !== 'done') {
          console.log(JSON.stringify({ committed, seq, standing: await store.standing() }))
          process.exit()
        }
      }`
    // A limit on the size of files (in blocks of 512 or 1024 bytes) is how a test gets a full disk without one.
    const limited = spawnSync('sh', ['-c', 'ulimit -f 2000; exec "$0" --input-type=module -e "$1"', process.execPath, filling], { encoding: 'utf8' })
    const { committed, seq, standing } = JSON.parse(limited.stdout) as { committed: string; seq: number; standing: object }
    expect(committed).toBe('full')
    expect(seq).toBeGreaterThan(5)
    expect(standing).toMatchObject({ lastSeq: seq - 1 })
    const store = opened(path)
    expect(await store.standing()).toMatchObject({ lastSeq: seq - 1 })
    expect(await store.newestExceptions(1000)).toHaveLength(seq - 1)
    await store.close()
  })

  it('refuses a row that breaks the ledger’s own rules, whoever computed it', async () => {
    const store = opened(join(folder, 'hub.db'))
    const purse = openAccount({ id: 'purse', label: 'Purse', currency: 'EUR', side: 'credit', rule: 'debits_must_not_exceed_credits' })
    await expect(store.commit({ accounts: [{ ...purse, debitsPosted: 1n }] })).rejects.toThrow('CHECK')
    expect(await store.get('accounts', ['purse'])).toEqual([])
    await store.close()
  })
})
