import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openApi, type Api } from './server.ts'
import { demoShop } from '../demo-shop.ts'
import { demoTerms } from '../merchants/terms.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { sale } from '../test-rig.ts'
import type { PaymentDetail, PaymentsPage } from '#protocol/hub-api/overview.ts'
import type { AttentionView, PlacesView, PostingsView } from '#protocol/hub-api/watch.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { DAY } from '#protocol/time.ts'

let counter: Counter
let api: Api
beforeEach(async () => {
  counter = await openCounter({ firstTerms: demoTerms(demoShop) })
  const { store } = counter.rig.ports
  const bank = { store, clock: counter.rig.clock, desk: undefined }
  api = await openApi({ hub: counter.rig.hub, timers: systemTimers, port: 0, pages: '/nowhere', demoWallets: undefined, bank, warn: () => undefined })
})
afterEach(() => api.close())

const get = async <T>(path: string) => (await (await fetch(api.url + path)).json()) as T

describe('what the first page asks', () => {
  it('is where money is, what waits for somebody, and what the policy risks', async () => {
    const one = sale(10_00, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.held, one.captured, one.completed)
    await counter.pass(DAY)
    counter.rig.hub.settlement.wake()
    await counter.rig.hub.settlement.idle()
    const [euro] = (await get<PlacesView>('/api/places')).currencies
    expect(Object.fromEntries(euro?.places.map(({ place, minor }) => [place, minor]) ?? [])).toMatchObject({
      payoutsWaiting: '-973',
      reserves: '-20',
      fees: '-6',
      taxes: '-1',
    })
    const { concerns, policy } = await get<AttentionView>('/api/attention')
    expect(concerns).toEqual([{ what: 'payoutsToApprove', count: 1, since: expect.any(Number) as number }])
    expect(policy.worstMinor).toBe((await counter.rig.hub.policy.state()).worst.lossMinor)
  })
})

describe('what is behind a figure', () => {
  it('are its postings and the payments of those, with every entry as it was written', async () => {
    const one = sale(10_00, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.held, one.captured, one.completed)
    const { postings } = await get<PostingsView>('/api/postings?place=merchants&currency=EUR')
    const [tax, fees, paid] = postings
    expect([tax, fees, paid]).toMatchObject([{ amountMinor: '1' }, { amountMinor: '6' }, { amountMinor: '1000', payment: one.paymentId }])
    const { entries } = await get<PaymentDetail>(`/api/payments/${paid?.payment}`)
    const written = counter.till.entries.map(({ bytes }) => new TextDecoder().decode(bytes))
    expect(entries.map(({ raw }) => raw)).toEqual(written.slice(1))
  })

  it.each([
    'place=nowhere',
    'place=__proto__',
    'currency=eur',
    'currency=EUR%27--',
    'before=0',
    'before=-1',
    'before=1.5',
    'before=1e400',
    'account=',
    `account=${'x'.repeat(201)}`,
    'what=else',
  ])('is refused where it cannot be asked: %s', async (asked) => {
    const response = await fetch(`${api.url}/api/postings?${asked}`)
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'wire.malformed' }])
  })

  it('are payments as old as one likes, each once, and none is lost while new ones come', async () => {
    for (let n = 0; n < 120; n++) {
      const one = sale(1_00 + n, counter.wallet.show())
      await counter.journal(counter.till, one.intended)
    }
    const newest = await get<PaymentsPage>('/api/payments')
    const late = sale(9_00, counter.wallet.show())
    await counter.journal(counter.till, late.intended)
    const older = await get<PaymentsPage>(`/api/payments?before=${newest.next}`)
    expect([newest.payments.length, older.payments.length, older.next]).toEqual([100, 20, undefined])
    expect(new Set([...newest.payments, ...older.payments].map(({ id }) => id)).size).toBe(120)
    expect((await fetch(`${api.url}/api/payments?before=x`)).status).toBe(400)
  })
})
