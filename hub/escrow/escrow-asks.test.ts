import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestPrograms, type TestPrograms } from '../api/v1/test-programs.ts'
import { sale, type TestTill, type TestWallet } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { asks } from '../wallets/test-phone.ts'
import type { EscrowState } from '#protocol/hub-api/escrow.ts'
import type { Id } from '#protocol/ids.ts'
import { statementAnswer, type StatedEscrow } from '#protocol/wallet-api/answers.ts'

let open: TestPrograms
let till: TestTill
let phone: TestWallet
beforeEach(async () => {
  open = await openTestPrograms()
  ;[till, phone] = [await open.rig.till(), await open.rig.wallet()]
})
afterEach(() => open.close())

async function paid(): Promise<Id> {
  const one = sale(10_00, phone.show())
  const from = till.entries.length + 1
  for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
  await open.rig.send(till, till.batch(from === 2 ? 1 : from))
  return one.paymentId
}
const stated = async (payment: Id): Promise<StatedEscrow | undefined> => {
  const answered = await asks(open.rig.walletDesk, phone, { type: 'statement' })
  return answered.ok ? statementAnswer.parse(answered.value).payments.find(({ paymentId }) => paymentId === payment)?.escrow : undefined
}
const post = async (path: string, body: unknown) => {
  const response = await fetch(open.api.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return [response.status, (await response.json()) as EscrowState] as const
}
const terms = (payment: Id) => ({ payment, amountMinor: 10_00, about: 'A bicycle', days: 10, atDeadline: 'release' as const })

test('a program holds what was paid, the phone that paid sees it and confirms, and nobody else does either', async () => {
  const payment = await paid()
  const { client } = await open.add(open.shop)
  const [other, sandbox, reader] = [await open.add('another-merchant'), await open.add(open.sandbox), await open.add(open.shop, ['escrows:read'])]
  for (const stranger of [other, sandbox]) expect(await stranger.client.openEscrow(terms(payment), 'mine')).toMatchObject({ status: 404 })
  expect(await reader.client.openEscrow(terms(payment), 'mine')).toMatchObject({ status: 403 })
  const opened = await client.openEscrow(terms(payment), 'one')
  expect(opened).toMatchObject({ value: { payment, state: 'held', amountMinor: 10_00 } })
  expect(await client.openEscrow(terms(payment), 'one')).toEqual(opened)
  expect(await client.openEscrow(terms(payment), 'two')).toMatchObject({ ok: true })
  expect(await client.openEscrow({ ...terms(payment), amountMinor: 9_00 }, 'three')).toMatchObject({ status: 409, problem: { code: 'escrow.wrong_state' } })
  for (const stranger of [other, sandbox]) {
    expect(await stranger.client.listEscrows()).toMatchObject({ value: { items: [] } })
    expect(await stranger.client.getEscrow(payment)).toMatchObject({ status: 404 })
    expect(await stranger.client.giveUpEscrow(payment, { words: 'mine' }, 'give')).toMatchObject({ status: 404 })
  }
  expect(await stated(payment)).toMatchObject({ about: 'A bicycle', state: 'held', amountMinor: 10_00 })
  const thief = await open.rig.wallet()
  expect(await asks(open.rig.walletDesk, thief, { type: 'received', payment })).toMatchObject({ code: 'escrow.unknown' })
  expect(await asks(open.rig.walletDesk, phone, { type: 'received', payment })).toMatchObject({ ok: true })
  expect(await asks(open.rig.walletDesk, phone, { type: 'received', payment })).toMatchObject({ ok: true })
  expect(await stated(payment)).toMatchObject({ state: 'released', refundedMinor: 0 })
  expect(await client.listEscrows({ state: 'ended' })).toMatchObject({ value: { items: [{ payment, state: 'released' }] } })
  expect(await client.listEscrows({ state: 'open' })).toMatchObject({ value: { items: [] } })
  expect(await client.giveUpEscrow(payment, { words: 'late' }, 'late')).toMatchObject({ status: 409 })
  expect((await open.rig.hub.overview()).money.balanced).toBe(true)
})

test('a dispute: the phone says what is wrong, the program answers, and people decide at the console', async () => {
  const payment = await paid()
  const { client } = await open.add(open.shop)
  const courier = await open.rig.wallet()
  expect(await post('/api/escrows', { ...terms(payment), payees: [{ parts: 1 }, { wallet: courier.wallet, parts: 1 }], by: 'Ann' })).toMatchObject([200, {}])
  expect(await asks(open.rig.walletDesk, phone, { type: 'dispute', payment, words: 'The wheel is bent' })).toMatchObject({ ok: true })
  expect(await post(`/api/escrows/${payment}/decide`, { refundMinor: 4_00, reason: 'half', by: 'Ann' })).toMatchObject([400, { code: 'escrow.too_early' }])
  expect(await client.addEscrowEvidence(payment, { words: 'It was straight' }, 'said')).toMatchObject({ value: { state: 'disputed' } })
  expect((await stated(payment))?.said.map(({ side, words }) => [side, words])).toEqual([
    ['buyer', 'The wheel is bent'],
    ['seller', 'It was straight'],
  ])
  expect(await post(`/api/escrows/${payment}/decide`, { refundMinor: 4_00, reason: 'half' })).toMatchObject([400, { code: 'wire.malformed' }])
  const [status, state] = await post(`/api/escrows/${payment}/decide`, { refundMinor: 4_00, reason: 'half', by: 'Ann' })
  expect([status, state.open.length, state.ended[0]?.state, state.ended[0]?.refundedMinor]).toEqual([200, 0, 'split', 4_00])
  expect(await stated(payment)).toMatchObject({ state: 'split', refundedMinor: 4_00 })
  await until(async () => {
    const events = await client.listEvents()
    const about = events.ok ? events.value.items.filter(({ type }) => type.startsWith('escrow.')) : []
    // In one millisecond, and order is not promised.
    expect(about.map(({ type }) => type).toSorted()).toEqual(['escrow.disputed', 'escrow.ended', 'escrow.held'])
    expect(about.find(({ type }) => type === 'escrow.ended')?.data).toMatchObject({ state: 'split', refundedMinor: 4_00 })
  })
  expect(await open.rig.purse(phone)).toEqual([244_00, 0])
  expect(await open.rig.purse(courier)).toEqual([253_00, 0])
})

test('what is not an escrow is refused, and leaves nothing behind', async () => {
  const payment = await paid()
  for (const body of [
    {},
    { ...terms(payment), days: 0 },
    { ...terms(payment), days: 181 },
    { ...terms(payment), payees: [] },
    { ...terms(payment), amountMinor: 0.5 },
  ])
    expect(await post('/api/escrows', { ...body, by: 'Ann' })).toMatchObject([400, { code: 'wire.malformed' }])
  expect(await post('/api/escrows/nothing/agree', { refundMinor: 1, by: 'Ann' })).toMatchObject([400, { code: 'escrow.unknown' }])
  expect(await open.rig.ports.store.documents({ prefix: 'escrow/', limit: 10 })).toEqual([])
})
