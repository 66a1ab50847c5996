import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestPrograms, type TestPrograms } from './v1/test-programs.ts'
import type { MerchantDetail, MerchantsState } from '#protocol/hub-api/merchants.ts'
import { DAY } from '#protocol/time.ts'

let open: TestPrograms
beforeEach(async () => {
  open = await openTestPrograms()
})
afterEach(async () => {
  await open.close()
})

const post = async (
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly body: MerchantDetail & { readonly code?: string; readonly detail?: string } }> => {
  const response = await fetch(`${open.api.url}/api/merchants${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as MerchantDetail & { readonly code?: string } }
}
const get = async <T>(path = ''): Promise<T> => (await (await fetch(`${open.api.url}/api/merchants${path}`)).json()) as T
const account = { iban: 'FR1420041010050500013M02606', name: 'Pier Kiosk', bic: 'BNPAFRPP' }

it('a merchant is made, changed from a time on and paid to another account by two people, and everybody can read who did it', async () => {
  const shop = (await get<MerchantsState>()).merchants[0]
  expect(shop).toMatchObject({ id: open.shop, isShop: true, stores: [{ tills: (await open.rig.ports.store.tills()).length }] })
  const { terms } = await get<MerchantDetail>(`/${open.shop}`)
  const { id: _, account: _1, ...others } = terms
  const made = await post('', { terms: { ...others, name: 'Pier Kiosk', stores: [{ name: 'Pier 4' }] }, before: 0, by: 'ann' })
  const { id, stores } = made.body.terms
  expect(made).toMatchObject({ status: 200, body: { newest: 1, terms: { name: 'Pier Kiosk' }, versions: [{ by: 'ann', state: 'inForce' }] } })
  expect(id).not.toBe(open.shop)

  const from = open.rig.clock.now() + DAY
  expect(await post('', { terms: { ...made.body.terms, cutOff: '21:00' }, before: 1, from, by: 'bob' })).toMatchObject({
    body: { newest: 2, versions: [{ state: 'planned', from }, {}] },
  })
  expect(open.rig.hub.merchants.find(id)?.terms.cutOff).toBe(terms.cutOff)
  expect(await post('', { terms: { ...made.body.terms, account }, before: 2, by: 'bob' })).toMatchObject({ body: { code: 'merchant.too_early' } })
  open.rig.clock.advance(DAY)
  const asked = await post('', { terms: { ...made.body.terms, cutOff: '21:00', account }, before: 2, by: 'mallory' })
  expect(asked.body.versions[0]).toMatchObject({
    state: 'proposed',
    changes: [
      { field: 'account.iban', before: '', after: account.iban },
      { field: 'account.name', before: '', after: 'Pier Kiosk' },
      { field: 'account.bic', before: '', after: 'BNPAFRPP' },
    ],
  })
  expect((await get<MerchantsState>()).merchants.find((one) => one.id === id)).toMatchObject({ next: 'proposed', stores })
  expect(await post(`/${id}/agree`, { number: 3, by: 'mallory' })).toMatchObject({ body: { code: 'merchant.same_person' } })
  expect(await post(`/${id}/agree`, { number: 3, by: 'ann' })).toMatchObject({
    body: { versions: [{ state: 'inForce', decidedBy: 'ann' }, { state: 'past' }, { state: 'past' }] },
  })
  expect(open.rig.hub.merchants.find(id)?.terms.account).toEqual(account)
  const lines = await open.desk.audit.page(id, Number.MAX_SAFE_INTEGER, 10)
  expect(lines.map(({ who, action }) => `${who} ${action}`)).toEqual([
    'ann merchant.agree',
    'mallory merchant.change',
    'bob merchant.change',
    'ann merchant.change',
  ])
})

it('what is wrong is named, and nothing is half done', async () => {
  const { terms, newest } = await get<MerchantDetail>(`/${open.shop}`)
  for (const [wrong, path] of [
    [{ account: { ...account, iban: 'FR1420041010050500013M02607' } }, 'account.iban'],
    [{ country: 'Germany' }, 'country'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ fees: { ...terms.fees, taxPpm: 'a lot' } }, 'fees.taxPpm'],
    [{ stores: [{ id: terms.stores[0]?.id, name: ' ' }] }, 'stores'],
    [{ name: '\u0000'.repeat(200) }, 'name'],
  ] as const) {
    const refused = await post('', { terms: { ...terms, ...wrong }, before: newest, by: 'ann' })
    expect(refused).toMatchObject({ status: 400, body: { code: 'wire.malformed' } })
    expect(refused.body.detail).toContain(path)
  }
  expect(await post('', { terms, before: newest })).toMatchObject({ body: { code: 'wire.malformed' } })
  expect(await post('', { terms: { ...terms, stores: [] }, before: newest, by: 'ann' })).toMatchObject({ body: { code: 'merchant.store_taken' } })
  expect(await post('', { terms: { ...terms, id: open.rig.ports.shop.store.id }, before: 0, by: 'ann' })).toMatchObject({ body: { code: 'merchant.changed' } })
  expect(await post('/no-such/agree', { number: 1, by: 'ann' })).toMatchObject({ body: { code: 'merchant.unknown' } })
  expect(await post(`/${open.shop}/withdraw`, { number: 1, by: 'ann' })).toMatchObject({ body: { code: 'merchant.changed' } })
  expect(await get<MerchantDetail>(`/${open.shop}`)).toMatchObject({ newest })
})

it('a program proposes and never decides, and who let it in does not agree to it', async () => {
  const { client } = await open.add(open.shop)
  const other = await open.add('another-merchant')
  expect(await client.proposeMerchantVersion({ before: 1, account }, 'one')).toMatchObject({ ok: true, value: { version: 2, state: 'proposed' } })
  expect(await client.proposeMerchantVersion({ before: 1, account }, 'one')).toMatchObject({ ok: true, value: { version: 2 } })
  expect(await client.proposeMerchantVersion({ before: 2, name: 'Other' }, 'two')).toMatchObject({ ok: false, problem: { code: 'merchant.changed' } })
  expect(await other.client.proposeMerchantVersion({ before: 1, name: 'Mine' }, 'one')).toMatchObject({ ok: false, problem: { code: 'merchant.unknown' } })
  expect(await other.client.listMerchantVersions()).toMatchObject({ value: { items: [] } })
  expect(await client.listMerchants()).toMatchObject({ value: { items: [{ version: 1 }] } })
  expect(await post(`/${open.shop}/agree`, { number: 2, by: 'console' })).toMatchObject({ body: { code: 'merchant.same_person' } })
  expect(await post(`/${open.shop}/agree`, { number: 2, by: 'ann' })).toMatchObject({ status: 200 })
  expect(await client.listMerchants()).toMatchObject({ value: { items: [{ version: 2, account }] } })
  expect(await client.listMerchantVersions()).toMatchObject({ value: { items: [{ version: 2, decidedBy: 'ann' }, { version: 1 }] } })
})
