import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type Api } from './server.ts'
import { demoShop } from '../demo-shop.ts'
import { staffOf, withStaff, type StaffFile } from '../staff-file.ts'
import { enrolTestTill, makeRig, type Rig } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { StaffState, ToldPerson } from '#protocol/hub-api/staff.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { isPin } from '#protocol/node/pin.ts'
import { downTopic } from '#protocol/topics.ts'

let kept: StaffFile = { version: 0, staff: [] }
const file = { read: () => kept, write: (next: StaffFile) => void (kept = next) }
let rig: Rig
let api: Api
beforeEach(async () => {
  kept = { version: 0, staff: [] }
  rig = await makeRig({ staffFile: file })
  api = await openApi({ hub: rig.hub, timers: rig.clock, port: 0, pages: 'nowhere', demoWallets: undefined, warn: () => undefined })
})
afterEach(() => api.close())

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(new URL(path, api.url), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
const told = async (path: string, body: object): Promise<ToldPerson> => (await (await post(path, body)).json()) as ToldPerson
const state = async (): Promise<string> => (await fetch(new URL('/api/staff', api.url))).text()

/** The catalogue that a till would take now. */
function heard(till: string) {
  const bytes = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till, 'catalogue'))?.payload ?? new Uint8Array(0)
  const signer = rig.keys.signer('policy')
  const opened = openSigned(nodeCrypto, bytes, signedTypes.catalogue, (id) => (id === hex(signer.keyId) ? signer.publicKey : undefined))
  if (!opened.ok) throw new Error(opened.code)
  return opened.value
}

test('a person is added, gets another PIN, badge and role, and retires; the tills have each change at once', async () => {
  const till = await enrolTestTill(rig.hub, rig.clock)
  expect(heard(till.id).staff).toBeUndefined()
  const added = await told('/api/staff', { name: ' Dora ', role: 'cashier', badge: true })
  expect(added).toMatchObject({ person: { name: 'Dora', role: 'cashier', hasBadge: true }, pin: expect.stringMatching(/^\d{6}$/) as string })
  const { id } = added.person
  const first = heard(till.id)
  expect(first.staff).toMatchObject([{ id, name: 'Dora', role: 'cashier' }])
  expect(isPin(added.pin ?? '', first.staff?.[0]?.pin ?? { salt: '', hash: '', memory: 8, passes: 1 })).toBe(true)

  expect((await told(`/api/staff/${id}/pin`, { pin: '4711' })).pin).toBe('4711')
  expect((await told(`/api/staff/${id}/badge`, {})).badge).not.toBe(added.badge)
  expect((await told(`/api/staff/${id}/role`, { role: 'manager' })).person.role).toBe('manager')
  const second = heard(till.id)
  expect(second.version).toBe(first.version + 3)
  expect(second.staff).toMatchObject([{ id, role: 'manager' }])
  expect(second.staff?.[0]?.badge).not.toBe(first.staff?.[0]?.badge)
  const told4711 = await state()
  const said = JSON.parse(told4711) as StaffState
  expect(said.people).toEqual([{ id, name: 'Dora', role: 'manager', hasBadge: true }])
  expect(said.changes.map(({ what, by, name, before, after }) => [what, by, name, before, after])).toEqual([
    ['role', 'operator', 'Dora', 'cashier', 'manager'],
    ['badge', 'operator', 'Dora', undefined, undefined],
    ['pin', 'operator', 'Dora', undefined, undefined],
    ['add', 'operator', 'Dora', undefined, 'cashier'],
  ])
  expect(told4711).not.toContain('4711')

  await told(`/api/staff/${id}/retire`, {})
  expect(heard(till.id).staff).toBeUndefined()
  expect(kept).toMatchObject({ version: 5, staff: [], former: [{ id, name: 'Dora', role: 'manager' }] })
  // A hub that starts anew gives tills no lower version than they have.
  expect(withStaff(demoShop, kept).catalogueVersion).toBeGreaterThanOrEqual(heard(till.id).version)
})

test('what somebody did until they left stays theirs, and nothing after it', async () => {
  const till = await rig.till()
  const { person } = await told('/api/staff', { name: 'Dora', role: 'cashier' })
  const act = () => till.write({ kind: 'staff.acted', body: { staff: person.id, act: 'sign_in' } }, rig.clock.now())
  act()
  rig.clock.advance(1000)
  await told(`/api/staff/${person.id}/retire`, {})
  await rig.send(till, till.batch())
  expect(await rig.exceptions()).toEqual([])
  rig.clock.advance(1000)
  act()
  await rig.send(till, till.batch(3))
  expect(await rig.exceptions()).toEqual([[1, 3, 'staff.unknown']])
})

test('nobody else changes the list, and nothing that is wrong does', async () => {
  const body = { name: 'Eve', role: 'manager' }
  expect((await post('/api/staff', body, { origin: 'https://evil.example' })).status).toBe(403)
  for (const wrong of [
    { ...body, name: ' ' },
    { ...body, role: 'king' },
    { ...body, pin: '12' },
    { ...body, name: 'a\u0007b' },
    { ...body, more: 1 },
  ])
    expect((await post('/api/staff', wrong)).status).toBe(400)
  for (const what of ['pin', 'badge', 'retire']) expect((await post(`/api/staff/nobody/${what}`, {})).status).toBe(404)
  expect(JSON.parse(await state())).toEqual({ people: [], changes: [] })
  expect(kept.version).toBe(0)
})

test('before the first change the people are those of the shop’s own file', () => {
  const member = {
    id: '0198c0de-0000-7000-8000-0000000000a1',
    name: 'Ada',
    role: 'manager',
    pin: { salt: '00'.repeat(16), hash: '11'.repeat(32), memory: 8, passes: 1 },
  } as const
  expect(staffOf({ staff: [member] }, file).read().staff).toEqual([member])
  expect(staffOf({ staff: [member] }).read().staff).toEqual([member])
})
