import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hex, unbase64url, unhex, utf8 } from '../bytes.ts'
import { readBatch, verifyBatch } from '../hub/messages.ts'
import { nodeCrypto } from '../node/crypto.ts'
import { chainHash, GENESIS } from './chain.ts'
import { decodeEntry } from './entry.ts'

const fixture = z.object({
  till: z.string(),
  publicKey: z.string(),
  entries: z.array(z.object({ kind: z.string(), n: z.int(), text: z.string(), hash: z.string() })),
  restored: z.string(),
  batch: z.string(),
})
const none = new Uint8Array(0)

// Files of other versions are added beside this one, and none is ever changed: a hub accepts every entry that was ever released.
describe.each(['entries-1.json'])('entries as they were released: %s', (name) => {
  const { till, publicKey, entries, restored, batch } = fixture.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8')))

  it.each(entries)('$n $kind', ({ kind, n, text }) => {
    expect(decodeEntry(utf8(text), { till, epoch: 1, n })).toMatchObject({ ok: true, value: { kind } })
  })

  it('have the hashes that they had', () => {
    let hash = GENESIS
    for (const entry of entries) {
      hash = chainHash(nodeCrypto, hash, utf8(entry.text))
      expect(hex(hash)).toBe(entry.hash)
    }
    expect(decodeEntry(utf8(restored), { till, epoch: 2, n: 1 })).toMatchObject({ ok: true, value: { body: { previous: { head: hex(hash) } } } })
  })

  it('travel in batches that are still believed', () => {
    const read = readBatch(unbase64url(batch) ?? none)
    if (!read.ok) throw new Error(read.detail)
    expect(verifyBatch(nodeCrypto, read.value.envelope, unhex(publicKey) ?? none)).toBe(true)
    expect(read.value.batch.entries.map((bytes) => hex(bytes))).toEqual(entries.map(({ text }) => hex(utf8(text))))
  })
})
