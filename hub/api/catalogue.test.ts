import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type Api } from './server.ts'
import { demoShop } from '../demo-shop.ts'
import { makeRig, type Rig } from '../test-rig.ts'
import type { CataloguePreview, CatalogueState } from '#protocol/hub-api/catalogue.ts'
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
