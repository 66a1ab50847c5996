import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type Api } from '../../hub/api/server.ts'
import { openBank, type OpenBank } from '../../hub/bank/open.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { demoTerms } from '../../hub/merchants/terms.ts'
import { openCounter, type Counter } from '../../hub/test-counter.ts'
import { sale } from '../../hub/test-rig.ts'
import { startShopBank, type DemoBank } from '../demo/bank.ts'
import type { BankState } from '#protocol/hub-api/bank.ts'
import type { Conservation } from '#protocol/hub-api/conservation.ts'
import type { SettlementState } from '#protocol/hub-api/settlement.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'

let data: string
let counter: Counter
let theirs: DemoBank
let bank: OpenBank
let api: Api

/** A till has sold, a day has passed, and the hub has a bank. The bank's and the hub's looks into the folder are what the test says. */
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'bank-way-'))
  counter = await openCounter({ firstTerms: demoTerms(demoShop) })
  const { hub, clock, ports } = counter.rig
  theirs = startShopBank(data, clock, clock)
  const warn = (): void => undefined
  const opened = await openBank(
    data,
    { clock, crypto: nodeCrypto, store: ports.store, merchant: demoShop.merchant.id, payouts: hub.settlement.payouts, changed: hub.changed, warn },
    clock,
  )
  if (opened === undefined) throw new Error('the demo has a bank')
  bank = opened
  api = await openApi({
    hub,
    timers: systemTimers,
    port: 0,
    pages: '/nowhere',
    demoWallets: undefined,
    bank: { store: ports.store, clock, desk: bank.desk },
    warn,
  })
  const one = sale(10_00, counter.wallet.show())
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  await counter.pass(DAY)
  hub.settlement.wake()
  await hub.settlement.idle()
})
afterEach(async () => {
  await api.close()
  await bank.stop()
  theirs.close()
  rmSync(data, { recursive: true })
})

const get = async <T>(path: string) => (await (await fetch(api.url + path)).json()) as T
const post = async (path: string, body: unknown) => {
  const response = await fetch(api.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return [response.status, await response.json()] as const
}
/** Both look into their folders once. */
const look = async (): Promise<void> => {
  counter.rig.clock.advance(2_500)
  await bank.desk.idle()
}

test('a sale goes the whole way to a reconciled payout, by what people press at the console', async () => {
  const [payout] = (await get<SettlementState>('/api/settlement')).payouts
  expect(await post(`/api/payouts/${payout?.id}/approve`, { digest: payout?.digest, by: 'Ann' })).toMatchObject([200, {}])
  expect(await post('/api/bank/files', {})).toMatchObject([400, { code: 'wire.malformed' }])
  expect(await post('/api/bank/files', { by: 'Cleo' })).toMatchObject([200, { files: [{ way: 'out', outcome: 'sent' }] }])
  await look()
  await look()
  expect((await get<SettlementState>('/api/settlement')).payouts).toMatchObject([{ state: 'accepted' }])
  // The money has left: nobody gives it back to the merchant as well.
  expect(await post(`/api/payouts/${payout?.id}/reject`, { reason: 'pay me twice', by: 'Ann' })).toMatchObject([400, { code: 'payout.wrong_state' }])
  theirs.endDay()
  await look()
  expect((await get<SettlementState>('/api/settlement')).payouts).toMatchObject([{ state: 'settled' }])

  const { open, accounts, unchecked } = await get<BankState>('/api/bank')
  expect(open).toMatchObject([{ minor: '2490', why: 'unknown', text: expect.stringContaining('J. Maier') as string }])
  expect(accounts).toMatchObject([{ closingMinor: '5001367', ledgerMinor: '5001367', unassignedMinor: '2490' }])
  expect(unchecked).toHaveLength(3)
  expect(await get('/api/bank/statements/EUR-1')).toMatchObject([{ as: { to: 'payout' } }, { as: { to: 'fees' } }, { state: 'open' }])
  const line = open[0]?.id
  expect(await post('/api/bank/explain', { line, as: { to: 'somewhere' }, reason: 'x', by: 'Ann' })).toMatchObject([400, {}])
  expect(await post('/api/bank/explain', { line, as: { to: 'own funds' }, reason: 'a gift', by: 'Ann' })).toMatchObject([200, { open: [] }])

  expect(await get('/api/settlement/recount')).toMatchObject({ payouts: 1, differences: [] })
  const { faults, currencies } = await get<Conservation>('/api/conservation')
  expect(faults).toEqual([])
  const euros = currencies.find(({ currency }) => currency === 'EUR')
  expect(euros).toMatchObject({ differenceMinor: '0', capturedMinor: '1000', postedMinor: '1000' })
  expect(euros?.places.find(({ place }) => place === 'bank')).toMatchObject({ minor: '5001367' })
  expect(euros?.places.find(({ place }) => place === 'unexplained')).toMatchObject({ minor: '0' })
})
