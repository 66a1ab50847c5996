import { describe, expect, test } from 'vitest'
import { chunksOf } from './chunks.ts'
import { createCatalogueDesk } from './desk.ts'
import { demoShop } from '../demo-shop.ts'
import { hubKeys, memoryVault } from '../keys.ts'
import type { Shop } from '../shop.ts'
import { TestClock, testSeed } from '../test-rig.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { MAX_CHUNK_BYTES, openSigned, readChunk, type Product } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

const keys = hubKeys(memoryVault(testSeed), new TestClock())
const many = (count: number): Product[] =>
  Array.from({ length: count }, (_, at) => ({
    gtin: String(9_520_000_000_000 + at),
    name: `Article ${at} with a name as long as they are`,
    category: `Shelf ${at % 40}`,
    priceMinor: 100 + (at % 900),
    taxPpm: 190_000,
    symbol: 'A',
  }))

/** A desk on a file that outlives it. */
function deskOn(disk: { text?: string }, shop: Shop = demoShop) {
  let changes = 0
  const file = { read: () => disk.text, write: (text: string) => void (disk.text = text) }
  const desk = createCatalogueDesk({ crypto: nodeCrypto, clock: new TestClock(), keys, shop, file, changed: () => void changes++ })
  const signed = () => {
    const opened = openSigned(nodeCrypto, desk.signed(), signedTypes.catalogue, () => keys.signer('policy').publicKey)
    if (!opened.ok) throw new Error(opened.detail)
    return opened.value
  }
  return { desk, signed, changes: () => changes }
}
const CSV = 'gtin,name,category,price,tax\n9520000000011,Apple,Fruit,1.00,7\n'

describe('a catalogue that is served', () => {
  test('gets a higher version by every change, whoever made it, and by nothing else', () => {
    const disk = {}
    const { desk, signed, changes } = deskOn(disk)
    const { version } = signed()
    expect(version).toBe(demoShop.catalogueVersion)
    expect(deskOn(disk).signed()).toEqual(signed())
    desk.preview(utf8(CSV))
    expect([signed().version, changes()]).toEqual([version, 0])
    expect(desk.apply(utf8(CSV)).applied).toBe(version + 1)
    expect([signed().version, changes()]).toEqual([version + 1, 1])
    expect(desk.apply(utf8(CSV)).applied).toBe(version + 1)
    expect(deskOn(disk).signed()).toMatchObject({ version: version + 1, products: [{ name: 'Apple' }] })
    const renamed = deskOn(disk, { ...demoShop, store: { ...demoShop.store, name: 'Pier 5' } })
    expect(renamed.signed()).toMatchObject({ version: version + 2, products: [{ name: 'Apple' }] })
    expect(deskOn(disk, { ...demoShop, catalogueVersion: 40 }).signed().version).toBe(40)
  })

  test('is not changed by a file with a bad row', () => {
    const disk = {}
    const { desk, signed, changes } = deskOn(disk)
    const before = signed()
    expect(desk.apply(utf8(`${CSV}1,2,3,4,5`))).toMatchObject({ bad: 1 })
    expect(desk.apply(utf8(`${CSV}1,2,3,4,5`)).applied).toBeUndefined()
    expect([signed(), changes()]).toEqual([before, 0])
  })
})

describe('a large catalogue', () => {
  const products = many(20_000)
  const { desk, signed } = deskOn({}, { ...demoShop, products })

  test('names its chunks, which hold all products in order, each small enough', () => {
    const { chunks = [], products: inline } = signed()
    expect(inline).toEqual([])
    const found = chunks.flatMap(({ hash, products: count }) => {
      const bytes = desk.chunk(hash) ?? new Uint8Array(0)
      expect(hex(nodeCrypto.sha256(bytes))).toBe(hash)
      expect(bytes.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES)
      const read = readChunk(bytes)
      if (!read.ok) throw new Error(read.detail)
      expect(read.value).toHaveLength(count)
      return read.value
    })
    expect(found).toEqual(products)
    expect(desk.chunk('00'.repeat(32))).toBeUndefined()
    expect(desk.signed().length).toBeLessThan(MAX_CHUNK_BYTES)
  })

  test('keeps most of its chunks when a product comes, goes or changes', () => {
    const before = new Set(chunksOf(nodeCrypto, products).map(({ hash }) => hash))
    const [first] = many(1)
    const others = [
      products.toSpliced(7777, 1),
      products.toSpliced(7777, 0, { ...(first as Product), gtin: '4000000000006' }),
      products.with(7777, { ...(products[7777] as Product), priceMinor: 1 }),
    ]
    for (const changed of others) {
      const fresh = chunksOf(nodeCrypto, changed).filter(({ hash }) => !before.has(hash))
      expect(fresh.length).toBeLessThanOrEqual(2)
      expect(fresh.length).toBeGreaterThan(0)
    }
  })
})
