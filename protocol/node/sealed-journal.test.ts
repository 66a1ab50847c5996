import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { hex } from '../bytes.ts'
import { exportKeyFromSecret, openJournal, sealJournal, type ExportedBatch, type ExportKey } from './sealed-journal.ts'

const TILL = '0198c0de-0000-7000-8000-0000000000aa'
const key = exportKeyFromSecret(new Uint8Array(32).fill(7))
const batches: ExportedBatch[] = [10, 1, 70_000].map((length, i) => ({ bytes: new Uint8Array(length).fill(i), entries: i + 1 }))

async function sealed(these: readonly ExportedBatch[] = batches, to = key.publicKey): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of sealJournal(to, TILL, these)) parts.push(part)
  return Buffer.concat(parts)
}

async function opened(file: Uint8Array, cuts: readonly number[] = [], known: readonly ExportKey[] = [key]) {
  const got: Uint8Array[] = []
  async function* chunks() {
    const places = [0, ...cuts.map((cut) => Math.min(cut, file.length)).toSorted((a, b) => a - b), file.length]
    for (let i = 1; i < places.length; i++) yield file.subarray(places[i - 1], places[i])
  }
  const outcome = await openJournal(
    chunks(),
    (id) => known.find(({ keyId }) => hex(keyId) === id),
    async (batch) => void got.push(batch),
  )
  return { outcome, got }
}

describe('a sealed journal', () => {
  test('opens with the hub’s key, batch by batch, and says whose it is', async () => {
    const { outcome, got } = await opened(await sealed())
    expect(outcome).toEqual({ ok: true, value: { till: TILL, batches: 3, entries: 6 } })
    expect(got.map((batch) => hex(batch))).toEqual(batches.map(({ bytes }) => hex(bytes)))
    expect((await opened(await sealed([]))).outcome).toEqual({ ok: true, value: { till: TILL, batches: 0, entries: 0 } })
  })

  test('shows nothing to anybody else, and says for which key it is', async () => {
    const file = await sealed()
    expect(file.includes(Buffer.alloc(32, 2))).toBe(false)
    const other = exportKeyFromSecret(new Uint8Array(32).fill(8))
    expect((await opened(file, [], [other])).outcome).toMatchObject({
      ok: false,
      code: 'journal.wrong_key',
      detail: expect.stringContaining(hex(key.keyId)) as string,
    })
    expect((await opened(file, [], [{ ...other, keyId: key.keyId }])).outcome).toMatchObject({ ok: false, code: 'journal.malformed' })
  })

  test('that was cut short anywhere is known by it, and hands on what came before', async () => {
    const file = await sealed()
    for (const length of [0, 3, 43, 44, 46, 60, 100, file.length - 1]) {
      const { outcome } = await opened(file.subarray(0, length))
      expect(outcome).toMatchObject({ ok: false, code: 'journal.malformed' })
    }
    expect((await opened(file.subarray(0, file.length - 1))).got).toHaveLength(3)
    expect((await opened(Buffer.concat([file, Buffer.from('more')]))).outcome).toMatchObject({ ok: false, code: 'journal.malformed' })
  })

  test('comes in any chunks', async () => {
    const file = await sealed()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(file.length), { maxLength: 30 }), async (cuts) => {
        expect((await opened(file, cuts)).outcome).toMatchObject({ ok: true, value: { batches: 3 } })
      }),
      { numRuns: 30 },
    )
  })

  test('with any byte changed, or any bytes at all, is refused and never throws', async () => {
    const file = await sealed()
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Uint8Array.from(file)
        changed[at] = (changed[at] ?? 0) ^ by
        expect((await opened(changed)).outcome.ok).toBe(false)
      }),
      { numRuns: 150 },
    )
    const header = file.subarray(0, 44)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, headed) => {
        expect((await opened(headed ? Buffer.concat([header, bytes]) : bytes)).outcome.ok).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  test('reads no more of a part than the largest batch needs', async () => {
    const file = await sealed()
    const greedy = Buffer.from(file.subarray(0, 48))
    greedy.writeUInt32BE(0xffffffff, 44)
    let asked = 0
    async function* endless() {
      yield greedy
      for (; asked < 10_000; asked++) yield new Uint8Array(64 * 1024)
    }
    const outcome = await openJournal(
      endless(),
      () => key,
      () => Promise.resolve(),
    )
    expect(outcome).toMatchObject({ ok: false, code: 'journal.malformed' })
    expect(asked).toBe(0)
  })
})

test('an export key is the X25519 key of its secret (RFC 7748 §6.1)', async () => {
  const bob = exportKeyFromSecret(Buffer.from('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb', 'hex'))
  expect(hex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
  const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
  await expect(suite.DeserializePublicKey(bob.publicKey)).resolves.toBeDefined()
})
