import { spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, readBatch } from '#protocol/hub/messages.ts'
import { exportKeyFromSecret, openJournal } from '#protocol/node/sealed-journal.ts'
import { DAY } from '#protocol/time.ts'
import { exporterBeside } from './exporter.ts'
import { writeIdentity } from './identity.ts'
import { offlineTill, sellApple, START, TILL, testWallet, type TestTill } from './test-till.ts'

const exportKey = exportKeyFromSecret(new Uint8Array(32).fill(9))
let t: TestTill
let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'journal-'))
  t = offlineTill()
  // Valid whenever this test runs: the tool goes by the machine's clock.
  const key = {
    role: 'export',
    keyId: hex(exportKey.keyId),
    publicKey: hex(exportKey.publicKey),
    notBefore: START - 3650 * DAY,
    notAfter: START + 36_500 * DAY,
  }
  const others = t.keySet.keys.filter(({ role }) => role !== 'export')
  t.till.received('keys', encodeSigned(t.keys.root, signedTypes.keySet, { ...t.keySet, version: 2, keys: [...others, key] }))
  for (let i = 0; i < 3; i++) {
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.command({ type: 'continue' })
  }
  const mqtt = { url: 'mqtt://127.0.0.1:1', password: 'x'.repeat(32) }
  writeIdentity(t.folder, { v: 1, till: TILL, name: 'Till 1', seed: '05'.repeat(32), rootPublicKey: hex(t.keys.root.publicKey), certificate: '', mqtt })
})
afterEach(() => {
  t.close()
  rmSync(out, { recursive: true })
})

/** The program as a person runs it, beside the running till. */
function journal(...args: string[]) {
  const run = spawnSync(process.execPath, [join(import.meta.dirname, 'journal-cli.ts'), ...args], { encoding: 'utf8' })
  return { code: run.status, out: run.stdout, err: run.stderr, json: () => JSON.parse(run.stdout) as Record<string, unknown> }
}

describe('npm run journal', { timeout: 60_000 }, () => {
  test('verifies the journal of a running till, and says where a damaged one stops', () => {
    expect(journal('verify', '--data', t.folder, '--json')).toMatchObject({ code: 0 })
    expect(journal('verify', '--data', t.folder, '--json').json()).toMatchObject({ sound: true, entries: 13, good: { epoch: 1, n: 13 }, checkpoint: 'none' })
    const db = new Database(join(t.folder, 'journal.sqlite'))
    db.prepare(`UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"amountMinor":1000', '"amountMinor":1') AS BLOB) WHERE n = 8`).run()
    db.close()
    const damaged = journal('verify', '--data', t.folder)
    expect(damaged.code).toBe(1)
    expect(damaged.out).toContain('up to 1/7')
    expect(damaged.out).toContain('Entry 1/8 does not follow')
  })

  test('exports everything that is not safe into one file that only the hub can open', async () => {
    const made = journal('export', '--data', t.folder, '--to', out, '--json').json() as { ok: boolean; value: { file: string; entries: number } }
    expect(made).toMatchObject({ ok: true, value: { entries: 12 } })
    expect(statSync(made.value.file).mode & 0o777).toBe(0o600)
    expect(readFileSync(made.value.file).includes('paymentId')).toBe(false)
    const got: Uint8Array[] = []
    const opened = await openJournal(
      createReadStream(made.value.file),
      (id) => (id === hex(exportKey.keyId) ? exportKey : undefined),
      async (batch) => void got.push(batch),
    )
    expect(opened).toMatchObject({ ok: true, value: { till: TILL, entries: 12 } })
    const batches = got.map((bytes) => readBatch(bytes))
    expect(batches.map((read) => read.ok && read.value.batch.entries.length)).toEqual([12])
  })

  test('is how the till itself exports, and says why when it cannot', () => {
    const lines: string[] = []
    const exporter = exporterBeside(t.folder, (line) => void lines.push(line))
    const made = exporter.exportJournal()
    expect(made).toMatchObject({ ok: true, value: { entries: 12 } })
    expect(made.ok && statSync(made.value.file).size).toBeGreaterThan(1000)
    t.till.received(
      'keys',
      encodeSigned(t.keys.root, signedTypes.keySet, { ...t.keySet, version: 3, keys: t.keySet.keys.filter(({ role }) => role !== 'export') }),
    )
    expect(exporter.exportJournal()).toMatchObject({ ok: false, code: 'till.no_export_key' })
    expect(exporterBeside(out, (line) => void lines.push(line)).exportJournal()).toMatchObject({ ok: false })
    expect(lines).toHaveLength(1)
  })

  test('copies the journal while the till sells, and the copy is whole', () => {
    const file = join(out, 'copy.sqlite')
    expect(journal('backup', file, '--data', t.folder)).toMatchObject({ code: 0 })
    const db = new Database(file, { readonly: true })
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.prepare('SELECT count(*) AS n FROM entry').get()).toEqual({ n: 13 })
    db.close()
    expect(journal('backup', file, '--data', t.folder)).toMatchObject({ code: 2 })
    sellApple(t)
    expect(t.view().tender.stage).toBe('awaiting_code')
  })

  test('says in a sentence what is wrong with how it was called', () => {
    expect(journal('verify', '--data', out)).toMatchObject({ code: 2, err: expect.stringContaining('not the folder of an enrolled till') as string })
    expect(journal('verify')).toMatchObject({ code: 2, err: expect.stringContaining('--data is missing') as string })
    expect(journal('frobnicate', '--data', out)).toMatchObject({ code: 2 })
    expect(journal('--help')).toMatchObject({ code: 0, out: expect.stringContaining('verify --data DIR') as string })
  })
})
