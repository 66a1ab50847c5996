import { beforeEach, describe, expect, it } from 'vitest'
import { demoShop } from '../demo-shop.ts'
import { makeRig, sale, testSeed, type Rig, type TestTill } from '../test-rig.ts'
import { creditAccount } from '../ledger/names.ts'
import { hex } from '#protocol/bytes.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { EntryBody, Fact } from '#protocol/journal/entry.ts'

type Returned = EntryBody<'goods.returned'>
const returns = { inCash: true, asCredit: true, withoutReceipt: { cashMinor: 500, creditMinor: 2000 } } as const
const newId = (): Id => makeId(1_800_000_000_000, testSeed().subarray(0, 10))

let rig: Rig
let till: TestTill
beforeEach(async () => {
  rig = await makeRig({ shop: { ...demoShop, returns, credits: { perDayMinor: 100_000 } } })
  till = await rig.till()
})

/** A sale of two loaves for 10.00, paid by wallet and held, as its till writes it. */
async function sold(): Promise<ReturnType<typeof sale>> {
  const wallet = await rig.wallet()
  const one = sale(1000, wallet.show())
  const [line] = one.completed.body.lines
  if (line === undefined) throw new Error('a line was sold')
  one.completed.body.lines[0] = { ...line, quantity: 2, unitMinor: 500 }
  for (const fact of [one.intended, one.held, one.captured, one.completed]) till.write(fact)
  return one
}

type Back = { readonly facts: readonly Fact[]; readonly body: Returned }
/** One of the loaves. */
function back({ paymentId, saleId, captured, completed }: ReturnType<typeof sale>, more: Partial<Returned> = {}, paidMinor = 500): Back {
  const refundId = newId()
  const as = more.as ?? 'as_paid'
  const { name, gtin } = completed.body.lines[0] ?? { name: '', gtin: '' }
  const tax = Math.round((1000 * 7) / 107)
  const part = Math.round(tax / 2)
  const creditId = as === 'credit' ? newId() : undefined
  const body: Returned = {
    returnId: newId(),
    receiptNumber: `G-${refundId.slice(-6)}`,
    of: captured.body.receiptNumber,
    saleId,
    currency: 'EUR',
    lines: [{ line: 0, gtin, name, quantity: 1, totalMinor: 500 }],
    taxes: [{ ratePpm: 70_000, netMinor: 500 - part, taxMinor: part }],
    totalMinor: 500,
    paidMinor,
    as,
    refunds: [{ refundId, paymentId, amountMinor: paidMinor }],
    ...(creditId === undefined ? {} : { creditId }),
    reason: 'Stale',
    ...more,
  }
  const how = as === 'as_paid' ? {} : { as }
  const refunded: Fact = {
    kind: 'payment.refunded',
    body: { refundId, paymentId, amountMinor: paidMinor, currency: 'EUR', receiptNumber: body.receiptNumber, ...how },
  }
  return { facts: [refunded, ...issued(body), { kind: 'goods.returned', body }], body }
}

const issued = ({ creditId, paidMinor, returnId }: Returned): Fact[] =>
  creditId === undefined
    ? []
    : [
        {
          kind: 'credit.issued',
          body: { creditId, why: 'store_credit', amountMinor: paidMinor, currency: 'EUR', seal: hex(new Uint8Array(32).fill(7)), returnId },
        },
      ]

const loose = (more: Partial<Returned> = {}): Back => {
  const as = more.as ?? 'cash'
  const body: Returned = {
    returnId: newId(),
    receiptNumber: 'G-LOOSE',
    currency: 'EUR',
    lines: [{ gtin: '9520000000019', name: 'Rye loaf', quantity: 1, totalMinor: 400 }],
    taxes: [{ ratePpm: 70_000, netMinor: 374, taxMinor: 26 }],
    totalMinor: 400,
    paidMinor: 400,
    as,
    refunds: [],
    ...(as === 'credit' ? { creditId: newId() } : {}),
    reason: 'A gift',
    ...more,
  }
  return { facts: [...issued(body), { kind: 'goods.returned', body }], body }
}

async function sendAll(...backs: readonly Back[]): Promise<void> {
  for (const { facts } of backs) for (const fact of facts) till.write(fact)
  await rig.send(till, till.batch())
}
const codes = async () => (await rig.exceptions()).map(([, , code]) => code)
const holds = async (account: string) => {
  const [row] = await rig.ports.store.get('accounts', [account])
  return row === undefined ? 0 : Number(row.side === 'debit' ? row.debitsPosted - row.creditsPosted : row.creditsPosted - row.debitsPosted)
}
const balanced = async () => (await rig.hub.overview()).money.balanced

describe('goods with a receipt', () => {
  it('become no credit while a wallet has only promised what they cost', async () => {
    const wallet = await rig.wallet()
    const one = sale(9_999_998, wallet.show())
    const [line] = one.completed.body.lines
    if (line === undefined) throw new Error('a line was sold')
    for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
    const { totalMinor, taxes } = one.completed.body
    const whole = { totalMinor, taxes, lines: [{ line: 0, gtin: line.gtin, name: line.name, quantity: 1, totalMinor }] }
    const given = back(one, { ...whole, as: 'credit' }, totalMinor)
    await sendAll(given)
    expect(await holds(creditAccount(given.body.creditId ?? ''))).toBe(0)
    expect(await codes()).toContain('credit.not_paid')
    expect((await rig.hub.credits.state()).waiting).toMatchObject([{ creditId: given.body.creditId }])
  })

  it('that are what was sold, and worth what was paid, pass: in one turn or in several, to the last piece', async () => {
    const one = await sold()
    await rig.send(till, till.batch())
    await sendAll(back(one))
    const tax = Math.round((1000 * 7) / 107)
    const rest = tax - Math.round(tax / 2)
    await sendAll(back(one, { taxes: [{ ratePpm: 70_000, netMinor: 500 - rest, taxMinor: rest }] }))
    expect(await codes()).toEqual([])
    expect(await rig.payment(one.paymentId)).toMatchObject({ state: 'REFUNDED', refundedMinor: 1000 })
    const detail = await rig.hub.payment(one.paymentId)
    expect(detail?.entries.filter(({ kind }) => kind === 'goods.returned')).toHaveLength(2)
    expect(await balanced()).toBe(true)
  })

  it('that cost nothing come back for nothing', async () => {
    const one = await sold()
    const [line] = one.completed.body.lines
    if (line === undefined) throw new Error('a line was sold')
    one.completed.body.lines.push({ ...line, quantity: 1, unitMinor: 0, totalMinor: 0 })
    await rig.send(till, till.batch(1, 4))
    till.entries.length = 4
    till.write(one.completed)
    await rig.send(till, till.batch(5))
    const { facts, body } = back(
      one,
      { lines: [{ line: 1, gtin: line.gtin, name: line.name, quantity: 1, totalMinor: 0 }], taxes: [], totalMinor: 0, refunds: [] },
      0,
    )
    await sendAll({ body, facts: facts.slice(-1) })
    expect(await codes()).toEqual([])
  })

  it.each<[string, (one: ReturnType<typeof sale>) => Back]>([
    ['more pieces than were sold', (one) => back(one, { lines: [{ line: 0, gtin: '9520000000019', name: 'Rye loaf', quantity: 3, totalMinor: 500 }] })],
    ['a line that was not sold', (one) => back(one, { lines: [{ line: 1, gtin: '9520000000019', name: 'Rye loaf', quantity: 1, totalMinor: 500 }] })],
    [
      'another price',
      (one) => back(one, { totalMinor: 600, lines: [{ line: 0, gtin: '9520000000019', name: 'Rye loaf', quantity: 1, totalMinor: 600 }] }, 600),
    ],
    ['another tax', (one) => back(one, { taxes: [{ ratePpm: 70_000, netMinor: 500, taxMinor: 0 }] })],
    ['more money than they are worth', (one) => back(one, {}, 700)],
    ['another receipt', (one) => back(one, { of: 'R-OTHER' })],
    ['another sale', (one) => back(one, { saleId: newId() })],
    ['a refund that was never made', (one) => ({ ...back(one), facts: back(one).facts.slice(1) })],
    ['refunds that are not what went back', (one) => back(one, { paidMinor: 499 })],
  ])('%s is set aside, and money never moves beyond the capture', async (_, make) => {
    const one = await sold()
    await rig.send(till, till.batch())
    await sendAll(make(one))
    expect(await codes()).toEqual(['return.mismatch'])
    expect(await balanced()).toBe(true)
  })

  it('the same pieces twice: the second is set aside', async () => {
    const one = await sold()
    const both = [back(one), back(one)]
    await sendAll(...both, back(one, {}, 1))
    expect(await codes()).toEqual(expect.arrayContaining(['return.mismatch', 'refund.exceeds_captured']))
  })

  it('that another till sold cannot be said to have come back here, nor can its sale be told in another way', async () => {
    const one = await sold()
    await rig.send(till, till.batch())
    const rogue = await rig.till()
    const { body } = back(one, { refunds: [], paidMinor: 0, reason: 'Rogue' })
    const [line] = one.completed.body.lines
    const cheap = { ...one.completed.body, lines: line === undefined ? [] : [{ ...line, name: 'Crumb', quantity: 1, unitMinor: 1000 }] }
    rogue.write({ kind: 'sale.completed', body: cheap })
    rogue.write({ kind: 'goods.returned', body })
    await rig.send(rogue, rogue.batch())
    expect(await codes()).toEqual(['entry.amount_mismatch', 'return.mismatch'])
    await sendAll(back(one))
    expect(await codes()).toHaveLength(2)
  })

  it('are found whatever number others print on their receipts', async () => {
    const one = await sold()
    const rogue = await rig.till()
    for (let copy = 0; copy < 25; copy++) {
      const cash = { paymentId: newId(), saleId: newId(), amountMinor: 1, tenderedMinor: 1, changeMinor: 0, currency: 'EUR' } as const
      rogue.write({ kind: 'payment.taken_in_cash', body: { ...cash, receiptNumber: one.captured.body.receiptNumber } })
    }
    await rig.send(rogue, rogue.batch())
    await rig.send(till, till.batch())
    await sendAll(back(one))
    expect(await codes()).toEqual([])
  })

  it('are given back later what no coin could pay before, and not a cent more', async () => {
    const one = await sold()
    await rig.send(till, till.batch())
    await sendAll(back(one, {}, 498))
    const tax = Math.round((1000 * 7) / 107)
    const rest = tax - Math.round(tax / 2)
    const taxes = [{ ratePpm: 70_000, netMinor: 500 - rest, taxMinor: rest }]
    await sendAll(back(one, { taxes }, 502))
    expect(await codes()).toEqual([])
    expect(await rig.payment(one.paymentId)).toMatchObject({ state: 'REFUNDED' })
    const two = await sold()
    await sendAll(back(two, {}, 498), back(two, { taxes }, 503))
    expect(await codes()).toEqual(expect.arrayContaining(['return.mismatch']))
  })

  it('one refund cannot stand for two returns, nor one return be told in two ways', async () => {
    const one = await sold()
    const first = back(one, { as: 'credit' })
    const again: Returned = { ...first.body, returnId: newId(), creditId: newId() }
    await sendAll(first, { body: again, facts: [...issued(again), { kind: 'goods.returned', body: again }] })
    expect(await codes()).toEqual(['return.mismatch'])
    expect(await holds(creditAccount(first.body.creditId ?? ''))).toBe(500)
    expect(await holds(creditAccount(again.creditId ?? ''))).toBe(0)
    await sendAll({ body: first.body, facts: [{ kind: 'goods.returned', body: first.body }] })
    await sendAll({ body: first.body, facts: [{ kind: 'goods.returned', body: { ...first.body, reason: 'Other' } }] })
    expect(await codes()).toEqual(['return.mismatch', 'entry.conflict'])
  })

  it('as store credit leave the wallet as it is, and are worth what was paid; in notes they come out of the drawer', async () => {
    const one = await sold()
    const wallet = (await rig.ports.store.get('payments', [one.paymentId]))[0]
    await sendAll(back(one, { as: 'credit' }))
    const tax = Math.round((1000 * 7) / 107)
    const rest = tax - Math.round(tax / 2)
    await sendAll(back(one, { as: 'cash', taxes: [{ ratePpm: 70_000, netMinor: 500 - rest, taxMinor: rest }] }))
    expect(await codes()).toEqual([])
    expect(wallet?.state).not.toBe('REFUNDED')
    expect((await rig.payment(one.paymentId))?.state).toBe('REFUNDED')
    expect(await holds(`cash/${till.id}`)).toBe(-500)
    expect(await balanced()).toBe(true)
  })

  it('of a credit whose refund went to the wallet instead are worth nothing twice', async () => {
    const one = await sold()
    const { facts, body } = back(one, { as: 'credit' })
    const asPaid = facts.map((fact): Fact => {
      if (fact.kind !== 'payment.refunded') return fact
      const { as: _, ...rest } = fact.body
      return { kind: 'payment.refunded', body: rest }
    })
    await sendAll({ body, facts: asPaid })
    expect(await codes()).toEqual(['return.mismatch'])
    expect(await holds(creditAccount(body.creditId ?? ''))).toBe(0)
  })
})

describe('goods without a receipt', () => {
  it('are counted by till and person, in notes out of the drawer or as credit', async () => {
    const staff = newId()
    await sendAll(loose(), loose({ staff }), loose({ staff, as: 'credit' }))
    expect(await codes()).toEqual([])
    expect(await holds(`cash/${till.id}`)).toBe(-800)
    expect(await rig.ports.store.returnsWithoutReceipt(0, 10)).toEqual([
      { till: till.id, staff, returns: 2, paidMinor: 800 },
      { till: till.id, staff: undefined, returns: 1, paidMinor: 400 },
    ])
    expect(await balanced()).toBe(true)
  })

  it('above the caps are set aside: notes are gone, and credit is worth nothing', async () => {
    const cash = loose({ totalMinor: 600, paidMinor: 600, lines: [{ gtin: '9520000000019', name: 'Rye loaf', quantity: 1, totalMinor: 600 }] })
    const credit = loose({
      as: 'credit',
      totalMinor: 2001,
      paidMinor: 2001,
      lines: [{ gtin: '9520000000019', name: 'Rye loaf', quantity: 1, totalMinor: 2001 }],
    })
    await sendAll(cash, credit)
    expect(await codes()).toEqual(['return.over_cap', 'return.over_cap'])
    expect(await holds(`cash/${till.id}`)).toBe(-600)
    expect(await holds(creditAccount(credit.body.creditId ?? ''))).toBe(0)
  })

  it('that do not add up are set aside', async () => {
    await sendAll(loose({ paidMinor: 401 }), loose({ totalMinor: 399, paidMinor: 399 }), loose({ as: 'as_paid' }))
    expect(await codes()).toEqual(['return.mismatch', 'return.mismatch', 'return.mismatch'])
  })
})
