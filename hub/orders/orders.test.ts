import { beforeEach, describe, expect, it } from 'vitest'
import { conserve } from '../bank/conservation.ts'
import { escrowAccount, merchantAccount } from '../ledger/names.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { demoShop } from '../demo-shop.ts'
import { recountHeld } from '../escrow/recount.ts'
import { recountSettlement } from '../settlement/recount.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale, START, type TestTill } from '../test-rig.ts'
import { orderDocument, readOrder } from './order.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { DAY, HOUR } from '#protocol/time.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})

const MERCHANT = merchantAccount(demoShop.merchant.id, 'EUR')
const balance = async (id: string): Promise<number> => {
  const [account] = await counter.rig.ports.store.get('accounts', [id])
  return account === undefined ? 0 : Number(balanceOf(account))
}
const orderOf = async (id: string) => {
  const [row] = await counter.rig.ports.store.get('documents', [orderDocument(id)])
  return row && readOrder(row)
}
const escrowOf = (payment: string) => counter.rig.hub.escrows.find(payment)
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)

/** A sale by wallet, and what a till says of it as an order. */
function ordered(amountMinor: number, keptMinor = 0, days = 7) {
  const one = sale(amountMinor, counter.wallet.show(counter.rig.clock.now()))
  const orderId = nextId()
  const { receiptNumber, saleId } = one.completed.body
  const body = { orderId, saleId, receiptNumber, currency: 'EUR', payments: [{ paymentId: one.paymentId, amountMinor }], until: START + days * DAY, keptMinor }
  const placed: Fact = { kind: 'order.placed', body }
  const handed: Fact = { kind: 'order.handed_over', body: { orderId, receiptNumber } }
  return { ...one, orderId, placed, handed, paid: [one.intended, one.acceptedOffline, one.captured, one.completed] as const }
}
const says = async (till: TestTill, ...facts: readonly Fact[]) => {
  await counter.journal(till, ...facts)
  await counter.rig.hub.escrows.idle()
}
const pass = async (ms: number) => {
  await counter.pass(ms)
  await counter.rig.hub.escrows.idle()
}
/** The books balance, and two other programs find nothing. */
async function isRight(): Promise<void> {
  expect((await conserve(counter.rig.ports.store, 0)).faults).toEqual([])
  expect((await recountSettlement(counter.rig.ports.store)).differences).toEqual([])
  expect((await recountHeld(counter.rig.ports.store)).differences).toEqual([])
  expect((await counter.rig.hub.overview()).money.balanced).toBe(true)
}

describe('an order that is paid and fetched later', () => {
  it('is held until the till hands it over, and then the merchant’s', async () => {
    const one = ordered(10_00)
    await says(counter.till, ...one.paid)
    const earned = await balance(MERCHANT)
    await says(counter.till, one.placed)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'held' })
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'held', amountMinor: 10_00, about: one.completed.body.receiptNumber, atDeadline: 'refund' })
    expect([await balance(escrowAccount(one.paymentId)), await balance(MERCHANT)]).toEqual([10_00, earned - 10_00])
    await isRight()
    await pass(DAY)
    await says(counter.till, one.handed)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'done' })
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'released' })
    expect(await balance(escrowAccount(one.paymentId))).toBe(0)
    expect(await codes()).toEqual([])
    await isRight()
  })

  it('that nobody fetches goes back to the buyer but for what the shop was to keep', async () => {
    const one = ordered(10_00, 2_50)
    await says(counter.till, ...one.paid, one.placed)
    const before = await balance(`wallet/${counter.wallet.wallet}`)
    await pass(8 * DAY)
    // A till that was away may still say that it handed it over in time.
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'held' })
    await pass(2 * DAY)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'split', ended: { refundedMinor: 7_50, released: [{ amountMinor: 2_50 }] } })
    expect(await balance(`wallet/${counter.wallet.wallet}`)).toBe(before + 7_50)
    await isRight()
    // What is handed over all the same has lost its money, and a person hears of it.
    await says(counter.till, one.handed)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'late' })
    expect(await codes()).toEqual(['order.late'])
    await isRight()
  })

  it('that was taken and handed over without the hub was never held, and is the merchant’s', async () => {
    const one = ordered(10_00)
    await says(counter.till, ...one.paid, one.placed, one.handed)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'done' })
    expect(await escrowOf(one.paymentId)).toBeUndefined()
    expect(await codes()).toEqual([])
    await isRight()
  })

  it('is cancelled by giving its money back at the till: what is held is the merchant’s, who gave it', async () => {
    const one = ordered(10_00, 2_50)
    await says(counter.till, ...one.paid, one.placed)
    await says(counter.till, refund(one, 10_00).made)
    await pass(10 * DAY)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'split', ended: { refundedMinor: 0, alreadyBackMinor: 7_50 } })
    expect(await balance(escrowAccount(one.paymentId))).toBe(0)
    await isRight()
    const other = ordered(5_00)
    await says(counter.till, ...other.paid, other.voided, { ...other.placed, body: { ...other.placed.body, until: START + 30 * DAY } } as Fact)
    expect(await escrowOf(other.paymentId)).toBeUndefined()
  })
})

describe('a till that lies, or says it twice', () => {
  it('takes no dispute from its buyer by saying that it handed over: that is what the seller says, and people decide', async () => {
    const one = ordered(10_00)
    await says(counter.till, ...one.paid, one.placed)
    const { escrows } = counter.rig.hub
    await escrows.act(one.paymentId, { event: 'dispute', by: 'buyer', words: 'They gave me nothing' }, counter.wallet.wallet)
    await says(counter.till, one.handed)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'disputed', steps: [{}, {}, { event: 'evidence', side: 'seller' }] })
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'done' })
    // Heard by now, so nobody has to wait for the seller's time to be over.
    expect(await escrows.act(one.paymentId, { event: 'decide', by: 'Ann', words: 'a camera shows it', refundMinor: 10_00 })).toMatchObject({ ok: true })
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'refunded' })
    expect(await codes()).toEqual([])
    await isRight()
  })

  it('holds nothing of another till’s, of another sum or of a payment that nobody knows', async () => {
    const [one, thief] = [ordered(10_00), await counter.rig.till()]
    await says(counter.till, ...one.paid)
    await says(thief, one.placed)
    const more = { ...one.placed, body: { ...one.placed.body, orderId: nextId(), payments: [{ paymentId: one.paymentId, amountMinor: 11_00 }] } } as Fact
    const none = { ...one.placed, body: { ...one.placed.body, orderId: nextId(), payments: [{ paymentId: nextId(), amountMinor: 10_00 }] } } as Fact
    await says(counter.till, more, none)
    expect(await codes()).toEqual(['order.not_held', 'order.not_held', 'order.not_held'])
    expect(await escrowOf(one.paymentId)).toBeUndefined()
    // Nor does it hand over what another one has taken.
    await says(counter.till, { ...one.placed, body: { ...one.placed.body, orderId: nextId() } } as Fact)
    await says(thief, one.handed)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'held' })
    await isRight()
  })

  it('moves nothing twice, and another order under one id is a conflict', async () => {
    const one = ordered(10_00)
    await says(counter.till, ...one.paid, one.placed, one.placed)
    await says(counter.till, { ...one.placed, body: { ...one.placed.body, until: START + DAY } } as Fact)
    await says(counter.till, one.handed, one.handed)
    await says(counter.till, one.handed)
    expect(await codes()).toEqual(['entry.conflict'])
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'released' })
    await isRight()
  })
})

it('money that comes late is held when it is there, and an order without money is told', async () => {
  counter = await openCounter({ terms: { fundsMinor: 12_00 } })
  const [first, late, never] = [ordered(10_00), ordered(10_00), ordered(10_00, 0, 2)]
  await says(counter.till, ...first.paid, ...late.paid, ...never.paid)
  await says(counter.till, late.placed, never.placed)
  expect([(await orderOf(late.orderId))?.state, (await orderOf(never.orderId))?.state]).toEqual(['placed', 'placed'])
  await counter.fund(counter.wallet, 9_00)
  for (let hour = 0; hour < 4; hour++) await pass(HOUR)
  expect(await escrowOf(late.paymentId)).toMatchObject({ state: 'held' })
  for (let hour = 0; hour < 48; hour++) await pass(HOUR)
  expect(await orderOf(never.orderId)).toMatchObject({ state: 'not_held' })
  expect(await codes()).toContain('order.not_held')
  await isRight()
})

it('a hub that is killed between what it did about the money and the order’s row goes on where the money is', async () => {
  const one = ordered(10_00, 1_00)
  const { store } = counter.rig.ports
  await says(counter.till, ...one.paid, one.placed)
  // The row as it was before: due, as if the power had gone right after the escrow was opened.
  const unsaid = async (state: 'placed' | 'handed_over') => {
    const [row] = await store.get('documents', [orderDocument(one.orderId)])
    if (row === undefined) throw new Error('there is an order')
    await store.commit({ documents: [{ ...row, dueAt: 1, body: JSON.stringify({ ...readOrder(row), state }) }] })
    counter.rig.hub.escrows.wake()
    await counter.rig.hub.escrows.idle()
  }
  counter.rig.clock.advance(HOUR)
  await unsaid('placed')
  expect(await orderOf(one.orderId)).toMatchObject({ state: 'held' })
  await says(counter.till, one.handed)
  await unsaid('handed_over')
  expect(await orderOf(one.orderId)).toMatchObject({ state: 'done' })
  expect(await codes()).toEqual([])
  await isRight()
})

it('the other program finds what was let out twice, and an order that the hub forgot', async () => {
  const one = ordered(10_00)
  const { store } = counter.rig.ports
  await says(counter.till, ...one.paid, one.placed)
  expect(await recountHeld(store)).toMatchObject({ held: 1, heldMinor: { EUR: '1000' }, orders: 1 })
  const [row] = await store.get('documents', [orderDocument(one.orderId)])
  const [escrow] = await store.get('documents', [`escrow/${one.paymentId}`])
  if (row === undefined || escrow === undefined) throw new Error('there are both')
  await store.commit({ documents: [{ ...escrow, body: escrow.body.replace('"amountMinor":1000', '"amountMinor":900') }], documentsGone: [row] })
  expect((await recountHeld(store)).differences).toEqual([
    expect.stringMatching(/is to hold 900, and 1000 came into it/),
    expect.stringMatching(/^order .* is not known$/),
  ])
})

describe('a deposit, of which the rest is paid when it is fetched', () => {
  /** So much of ten euros by wallet, what a till says of it, and the sale that follows with the rest in cash. */
  function deposited(amountMinor: number, keptMinor = 0) {
    const one = ordered(amountMinor, keptMinor)
    const { saleId, receiptNumber, ...sold } = one.completed.body
    const placed = { ...one.placed, body: { ...one.placed.body, restMinor: 10_00 - amountMinor } } as Fact
    const paymentId = nextId()
    const restMinor = 10_00 - amountMinor
    const rest: Fact = {
      kind: 'payment.taken_in_cash',
      body: { paymentId, saleId, amountMinor: restMinor, tenderedMinor: restMinor, changeMinor: 0, currency: 'EUR', receiptNumber },
    }
    const lines = [{ gtin: '9520000001012', name: 'Crate', quantity: 1, unitMinor: 10_00, totalMinor: 10_00, taxPpm: 0 }]
    const taxes = [{ ratePpm: 0, netMinor: 10_00, taxMinor: 0 }]
    const payments = [...sold.payments, { paymentId, amountMinor: restMinor }]
    const completed: Fact = { kind: 'sale.completed', body: { ...sold, saleId, receiptNumber, lines, taxes, totalMinor: 10_00, payments } }
    return { ...one, placed, part: [one.intended, one.acceptedOffline, one.captured] as const, fetched: [rest, completed, one.handed] as const }
  }

  it('is held alone, and is the merchant’s with the sale that follows', async () => {
    const one = deposited(2_50, 1_00)
    await says(counter.till, ...one.part, one.placed)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'held', amountMinor: 2_50, forfeitMinor: 1_00 })
    await isRight()
    await pass(DAY)
    await says(counter.till, ...one.fetched)
    await says(counter.till, ...one.fetched)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'released', ended: { refundedMinor: 0 } })
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'done', restMinor: 7_50 })
    await isRight()
  })

  it('goes back but for what was agreed on when nobody comes, and a till that sells it after that is told', async () => {
    const one = deposited(2_50, 1_00)
    await says(counter.till, ...one.part, one.placed)
    await pass(10 * DAY)
    expect(await escrowOf(one.paymentId)).toMatchObject({ state: 'split', ended: { refundedMinor: 1_50, released: [{ amountMinor: 1_00 }] } })
    await isRight()
    await says(counter.till, ...one.fetched)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'late' })
    expect(await codes()).toContain('order.late')
    await isRight()
  })

  it('without money at the hub is told, and what comes of it after the goods were fetched is the merchant’s', async () => {
    counter = await openCounter({ terms: { fundsMinor: 1_00 } })
    const one = deposited(2_50)
    await says(counter.till, ...one.part, one.placed)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'placed' })
    expect(await escrowOf(one.paymentId)).toBeUndefined()
    await says(counter.till, ...one.fetched)
    expect(await orderOf(one.orderId)).toMatchObject({ state: 'done' })
    await counter.fund(counter.wallet, 9_00)
    for (let hour = 0; hour < 30; hour++) await pass(HOUR)
    expect(await escrowOf(one.paymentId)).toBeUndefined()
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERED' })
    await isRight()
  })

  it('that the till gives back is given back once, by the merchant who holds it in the end', async () => {
    const one = deposited(2_50, 1_00)
    await says(counter.till, ...one.part, one.placed)
    const before = await balance(`wallet/${counter.wallet.wallet}`)
    await says(counter.till, { kind: 'payment.voided', body: { paymentId: one.paymentId, code: 'sale.abandoned' } })
    await pass(10 * DAY)
    expect(await balance(`wallet/${counter.wallet.wallet}`)).toBe(before + 2_50)
    expect(await balance(escrowAccount(one.paymentId))).toBe(0)
    await isRight()
  })
})
