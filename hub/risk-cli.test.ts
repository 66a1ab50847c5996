import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { fileVault, hubKeys } from './keys.ts'
import { decodeRecord, encodeRecord } from './risk/record.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { openCounter } from './test-counter.ts'
import { sale, TestClock } from './test-rig.ts'
import { freshSeed } from '#protocol/node/crypto.ts'

const run = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string }>((resolve) =>
    execFile(process.execPath, [join(import.meta.dirname, 'risk-cli.ts'), ...args], (error, out, errors) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: out + errors }),
    ),
  )

test('a stopped hub’s decision is explained from its folder, and a record that somebody has changed says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'risk-'))
  const opened = openSqliteStore(join(folder, 'hub.db'))
  if (!opened.ok) throw new Error(opened.code)
  const keys = hubKeys(fileVault(join(folder, 'keys'), freshSeed), new TestClock())
  const counter = await openCounter({ store: opened.value, keys, risk: {} })
  const { paymentId, intended } = sale(500, counter.wallet.show())
  await counter.journal(counter.till, intended)
  await counter.rig.hub.stop()
  await opened.value.close()

  const told = await run('explain', paymentId, '--data', folder)
  expect([told.code, told.out]).toEqual([0, expect.stringContaining('replayed     the same, bit by bit')])
  const db = new Database(join(folder, 'hub.db'))
  const { body } = db.prepare<[], { body: Uint8Array }>('SELECT body FROM riskLog WHERE seq = 1').get() ?? { body: new Uint8Array(0) }
  const record = decodeRecord(body)
  if (record.kind !== 'decision') throw new Error('a decision')
  db.prepare('UPDATE riskLog SET body = ?').run(encodeRecord({ ...record, outcome: 'review' }))
  db.close()
  const [changed, unknown] = [await run('explain', paymentId, '--data', folder, '--json'), await run('explain', paymentId.replace(/.$/, 'f'), '--data', folder)]
  expect([changed.code, (JSON.parse(changed.out) as { differs: unknown }).differs]).toEqual([1, ['the outcome was "review" and is "approve"']])
  expect([unknown.code, unknown.out]).toEqual([2, expect.stringContaining('risk was not asked')])
})
