import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqliteStore } from './sqlite.ts'
import { hex } from '#protocol/bytes.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

const MEBIBYTE = 1024 * 1024

/**
 * `fixtures/hub-v1.sqlite` was written by version 0.1.0: two tills with 15 entries each, eight payments (four settled, two without money, one void, one held).
 */
function released(version: number) {
  const path = join(mkdtempSync(join(tmpdir(), 'hub-released-')), 'hub.db')
  copyFileSync(join(import.meta.dirname, `fixtures/hub-v${version}.sqlite`), path)
  const store = openSqliteStore(path)
  if (!store.ok) throw new Error(`${store.code} ${store.detail ?? ''}`)
  return store.value
}

it('finds every entry of a database of version 1, in chains that hold', async () => {
  const store = released(1)
  const entries = await store.entries(0, 100, MEBIBYTE)
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  const heads = new Map<string, { n: number; hash: Uint8Array }>()
  for (const { till, epoch, n, bytes } of entries) {
    const before = heads.get(till) ?? { n: 0, hash: GENESIS }
    expect(n).toBe(before.n + 1)
    expect(decodeEntry(bytes, { till, epoch, n })).toMatchObject({ ok: true })
    heads.set(till, { n, hash: chainHash(nodeCrypto, before.hash, bytes) })
  }
  expect(heads.size).toBe(2)
  for (const head of await store.get('heads', [...heads.keys()])) expect(hex(head.hash)).toBe(hex(heads.get(head.id)?.hash ?? GENESIS))
  await store.close()
})

it('finds every payment of it, what became of its money, and books that balance', async () => {
  const store = released(1)
  const payments = await store.newestPayments(100)
  expect(payments).toHaveLength(8)
  const posted = payments.filter(({ funds }) => funds === 'posted')
  expect(posted.map(({ amountMinor }) => amountMinor).toSorted((a, b) => a - b)).toEqual([420, 777, 1300, 12_000])
  expect(payments.filter(({ funds }) => funds === 'held').map(({ amountMinor }) => amountMinor)).toEqual([500])
  for (const { id } of payments) expect((await store.entriesOf(id, 9)).length).toBeGreaterThan(0)
  for (const { debitsPosted, creditsPosted } of (await store.summary(0)).accounts) expect(debitsPosted).toBe(creditsPosted)
  expect(await store.standing()).toMatchObject({ lastSeq: 30, settledSeq: 30 })
  await store.close()
})
