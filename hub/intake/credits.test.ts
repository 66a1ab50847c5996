import { beforeEach, describe, expect, it } from 'vitest'
import { openCounter, type Counter } from '../test-counter.ts'
import { refund, START } from '../test-rig.ts'
import { cashSale, gift, proofFor, spend } from '../test-credits.ts'
import { demoShop } from '../demo-shop.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { cashAccount, cashTakings, creditAccount, creditTakings, exchangeAccount, foreignDrawer, tipsAccount } from '../ledger/names.ts'
import { sealOf } from '#protocol/credit/code.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

const { id: merchant } = demoShop.merchant
let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})

const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)
async function balance(id: string): Promise<number> {
  const [account] = await counter.rig.ports.store.get('accounts', [id])
  return account === undefined ? 0 : Number(balanceOf(account))
}
/** Debits are credits in every currency, whatever was posted. */
async function adds(): Promise<void> {
  for (const { debitsPosted, creditsPosted, debitsPending, creditsPending } of (await counter.rig.ports.store.summary(0)).accounts) {
    expect([debitsPosted, debitsPending]).toEqual([creditsPosted, creditsPending])
  }
}

describe('a gift card', () => {
  it('is worth what was paid for it, pays in parts, and never becomes what the hub owes the merchant', async () => {
    const card = gift(2000)
    await counter.journal(counter.till, ...card.facts)
    expect([await balance(creditAccount(card.creditId)), await balance(creditTakings(merchant, 'EUR'))]).toEqual([2000, -2000])
    const [one, two] = [spend(card.creditId, 1500), spend(card.creditId, 600)]
    await counter.journal(counter.till, one.intended, one.held, one.captured, one.completed, two.intended)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted', profile: 'credit', wallet: card.creditId })
    expect(await counter.rig.payment(two.paymentId)).toMatchObject({ verdict: 'credit.exceeds_balance', funds: 'none' })
    expect(await balance(creditAccount(card.creditId))).toBe(500)
    expect(await counter.money()).toMatchObject({ merchant: 0 })
    expect(await codes()).toEqual([])
    await adds()
  })

  it('has again what is given back of what it paid', async () => {
    const card = gift(2000)
    const one = spend(card.creditId, 1500)
    const back = refund(one, 400)
    await counter.journal(counter.till, ...card.facts, one.intended, one.held, one.captured, one.completed, back.made)
    expect(await balance(creditAccount(card.creditId))).toBe(900)
    await adds()
  })

  it.each<[string, (card: ReturnType<typeof gift>) => readonly Fact[]]>([
    ['no sale says so', ({ issued }) => [issued]],
    ['no till has issued it', ({ facts: [taken, , sold] }) => [taken, sold].flatMap((fact) => fact ?? [])],
    ['the sale was over less', () => gift(1000, 5000).facts],
  ])('is worth nothing where %s (invariant 16)', async (_, facts) => {
    const card = gift(2000)
    await counter.journal(counter.till, ...facts(card))
    const one = spend(card.creditId, 100)
    await counter.journal(counter.till, one.intended)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ verdict: 'credit.unknown', funds: 'none' })
    expect(await balance(creditTakings(merchant, 'EUR'))).toBe(0)
    expect(await codes()).toContain('credit.unknown')
  })

  it('pays nobody who has not had its code: neither its id nor its seal is a proof', async () => {
    const card = gift(2000)
    await counter.journal(counter.till, ...card.facts)
    for (const proof of ['ab'.repeat(32), sealOf(nodeCrypto, proofFor(card.creditId))]) {
      const one = spend(card.creditId, 100, proof)
      await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
      expect(await counter.rig.payment(one.paymentId)).toMatchObject({ verdict: 'code.forged', funds: 'none', state: 'RECOVERY' })
    }
    expect(await balance(creditAccount(card.creditId))).toBe(2000)
    expect(await codes()).toContain('code.forged')
  })

  it('that was spent at two tills without the hub pays one of them; the other is shown, and nothing is paid out for it', async () => {
    const card = gift(2000)
    await counter.journal(counter.till, ...card.facts)
    const [one, two] = [spend(card.creditId, 1500), spend(card.creditId, 1500)]
    for (const paid of [one, two]) await counter.journal(counter.till, paid.intended, paid.acceptedOffline, paid.captured, paid.completed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect(await counter.rig.payment(two.paymentId)).toMatchObject({ state: 'RETRY', funds: 'none', exception: 'credit.exceeds_balance' })
    expect(await codes()).toContain('credit.spent_twice')
    expect(await balance(creditAccount(card.creditId))).toBe(500)
  })

  it('beyond what a till may issue in a day is worth nothing, however the till came by it', async () => {
    const most = demoShop.credits?.perDayMinor ?? 0
    const [first, second] = [gift(most), gift(1)]
    await counter.journal(counter.till, ...first.facts, ...second.facts)
    expect([await balance(creditAccount(first.creditId)), await balance(creditAccount(second.creditId))]).toEqual([most, 0])
    expect(await codes()).toEqual(['credit.day_cap'])
  })

  it('is issued once, however often its sale comes', async () => {
    const card = gift(2000)
    await counter.journal(counter.till, ...card.facts, card.sold, card.issued)
    expect(await balance(creditAccount(card.creditId))).toBe(2000)
  })
})

describe('a tip', () => {
  it('is owed to those who served and is no takings, and goes when all of the sale goes', async () => {
    const one = cashSale(1000, {}, 150)
    await counter.journal(counter.till, one.taken, one.completed)
    expect([await balance(tipsAccount(merchant, 'EUR')), await balance(cashTakings(merchant, 'EUR')), await balance(cashAccount(counter.till.id))]).toEqual([
      150, 1000, 1150,
    ])
    await counter.journal(counter.till, one.voided)
    expect([await balance(tipsAccount(merchant, 'EUR')), await balance(cashTakings(merchant, 'EUR')), await balance(cashAccount(counter.till.id))]).toEqual([
      0, 0, 0,
    ])
    expect(await codes()).toEqual([])
    await adds()
  })

  it('that the payments do not cover is shown', async () => {
    const one = cashSale(1000)
    const body = one.completed.kind === 'sale.completed' ? one.completed.body : undefined
    if (body === undefined) throw new Error('a sale')
    await counter.journal(counter.till, one.taken, { kind: 'sale.completed', body: { ...body, tipMinor: 5 } })
    expect(await codes()).toEqual(['entry.amount_mismatch'])
    expect(await balance(tipsAccount(merchant, 'EUR'))).toBe(0)
  })
})

describe('foreign cash', () => {
  const rate = { numerator: 9, denominator: 10, source: 'ECB', at: START }
  const foreign = (tenderedMinor: number) => ({ foreign: { currency: 'USD', tenderedMinor, rate } })

  it('lies in a drawer of its own against the exchange, and debits are credits in both currencies', async () => {
    const one = cashSale(1000, { tenderedMinor: 1800, changeMinor: 800, ...foreign(2000) })
    await counter.journal(counter.till, one.taken, one.completed)
    expect(await codes()).toEqual([])
    expect(await balance(foreignDrawer(counter.till.id, 'USD'))).toBe(2000)
    expect(await balance(cashAccount(counter.till.id))).toBe(-800)
    expect([await balance(exchangeAccount(merchant, 'USD')), await balance(exchangeAccount(merchant, 'EUR'))]).toEqual([2000, -1800])
    expect(await balance(cashTakings(merchant, 'EUR'))).toBe(1000)
    const steps = await counter.rig.ports.store.stepsOf(one.paymentId)
    expect(steps).toMatchObject([{ event: 'hub.exchanged', detail: expect.stringMatching(/2000 USD at 9\/10 EUR, by ECB of 20/) as string }])
    await adds()
  })

  it('that is not worth what the till says is shown', async () => {
    const one = cashSale(1000, { tenderedMinor: 1900, changeMinor: 900, ...foreign(2000) })
    await counter.journal(counter.till, one.taken, one.completed)
    expect(await codes()).toEqual(['entry.amount_mismatch'])
    await adds()
  })

  it('at a rate far from the shop’s, or of money that the shop does not take, is shown', async () => {
    const cheap = { foreign: { currency: 'USD', tenderedMinor: 2000, rate: { ...rate, numerator: 5 } } }
    const unknown = { foreign: { currency: 'JPY', tenderedMinor: 2000, rate } }
    const [one, two] = [cashSale(1000, { tenderedMinor: 1000, ...cheap }), cashSale(1000, { tenderedMinor: 1800, changeMinor: 800, ...unknown })]
    await counter.journal(counter.till, one.taken, one.completed, two.taken, two.completed)
    expect(await codes()).toEqual(['entry.exchange_rate', 'entry.exchange_rate'])
    await adds()
  })

  it('that leaves the drawer goes to the safe, in its own currency', async () => {
    const one = cashSale(1000, { tenderedMinor: 1800, changeMinor: 800, ...foreign(2000) })
    const moved: Fact = {
      kind: 'cash.moved',
      body: { movementId: '0198c0de-0000-7000-8000-000000000077', direction: 'out', amountMinor: 1500, currency: 'USD', reason: 'bank' },
    }
    await counter.journal(counter.till, one.taken, one.completed, moved, moved)
    expect([await balance(foreignDrawer(counter.till.id, 'USD')), await balance(`safe/${merchant}/USD`)]).toEqual([500, 1500])
    await adds()
  })

  it('is counted in its own currency, and what is missing is short in that', async () => {
    const one = cashSale(1000, { tenderedMinor: 1800, changeMinor: 800, ...foreign(2000) })
    const closed: Fact = {
      kind: 'shift.closed',
      body: {
        currency: 'EUR',
        payments: 1,
        capturedMinor: 1000,
        refunds: 0,
        refundedMinor: 0,
        exported: 0,
        cash: { expectedMinor: -800, countedMinor: 0 },
        foreignCash: [{ currency: 'USD', expectedMinor: 2000, countedMinor: 1900 }],
      },
    }
    await counter.journal(counter.till, one.taken, one.completed, closed)
    expect(await balance(foreignDrawer(counter.till.id, 'USD'))).toBe(1900)
    expect(await balance(`over-short/${merchant}/USD`)).toBe(100)
    await adds()
  })
})
