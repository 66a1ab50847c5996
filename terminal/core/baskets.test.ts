import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type Catalogue } from '#protocol/hub/messages.ts'
import { MINUTE } from '#protocol/time.ts'
import { MAX_PARKED } from './parked.ts'
import { APPLE, CATALOGUE, openTestTill, START, testWallet, type TestTill } from './test-till.ts'

const LAMP = '9520000000028'
const FLOWERS = '9520000000042'

function tillWith(more: Partial<Catalogue>): TestTill {
  const t = openTestTill()
  t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, { ...CATALOGUE, version: 2, ...more }))
  return t
}
const totals = (t: TestTill) => t.view().sale.lines.map(({ totalMinor }) => totalMinor)
/** Offline, by a code that is shown. */
function pay(t: TestTill) {
  expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: true })
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`the payment is ${tender.stage}`)
  expect(t.till.scanned(testWallet(t).answer(tender.request))).toMatchObject({ ok: true })
  return t.entries().findLast((entry) => entry.kind === 'sale.completed')?.body
}
function goOffline(t: TestTill): TestTill {
  t.goOnline()
  t.till.disconnected()
  return t
}

describe('what is taken off', () => {
  it('is in basket, payment, journal and receipt, each with its reason', () => {
    const t = goOffline(tillWith({ promotions: [{ type: 'nth', name: '2nd at half price', count: 2, ppm: 500_000, gtins: [APPLE] }] }))
    for (const code of [APPLE, APPLE]) t.till.scanned(code)
    t.till.command({ type: 'discountSale', discount: { ppm: 100_000 } })
    t.till.command({ type: 'setNote', note: 'Gift' })
    const reasons = ['2nd at half price', 'Discount 10 % on the sale']
    expect(t.view().sale).toMatchObject({ totalMinor: 1350, discountMinor: 650, note: 'Gift', lines: [{ totalMinor: 1350, discountMinor: 650, reasons }] })
    const sold = pay(t)
    expect(sold).toMatchObject({ totalMinor: 1350, note: 'Gift', lines: [{ quantity: 2, unitMinor: 1000, totalMinor: 1350, discountMinor: 650, reasons }] })
    const paper = JSON.stringify(t.printed.at(-1)?.document)
    for (const text of ['2nd at half price', '-6.50', 'You saved', 'Gift']) expect(paper).toContain(text)
  })

  it('by a coupon is scanned, and its payment waits for the new sum', () => {
    const t = goOffline(tillWith({ promotions: [{ type: 'threshold', name: 'Spring', coupon: 'SPRING-25', fromMinor: 0, off: { amountMinor: 200 } }] }))
    t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    t.till.scanned('SPRING-25')
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', amountMinor: 800 })
    expect(t.till.command({ type: 'addCoupon', code: 'AUTUMN' })).toMatchObject({ code: 'sale.unknown_coupon' })
    t.till.command({ type: 'removeCoupon', code: 'SPRING-25' })
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', amountMinor: 1000 })
    expect(t.view().sale.coupons).toBeUndefined()
  })

  it('leaves nothing when everything is given back, tax that was added with it', () => {
    const t = goOffline(tillWith({ taxIncluded: false, promotions: [{ type: 'percent', name: 'Sale', ppm: 333_333 }] }))
    t.till.scanned(APPLE)
    const sold = pay(t)
    expect(sold).toMatchObject({ taxIncluded: false, totalMinor: 714, taxes: [{ netMinor: 667, taxMinor: 47 }] })
    const refund = { type: 'refund' as const, receiptNumber: sold?.receiptNumber ?? '' }
    const refundId = (n: number) => `0198c0de-0000-7000-8000-00000000010${n}`
    expect(t.till.command({ ...refund, refundId: refundId(1), amountMinor: 715 })).toMatchObject({ code: 'refund.exceeds_captured' })
    expect(t.till.command({ ...refund, refundId: refundId(2), amountMinor: 714 })).toMatchObject({ ok: true })
    expect(t.view().sold[0]).toMatchObject({ state: 'refunded', totalMinor: 714, refundedMinor: 714 })
  })

  it('of a basket stays as it was when the catalogue changes, until the basket does', () => {
    const t = tillWith({ promotions: [{ type: 'percent', name: 'Sale', ppm: 100_000 }] })
    t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, { ...CATALOGUE, version: 3 }))
    expect([totals(t), t.view().tender]).toMatchObject([[900], { amountMinor: 900 }])
    t.till.scanned(APPLE)
    expect([totals(t), t.view().tender]).toMatchObject([[2000], { amountMinor: 2000 }])
  })
})

describe('prices', () => {
  const flowers = { gtin: FLOWERS, name: 'Flowers', category: 'Home', priceMinor: 0, taxPpm: 70_000, symbol: '💐', openPrice: true as const }

  it('that are open are said before anybody can pay, and others stay as they are', () => {
    const t = tillWith({ products: [...CATALOGUE.products, flowers] })
    for (const code of [FLOWERS, APPLE]) t.till.scanned(code)
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ code: 'sale.price_first' })
    expect(t.till.command({ type: 'setPrice', line: 'L2', unitMinor: 1 })).toMatchObject({ code: 'sale.price_fixed' })
    expect(t.till.command({ type: 'setPrice', line: 'L1', unitMinor: 1250 })).toMatchObject({ ok: true })
    t.till.command({ type: 'takePayment' })
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', amountMinor: 2250 })
    // One more without a price: nobody pays a sum that is not known yet.
    t.till.scanned(FLOWERS)
    expect(t.view().tender.stage).toBe('none')
  })

  it('hold for their time, by the till’s clock', () => {
    const apple = { gtin: APPLE, name: 'Apple', category: 'Fruit', priceMinor: 1000, taxPpm: 70_000, symbol: 'A' }
    const t = tillWith({ products: [{ ...apple, prices: [{ from: START + MINUTE, until: START + 2 * MINUTE, priceMinor: 700 }] }] })
    t.till.scanned(APPLE)
    t.time.advance(MINUTE)
    t.till.scanned(APPLE)
    t.time.advance(MINUTE)
    t.till.scanned(APPLE)
    expect(totals(t)).toEqual([2000, 700])
  })
})

describe('undo', () => {
  it('takes the last changes back, one by one, and uses no line’s id twice', () => {
    const t = openTestTill()
    expect(t.view().sale.canUndo).toBeUndefined()
    for (const code of [APPLE, LAMP]) t.till.scanned(code)
    t.till.command({ type: 'clearSale' })
    t.till.command({ type: 'undo' })
    expect(totals(t)).toEqual([1000, 9900])
    t.till.command({ type: 'undo' })
    t.till.scanned(LAMP)
    expect(t.view().sale.lines.map(({ id }) => id)).toEqual(['L1', 'L3'])
    for (let n = 0; n < 3; n++) t.till.command({ type: 'undo' })
    expect(t.view().sale).toMatchObject({ lines: [], totalMinor: 0 })
    expect(t.view().sale.canUndo).toBeUndefined()
  })

  it('can itself be taken back, until something else changes the basket', () => {
    const t = openTestTill()
    for (const code of [APPLE, LAMP]) t.till.scanned(code)
    expect(t.view().sale.canRedo).toBeUndefined()
    for (let n = 0; n < 2; n++) t.till.command({ type: 'undo' })
    expect(t.view().sale).toMatchObject({ lines: [], canRedo: true })
    for (let n = 0; n < 3; n++) t.till.command({ type: 'redo' })
    expect(totals(t)).toEqual([1000, 9900])
    expect(t.view().sale.canRedo).toBeUndefined()
    for (let n = 0; n < 2; n++) t.till.command({ type: 'undo' })
    t.till.scanned(LAMP)
    expect(t.view().sale).toMatchObject({ lines: [{ id: 'L3' }] })
    t.till.command({ type: 'redo' })
    expect(totals(t)).toEqual([9900])
    expect(totals(t.reopen())).toEqual([9900])
  })

  it('changes the sum of an open payment, is durable, and never brings a paid basket back', () => {
    const t = goOffline(openTestTill())
    for (const code of [APPLE, APPLE]) t.till.scanned(code)
    t.till.command({ type: 'takePayment' })
    t.till.command({ type: 'undo' })
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', amountMinor: 1000 })
    t.till.command({ type: 'cancelPayment' })
    pay(t)
    expect(t.till.command({ type: 'undo' }).ok).toBe(true)
    expect([t.view().tender.stage, t.view().sale.lines]).toEqual(['approved', []])
    t.till.scanned(LAMP)
    t.till.scanned(LAMP)
    t.till.command({ type: 'undo' })
    expect(totals(t.reopen())).toEqual([9900])
  })
})

describe('a sale that is put aside', () => {
  it('survives a stop and comes back as it was, in exchange for what lies in the basket', () => {
    const first = openTestTill()
    expect(first.till.command({ type: 'park' })).toMatchObject({ code: 'sale.empty' })
    first.till.scanned(APPLE)
    first.till.command({ type: 'setNote', note: 'red coat' })
    const { id } = first.view().sale
    first.till.command({ type: 'takePayment' })
    first.till.command({ type: 'park' })
    expect(first.view()).toMatchObject({ sale: { lines: [] }, tender: { stage: 'none' }, parked: [{ id, itemCount: 1, totalMinor: 1000, note: 'red coat' }] })
    const t = first.reopen()
    expect(t.view().till.recovered).toBe(false)
    t.till.scanned(LAMP)
    const other = t.view().sale.id
    expect(t.till.command({ type: 'recall', id: other })).toMatchObject({ code: 'sale.not_parked' })
    expect(t.till.command({ type: 'recall', id })).toMatchObject({ ok: true })
    expect(t.view()).toMatchObject({ sale: { id, note: 'red coat', totalMinor: 1000 }, parked: [{ id: other, totalMinor: 9900 }] })
    t.till.command({ type: 'clearSale' })
    t.till.command({ type: 'recall', id: other })
    expect(t.view().parked).toBeUndefined()
    expect(totals(t.reopen())).toEqual([9900])
  })

  it('keeps the shift open, and there are not too many', () => {
    const t = openTestTill()
    for (let n = 0; n < MAX_PARKED; n++) {
      t.till.scanned(APPLE)
      expect(t.till.command({ type: 'park' }).ok).toBe(true)
    }
    expect(t.till.command({ type: 'closeShift' })).toMatchObject({ code: 'gate.parked_sale' })
    t.till.scanned(APPLE)
    expect(t.till.command({ type: 'park' })).toMatchObject({ code: 'sale.too_many_parked' })
    // An exchange makes it no more than it was.
    expect(t.till.command({ type: 'recall', id: t.view().parked?.[0]?.id ?? '' })).toMatchObject({ ok: true })
    expect(t.view().parked).toHaveLength(MAX_PARKED)
  })

  it('is not one whose payment the hub is being asked about', () => {
    const t = openTestTill()
    t.goOnline()
    t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    t.till.scanned(testWallet(t).show())
    expect(t.view().tender.stage).toBe('deciding')
    for (const type of ['park', 'undo'] as const) expect(t.till.command({ type })).toMatchObject({ code: 'sale.payment_in_flight' })
  })
})
