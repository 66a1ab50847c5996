import { expect, test } from 'vitest'
import { demoShop } from '../../hub/demo-shop.ts'
import { enrolmentRequest, makeRig, testSeed } from '../../hub/test-rig.ts'
import { Authority } from '../../terminal/core/authority.ts'
import { ChunkAsking } from '../../terminal/core/chunk-asking.ts'
import { unhex } from '#protocol/bytes.ts'
import { packed, type Product } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { downTopic, upTopic } from '#protocol/topics.ts'

const products: Product[] = Array.from({ length: 12_000 }, (_, at) => ({
  gtin: withCheckDigit(at),
  name: `Article ${at}`,
  category: 'Everything',
  priceMinor: 100 + at,
  taxPpm: 190_000,
  symbol: 'A',
}))

test('a till fetches a large catalogue from its hub, over a line that loses every third message, and then only what has changed', async () => {
  const rig = await makeRig({ shop: { ...demoShop, products } })
  const signer = signerFromSeed(testSeed())
  const registered = await rig.hub.registerTill('Counter 1')
  if (!registered.ok) throw new Error(registered.code)
  const { till } = registered.value
  const enrolled = await rig.hub.enrol(enrolmentRequest(signer, registered.value.code))
  if (!enrolled.ok) throw new Error(enrolled.code)
  const { answer } = enrolled.value

  const disk = new Map<string, string>()
  const store = {
    records: (prefix: string) => new Map([...disk].filter(([name]) => name.startsWith(prefix))),
    commit: ({ put = {}, remove = [] }: { readonly put?: Readonly<Record<string, string>>; readonly remove?: readonly string[] }) => {
      for (const [name, value] of Object.entries(put)) disk.set(name, value)
      for (const name of remove) disk.delete(name)
    },
  }
  const authority = new Authority(nodeCrypto, store, till, unhex(answer.rootPublicKey) ?? new Uint8Array(0))
  for (const [kind, text] of [
    ['keys', answer.keySet],
    ['policy', answer.policy],
    ['catalogue', answer.catalogue],
  ] as const)
    expect(authority.accept(kind, packed.bytes(text)).ok).toBe(true)
  expect(authority.products).toEqual([])

  let messages = 0
  let questions = 0
  const isLost = (): boolean => ++messages % 3 === 0
  const asking = new ChunkAsking(
    { till, signer },
    {
      send(message) {
        questions++
        if (!isLost()) rig.carrier.deliver(upTopic(till), message)
      },
    },
  )
  let heard = 0
  const fetchAll = async (): Promise<void> => {
    for (let at = 0; authority.wantedChunk !== undefined && at < 1_000_000; at += 500) {
      asking.step(authority.wantedChunk, true, at)
      await rig.hub.idle()
      const sent = rig.carrier.sent.filter(({ topic }) => topic === downTopic(till, 'chunk'))
      for (const { payload } of sent.slice(heard)) if (!isLost()) expect(authority.acceptChunk(payload).ok).toBe(true)
      heard = sent.length
    }
  }
  await fetchAll()
  expect(authority.products).toEqual(products)
  expect(authority.search('article 11999', () => 0, 5).map(({ name }) => name)).toEqual(['Article 11999'])

  const before = questions
  const file = products.map(({ gtin, name, priceMinor }, at) => `${gtin},${name},Everything,${((at === 500 ? 999 : priceMinor) / 100).toFixed(2)},19`)
  expect(rig.hub.catalogue.apply(new TextEncoder().encode(['gtin,name,category,price,tax', ...file].join('\n')))).toMatchObject({
    bad: 0,
    changed: 1,
    applied: demoShop.catalogueVersion + 1,
  })
  const published = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till, 'catalogue'))
  expect(authority.accept('catalogue', published?.payload ?? new Uint8Array(0)).ok).toBe(true)
  expect(authority.products).toEqual(products)
  await fetchAll()
  expect(authority.products).toHaveLength(products.length)
  expect(authority.products[500]?.priceMinor).toBe(999)
  expect(questions - before).toBeLessThanOrEqual(4)
})

function withCheckDigit(at: number): string {
  const digits = String(952_100_000_000 + at)
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 1 : 3), 0)
  return digits + String((10 - (sum % 10)) % 10)
}
