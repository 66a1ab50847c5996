import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, utf8 } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, openSigned, type Catalogue, type Product } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { APPLE, CATALOGUE, onlineTill, openTestTill, sellAndPay, type TestTill } from './test-till.ts'

const goods = (version: number, count: number): Product[] =>
  Array.from({ length: count }, (_, at) => ({
    gtin: String(9_521_000_000_000 + at),
    name: `Article ${at} of ${version}`,
    category: `Shelf ${at % 3}`,
    priceMinor: 100 + version,
    taxPpm: 70_000,
    symbol: 'A',
  }))

/** A catalogue in chunks of so many products, as a hub would sign it. */
function chunked(version: number, products: readonly Product[], size: number) {
  const parts = Array.from({ length: Math.ceil(products.length / size) }, (_, at) => products.slice(at * size, (at + 1) * size))
  const chunks = parts.map((part) => utf8(JSON.stringify({ v: 1, products: part })))
  const named = chunks.map((bytes, at) => ({ hash: hex(nodeCrypto.sha256(bytes)), products: parts[at]?.length ?? 0 }))
  const catalogue: Catalogue = { ...CATALOGUE, version, products: [], chunks: named }
  return { chunks, catalogue }
}

const signed = (t: TestTill, catalogue: Catalogue): Uint8Array => encodeSigned(t.keys.policy, signedTypes.catalogue, catalogue)

/** The hashes that the till has asked for, in order. */
function asked(t: TestTill): string[] {
  return t.sent.flatMap((message) => {
    const wanted = openSigned(nodeCrypto, message, signedTypes.wanted, () => t.keys.till.publicKey)
    return wanted.ok ? [wanted.value.chunk] : []
  })
}
const names = (t: TestTill): string[] => t.products().map(({ name }) => name)
const sells = (t: TestTill, gtin: string): boolean => t.till.command({ type: 'addProduct', gtin }).ok

describe('a catalogue in chunks', () => {
  test('is asked for chunk by chunk, and sold by only when it is whole', () => {
    const t = onlineTill()
    const before = names(t)
    const { chunks, catalogue } = chunked(2, goods(2, 9), 3)
    t.till.received('catalogue', signed(t, catalogue))
    for (const [at, chunk] of chunks.entries()) {
      expect(asked(t)).toEqual(catalogue.chunks?.slice(0, at + 1).map(({ hash }) => hash))
      expect(names(t)).toEqual(before)
      expect(sells(t, APPLE)).toBe(true)
      expect(sells(t, '9521000000000')).toBe(false)
      t.till.received('chunk', chunk)
    }
    expect(names(t)).toEqual(goods(2, 9).map(({ name }) => name))
    expect(sells(t, '9521000000008')).toBe(true)
    expect(sells(t, APPLE)).toBe(false)
    expect(asked(t)).toHaveLength(3)
    t.close()
  })

  test('is asked for again when nothing came, and after the line was cut', () => {
    const t = onlineTill()
    const { catalogue } = chunked(2, goods(2, 2), 1)
    t.till.received('catalogue', signed(t, catalogue))
    t.time.advance(4000)
    expect(asked(t)).toHaveLength(1)
    t.time.advance(2000)
    expect(asked(t)).toHaveLength(2)
    t.till.disconnected()
    t.time.advance(60_000)
    expect(asked(t)).toHaveLength(2)
    t.till.connected()
    expect(asked(t)).toHaveLength(3)
    expect(new Set(asked(t)).size).toBe(1)
    t.close()
  })

  test('survives a stop in the middle, and works offline from then on', () => {
    const t = onlineTill()
    const { chunks, catalogue } = chunked(2, goods(2, 4), 2)
    t.till.received('catalogue', signed(t, catalogue))
    t.till.received('chunk', chunks[0] ?? new Uint8Array(0))
    const again = t.reopen()
    again.till.greet()
    expect(names(again)).toEqual(CATALOGUE.products.map(({ name }) => name))
    again.till.connected()
    expect(asked(again)).toEqual([catalogue.chunks?.[1]?.hash])
    again.till.received('chunk', chunks[1] ?? new Uint8Array(0))
    expect(names(again)).toHaveLength(4)
    const offline = again.reopen()
    offline.till.greet()
    expect(names(offline)).toEqual(goods(2, 4).map(({ name }) => name))
    expect(sells(offline, '9521000000003')).toBe(true)
    offline.close()
  })

  test('is fetched anew only where it differs, and what it lacks leaves the disk', () => {
    const t = onlineTill()
    const products = goods(2, 6)
    const first = chunked(2, products, 2)
    t.till.received('catalogue', signed(t, first.catalogue))
    for (const chunk of first.chunks) t.till.received('chunk', chunk)
    const dearer = products.map((product, at) => (at === 3 ? { ...product, priceMinor: 999 } : product))
    const second = chunked(3, dearer, 2)
    t.till.received('catalogue', signed(t, second.catalogue))
    expect(asked(t).slice(3)).toEqual([second.catalogue.chunks?.[1]?.hash])
    t.till.received('chunk', second.chunks[1] ?? new Uint8Array(0))
    expect(t.products()[3]?.priceMinor).toBe(999)
    const again = t.reopen()
    again.till.received('catalogue', signed(again, chunked(4, products, 2).catalogue))
    again.till.connected()
    expect(asked(again)).toEqual([first.catalogue.chunks?.[1]?.hash])
    again.close()
  })

  test('whatever anybody sends as a chunk, in any order and as often as they like, the till sells by one whole catalogue', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 30 }), fc.constant('restart' as const)), { maxLength: 20 }), (events) => {
        let t = onlineTill()
        const { chunks, catalogue } = chunked(2, goods(2, 8), 2)
        t.till.received('catalogue', signed(t, catalogue))
        const came = new Set<number>()
        for (const event of events) {
          if (event === 'restart') t = t.reopen()
          else t.till.received('chunk', typeof event === 'number' ? (chunks[event] ?? new Uint8Array(0)) : event)
          if (typeof event === 'number') came.add(event)
          t.till.greet()
          expect(names(t)).toEqual(came.size === 4 ? goods(2, 8).map(({ name }) => name) : CATALOGUE.products.map(({ name }) => name))
        }
        t.close()
      }),
      { numRuns: 25 },
    )
  })

  test('a chunk of the right hash that is no list of products is an incident, and not sold by', () => {
    const t = onlineTill()
    const bytes = utf8('{"v":1,"products":[{"gtin":"1"}]}')
    const catalogue: Catalogue = { ...CATALOGUE, version: 2, products: [], chunks: [{ hash: hex(nodeCrypto.sha256(bytes)), products: 1 }] }
    t.till.received('catalogue', signed(t, catalogue))
    t.till.received('chunk', bytes)
    expect(t.kinds().at(-1)).toBe('incident.recorded')
    expect(sells(t, APPLE)).toBe(true)
    t.close()
  })
})

describe('a screen', () => {
  test('gets the first products of each category of a large catalogue, and finds the others by search', () => {
    const t = onlineTill()
    const { chunks, catalogue } = chunked(2, goods(2, 600), 300)
    t.till.received('catalogue', signed(t, catalogue))
    for (const chunk of chunks) t.till.received('chunk', chunk)
    expect(t.products()).toHaveLength(180)
    expect(t.till.command({ type: 'search', text: 'article 59' })).toEqual({ ok: true, value: null })
    expect(t.found()).toMatchObject({ text: 'article 59' })
    expect(t.found()?.products.map(({ name }) => name)).toEqual(['Article 59 of 2', ...Array.from({ length: 10 }, (_, at) => `Article 59${at} of 2`)])
    t.till.command({ type: 'search', text: 'article' })
    expect(t.found()?.products).toHaveLength(50)
    t.close()
  })

  test('finds first what this till has sold, also after a restart', () => {
    const t = openTestTill()
    t.goOnline()
    const found = (till: TestTill, text: string) => {
      till.till.command({ type: 'search', text })
      return till.found()?.products.map(({ name }) => name)
    }
    const products = CATALOGUE.products.toReversed()
    t.till.received('catalogue', signed(t, { ...CATALOGUE, version: 2, products }))
    expect(found(t, 'fruit')).toEqual(['Pears', 'Apple'])
    sellAndPay(t)
    expect(found(t, 'fruit')).toEqual(['Apple', 'Pears'])
    const again = t.reopen()
    expect(found(again, 'fruit')).toEqual(['Apple', 'Pears'])
    again.close()
  })
})
