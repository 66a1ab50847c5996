import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { openCounter, salvagedFact, type Counter } from '../test-counter.ts'
import { nextId, refund, sale, START, type TestTill } from '../test-rig.ts'
import { demoShop } from '../demo-shop.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { cashAccount, cashTakings, overShortAccount, roundingAccount, safeAccount } from '../ledger/names.ts'
import { hex } from '#protocol/bytes.ts'
import type { EntryBody, Fact } from '#protocol/journal/entry.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})

const { id: merchant } = demoShop.merchant

/** A sale for cash: its facts in the order in which a till writes them. `roundingMinor`: what the customer paid more than the total, or less. */
function cashSale(amountMinor: number, roundingMinor = 0, over: Partial<EntryBody<'payment.taken_in_cash'>> = {}) {
  const { paymentId, saleId, captured, completed } = sale(amountMinor, '')
  const paid = amountMinor + roundingMinor
  const { receiptNumber } = captured.body
  const body = { paymentId, saleId, amountMinor: paid, tenderedMinor: paid + 500, changeMinor: 500, currency: 'EUR', receiptNumber, ...over }
  const rounded = roundingMinor === 0 ? {} : { roundingMinor }
  return {
    paymentId,
    saleId,
    captured,
    taken: { kind: 'payment.taken_in_cash', body } satisfies Fact,
    completed: { kind: 'sale.completed', body: { ...completed.body, ...rounded, payments: [{ paymentId, amountMinor: paid }] } } satisfies Fact,
    voided: { kind: 'payment.voided', body: { paymentId, code: 'sale.voided' } } satisfies Fact,
  }
}
const movement = (direction: 'in' | 'out', amountMinor: number, movementId = nextId()): Fact => ({
  kind: 'cash.moved',
  body: { movementId, direction, amountMinor, currency: 'EUR', reason: 'change' },
})
const opened = (floatMinor: number): Fact => ({ kind: 'shift.opened', body: { floatMinor, currency: 'EUR' } })
const closed = (expectedMinor: number, countedMinor: number, sums: Partial<EntryBody<'shift.closed'>> = {}): Fact => ({
  kind: 'shift.closed',
  body: { currency: 'EUR', payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0, exported: 0, ...sums, cash: { expectedMinor, countedMinor } },
})

/** Balances of the cash accounts, each on its own side. */
async function books(till: TestTill) {
  const accounts = new Map((await counter.rig.ports.store.accounts(100)).map((account) => [account.id, Number(balanceOf(account))]))
  const of = (id: string): number => accounts.get(id) ?? 0
  return {
    drawer: of(cashAccount(till.id)),
    takings: of(cashTakings(merchant, 'EUR')),
    safe: of(safeAccount(merchant, 'EUR')),
    overShort: of(overShortAccount(merchant, 'EUR')),
    rounding: of(roundingAccount(merchant, 'EUR')),
  }
}
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)

describe('a payment in cash', () => {
  it('lies in the drawer of its till, once, and nobody owes it to the merchant', async () => {
    const one = cashSale(1000)
    await counter.journal(counter.till, one.taken, one.completed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({
      state: 'CAPTURED',
      funds: 'posted',
      profile: 'cash',
      capturedMinor: 1000,
      settledAt: START,
    })
    expect(await books(counter.till)).toEqual({ drawer: 1000, takings: 1000, safe: 0, overShort: 0, rounding: 0 })
    expect(await counter.money()).toMatchObject({ merchant: 0, pending: 0, counts: { exceptions: 0 } })
    expect(counter.rig.decisions(counter.till)).toEqual([])
    expect((await counter.detail(one.paymentId))?.entries.map(({ kind }) => kind)).toEqual(['payment.taken_in_cash', 'sale.completed'])
  })

  it('that is said again is the same; another one under its id is a conflict', async () => {
    const one = cashSale(1000)
    await counter.journal(counter.till, one.taken, one.completed, one.taken)
    expect(await codes()).toEqual([])
    const other = { ...one.taken, body: { ...one.taken.body, amountMinor: 999, changeMinor: 501 } }
    await counter.journal(counter.till, other)
    await counter.journal(await counter.rig.till(), one.taken)
    expect(await codes()).toEqual(['entry.conflict', 'entry.conflict'])
    expect(await books(counter.till)).toMatchObject({ drawer: 1000, takings: 1000 })
  })

  it('whose change does not add up, or in another currency, is told to a person', async () => {
    const [wrong, foreign] = [cashSale(1000, 0, { changeMinor: 400 }), cashSale(1000, 0, { currency: 'USD' })]
    await counter.journal(counter.till, wrong.taken, wrong.completed, foreign.taken)
    expect(await codes()).toEqual(['entry.amount_mismatch', 'entry.currency_mismatch'])
    expect(await books(counter.till)).toMatchObject({ drawer: 1000 })
    expect(await counter.rig.payment(foreign.paymentId)).toBeUndefined()
  })

  it('goes back out of the drawer: in parts, or as a whole', async () => {
    const [one, two] = [cashSale(1000), cashSale(500)]
    await counter.journal(counter.till, one.taken, one.completed, two.taken, two.completed, refund(one, 300).made)
    expect(await books(counter.till)).toMatchObject({ drawer: 1200, takings: 1200 })
    await counter.journal(counter.till, two.voided)
    expect(await counter.rig.payment(two.paymentId)).toMatchObject({ state: 'VOIDED', funds: 'released' })
    await counter.journal(counter.till, refund(one, 701).made, refund(one, 700).made)
    expect(await codes()).toEqual(['refund.exceeds_captured'])
    expect(await books(counter.till)).toMatchObject({ drawer: 0, takings: 0 })
    expect((await counter.money()).counts).toMatchObject({ exceptions: 1 })
  })

  it('is not given back by another till: its notes lie elsewhere', async () => {
    const one = cashSale(1000)
    const other = await counter.rig.till()
    await counter.journal(counter.till, one.taken, one.completed)
    await counter.journal(other, refund(one, 300).asked)
    expect(counter.rig.refundDecisions(other)).toMatchObject([{ verdict: { type: 'declined', code: 'refund.paid_in_cash' } }])
    expect(await books(counter.till)).toMatchObject({ drawer: 1000 })
  })

  it('is rounded: what that gave or took has an account of its own, until the whole sale goes back', async () => {
    const [less, more] = [cashSale(1002, -2), cashSale(998, 2)]
    await counter.journal(counter.till, less.taken, less.completed)
    expect(await books(counter.till)).toMatchObject({ drawer: 1000, takings: 1002, rounding: 2 })
    await counter.journal(counter.till, more.taken, more.completed, more.completed)
    expect(await books(counter.till)).toMatchObject({ drawer: 2000, takings: 2000, rounding: 0 })
    await counter.journal(counter.till, less.voided)
    expect(await books(counter.till)).toMatchObject({ drawer: 1000, takings: 998, rounding: -2 })
    await counter.journal(counter.till, refund(more, 400).made)
    expect(await books(counter.till)).toMatchObject({ drawer: 600, takings: 598, rounding: -2 })
    await counter.journal(counter.till, refund(more, 600).made)
    expect(await books(counter.till)).toMatchObject({ drawer: 0, takings: 0, rounding: 0 })
    expect(await codes()).toEqual([])
  })

  it('is what rounds: a wallet pays to the cent', async () => {
    const one = sale(1000, counter.wallet.show())
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, {
      kind: 'sale.completed',
      body: {
        ...one.completed.body,
        lines: [{ ...one.completed.body.lines[0], unitMinor: 1002, totalMinor: 1002 }],
        totalMinor: 1002,
        taxes: [],
        roundingMinor: -2,
      },
    } as Fact)
    expect(await codes()).toEqual(['entry.amount_mismatch'])
    expect(await books(counter.till)).toMatchObject({ rounding: 0 })
  })
})

describe('a drawer', () => {
  it('is filled to its float from the safe, or emptied to it; cash moves between both', async () => {
    await counter.journal(counter.till, opened(10_000), movement('in', 500), movement('out', 2000))
    expect(await books(counter.till)).toMatchObject({ drawer: 8500, safe: -8500 })
    await counter.journal(counter.till, opened(5000))
    expect(await books(counter.till)).toMatchObject({ drawer: 5000, safe: -5000 })
    expect(await counter.money()).toMatchObject({ merchant: 0, counts: { exceptions: 0 } })
  })

  it('moves once for each id', async () => {
    const id = nextId()
    await counter.journal(counter.till, movement('in', 500, id), movement('in', 500, id))
    await counter.journal(counter.till, movement('in', 500, id), movement('in', 501, id), movement('out', 500, id))
    expect(await codes()).toEqual(['entry.conflict', 'entry.conflict'])
    expect(await books(counter.till)).toMatchObject({ drawer: 500 })
  })

  it('that was counted holds what was counted; the difference is over or short', async () => {
    const one = cashSale(1000)
    await counter.journal(counter.till, opened(5000), closed(5000, 5000))
    await counter.journal(counter.till, opened(5000), one.taken, one.completed, closed(6000, 5950, { payments: 1, capturedMinor: 1000 }))
    expect(await books(counter.till)).toMatchObject({ drawer: 5950, takings: 1000, overShort: 50 })
    await counter.journal(counter.till, closed(5950, 5970))
    expect(await books(counter.till)).toMatchObject({ drawer: 5970, overShort: 30 })
    expect(await codes()).toEqual([])
  })

  it('of which a till expects something else than its entries say is told to a person, and holds what was counted', async () => {
    await counter.journal(counter.till, opened(5000), closed(4000, 5000))
    expect(await codes()).toEqual([])
    await counter.journal(counter.till, closed(4999, 5000))
    expect(await counter.rig.exceptions()).toMatchObject([[1, 4, 'entry.amount_mismatch']])
    expect(await books(counter.till)).toMatchObject({ drawer: 5000 })
  })

  it('hears of what a damaged journal carried over once, and at the place where it came', async () => {
    const fact = movement('in', 500)
    const lost = cashSale(1000)
    await counter.journal(counter.till)
    counter.till.openEpoch({ epoch: 1, n: 1, head: hex(counter.till.head) })
    const carried = [opened(2000), fact, lost.taken].map((one, index) => salvagedFact(counter.till, 1, 2 + index, START, one))
    await counter.journal(counter.till, ...carried, ...carried)
    expect(await books(counter.till)).toMatchObject({ drawer: 3500 })
  })
})

describe('whatever tills say about cash, in whatever order and how often', () => {
  const AMOUNT = 100
  const act = fc.record({
    till: fc.nat(1),
    sale: fc.nat(2),
    what: fc.constantFrom('take', 'take', 'complete', 'refund', 'refund', 'void', 'in', 'out', 'again', 'open', 'close'),
    minor: fc.integer({ min: 1, max: 130 }),
  })

  it('each drawer holds float + in − out + sales − returns, and debits are credits', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 25 }), async (acts) => {
        counter = await openCounter()
        const tills = [counter.till, await counter.rig.till()]
        // The first of three sales is rounded down, the last one up; each belongs to one till.
        const sales = [-1, 0, 1].map((rounding, index) => ({ ...cashSale(AMOUNT, rounding), paid: AMOUNT + rounding, by: index % 2 }))
        const model = { holds: [0, 0], kept: sales.map(() => -1), last: [movement('in', 1), movement('in', 1)] }
        for (const { till: number, sale: which, what, minor } of acts) {
          const one = sales[which]
          const till = tills[number]
          if (one === undefined || till === undefined) continue
          const kept = model.kept[which] ?? -1
          const mine = one.by === number
          const holds = model.holds[number] ?? 0
          const moves = (by: number): void => void (model.holds[number] = holds + by)
          if (what === 'take' && mine) {
            if (kept === -1) [model.kept[which], model.holds[number]] = [one.paid, holds + one.paid]
            await counter.journal(till, one.taken)
          }
          if (what === 'complete' && mine) await counter.journal(till, one.completed)
          if (what === 'refund') {
            if (mine && minor <= kept) [model.kept[which], model.holds[number]] = [kept - minor, holds - minor]
            await counter.journal(till, refund(one, minor).made)
          }
          if (what === 'void') {
            if (mine && kept === one.paid) [model.kept[which], model.holds[number]] = [0, holds - kept]
            await counter.journal(till, one.voided)
          }
          if (what === 'in' || what === 'out') {
            model.last[number] = movement(what, minor)
            moves(what === 'in' ? minor : -minor)
            await counter.journal(till, model.last[number])
          }
          if (what === 'again' && model.last[number] !== undefined && acts.length > 1) {
            const said = (await counter.rig.ports.store.get('transfers', [`${idOf(model.last[number])}/cash`])).length > 0
            if (!said) moves(1)
            await counter.journal(till, model.last[number])
          }
          if (what === 'open' || what === 'close') {
            model.holds[number] = minor
            await counter.journal(till, what === 'open' ? opened(minor) : closed(holds, minor))
          }
        }
        for (const [number, till] of tills.entries()) expect((await books(till)).drawer).toBe(model.holds[number])
        const taken = model.kept.reduce((sum, kept) => sum + Math.max(0, kept), 0)
        const { takings, rounding } = await books(counter.till)
        expect(takings - rounding).toBe(taken)
        expect((await counter.money()).merchant).toBe(0)
      }),
      { numRuns: 40 },
    )
  })
})

const idOf = (fact: Fact): string => (fact.kind === 'cash.moved' ? fact.body.movementId : '')
