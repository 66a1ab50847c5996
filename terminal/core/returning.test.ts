import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { encodeSigned, type Catalogue } from '#protocol/hub/messages.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { DAY } from '#protocol/time.ts'
import { APPLE, CATALOGUE, offlineTill, onlineTill, testWallet, type TestTill } from './test-till.ts'

const LAMP = '9520000000028'
/** The shop's own label for 0.486 kg of pears. */
const PEARS_486 = '2100101004865'
const returnId = (n: number): string => `0198c0de-0000-7000-8000-0000000${String(n).padStart(5, '0')}`
const terms = {
  returns: { inCash: true, asCredit: true, withoutReceipt: { cashMinor: 5000, creditMinor: 20_000 } },
  credits: { perDayMinor: 100_000 },
} as const

function shopWith(t: TestTill, more: Partial<Catalogue>): TestTill {
  t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, { ...CATALOGUE, version: 2, ...more }))
  return t
}

const PRINTER: DeviceHealth = { device: 'printer-1', kind: 'printer', state: 'ready', counters: {} }
const kicks = (t: TestTill): number => t.ordered.filter(({ what }) => what.do === 'open_drawer').length

type Paid = 'cash' | 'wallet'
/** Three apples with 10 % off, a lamp and 0.486 kg of pears; answers the receipt's number. */
function sell(t: TestTill, paid: Paid): string {
  for (const gtin of [APPLE, APPLE, APPLE, LAMP]) t.till.command({ type: 'addProduct', gtin })
  t.till.scanned(PEARS_486)
  const apples = t.view().sale.lines[0]?.id ?? ''
  t.till.command({ type: 'discountLine', line: apples, discount: { ppm: 100_000 } })
  if (paid === 'cash') t.till.command({ type: 'payCash', tenderedMinor: 20_000 })
  else {
    t.till.command({ type: 'takePayment' })
    const { tender } = t.view()
    t.till.scanned(testWallet(t).answer(tender.stage === 'awaiting_code' ? tender.request : ''))
    if (t.view().tender.stage === 'deciding') t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + DAY }))
  }
  const { tender } = t.view()
  if (tender.stage !== 'approved') throw new Error(`the sale is ${tender.stage}`)
  return tender.receiptNumber
}
const TOTAL = 2700 + 9900 + 145

type Wish = Extract<Command, { type: 'returnGoods' }>
const back = (t: TestTill, n: number, receiptNumber: string, lines: Wish['lines'], more: Partial<Wish> = {}): Outcome<null> =>
  t.till.command({ type: 'returnGoods', returnId: returnId(n), receiptNumber, lines, as: 'as_paid', reason: 'Broken', ...more })
const returned = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'goods.returned' ? [entry.body] : []))
const refunds = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'payment.refunded' ? [entry.body] : []))
const paper = (t: TestTill): string => JSON.stringify(t.printed.at(-1)?.document)

describe('goods of a receipt of this till', () => {
  it('come back by line and piece, as they were paid, with their tax, on a paper of their own', () => {
    const t = offlineTill()
    const of = sell(t, 'cash')
    const holds = t.view().shift.returns
    expect(
      back(t, 1, of, [
        { line: 0, units: 1 },
        { line: 2, units: 243 },
      ]),
    ).toEqual({ ok: true, value: null })
    expect(returned(t)).toMatchObject([
      {
        of,
        receiptNumber: '0000AA-1-000002',
        lines: [
          { line: 0, name: 'Apple', quantity: 1, totalMinor: 900 },
          { line: 2, name: 'Pears', quantity: 1, weight: { milli: 243 }, totalMinor: 73 },
        ],
        taxes: [{ ratePpm: 70_000, netMinor: 909, taxMinor: 64 }],
        totalMinor: 973,
        paidMinor: 973,
        as: 'as_paid',
        reason: 'Broken',
      },
    ])
    expect(refunds(t)).toMatchObject([{ amountMinor: 973, receiptNumber: '0000AA-1-000002' }])
    expect(t.printed.at(-1)).toMatchObject({ job: '0000AA-1-000002', head: t.head() })
    expect(paper(t)).toMatch(/RETURN.*0000AA-1-000001.*Broken.*Apple.*-9\.00.*0\.243 kg Pears.*-0\.73.*-9\.73/)
    expect(t.view().shift.returns).toBe(holds + 1)
    t.till.command({ type: 'reprint' })
    expect(paper(t)).toContain('*** COPY ***')
    expect(t.chainIsWhole()).toBe(true)
  })

  it('that were paid in a shop without small coins come back in sums that notes and coins can pay, and together for what was paid', () => {
    const t = shopWith(offlineTill(), { ...terms, cashRoundingMinor: 5 })
    const of = sell(t, 'cash')
    back(t, 1, of, [{ line: 2, units: 200 }])
    back(t, 2, of, [{ line: 2, units: 100 }], { as: 'cash' })
    back(t, 3, of, [{ line: 2, units: 10 }])
    expect(returned(t).map(({ totalMinor, paidMinor }) => [totalMinor, paidMinor])).toEqual([
      [60, 60],
      [30, 30],
      [2, 0],
    ])
    back(t, 4, of, [{ line: 2, units: 176 }])
    expect(back(t, 5, of, [{ line: 0, units: 3 }])).toEqual({ ok: true, value: null })
    expect(back(t, 6, of, [{ line: 1, units: 1 }])).toEqual({ ok: true, value: null })
    expect(returned(t).every(({ paidMinor }) => paidMinor % 5 === 0)).toBe(true)
    expect(refunds(t).reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(TOTAL)
    expect(paper(t)).toContain('settled before')
  })

  it('of who paid no tax come back without it, and the paper says so', () => {
    const t = offlineTill()
    t.till.command({ type: 'addProduct', gtin: LAMP })
    t.till.command({ type: 'exemptSale', reason: 'Embassy' })
    t.till.command({ type: 'payCash', tenderedMinor: 20_000 })
    const { tender } = t.view()
    const of = tender.stage === 'approved' ? tender.receiptNumber : ''
    expect(back(t, 1, of, [{ line: 0, units: 1 }])).toEqual({ ok: true, value: null })
    const [body] = returned(t)
    expect(body?.totalMinor).toBeLessThan(9900)
    expect(body?.paidMinor).toBe(body?.totalMinor)
    expect(paper(t)).toMatch(/Lamp.*-99\.00.*Tax not charged.*"\d+\.\d\d"/)
  })

  it('all together are worth exactly what was paid, in whatever pieces, and not a piece more comes back', () => {
    const piece = fc.record({ line: fc.nat(2), units: fc.integer({ min: 1, max: 300 }) })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const t = offlineTill()
        const of = sell(t, 'cash')
        const left = [3, 1, 486]
        for (const [n, { line, units }] of pieces.entries()) {
          const isThere = units <= (left[line] ?? 0)
          expect(back(t, n, of, [{ line, units }]).ok).toBe(isThere)
          if (isThere) left[line] = (left[line] ?? 0) - units
          expect(refunds(t).reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBeLessThanOrEqual(TOTAL)
        }
        const rest = left.flatMap((units, line) => (units === 0 ? [] : [{ line, units }]))
        if (rest.length > 0) expect(back(t, 99, of, rest)).toEqual({ ok: true, value: null })
        expect(refunds(t).reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(TOTAL)
        expect(t.view().sold[0]).toMatchObject({ state: 'refunded', refundedMinor: TOTAL })
        expect(back(t, 100, of, [{ line: 1, units: 1 }])).toMatchObject({ ok: false, code: 'return.more_than_sold' })
        t.close()
      }),
      { numRuns: 15 },
    )
  })

  it('give back what rounding for cash had added or taken with the last of them', () => {
    const t = shopWith(offlineTill(), { cashRoundingMinor: 10 })
    const of = sell(t, 'cash')
    expect(t.view().sold[0]?.totalMinor).toBe(TOTAL + 5)
    back(t, 1, of, [{ line: 0, units: 3 }])
    back(t, 2, of, [
      { line: 1, units: 1 },
      { line: 2, units: 486 },
    ])
    expect(refunds(t).map(({ amountMinor }) => amountMinor)).toEqual([2700, 9900 + 145 + 5])
    expect(paper(t)).toMatch(/Rounding.*-0\.05/)
  })

  it('come back once, however often it is pressed, also after a stop', () => {
    const t = offlineTill()
    const of = sell(t, 'cash')
    expect(back(t, 1, of, [{ line: 1, units: 1 }]).ok).toBe(true)
    expect(back(t, 1, of, [{ line: 1, units: 1 }]).ok).toBe(true)
    expect(back(t, 1, of, [{ line: 0, units: 1 }])).toMatchObject({ code: 'entry.conflict' })
    const again = t.reopen()
    expect(back(again, 1, of, [{ line: 1, units: 1 }]).ok).toBe(true)
    expect(back(again, 2, of, [{ line: 1, units: 1 }])).toMatchObject({ code: 'return.more_than_sold' })
    expect(returned(again)).toHaveLength(1)
  })

  it('never give back more than is left, if some of it went back as a sum or all of it was undone', () => {
    const t = offlineTill()
    const [first, second] = [sell(t, 'cash'), sell(t, 'cash')]
    t.till.command({ type: 'refund', refundId: returnId(50), receiptNumber: first, amountMinor: 5000 })
    expect(back(t, 1, first, [{ line: 1, units: 1 }]).ok).toBe(true)
    expect(refunds(t).at(-1)?.amountMinor).toBe(TOTAL - 5000)
    expect(back(t, 2, first, [{ line: 0, units: 1 }])).toMatchObject({ code: 'refund.exceeds_captured' })
    t.till.command({ type: 'voidSale', receiptNumber: second })
    expect(back(t, 3, second, [{ line: 0, units: 1 }])).toMatchObject({ code: 'refund.not_captured' })
    expect(back(t, 4, 'FFFFFF-1-000042', [{ line: 0, units: 1 }])).toMatchObject({ code: 'sale.unknown_receipt' })
  })

  it('go back in notes or as store credit only where the shop says so, and never for what a wallet has only promised', () => {
    const plain = onlineTill()
    const there = sell(plain, 'wallet')
    for (const as of ['cash', 'credit'] as const) expect(back(plain, 1, there, [{ line: 0, units: 1 }], { as })).toMatchObject({ code: 'return.not_that_way' })
    const alone = shopWith(offlineTill(), terms)
    const promised = sell(alone, 'wallet')
    for (const as of ['cash', 'credit'] as const)
      expect(back(alone, 1, promised, [{ line: 0, units: 1 }], { as })).toMatchObject({ code: 'return.not_safe_yet' })
    expect(back(alone, 1, promised, [{ line: 0, units: 1 }]).ok).toBe(true)

    const t = shopWith(onlineTill(), terms)
    t.till.device(PRINTER)
    const of = sell(t, 'wallet')
    expect(back(t, 1, of, [{ line: 0, units: 1 }], { as: 'cash' }).ok).toBe(true)
    expect(refunds(t)).toMatchObject([{ amountMinor: 900, as: 'cash' }])
    expect(kicks(t)).toBe(1)
    expect(back(t, 2, of, [{ line: 1, units: 1 }], { as: 'credit' }).ok).toBe(true)
    expect(kicks(t)).toBe(1)
    const issued = t.entries().find((entry) => entry.kind === 'credit.issued')
    expect(issued?.body).toMatchObject({ why: 'store_credit', returnId: returnId(2), amountMinor: 9900 })
    expect(returned(t).at(-1)).toMatchObject({ as: 'credit', creditId: issued?.kind === 'credit.issued' ? issued.body.creditId : '' })
    expect(paper(t)).toMatch(/SPG1:/)
    expect(t.view().returned).toMatchObject({ as: 'credit', paidMinor: 9900, hasCredit: true })
  })

  it('are shown with what is left of each line, and what was chosen is worth in each way', () => {
    const t = shopWith(onlineTill(), terms)
    const of = sell(t, 'wallet')
    back(t, 1, of, [{ line: 0, units: 2 }])
    expect(t.till.command({ type: 'openReturn', receiptNumber: of }).ok).toBe(true)
    expect(t.view().returning?.lines.map(({ left }) => left)).toEqual([1, 1, 486])
    expect(t.till.command({ type: 'chooseReturn', lines: [{ line: 0, units: 2 }] })).toMatchObject({ code: 'return.more_than_sold' })
    t.till.command({ type: 'chooseReturn', lines: [{ line: 0, units: 1 }] })
    expect(t.view().returning).toMatchObject({
      worthMinor: 900,
      ways: [
        { as: 'as_paid', minor: 900 },
        { as: 'cash', minor: 900 },
        { as: 'credit', minor: 900 },
      ],
    })
    t.till.command({ type: 'closeReturn' })
    expect(t.view().returning).toBeUndefined()
  })
})

describe('an exchange', () => {
  it('pays for the next basket with what came back', () => {
    const t = shopWith(onlineTill(), terms)
    const of = sell(t, 'wallet')
    expect(t.till.command({ type: 'payWithReturn' })).toMatchObject({ ok: false })
    back(t, 1, of, [{ line: 1, units: 1 }], { as: 'credit' })
    t.till.command({ type: 'addProduct', gtin: APPLE })
    expect(t.till.command({ type: 'payWithReturn' })).toEqual({ ok: true, value: null })
    const intended = t.entries().findLast(({ kind }) => kind === 'payment.intended')
    expect(intended?.body).toMatchObject({ amountMinor: 1000, instrument: { type: 'credit' } })
  })
})

describe('goods without a receipt', () => {
  it('are given back at their price of today, up to the caps of the shop, and leave the basket', () => {
    const t = shopWith(offlineTill(), { ...terms, promotions: [{ type: 'percent', name: 'Apple day', gtins: [APPLE], ppm: 500_000 }] })
    const loose = (n: number, as: 'cash' | 'credit') => t.till.command({ type: 'returnBasket', returnId: returnId(n), as, reason: 'A gift' })
    expect(loose(1, 'cash')).toMatchObject({ code: 'sale.empty' })
    t.till.command({ type: 'addProduct', gtin: APPLE })
    expect(loose(1, 'cash').ok).toBe(true)
    expect(returned(t)).toMatchObject([{ totalMinor: 500, paidMinor: 500, as: 'cash', refunds: [], lines: [{ name: 'Apple', totalMinor: 500 }] }])
    expect(returned(t)[0]?.of).toBeUndefined()
    expect(t.view().sale.lines).toEqual([])
    expect(paper(t)).toMatch(/Without a receipt.*A gift/)
    // Pressed again, it touches nothing of what lies there by then.
    t.till.command({ type: 'addProduct', gtin: LAMP })
    expect(loose(1, 'cash').ok).toBe(true)
    expect(t.view().sale.lines).toHaveLength(1)
    expect(loose(2, 'cash')).toMatchObject({ code: 'return.over_cap' })
    expect(loose(2, 'credit').ok).toBe(true)
    expect(returned(t)).toHaveLength(2)
    expect(t.reopen().view().sale.lines).toEqual([])
  })

  it('are not taken back where the shop does not say so', () => {
    const t = offlineTill()
    t.till.command({ type: 'addProduct', gtin: APPLE })
    expect(t.till.command({ type: 'returnBasket', returnId: returnId(1), as: 'cash', reason: 'A gift' })).toMatchObject({ code: 'return.not_that_way' })
  })
})
