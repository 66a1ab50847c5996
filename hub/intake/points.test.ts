import fc from 'fast-check'
import { expect, it } from 'vitest'
import { demoShop } from '../demo-shop.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { pointsAccount, pointsIssuedAccount } from '../ledger/names.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { downTopic } from '#protocol/topics.ts'

const SHOP = { ...demoShop, loyalty: { earnPerMinor: 100, pointMinor: 1, offlinePoints: 500 } }
const CUSTOMER = '0198c0de-0000-7000-8000-00000000c001'

/** A sale in cash, with what it says about points. */
function sold(amountMinor: number, points: Partial<Pick<EntryBody<'sale.completed'>, 'customer' | 'pointsEarned' | 'pointsSpent'>>) {
  const made = sale(amountMinor, 'unused')
  const { paymentId, saleId } = made
  const { receiptNumber, lines } = made.completed.body
  const off = points.pointsSpent ?? 0
  const [line] = lines
  const cheaper = { unitMinor: amountMinor + off, discountMinor: off }
  if (line !== undefined && off > 0) lines[0] = { ...line, ...cheaper }
  const cash = { paymentId, saleId, amountMinor, tenderedMinor: amountMinor, changeMinor: 0, currency: 'EUR', receiptNumber }
  return {
    ...made,
    cash: { kind: 'payment.taken_in_cash', body: cash } as const,
    completed: { kind: 'sale.completed', body: { ...made.completed.body, ...points } } as const,
  }
}

async function balance({ rig }: Counter, id: string): Promise<number> {
  const [account] = await rig.ports.store.get('accounts', [id])
  return account === undefined ? 0 : Number(balanceOf(account))
}
const points = (c: Counter): Promise<number> => balance(c, pointsAccount(CUSTOMER))
const codes = async ({ rig }: Counter): Promise<readonly unknown[]> => (await rig.exceptions()).map(([, , code]) => code)

it('gives the points of a sale once, however often it comes', async () => {
  const c = await openCounter({ shop: SHOP })
  const one = sold(1250, { customer: CUSTOMER, pointsEarned: 12 })
  await c.journal(c.till, one.cash, one.completed)
  await c.journal(c.till, one.completed)
  expect([await points(c), await balance(c, pointsIssuedAccount(demoShop.merchant.id))]).toEqual([12, 12])
  await c.money()
})

it('takes them back with the money, in proportion, and all of them with all of it', async () => {
  const c = await openCounter({ shop: SHOP })
  const one = sold(1000, { customer: CUSTOMER, pointsEarned: 10 })
  await c.journal(c.till, one.cash, one.completed)
  await c.journal(c.till, refund(one, 250).made)
  expect(await points(c)).toBe(8)
  await c.journal(c.till, refund(one, 750).made)
  expect(await points(c)).toBe(0)
  const two = sold(2000, { customer: CUSTOMER, pointsEarned: 20 })
  await c.journal(c.till, two.cash, two.completed)
  await c.journal(c.till, { kind: 'payment.voided', body: { paymentId: two.paymentId, code: 'sale.voided' } })
  expect(await points(c)).toBe(0)
})

it('gives spent ones back with the money, and shows what was overspent', async () => {
  const c = await openCounter({ shop: SHOP })
  const earned = sold(5000, { customer: CUSTOMER, pointsEarned: 50 })
  await c.journal(c.till, earned.cash, earned.completed)
  const spent = sold(400, { customer: CUSTOMER, pointsSpent: 40 })
  await c.journal(c.till, spent.cash, spent.completed)
  expect([await points(c), await codes(c)]).toEqual([10, []])
  await c.journal(c.till, refund(spent, 200).made)
  expect(await points(c)).toBe(30)
  const over = sold(400, { customer: CUSTOMER, pointsSpent: 31 })
  await c.journal(c.till, over.cash, over.completed)
  expect([await points(c), await codes(c)]).toEqual([-1, ['sale.too_many_points']])
})

it('gives no more than the rule does, whatever a till claims, and nothing for a sale that is wrong', async () => {
  const c = await openCounter({ shop: SHOP })
  const rogue = sold(1000, { customer: CUSTOMER, pointsEarned: 1_000_000 })
  await c.journal(c.till, rogue.cash, rogue.completed)
  expect([await points(c), await codes(c)]).toEqual([10, ['entry.amount_mismatch']])
  const unpaid = sold(9000, { customer: CUSTOMER, pointsEarned: 90 })
  await c.journal(c.till, unpaid.completed)
  expect(await points(c)).toBe(10)
})

it('answers a till, and nobody else, with what a customer has', async () => {
  const c = await openCounter({ shop: SHOP })
  const one = sold(700, { customer: CUSTOMER, pointsEarned: 7 })
  await c.journal(c.till, one.cash, one.completed)
  const { id: till, signer } = c.till
  const ask = (by: typeof signer) => c.rig.send(c.till, encodeSigned(by, signedTypes.pointsAsked, { v: 1, till, customer: CUSTOMER }))
  const answers = () => c.rig.carrier.sent.filter(({ topic }) => topic === downTopic(till, 'points'))
  await ask((await c.rig.till()).signer)
  await c.pass(10)
  expect(answers()).toHaveLength(0)
  await ask(signer)
  await expect.poll(() => answers().length).toBe(1)
  const ack = c.rig.keys.signer('ack')
  const opened = openSigned(nodeCrypto, answers()[0]?.payload ?? new Uint8Array(0), signedTypes.points, (id) =>
    id === hex(ack.keyId) ? ack.publicKey : undefined,
  )
  expect(opened).toMatchObject({ ok: true, value: { till, customer: CUSTOMER, points: 7 } })
})

it('balances after any refunds: what is left of the points is the share of what is left of the money', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 9999 }),
    fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 5 }),
    async (amountMinor, wishes) => {
      const c = await openCounter({ shop: SHOP })
      const pointsEarned = Math.floor(amountMinor / 100)
      const one = sold(amountMinor, { customer: CUSTOMER, ...(pointsEarned === 0 ? {} : { pointsEarned }) })
      await c.journal(c.till, one.cash, one.completed)
      let back = 0
      for (const wish of wishes) {
        const minor = Math.min(wish, amountMinor - back)
        if (minor > 0) await c.journal(c.till, refund(one, minor, nextId()).made)
        back += Math.max(0, minor)
      }
      expect(await points(c)).toBe(pointsEarned - Math.floor((pointsEarned * back) / amountMinor))
      await c.money()
    },
  )
  await fc.assert(property, { numRuns: 25 })
})

it('counts what was spent also where cash rounding leaves nothing to pay, and gives it back when that is undone', async () => {
  const c = await openCounter({ shop: SHOP })
  const earned = sold(5000, { customer: CUSTOMER, pointsEarned: 50 })
  await c.journal(c.till, earned.cash, earned.completed)
  const one = sold(2, { customer: CUSTOMER, pointsSpent: 50 })
  const { saleId, paymentId } = one
  const nothing = { kind: 'payment.taken_in_cash', body: { ...one.cash.body, amountMinor: 0, tenderedMinor: 0 } } as const
  const rounded = { ...one.completed.body, roundingMinor: -2, payments: [{ paymentId, amountMinor: 0 }] }
  await c.journal(c.till, nothing, { kind: 'sale.completed', body: { ...rounded, saleId } })
  expect([await points(c), await codes(c)]).toEqual([0, []])
  await c.journal(c.till, { kind: 'payment.voided', body: { paymentId, code: 'sale.voided' } })
  expect(await points(c)).toBe(50)
})

it('takes back what a payment earned that nobody ever paid, once', async () => {
  const c = await openCounter({ shop: SHOP })
  const first = sold(5000, { customer: CUSTOMER, pointsEarned: 50 })
  await c.journal(c.till, first.cash, first.completed)
  const one = sale(1000, 'SP1:FORGED')
  const [line] = one.completed.body.lines
  const completed = {
    ...one.completed.body,
    lines: line === undefined ? [] : [{ ...line, unitMinor: 1020, discountMinor: 20 }],
    customer: CUSTOMER,
    pointsEarned: 10,
    pointsSpent: 20,
  }
  await c.journal(c.till, one.intended, one.acceptedOffline, one.captured, { kind: 'sale.completed', body: completed }, refund(one, 300).made)
  // Of ten earned three went back, of twenty spent six came back.
  expect(await points(c)).toBe(50 + 10 - 20 - 3 + 6)
  expect(await c.rig.hub.writeOff(one.paymentId, 'gone')).toMatchObject({ ok: true })
  expect(await points(c)).toBe(50 - 20 + 6)
  await c.journal(c.till, refund(one, 700, nextId()).made)
  expect(await points(c)).toBe(50)
  await c.money()
})

it('takes them back also where the money went back before the hub heard of the sale', async () => {
  const c = await openCounter({ shop: SHOP })
  const one = sold(1000, { customer: CUSTOMER, pointsEarned: 10 })
  await c.journal(c.till, one.cash, refund(one, 500).made, one.completed)
  expect(await points(c)).toBe(5)
  await c.journal(c.till, refund(one, 500, nextId()).made)
  expect(await points(c)).toBe(0)
})

it('gives nobody points for what another till sold, for nobody, or for what was not taken off', async () => {
  const c = await openCounter({ shop: SHOP })
  const [one, two, three] = [sold(1000, {}), sold(1000, {}), sold(1000, {})]
  await c.journal(c.till, one.cash)
  const rogue = await c.rig.till()
  await c.journal(rogue, { kind: 'sale.completed', body: { ...one.completed.body, customer: CUSTOMER, pointsEarned: 10 } })
  await c.journal(c.till, one.completed)
  await c.journal(c.till, two.cash, { kind: 'sale.completed', body: { ...two.completed.body, pointsEarned: 10 } })
  await c.journal(c.till, three.cash, { kind: 'sale.completed', body: { ...three.completed.body, customer: CUSTOMER, pointsSpent: 10 } })
  expect([await points(c), await codes(c)]).toEqual([0, ['entry.amount_mismatch', 'entry.amount_mismatch', 'entry.amount_mismatch']])
})

it('gives none for gift cards: what they pay for later earns them', async () => {
  const c = await openCounter({ shop: SHOP })
  const one = sold(1000, { customer: CUSTOMER, pointsEarned: 10 })
  const [line] = one.completed.body.lines
  const card = { creditId: nextId() }
  if (line !== undefined) one.completed.body.lines[0] = { ...line, ...card }
  await c.journal(c.till, one.cash, one.completed)
  expect(await points(c)).toBe(0)
  expect(await codes(c)).toContain('entry.amount_mismatch')
})
