import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type Api } from './server.ts'
import { makeRig, nextId, type Rig } from '../test-rig.ts'

let rig: Rig
let api: Api
const subjects = { keep: () => undefined, get: () => undefined, ids: () => [], destroy: () => undefined }
const outbox = { stage: () => undefined, release: () => undefined, withdraw: () => undefined }
const open = async (over: Parameters<typeof makeRig>[0]): Promise<void> => {
  rig = await makeRig(over)
  api = await openApi({ hub: rig.hub, timers: rig.clock, port: 0, pages: 'nowhere', demoWallets: undefined, warn: () => undefined })
}
beforeEach(() => open({ sending: { subjects, outbox } }))
afterEach(() => api.close())

const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(new URL(path, api.url), init)
  return { status: response.status, body: (await response.json()) as unknown }
}
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

test('what was sent is listed, and addresses are erased by request or by name, from this page only', async () => {
  expect(await ask('/api/sendings')).toEqual({ status: 200, body: { sendings: [] } })
  expect(await post('/api/sendings/erase', { address: 'ada@example.org' })).toEqual({ status: 200, body: { erased: 0 } })
  expect(await post('/api/sendings/erase', { address: 'ada' })).toMatchObject({ status: 400 })
  expect(await post(`/api/sendings/${nextId()}/erase`, {})).toMatchObject({ status: 400 })
  expect((await post('/api/sendings/erase', { address: 'ada@example.org' }, { origin: 'https://elsewhere.example' })).status).toBe(403)
})

test('a hub that sends none says so', async () => {
  await api.close()
  await open({})
  expect(await ask('/api/sendings')).toMatchObject({ status: 404 })
})
