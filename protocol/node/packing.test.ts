import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zstd } from './packing.ts'
import { signerFromSeed } from './crypto.ts'
import { hex, utf8 } from '../bytes.ts'
import { sign1, signedTypes, toCbor } from '../cose.ts'
import { encodeBatch, MAX_BATCH_BYTES, readBatch, type Batch } from '../hub/messages.ts'
import { GENESIS } from '../journal/chain.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(7))
const till = '0198c0de-0000-7000-8000-0000000000aa'
const batchOf = (entries: readonly Uint8Array[]): Batch => ({ till, epoch: 1, from: 2, previous: GENESIS, lastAck: new Uint8Array(0), waiting: 5, entries })
const many = Array.from({ length: 300 }, (_, n) => utf8(JSON.stringify({ n, kind: 'payment.captured', body: { amountMinor: n } })))

describe('packing', () => {
  it('gives back what it was given, and nothing larger than it may be', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const packed = zstd.pack(bytes)
        expect(hex(zstd.unpack(packed, 5000) ?? new Uint8Array(1))).toBe(hex(bytes))
        if (bytes.length > 1) expect(zstd.unpack(packed, bytes.length - 1)).toBeUndefined()
      }),
    )
  })

  it('takes any bytes and does not throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => (zstd.unpack(bytes, 1000)?.length ?? 0) <= 1000))
  })

  it('stops at the limit, whatever a bomb would unfold into', () => {
    const bomb = zstd.pack(new Uint8Array(200 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(100_000)
    const before = process.memoryUsage().rss
    expect(zstd.unpack(bomb, MAX_BATCH_BYTES)).toBeUndefined()
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024)
  })
})

describe('a packed batch', () => {
  it('says what it would have said without, in fewer bytes', () => {
    const [packed, plain] = [encodeBatch(signer, batchOf(many), zstd), encodeBatch(signer, batchOf(many))]
    expect(packed.length).toBeLessThan(plain.length / 3)
    const [read, other] = [readBatch(packed, zstd), readBatch(plain, zstd)]
    if (!read.ok || !other.ok) throw new Error('both are read')
    expect(read.value.batch.entries.map(hex)).toEqual(many.map(hex))
    expect({ ...read.value.batch, entries: [] }).toEqual({ ...other.value.batch, entries: [] })
  })

  it('is not packed when it is small, since nothing is won', () => {
    expect(hex(encodeBatch(signer, batchOf(many.slice(0, 4)), zstd))).toBe(hex(encodeBatch(signer, batchOf(many.slice(0, 4)))))
  })

  it('is of another version to who cannot unpack', () => {
    expect(readBatch(encodeBatch(signer, batchOf(many), zstd))).toMatchObject({ ok: false, code: 'wire.version' })
  })

  it.each([
    ['garbage', new Uint8Array([1, 2, 3])],
    ['a bomb', zstd.pack(new Uint8Array(10 * MAX_BATCH_BYTES))],
    ['no list', zstd.pack(toCbor('entries'))],
    ['a list of something else', zstd.pack(toCbor([1, 2]))],
  ])('with %s inside is refused', (_, inside) => {
    const { epoch, from, previous, lastAck } = batchOf([])
    const bytes = sign1(signer, signedTypes.batch, toCbor([3, till, epoch, from, previous, lastAck, 0, inside]))
    expect(readBatch(bytes, zstd)).toMatchObject({ ok: false, code: 'wire.malformed' })
  })
})
