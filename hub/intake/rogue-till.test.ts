import { beforeEach, describe, expect, it } from 'vitest'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, sale, type TestTill } from '../test-rig.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import type { Fact } from '#protocol/journal/entry.ts'

/** One till lies, in entries that its own key signs and that are well formed: no other till may notice. On the real store, whose columns have limits. */
let counter: Counter
let rogue: TestTill
beforeEach(async () => {
  const store = openSqliteStore(':memory:')
  if (!store.ok) throw new Error(store.code)
  counter = await openCounter({ store: store.value })
  rogue = await counter.rig.till()
})
const codes = async () => new Set((await counter.rig.exceptions()).map(([, , code]) => code))
const MOST = Number.MAX_SAFE_INTEGER

async function lies(...facts: readonly Fact[]): Promise<void> {
  for (let at = 0; at < facts.length; at += 400) await counter.journal(rogue, ...facts.slice(at, at + 400))
}

async function anotherTillSells(): Promise<void> {
  const one = sale(400, counter.wallet.show())
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  expect(await counter.money()).toMatchObject({ merchant: 400, counts: { settled: 1, unsettledEntries: 0 } })
}

describe('a till that claims sums beyond any number', () => {
  it('in refunds and captures of a shift is told that they do not add up, and stops nobody', async () => {
    const refunds = Array.from({ length: 1100 }, (): Fact => {
      return { kind: 'payment.refunded', body: { refundId: nextId(), paymentId: nextId(), amountMinor: MOST, currency: 'EUR', receiptNumber: 'R' } }
    })
    const sales = Array.from({ length: 1100 }, () => sale(MOST, 'SP1:INVENTED'))
    const closed: Fact = {
      kind: 'shift.closed',
      body: { currency: 'EUR', payments: 1100, capturedMinor: MOST, refunds: 1099, refundedMinor: MOST, exported: 0 },
    }
    const captures = sales.flatMap(({ intended, acceptedOffline, captured }): Fact[] => [intended, acceptedOffline, captured])
    await lies(closed, ...refunds, ...captures, closed)
    expect(await counter.rig.ports.store.get('shifts', [rogue.id])).toMatchObject([{ closed: 2 }])
    expect(await codes()).toContain('entry.amount_mismatch')
    await anotherTillSells()
  })

  it('in lines, taxes and payments of a sale is told so, and the hub stumbles over nothing', async () => {
    const one = sale(400, 'SP1:INVENTED')
    const { body } = one.completed
    const line = { gtin: '9520000000019', name: 'Gold', quantity: 1, unitMinor: MOST, taxPpm: 0, totalMinor: MOST }
    const tax = { ratePpm: 0, netMinor: MOST, taxMinor: 0 }
    await counter.journal(
      rogue,
      { kind: 'sale.completed', body: { ...body, lines: [line, line, line], taxes: [tax], totalMinor: MOST } },
      { kind: 'sale.completed', body: { ...body, lines: [line], taxes: [{ ...tax, taxMinor: MOST }], totalMinor: MOST } },
      {
        kind: 'sale.completed',
        body: { ...body, lines: [line], taxes: [tax], totalMinor: MOST, payments: [1, 2].map(() => ({ paymentId: nextId(), amountMinor: MOST })) },
      },
    )
    expect(await codes()).toEqual(new Set(['entry.amount_mismatch']))
    expect(counter.rig.warnings).toEqual([])
    await anotherTillSells()
  })
})

describe('a till that claims a time beyond any date', () => {
  it('is told so, and its entry is judged like any other', async () => {
    const one = sale(400, counter.wallet.show())
    rogue.write(one.intended, MOST)
    await counter.journal(rogue, one.acceptedOffline)
    expect(await codes()).toEqual(new Set(['entry.postdated', 'code.expired']))
    expect(counter.rig.warnings).toEqual([])
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'ACCEPTED_OFFLINE', at: MOST })
    await counter.rig.hub.overview()
  })
})

describe('a till that says the same of one payment without end', () => {
  it('does not fill the console', async () => {
    const one = sale(400, counter.wallet.show())
    await lies(...Array.from({ length: 1500 }, () => one.intended))
    expect((await counter.detail(one.paymentId))?.entries).toHaveLength(1000)
  })
})
