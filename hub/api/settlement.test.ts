import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type Api } from './server.ts'
import { demoTerms } from '../merchants/terms.ts'
import { demoShop } from '../demo-shop.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { sale } from '../test-rig.ts'
import type { SettlementState, WindowDetail } from '#protocol/hub-api/settlement.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { DAY } from '#protocol/time.ts'

let counter: Counter
let api: Api
beforeEach(async () => {
  counter = await openCounter({ firstTerms: demoTerms(demoShop) })
  api = await openApi({ hub: counter.rig.hub, timers: systemTimers, port: 0, pages: '/nowhere', demoWallets: undefined, warn: () => undefined })
  const one = sale(10_00, counter.wallet.show())
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  await counter.pass(DAY)
  counter.rig.hub.settlement.wake()
  await counter.rig.hub.settlement.idle()
})
afterEach(() => api.close())

const get = async <T>(path: string) => (await (await fetch(api.url + path)).json()) as T
const post = async (path: string, body: unknown) => {
  const response = await fetch(api.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return [response.status, await response.json()] as const
}

test('the console sees what a window came to, each posting of it, and the payout that is proposed', async () => {
  const { windows, payouts } = await get<SettlementState>('/api/settlement')
  // 4 in a thousand and 2; a fifth of that; 2 % are kept back.
  expect(windows).toMatchObject([{ state: 'closed', postings: 2, totals: { sales: '1000', fees: '-6', feeTax: '-1', reserve: '-20' }, netMinor: '973' }])
  expect(payouts).toMatchObject([{ amountMinor: '973', state: 'proposed', holder: 'Harbour Corner' }])
  const { postings } = await get<WindowDetail>(`/api/windows/${encodeURIComponent(windows[0]?.id ?? '')}`)
  expect(postings.map(({ kind, effectMinor, feeMinor }) => [kind, effectMinor, feeMinor])).toEqual([
    ['sales', '1000', 6],
    ['fees', '-6', undefined],
    ['feeTax', '-1', undefined],
    ['reserve', '-20', undefined],
  ])
  expect((await fetch(`${api.url}/api/windows/nothing`)).status).toBe(404)
})

test('a payout is approved by who names what was shown, and by nobody else', async () => {
  const [payout] = (await get<SettlementState>('/api/settlement')).payouts
  const path = `/api/payouts/${payout?.id}/approve`
  expect(await post(path, { digest: payout?.digest })).toMatchObject([400, { code: 'wire.malformed' }])
  expect(await post(path, { digest: 'x', by: 'Ann' })).toMatchObject([400, { code: 'payout.changed' }])
  expect(await post(path, { digest: payout?.digest, by: 'operator' })).toMatchObject([400, { code: 'payout.same_person' }])
  expect(await post('/api/payouts/nothing/approve', { digest: 'x', by: 'Ann' })).toMatchObject([400, { code: 'payout.unknown' }])
  expect(await post(path, { digest: payout?.digest, by: 'Ann' })).toMatchObject([200, { payouts: [{ state: 'approved', approvedBy: 'Ann' }] }])
  expect(await post(`/api/payouts/${payout?.id}/reject`, { reason: 'wrong month', by: 'Bob' })).toMatchObject([200, { payouts: [{ state: 'rejected' }] }])
})
