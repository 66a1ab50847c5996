import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestPrograms, type TestPrograms } from './test-programs.ts'
import { demoShop } from '../../demo-shop.ts'
import { demoTerms } from '../../merchants/terms.ts'
import { sale } from '../../test-rig.ts'
import { until } from '../../test-wait.ts'
import { DAY } from '#protocol/time.ts'

let open: TestPrograms
beforeEach(async () => {
  open = await openTestPrograms({ hub: { firstTerms: demoTerms(demoShop) } })
})
afterEach(async () => {
  await open.close()
})

/** A day's sales, and the payout that they come to. */
async function aDay(): Promise<void> {
  const [till, wallet] = [await open.rig.till(), await open.rig.wallet()]
  const one = sale(10_00, wallet.show())
  for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
  await open.rig.send(till, till.batch())
  open.rig.clock.advance(DAY)
  open.rig.hub.settlement.wake()
  await open.rig.hub.settlement.idle()
}

it('a program approves nothing for who named the account and then let it in', async () => {
  const { merchants } = open.rig.hub
  const version = merchants.find(open.shop)
  if (version === undefined) throw new Error('the shop has terms')
  await merchants.change({ ...version.terms, account: { iban: 'FR1420041010050500013M02606', name: 'Mallory' } }, 'console', version.number)
  await merchants.agree(open.shop, version.number + 1, 'eve')
  await aDay()
  const { client } = await open.add(open.shop)
  const payouts = await client.listPayouts()
  const payout = payouts.ok ? payouts.value.items[0] : undefined
  const refused = await client.approvePayout(payout?.id ?? '', { digest: payout?.digest ?? '' }, 'mine')
  expect(refused).toMatchObject({ ok: false, problem: { code: 'payout.same_person' } })
})

it('a program sees its merchant’s windows and payouts, approves one as it was shown, once, and is told of it', async () => {
  const listener = await open.add(open.shop)
  expect(await listener.client.createWebhookEndpoint({ url: 'https://hooks.example.com/' }, 'hook')).toMatchObject({ ok: true })
  await aDay()
  const { client, id: who } = await open.add(open.shop)
  const [other, sandbox] = [await open.add('another-merchant'), await open.add(open.sandbox)]
  const windows = await client.listSettlementWindows()
  expect(windows).toMatchObject({ value: { items: [{ state: 'closed', netMinor: '973', totals: { sales: '1000', fees: '-6' } }] } })
  const payouts = await client.listPayouts({ state: 'proposed' })
  const payout = payouts.ok ? payouts.value.items[0] : undefined
  if (payout === undefined) throw new Error('a payout was proposed')
  expect(payout).toMatchObject({ amountMinor: '973', currency: 'EUR', state: 'proposed' })
  expect(await client.listMerchants()).toMatchObject({ value: { items: [{ id: open.shop, state: 'active' }] } })

  for (const stranger of [other, sandbox]) {
    for (const seen of [await stranger.client.listPayouts(), await stranger.client.listSettlementWindows(), await stranger.client.listMerchants()])
      expect(seen).toMatchObject({ value: { items: [] } })
    expect(await stranger.client.getPayout(payout.id)).toMatchObject({ status: 404 })
    expect(await stranger.client.approvePayout(payout.id, { digest: payout.digest }, 'mine')).toMatchObject({ status: 404 })
  }
  expect(await client.approvePayout(payout.id, { digest: '0'.repeat(64) }, 'wrong')).toMatchObject({ status: 409, problem: { code: 'payout.changed' } })
  const approved = await client.approvePayout(payout.id, { digest: payout.digest }, 'right')
  expect(approved).toMatchObject({ value: { state: 'approved', approvedBy: `client/${who}` } })
  expect(await client.approvePayout(payout.id, { digest: payout.digest }, 'right')).toEqual(approved)
  expect((await open.rig.hub.overview()).money.balanced).toBe(true)

  await until(async () => {
    const events = await client.listEvents()
    const types = events.ok ? events.value.items.map(({ type }) => type) : []
    expect(types.toReversed()).toEqual(expect.arrayContaining(['payment.settled', 'payout.proposed', 'payout.approved']))
    expect(types.filter((type) => type === 'payout.approved')).toHaveLength(1)
  })
  expect(await open.desk.audit.broken()).toBeUndefined()
})
