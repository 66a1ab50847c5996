import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAccount } from '../ledger/ledger.ts'
import { storeConformance, testId } from './conformance.ts'
import { documentConformance } from './document-conformance.ts'
import { lifeCycleConformance } from './life-cycle-conformance.ts'
import { migrations } from './schema.ts'
import { memoryDisk, openMemoryStore } from './memory.ts'
import { openSqliteStore } from './sqlite.ts'

const MEBIBYTE = 1024 * 1024

const opened = (path: string) => {
  const store = openSqliteStore(path)
  if (!store.ok) throw new Error(`${store.code} ${store.detail ?? ''}`)
  return store.value
}

for (const conformance of [storeConformance, lifeCycleConformance, documentConformance]) {
  conformance('the memory store', () => {
    const disk = memoryDisk()
    return { open: () => openMemoryStore(disk), clean: () => undefined }
  })

  conformance('the SQLite store', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-store-'))
    return { open: () => opened(join(folder, 'hub.db')), clean: () => rmSync(folder, { recursive: true }) }
  })
}

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

  it('of the first release keeps its entries, their payments and heads, and goes on', async () => {
    const path = join(folder, 'hub.db')
    const old = new Database(path)
    old.exec(migrations[0] ?? '')
    old.pragma('user_version = 1')
    const insert = old.prepare('INSERT INTO entries VALUES (?, ?, 1, ?, ?, ?, ?)')
    for (const seq of [1, 2, 3]) insert.run(seq, testId(1), seq, Buffer.from([seq, seq]), Buffer.alloc(32, seq), 10 + seq)
    old.prepare('INSERT INTO heads VALUES (?, 4, 1, 3, ?, 3, 13)').run(testId(1), Buffer.alloc(32, 3))
    const payment = { id: testId(5), till: testId(1), saleId: testId(6) }
    old
      .prepare(
        `INSERT INTO payments (id, version, till, epoch, n, intended, at, content, saleId, amountMinor, currency, state, funds)
         VALUES ($id, 1, $till, 1, 2, 'aa', 1, 'bb', $saleId, 250, 'EUR', 'INTENDED', 'none')`,
      )
      .run(payment)
    old.prepare('INSERT INTO links VALUES (?, 2)').run(payment.id)
    old.prepare('UPDATE standing SET settledSeq = 2').run()
    old.close()

    const store = opened(path)
    expect(await store.standing()).toEqual({ hubEpoch: 1, lastSeq: 3, settledSeq: 2 })
    expect((await store.entries(0, 9, MEBIBYTE)).map(({ seq, n, bytes, hash }) => [seq, n, bytes.length, bytes[0], hash[31]])).toEqual([
      [1, 1, 2, 1, 1],
      [2, 2, 2, 2, 2],
      [3, 3, 2, 3, 3],
    ])
    expect((await store.hashes(testId(1), 1, 2, 3)).map(({ n, hash }) => [n, hash[0]])).toEqual([
      [2, 2],
      [3, 3],
    ])
    expect(await store.reached(testId(1), 1, 2)).toBe(2)
    expect((await store.entriesOf(payment.id, 9)).map(({ seq }) => seq)).toEqual([2])
    expect((await store.get('heads', [testId(1)]))[0]).toMatchObject({ version: 4, n: 3, floorAt: undefined, acks: [] })
    expect((await store.segments(0, 1e6)).map(({ signed, count }) => [signed, count])).toEqual(Array(3).fill([false, 1]))
    await store.close()
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
        const place = { seq, count: 1, till, epoch: 1, n: seq, known: 0, receivedAt: 1, signed: false }
        const segment = { ...place, bytes: new Uint8Array(20000), head: new Uint8Array(32) }
        const committed = await store.commit({ segments: [segment], exceptions: [{ at: 1, till, epoch: 1, n: seq, code: 'entry.malformed' }] })
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

  it('that the first release wrote has its payments where they belong: captured, and at risk where no money came', async () => {
    const path = join(folder, 'hub.db')
    copyFileSync(join(import.meta.dirname, 'fixtures', 'hub-v1.sqlite'), path)
    const store = opened(path)
    const payments = await store.newestPayments(50)
    const states = payments.map(({ state, funds, amountMinor, capturedMinor }) => `${state} ${funds} ${capturedMinor === amountMinor ? 'all' : capturedMinor}`)
    expect(states.toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => 'CAPTURED posted all'),
      'INTENDED held 0',
      ...Array.from({ length: 2 }, () => 'RECOVERY none all'),
      'VOIDED released 0',
    ])
    const atRisk = await store.atRisk(9)
    expect(atRisk.count).toBe(2)
    for (const { unpaidSince, exception } of atRisk.payments) expect([unpaidSince, exception]).toEqual([expect.any(Number), expect.stringContaining('.')])
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
