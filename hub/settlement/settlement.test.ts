import { beforeEach, describe, expect, it } from 'vitest'
import { approval, TestAcquirer, TestKeyService } from '../acquirers/test-acquirer.ts'
import { demoShop } from '../demo-shop.ts'
import { acquirerAccount, claimAccount, feesAccount, feeTaxAccount, merchantAccount, payoutAccount, reserveAccount } from '../ledger/names.ts'
import type { MerchantTerms } from '../merchants/merchant.ts'
import { firstTerms } from '../merchants/terms.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale, START } from '../test-rig.ts'
import { recountSettlement } from './recount.ts'
import { netOf } from './window.ts'
import { DAY, HOUR } from '#protocol/time.ts'

const merchant = demoShop.merchant.id
const terms: MerchantTerms = {
  ...firstTerms(demoShop),
  timeZone: 'Europe/Berlin',
  cutOff: '22:00',
  fees: {
    rates: [
      { instrument: 'wallet', tiers: [{ fromMinor: 0, ppm: 10_000 }], fixedMinor: 5, minimumMinor: 0 },
      { instrument: 'card', tiers: [{ fromMinor: 0, ppm: 20_000 }], fixedMinor: 0, minimumMinor: 0 },
    ],
    taxPpm: 200_000,
    atRefund: 'kept',
    chargebackMinor: 15_00,
  },
  account: { iban: 'DE89370400440532013000', name: 'Harbour Corner' },
}

let counter: Counter
let acquirer: TestAcquirer
const open = async (over: Partial<MerchantTerms> = {}) => {
  acquirer = new TestAcquirer()
  counter = await openCounter({ firstTerms: { ...terms, ...over }, cards: { acquirer, keyService: new TestKeyService() } })
}
beforeEach(() => open())

const settlement = () => counter.rig.hub.settlement
const paid = async (amountMinor: number) => {
  const one = sale(amountMinor, counter.wallet.show())
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const back = (one: ReturnType<typeof sale>, amountMinor: number) => counter.journal(counter.till, refund(one, amountMinor).made)
/** Time goes by and what is due is done. */
const pass = async (ms: number) => {
  await counter.pass(ms)
  settlement().wake()
  await settlement().idle()
  await settlement().idle()
}
const windows = () => settlement().windows({ limit: 100 })
const payouts = () => settlement().payouts.list({ limit: 100 })
const newest = async () => {
  const [payout] = await payouts()
  if (payout === undefined) throw new Error('nothing was proposed')
  return payout
}
const oneClaim = async () => {
  const [claim] = await settlement().claims.list(1)
  if (claim === undefined) throw new Error('nobody was asked for anything')
  return claim
}
const balance = async (id: string) => {
  const [account] = await counter.rig.ports.store.get('accounts', [id])
  return account === undefined ? 0 : Number(account.creditsPosted - account.debitsPosted)
}
const owed = () => balance(merchantAccount(merchant, 'EUR'))
/** Nothing is in two places or in none, says the other program. */
const isRight = async () => {
  expect((await counter.money()).merchant).toBe(await owed())
  expect(await recountSettlement(counter.rig.ports.store)).toMatchObject({ differences: [] })
}

describe('a window', () => {
  it('counts what is posted to the merchant, and what that costs', async () => {
    await paid(10_00)
    const second = await paid(4_00)
    await back(second, 1_00)
    const [window] = await windows()
    if (window === undefined) throw new Error('there is no window')
    // 1 % and 5, twice; a fifth of that.
    expect(window).toMatchObject({ date: '2025-10-09', postings: 3, totals: { sales: 14_00n, refunds: -1_00n, fees: -24n, feeTax: -5n } })
    expect([await owed(), await balance(feesAccount(merchant, 'EUR')), await balance(feeTaxAccount(merchant, 'EUR'))]).toEqual([13_00 - 29, 24, 5])
    const counted = await settlement().postings(window, 0, 100)
    expect(counted.flatMap(({ feeMinor, taxMinor }) => (feeMinor === undefined ? [] : [[feeMinor, taxMinor]]))).toEqual([
      [15, 3],
      [9, 2],
    ])
    await isRight()
  })

  it('is the one that is open when something is posted, not when a till took it', async () => {
    const late = sale(5_00, counter.wallet.show())
    for (const fact of [late.intended, late.acceptedOffline, late.captured, late.completed]) counter.till.write(fact)
    await pass(DAY)
    await counter.journal(counter.till)
    expect(await windows()).toMatchObject([{ date: '2025-10-10', totals: { sales: 5_00n } }])
  })

  it('gives back a share of the fee with a refund, where the terms say so, and all of it with all of the money', async () => {
    await open({ fees: { ...terms.fees, atRefund: 'returned' } })
    const one = await paid(10_00)
    await back(one, 3_33)
    await back(one, 6_67)
    expect(await windows()).toMatchObject([{ totals: { sales: 10_00n, refunds: -10_00n, fees: 0n, feeTax: 0n } }])
    expect(await owed()).toBe(0)
    await isRight()
  })

  it('that has ended takes nothing more, even before it is closed and when the clock is put back', async () => {
    await paid(10_00)
    counter.rig.clock.time += DAY
    await paid(1_00)
    counter.rig.clock.time -= DAY
    await paid(2_00)
    expect((await windows()).map(({ totals }) => totals.sales)).toEqual([3_00n, 10_00n])
    await isRight()
  })
})

describe('the end of a window', () => {
  it('proposes what it came to, once, and the merchant begins anew', async () => {
    await paid(10_00)
    await pass(DAY)
    await pass(DAY)
    expect(await payouts()).toMatchObject([{ amountMinor: 10_00n - 18n, state: 'proposed', createdBy: 'hub', account: terms.account }])
    expect([await owed(), await balance(payoutAccount('proposed', merchant, 'EUR'))]).toEqual([0, 9_82])
    const [window] = await windows()
    expect(window).toMatchObject({ state: 'closed', closed: { carriedOut: 0n } })
    await isRight()
  })

  it('comes before the end of a later one, whoever is faster', async () => {
    await paid(10_00)
    counter.rig.clock.time += DAY
    await paid(1_00)
    counter.rig.clock.time += 1
    const [later] = await windows()
    expect(await settlement().closeNow(later?.id ?? '', 'ann')).toMatchObject({ ok: true })
    expect((await windows()).map(({ closed }) => closed?.by)).toEqual(['ann', 'hub'])
    await isRight()
  })

  it('is ended early by a person, who does not approve what it came to, and counts nothing more', async () => {
    await paid(10_00)
    const [first] = await windows()
    if (first === undefined) throw new Error('there is a window')
    expect(await settlement().closeNow('no such', 'ann')).toMatchObject({ ok: false, code: 'window.unknown' })
    await pass(HOUR)
    const both = await Promise.all([settlement().closeNow(first.id, 'ann'), settlement().closeNow(first.id, 'bob')])
    expect(both.filter(({ ok }) => ok)).toHaveLength(1)
    const payout = await newest()
    const by = both[0].ok ? 'ann' : 'bob'
    expect(payout).toMatchObject({ createdBy: by, windows: [first.id], amountMinor: 9_82n })
    expect(await settlement().payouts.approve(payout.payoutId, by, settlement().payouts.digestOf(payout))).toMatchObject({ code: 'payout.same_person' })
    const now = counter.rig.clock.now()
    expect(await settlement().window(first.id)).toMatchObject({ state: 'closed', endsAt: now, closed: { at: now, by } })
    // The day goes on in windows of their own, until the same cut-off.
    for (const _ of [1, 2]) {
      await paid(5_00)
      const open = (await windows()).find(({ state }) => state === 'open')
      expect(open).toMatchObject({ startsAt: counter.rig.clock.now(), endsAt: first.endsAt })
      // It has to have lasted for a moment, or it and the next one would begin at once.
      expect(await settlement().closeNow(open?.id ?? '', 'ann')).toMatchObject({ ok: false, code: 'window.not_open' })
      await pass(1)
      expect(await settlement().closeNow(open?.id ?? '', 'ann')).toMatchObject({ ok: true })
      await isRight()
    }
    await paid(5_00)
    await pass(DAY)
    expect((await windows()).map(({ endsAt, state }) => [endsAt, state])).toContainEqual([first.endsAt, 'closed'])
    expect(await payouts()).toHaveLength(4)
    await isRight()
  })

  it('is when it was said when it began; what is posted costs what is agreed by then', async () => {
    await paid(10_00)
    const [{ endsAt, id } = { endsAt: 0, id: '' }] = await windows()
    await pass(HOUR)
    const { fees } = terms
    const changed = { ...terms, cutOff: '18:00', fees: { ...fees, rates: fees.rates.map((rate) => ({ ...rate, fixedMinor: 100 })) } }
    expect(await counter.rig.hub.merchants.change(changed, 'ann', 1, { from: counter.rig.clock.now() + HOUR })).toMatchObject({ ok: true })
    await paid(10_00)
    await pass(HOUR)
    await paid(10_00)
    expect(await settlement().window(id)).toMatchObject({ endsAt, state: 'open', totals: { fees: -15n - 15n - 1_10n } })
    await pass(DAY)
    await paid(10_00)
    const next = (await windows())[0]
    expect(next).toMatchObject({ state: 'open', date: expect.stringMatching(/^2025/) as string })
    expect(next?.endsAt).not.toBe(endsAt + DAY)
    await isRight()
  })

  it('keeps back what its own terms said, though others are in force when it is closed', async () => {
    await open({ reserve: { ppm: 100_000, days: 3 } })
    await paid(10_00)
    const [{ endsAt } = { endsAt: 0 }] = await windows()
    expect(await counter.rig.hub.merchants.change(terms, 'ann', 1, { from: endsAt })).toMatchObject({ ok: true })
    await pass(DAY)
    expect((await windows())[0]).toMatchObject({ state: 'closed', totals: { reserve: -1_00n } })
    await paid(10_00)
    await pass(DAY)
    expect((await windows())[0]).toMatchObject({ state: 'closed', totals: { reserve: 0n } })
    await isRight()
  })

  it('carries on what there is no account for, and pays it with the next when there is', async () => {
    const { account, ...without } = terms
    await open()
    const { merchants } = counter.rig.hub
    expect(await merchants.change(without, 'ann', 1)).toMatchObject({ ok: true, value: { number: 2 } })
    await paid(10_00)
    await pass(DAY)
    expect(await payouts()).toEqual([])
    expect(await merchants.change({ ...without, account }, 'ann', 2)).toMatchObject({ ok: true, value: { state: 'proposed' } })
    expect(await merchants.agree(merchant, 3, 'bob')).toMatchObject({ ok: true, value: { accountBy: 'ann' } })
    await paid(10_00)
    await pass(DAY)
    const [payout] = await payouts()
    expect(payout).toMatchObject({ amountMinor: 2n * 9_82n, accountBy: 'ann' })
    expect(payout?.windows).toHaveLength(2)
    expect(await merchants.history(merchant)).toHaveLength(3)
    await isRight()
  })

  it('keeps a part of the sales back for as long as was agreed', async () => {
    await open({ reserve: { ppm: 100_000, days: 3 } })
    await paid(10_00)
    await pass(DAY)
    expect(await payouts()).toMatchObject([{ amountMinor: 8_82n }])
    expect(await balance(reserveAccount(merchant, 'EUR'))).toBe(1_00)
    await isRight()
    await pass(3 * DAY)
    await pass(DAY)
    expect(await balance(reserveAccount(merchant, 'EUR'))).toBe(0)
    expect((await payouts()).map(({ amountMinor }) => amountMinor)).toEqual([1_00n, 8_82n])
    await isRight()
  })

  it('of a hub that is killed on the way comes to the same', async () => {
    await paid(10_00)
    const before = structuredClone(counter.rig.disk)
    await pass(DAY)
    const once = await payouts()
    // The commit was lost with the process; all that happens again does so from the same rows.
    for (const [table, rows] of Object.entries(before.rows)) {
      const now = counter.rig.disk.rows[table as keyof typeof before.rows] as Map<string, unknown>
      now.clear()
      for (const [id, row] of rows) now.set(id, row)
    }
    settlement().wake()
    await settlement().idle()
    expect((await payouts()).map(({ amountMinor, windows: pays }) => [amountMinor, pays])).toEqual(
      once.map(({ amountMinor, windows: pays }) => [amountMinor, pays]),
    )
    await isRight()
  })

  it('gives way to whoever changes the same rows, and is done all the same', async () => {
    await paid(10_00)
    counter.rig.clock.time += DAY
    settlement().wake()
    const meanwhile = [paid(1_00), paid(2_00)]
    await settlement().idle()
    await Promise.all(meanwhile)
    await pass(0)
    expect(await payouts()).toMatchObject([{ amountMinor: 9_82n }])
    await isRight()
  })
})

describe('a merchant who owes', () => {
  const goBelow = async () => {
    const one = await paid(10_00)
    await pass(DAY)
    await back(one, 10_00)
    await pass(DAY)
  }

  it('has it carried into the next windows', async () => {
    await goBelow()
    expect(await owed()).toBe(-10_00)
    await paid(20_00)
    await pass(DAY)
    expect((await payouts())[0]).toMatchObject({ amountMinor: 20_00n - 30n - 10_00n })
    await isRight()
  })

  it('is asked for it after a time; what is sold later is set off first', async () => {
    await goBelow()
    await pass(30 * DAY)
    expect(await settlement().claims.list(10)).toMatchObject([{ amountMinor: 10_00n, state: 'open' }])
    await pass(DAY)
    await isRight()
    await paid(6_00)
    await pass(DAY)
    expect(await settlement().claims.list(10)).toMatchObject([{ paidMinor: 6_00n - 13n, state: 'open' }])
    expect(await payouts()).toHaveLength(1)
    await paid(6_00)
    await pass(DAY)
    expect(await settlement().claims.list(10)).toMatchObject([{ paidMinor: 10_00n, state: 'paid' }])
    expect((await payouts())[0]).toMatchObject({ amountMinor: 2n * (6_00n - 13n) - 10_00n })
    await isRight()
  })

  it('is let off by two people, and never by one', async () => {
    await goBelow()
    await pass(30 * DAY)
    const claim = await oneClaim()
    const { claims } = settlement()
    expect(await claims.writeOff(claim, 'ann')).toMatchObject({ ok: false, code: 'claim.wrong_state' })
    expect(await claims.paid(claim, 2_00n, 'line-1')).toMatchObject({ ok: true })
    expect(await claims.paid(claim, 2_00n, 'line-1')).toMatchObject({ ok: true, value: { paidMinor: 2_00n } })
    expect(await claims.proposeWriteOff(claim, 'ann', 'closed its shop')).toMatchObject({ ok: true })
    expect(await claims.writeOff(claim, 'ann')).toMatchObject({ ok: false, code: 'payout.same_person' })
    expect(await claims.writeOff(claim, 'bob')).toMatchObject({ ok: true, value: { state: 'written_off' } })
    expect([await balance(claimAccount(merchant, 'EUR')), await balance('losses/merchants/EUR')]).toEqual([0, -8_00])
    await isRight()
  })
})

describe('a chargeback', () => {
  let swipes = 0
  const byCard = async (amountMinor: number) => {
    const one = sale(amountMinor, '-')
    const ksn = `ffff9876543210${(++swipes).toString(16).padStart(6, '0')}`
    const encrypted = { scheme: 'tdes-dukpt-data', ksn, track2: '00112233445566778899aabbccddeeff' } as const
    const instrument = { type: 'card', maskedPan: '424242******1111', expiry: '4912', encrypted } as const
    acquirer.script.push(approval, approval)
    await counter.journal(
      counter.till,
      { kind: 'payment.intended', body: { ...one.intended.body, instrument } },
      one.acceptedOffline,
      one.captured,
      one.completed,
    )
    await counter.rig.hub.cardsIdle()
    return one
  }
  const disputed = (payment: string, amountMinor: number, id = nextId()) => ({
    id,
    payment,
    amountMinor,
    reason: '10.4',
    reference: 'A-1',
    evidenceUntil: START + 7 * DAY,
  })

  it('takes the money and a fee off the merchant; what is left can be refunded and no more', async () => {
    const one = await byCard(50_00)
    const said = disputed(one.paymentId, 30_00)
    const { chargebacks } = settlement()
    expect(await chargebacks.open(said, 'ann')).toMatchObject({ ok: true, value: { state: 'open' } })
    expect(await chargebacks.open(said, 'ann')).toMatchObject({ ok: true })
    expect(await chargebacks.open({ ...said, amountMinor: 1 }, 'ann')).toMatchObject({ ok: false, code: 'entry.conflict' })
    expect(await chargebacks.open(disputed(one.paymentId, 20_01), 'ann')).toMatchObject({ ok: false, code: 'chargeback.exceeds' })
    expect([await balance(acquirerAccount('test')), await owed()]).toEqual([-20_00, 50_00 - 1_20 - 30_00 - 18_00])
    await back(one, 20_01)
    await back(one, 20_00)
    expect((await counter.rig.exceptions()).map(([, , code]) => code)).toEqual(['refund.exceeds_captured'])
    await isRight()
  })

  it('that is won in time brings the money back, and one that nobody answers is lost', async () => {
    const [one, other] = [await byCard(50_00), await byCard(10_00)]
    const { chargebacks } = settlement()
    const [won, lost] = [disputed(one.paymentId, 50_00), disputed(other.paymentId, 10_00)]
    await chargebacks.open(won, 'ann')
    await chargebacks.open(lost, 'ann')
    expect(await chargebacks.step(won.id, 'represent', 'bob', 'signed slip')).toMatchObject({ ok: true })
    expect(await chargebacks.step(won.id, 'win', 'bob', 'case 7')).toMatchObject({ ok: true, value: { state: 'won' } })
    expect(await chargebacks.step(won.id, 'win', 'bob', 'case 7')).toMatchObject({ ok: true })
    expect(await chargebacks.step(won.id, 'lose', 'bob', 'case 8')).toMatchObject({ ok: false, code: 'chargeback.wrong_state' })
    await pass(8 * DAY)
    expect(await chargebacks.find(lost.id)).toMatchObject({ state: 'lost' })
    expect(await balance(acquirerAccount('test'))).toBe(-50_00)
    await isRight()
  })

  it('is for what an acquirer has paid: not for a wallet, and not for a payment that nobody knows', async () => {
    const one = await paid(5_00)
    expect(await settlement().chargebacks.open(disputed(one.paymentId, 5_00), 'ann')).toMatchObject({ ok: false, code: 'chargeback.not_possible' })
    expect(await settlement().chargebacks.open(disputed(nextId(), 5_00), 'ann')).toMatchObject({ ok: false, code: 'payment.unknown' })
  })
})

it('a rejected payout is the merchant’s again and goes with the next window', async () => {
  await paid(10_00)
  await pass(DAY)
  const payout = await newest()
  expect(await settlement().payouts.step(payout.payoutId, 'reject', { by: 'bob', ref: 'wrong name' })).toMatchObject({
    ok: true,
    value: { state: 'rejected' },
  })
  expect(await owed()).toBe(9_82)
  await isRight()
  await pass(DAY + HOUR)
  expect((await payouts())[0]).toMatchObject({ amountMinor: 9_82n, state: 'proposed' })
  expect((await windows()).map(({ totals }) => netOf(totals))).toEqual([9_82n, 9_82n])
  await isRight()
})

it('tiers follow the month of the merchant’s clock, and the other program comes to the same fees', async () => {
  const tiers = [
    { fromMinor: 0, ppm: 50_000 },
    { fromMinor: 15_00, ppm: 10_000 },
  ]
  await open({ fees: { ...terms.fees, taxPpm: 0, rates: [{ instrument: 'wallet', tiers, fixedMinor: 0, minimumMinor: 0 }] } })
  for (let made = 0; made < 3; made++) await paid(10_00)
  await pass(31 * DAY)
  await paid(10_00)
  expect((await windows()).map(({ totals }) => totals.fees)).toEqual([-50n, -110n])
  await isRight()
  const [row] = (await counter.rig.ports.store.transfersAfter(0, 100)).filter(({ feeMinor }) => feeMinor === 10)
  if (row === undefined) throw new Error('there is a cheap one')
  const { seq: _, ...transfer } = row
  await counter.rig.ports.store.commit({ transfers: [{ ...transfer, feeMinor: 11 }] })
  expect((await recountSettlement(counter.rig.ports.store)).differences).toContainEqual(
    expect.stringMatching(/^fee of .*: 11 and 0, but the terms say 10 and 0/),
  )
})
