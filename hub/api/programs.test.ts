import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestPrograms, type TestPrograms } from './v1/test-programs.ts'
import { endpointRow, findEndpoint } from '../webhooks/endpoints.ts'
import { eventRow } from '../webhooks/outbox.ts'
import type { ProgramView, ToldKey, ToldProgram, WebhookView } from '#protocol/hub-api/programs.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY, HOUR } from '#protocol/time.ts'

let open: TestPrograms
beforeEach(async () => {
  open = await openTestPrograms()
})
afterEach(async () => {
  await open.close()
})

const post = async <T>(path: string, body: object = {}): Promise<T> =>
  (await (
    await fetch(`${open.api.url}/api/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  ).json()) as T
const get = async <T>(path: string): Promise<T> => (await (await fetch(`${open.api.url}/api/${path}`)).json()) as T
const asks = async (key: string): Promise<number> => (await fetch(`${open.api.url}/v1/payments`, { headers: { authorization: `Bearer ${key}` } })).status

it('the console lets a sandbox’s program in, gives it keys and takes them back', async () => {
  expect(await get('scopes')).toContain('payments:read')
  const made = await post<ToldProgram>('clients', { name: 'Till export', merchant: open.shop, sandbox: true, scopes: ['payments:read'] })
  const { id: key, key: text } = await post<ToldKey>(`clients/${made.id}/keys`)
  expect(await asks(text)).toBe(200)
  const told = await get<ProgramView[]>('clients')
  expect(told).toMatchObject([{ id: made.id, merchant: open.sandbox, keys: [{ id: key }] }])
  expect(JSON.stringify(told)).not.toContain(text.slice(-20))
  expect(await post(`clients/${made.id}/revoke-key`, { key: made.id })).toMatchObject({ code: 'api.unknown' })
  expect(await post(`clients/${made.id}/revoke-key`, { key })).toBeNull()
  expect(await asks(text)).toBe(401)
  const other = await post<ToldKey>(`clients/${made.id}/keys`)
  expect(await asks(other.key)).toBe(200)
  await post(`clients/${made.id}/revoke`)
  expect(await asks(other.key)).toBe(401)
  expect(await post(`clients/${made.id}/keys`)).toMatchObject({ code: 'api.unknown' })
  expect(await post('clients/nobody/keys')).toMatchObject({ code: 'api.unknown' })
  const lines = await open.desk.audit.page(open.sandbox, Number.MAX_SAFE_INTEGER, 10)
  expect(lines.map(({ action }) => action)).toEqual(['client.revoke', 'client.key', 'client.revoke-key', 'client.key', 'client.add'])
})

it('a webhook that was given up is seen, and told what it missed and nothing else', async () => {
  const { client } = await open.add(open.shop)
  const made = await client.createWebhookEndpoint({ url: 'https://hooks.example.com/', types: ['payout.proposed'] }, 'hook')
  if (!made.ok) throw new Error('there is an endpoint')
  const { id } = made.value
  const { store, clock } = open.ports
  const event = (type: 'payout.proposed' | 'payout.sent') => eventRow({ clock, crypto: nodeCrypto }, { type, merchant: open.shop, subject: 'x', data: {} })
  const before = event('payout.proposed')
  open.rig.clock.advance(HOUR)
  const failingSince = clock.now()
  const [missed, another] = [event('payout.proposed'), event('payout.sent')]
  await store.commit({ documents: [before, missed, another].map((row) => ({ ...row, dueAt: clock.now() + 30 * DAY })) })
  const endpoint = await findEndpoint(store, open.shop, id)
  if (endpoint === undefined) throw new Error('it is kept')
  await store.commit({ documents: [endpointRow({ ...endpoint, failingSince, disabledAt: clock.now() })] })
  expect(await get('webhooks')).toMatchObject([{ id, disabledAt: clock.now(), missed: 1 }])
  expect(await post(`webhooks/${id}/enable`, { merchant: open.sandbox, replay: true })).toMatchObject({ code: 'api.unknown' })
  const [after] = await post<WebhookView[]>(`webhooks/${id}/enable`, { merchant: open.shop, replay: true })
  expect(after).toMatchObject({ id, missed: 0 })
  expect(after?.disabledAt).toBeUndefined()
  await open.desk.webhooks.idle()
  const due = await store.documents({ prefix: 'delivery/', limit: 10 })
  expect(due.map((row) => row.id)).toEqual([`delivery/${open.shop}/${id}/${missed.id.split('/').at(-1)}`])
  expect(await post(`webhooks/${id}/enable`, { merchant: open.shop, replay: false })).toMatchObject({ code: 'api.unknown' })
})
