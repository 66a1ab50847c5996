import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type Api } from './server.ts'
import { demoShop } from '../demo-shop.ts'
import { makeRig, type Rig } from '../test-rig.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { CatalogueChange, CataloguePreview, CatalogueState, ProductEdited, ProductsFound } from '#protocol/hub-api/catalogue.ts'
import { downTopic } from '#protocol/topics.ts'

let rig: Rig
let api: Api
beforeEach(async () => {
  rig = await makeRig()
  api = await openApi({ hub: rig.hub, timers: rig.clock, port: 0, pages: 'nowhere', demoWallets: undefined, warn: () => undefined })
})
afterEach(() => api.close())

const post = (path: string, body: string, type = 'text/csv') => fetch(new URL(path, api.url), { method: 'POST', headers: { 'content-type': type }, body })
const state = async (): Promise<CatalogueState> => (await (await fetch(new URL('/api/catalogue', api.url))).json()) as CatalogueState
const FILE = 'gtin;name;category;price;tax\r\n9520000000011;Apple;Fruit;1,00;7\r\n'

test('a file is previewed, then applied, and every till gets the new catalogue', async () => {
  const till = await rig.till()
  expect(await state()).toMatchObject({ version: demoShop.catalogueVersion, products: demoShop.products.length })
  const preview = (await (await post('/api/catalogue', FILE)).json()) as CataloguePreview
  expect(preview).toMatchObject({ rows: 1, added: 0, changed: 1, gone: demoShop.products.length - 1, bad: 0 })
  expect((await state()).products).toBe(demoShop.products.length)
  const published = () => rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'catalogue')).length
  const before = published()
  expect(await (await post('/api/catalogue/apply', FILE)).json()).toMatchObject({ applied: demoShop.catalogueVersion + 1 })
  expect(published()).toBe(before + 1)
  expect(await state()).toEqual({ version: demoShop.catalogueVersion + 1, currency: 'EUR', products: 1, categories: [{ name: 'Fruit', products: 1 }] })
})

const postJson = async (path: string, body: object): Promise<ProductEdited> =>
  (await (await post(`/api/catalogue/products${path}`, JSON.stringify(body), 'application/json')).json()) as ProductEdited
const find = async (words: string): Promise<ProductsFound> =>
  (await (await fetch(new URL(`/api/catalogue/products?q=${encodeURIComponent(words)}`, api.url))).json()) as ProductsFound

test('a person edits a product, and tills have it signed; who did it is kept with it', async () => {
  const till = await rig.till()
  const [apple] = (await find('apple')).products
  if (apple === undefined) throw new Error('the demo shop sells apples')
  const { version } = await state()
  expect(await postJson('', { product: { ...apple, price: '2,49', tax: '19' }, before: apple })).toEqual({ bad: [], applied: version + 1 })
  const bytes = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, 'catalogue'))?.payload ?? new Uint8Array(0)
  const signer = rig.keys.signer('policy')
  const heard = openSigned(nodeCrypto, bytes, signedTypes.catalogue, () => signer.publicKey)
  expect(heard.ok && heard.value.products.find(({ gtin }) => gtin === apple.gtin)).toMatchObject({ priceMinor: 249, taxPpm: 190_000 })
  // Whoever had the page open before that is told, and so is who writes nonsense.
  expect(await postJson('', { product: { ...apple, price: '1.00' }, before: apple })).toMatchObject({ bad: [{ field: 'gtin' }] })
  expect(await postJson('', { product: apple })).toMatchObject({ bad: [{ field: 'gtin' }] })
  const now = (await find(apple.gtin)).products[0] ?? apple
  expect(await postJson('', { product: { ...now, price: '-1', tax: '200', name: '' }, before: now })).toMatchObject({
    bad: [{ field: 'name' }, { field: 'price' }, { field: 'tax' }],
  })
  expect(await postJson('', { product: { ...now, gtin: '9520000000010' } })).toMatchObject({ bad: [{ field: 'gtin' }] })
  const fresh = { gtin: '4006381333931', name: 'Marker', category: 'Paper', price: '1.80', tax: '19' }
  expect(await postJson('', { product: fresh })).toEqual({ bad: [], applied: version + 2 })
  expect(await find('mark paper')).toEqual({ products: [fresh], more: false })
  expect(await postJson(`/${fresh.gtin}/remove`, { before: fresh })).toEqual({ bad: [], applied: version + 3 })
  const bundle = demoShop.products.find(({ parts }) => parts !== undefined)
  const part = (await find(bundle?.parts?.[0]?.gtin ?? '')).products[0]
  expect(await postJson(`/${part?.gtin ?? ''}/remove`, { before: part })).toMatchObject({ bad: [{ field: 'gtin', say: `is a part of ${bundle?.name}` }] })
  expect((await state()).version).toBe(version + 3)
  const changes = (await (await fetch(new URL('/api/catalogue/changes', api.url))).json()) as CatalogueChange[]
  expect(changes).toMatchObject([
    { version: version + 3, what: 'product', gone: 1, items: [{ name: 'Marker' }] },
    { version: version + 2, added: 1 },
    {
      version: version + 1,
      changed: 1,
      by: 'operator',
      items: [
        {
          gtin: apple.gtin,
          fields: [
            { field: 'price', before: apple.price, after: '2.49' },
            { field: 'tax', before: apple.tax, after: '19' },
          ],
        },
      ],
    },
  ])
})

test('nothing is changed by a bad row, by what is no CSV file, or from another site', async () => {
  expect(await (await post('/api/catalogue/apply', `${FILE}1;2;3;4;5`)).json()).toMatchObject({ bad: 1, examples: { bad: [{ line: 3, field: 'gtin' }] } })
  expect((await post('/api/catalogue/apply', FILE, 'text/plain')).status).toBe(400)
  const foreign = await fetch(new URL('/api/catalogue/apply', api.url), {
    method: 'POST',
    headers: { 'content-type': 'text/csv', origin: 'http://shop.example' },
    body: FILE,
  })
  expect(foreign.status).toBe(403)
  expect((await state()).version).toBe(demoShop.catalogueVersion)
})
