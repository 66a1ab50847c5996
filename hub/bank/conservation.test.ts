import { beforeEach, describe, expect, it } from 'vitest'
import { conserve, placeOf } from './conservation.ts'
import { openAccount, type Transfer } from '../ledger/ledger.ts'
import { cashAccount, merchantAccount, payoutAccount } from '../ledger/names.ts'
import { demoShop } from '../demo-shop.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { cashSale } from '../test-credits.ts'
import { nextId, refund, sale } from '../test-rig.ts'
import { places } from '#protocol/hub-api/conservation.ts'
import { DAY } from '#protocol/time.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})
const report = () => conserve(counter.rig.ports.store, counter.rig.clock.now())
const euros = async () => (await report()).currencies.find(({ currency }) => currency === 'EUR')
const placesNow = async () => Object.fromEntries(((await euros())?.places ?? []).map(({ place, minor }) => [place, minor]))

const forged = (over: Partial<Transfer>): Transfer => ({
  id: nextId(),
  version: 0,
  kind: 'single',
  debit: 'test-bank',
  credit: 'test-bank',
  amount: 100n,
  currency: 'EUR',
  status: undefined,
  expiresAt: undefined,
  pendingId: undefined,
  payment: undefined,
  at: counter.rig.clock.now(),
  ...over,
})

describe('the conservation report', () => {
  it('finds every minor unit in one place, and counts what journals say', async () => {
    const { till, wallet, journal } = counter
    const paid = sale(1_200, wallet.show())
    const cash = cashSale(500)
    await journal(till, paid.intended, paid.held, paid.captured, paid.completed, refund(paid, 200).made, cash.taken, cash.completed)
    const told = await report()
    expect(told.faults).toEqual([])
    expect(told.entries).toBe(till.entries.length)
    expect(await euros()).toMatchObject({ differenceMinor: '0', capturedMinor: '1700', postedMinor: '1700', unpaidMinor: '0', heldMinor: '0' })
    const now = await placesNow()
    expect(now).toMatchObject({ drawers: '500', merchants: '-1000', merchantsCash: '-500' })
    expect(BigInt(now['wallets'] ?? 0)).toBe(1_000n - BigInt(now['issuers'] ?? 0))
    expect((await euros())?.enteredMinor).toBe(String(BigInt(now['issuers'] ?? 0) + 500n))
  })

  it('says what was captured and has no money', async () => {
    const one = sale(9_999_99, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
    expect((await report()).faults).toEqual([])
    expect(await euros()).toMatchObject({ capturedMinor: '999999', unpaidMinor: '999999', postedMinor: '0' })
  })

  it('knows that a loss which became smaller is no money that went back', async () => {
    const one = sale(9_999_99, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
    for (let day = 0; day < 40 && (await counter.rig.payment(one.paymentId))?.state === 'RETRY'; day++) await counter.pass(DAY)
    expect(await counter.rig.hub.writeOff(one.paymentId, 'gone')).toMatchObject({ ok: true })
    await counter.journal(counter.till, refund(one, 7_78).made)
    expect((await report()).faults).toEqual([])
    const more = forged({ debit: `merchant/${demoShop.merchant.id}/EUR/uncollected`, credit: `losses/merchant/${demoShop.merchant.id}/EUR`, amount: 9_999_99n })
    await counter.rig.ports.store.commit({ transfers: [{ ...more, id: `${nextId()}/refund`, payment: one.paymentId }] })
    expect((await report()).faults.join('\n')).toContain('and less was written off')
  })

  it.each([
    {
      name: 'a total that its postings do not come to',
      fault: 'its totals are not',
      plant: () => ({ accounts: [{ ...openAccount({ id: 'bank/EUR', label: '', currency: 'EUR', side: 'debit', rule: 'none' }), debitsPosted: 5n }] }),
    },
    {
      name: 'a payment that was collected twice',
      fault: 'no journal says so much',
      plant: () => ({ transfers: [forged({ debit: 'wallet/x', credit: 'test-bank', payment: nextId(), id: 'x' })] }),
      asPay: true,
    },
    { name: 'money in a place that nobody knows', fault: 'nobody knows what place', plant: () => ({ transfers: [forged({ credit: 'pocket/me' })] }) },
    {
      name: 'a posting between two currencies',
      fault: 'and this is JPY',
      plant: () => ({ transfers: [forged({ credit: 'safe/x/EUR' }), forged({ debit: 'safe/x/EUR', credit: 'tips/x', currency: 'JPY' })] }),
    },
  ])('finds $name', async ({ fault, plant, asPay }) => {
    const planted = plant()
    const changes =
      asPay === true && 'transfers' in planted ? { transfers: planted.transfers?.map((one) => ({ ...one, id: `${one.payment}/pay` })) ?? [] } : planted
    expect(await counter.rig.ports.store.commit(changes)).toBe('done')
    expect((await report()).faults.join('\n')).toContain(fault)
  })

  it('knows the place of every account that a hub opens', () => {
    const { id } = demoShop.merchant
    const some = [
      merchantAccount(id, 'EUR'),
      payoutAccount('sent', id, 'EUR'),
      cashAccount(id),
      `${merchantAccount(id, 'EUR')}/uncollected`,
      'fee-tax/x/EUR',
      'bank-fees/EUR',
    ]
    expect(some.map(placeOf)).toEqual(['merchants', 'payoutsSent', 'drawers', 'neverPaid', 'taxes', 'bankFees'])
    expect(new Set(places).size).toBe(places.length)
  })
})
