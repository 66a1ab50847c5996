import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { creditCode } from '#protocol/credit/code.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { EntryBody, EntryKind } from '#protocol/journal/entry.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'
import { APPLE, CATALOGUE, onlineTill, openTestTill, POLICY, START, testWallet, type TestTill } from './test-till.ts'

const RATE = { currency: 'USD', numerator: 9, denominator: 10, source: 'ECB', at: START }
const GIFT = { gtin: '9520000009999', name: 'Gift card', category: 'Cards', priceMinor: 0, taxPpm: 0, symbol: '🎁', openPrice: true, giftCard: true } as const
const credit = { perPaymentMinor: 3000, perInstrumentMinor: 5000 }

/** Takes tips, dollars and gift cards. */
function shop(
  more: Partial<typeof CATALOGUE> = {},
  t: TestTill = openTestTill({ policy: { ...POLICY, offline: { ...POLICY.offline, instruments: { credit } } } }),
): TestTill {
  t.goOnline()
  const terms = { tips: [50_000, 100_000], foreignCash: [RATE], credits: { perDayMinor: 10_000 } }
  const catalogue = { ...CATALOGUE, ...terms, version: CATALOGUE.version + 1, products: [...CATALOGUE.products, GIFT], ...more }
  t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, catalogue))
  t.goOnline()
  return t
}
const bodies = <K extends EntryKind>(t: TestTill, kind: K): EntryBody<K>[] =>
  t.entries().flatMap((entry) => (entry.kind === kind ? [entry.body as EntryBody<K>] : []))
const does = (t: TestTill, ...commands: Parameters<TestTill['till']['command']>[0][]): void => {
  for (const command of commands) expect(t.till.command(command)).toEqual({ ok: true, value: null })
}
const paper = (t: TestTill): string => (t.printed.at(-1)?.document ?? []).map((block) => Object.values(block).join(' ')).join('\n')
const held = (t: TestTill): void => t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + DAY }))
/** Ten euros in the basket. */
const apple = (t: TestTill): void => void expect(t.till.scanned(APPLE).ok).toBe(true)
const drawer = (t: TestTill): number => {
  t.goOnline()
  does(t, { type: 'closeShift', countedMinor: 0 })
  return bodies(t, 'shift.closed').at(-1)?.cash?.expectedMinor ?? 0
}

describe('a sale that is paid in parts', () => {
  it('takes cash and a wallet, stands in one transaction with the last, and lists both on one receipt', () => {
    const t = shop()
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 500, amountMinor: 400 })
    expect(t.view()).toMatchObject({ tenders: { restMinor: 600, parts: [{ how: 'cash', amountMinor: 400, cash: { changeMinor: 100 } }] }, sold: [] })
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', amountMinor: 600 })
    expect(bodies(t, 'sale.completed')).toEqual([])
    t.till.scanned(testWallet(t).show())
    held(t)
    const [sale] = bodies(t, 'sale.completed')
    expect(sale?.payments.map(({ amountMinor }) => amountMinor)).toEqual([400, 600])
    expect(new Set([...bodies(t, 'payment.captured'), ...bodies(t, 'payment.taken_in_cash')].map(({ receiptNumber }) => receiptNumber))).toEqual(
      new Set([sale?.receiptNumber]),
    )
    expect(t.kinds().slice(-2)).toEqual(['payment.captured', 'sale.completed'])
    expect(paper(t)).toMatch(/Cash 4\.00.*Given 5\.00.*Change 1\.00.*Wallet 6\.00.*Approved by the hub/s)
    expect(t.view()).toMatchObject({ tender: { stage: 'approved', amountMinor: 1000, parts: [{}, {}] }, sold: [{ totalMinor: 1000, state: 'captured' }] })
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 1000 })
    expect(bodies(t, 'sale.completed').map(({ receiptNumber }) => receiptNumber.slice(-6))).toEqual(['000001', '000002'])
  })

  it('comes back between two parts as it was, after a power cut', () => {
    const t = shop()
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 300, amountMinor: 300 })
    const again = t.reopen()
    expect(again.view()).toMatchObject({ sale: { totalMinor: 1000 }, tenders: { restMinor: 700, parts: [{ amountMinor: 300 }] } })
    does(again, { type: 'payCash', tenderedMinor: 700 })
    expect(again.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'cash' })
    expect(bodies(again, 'sale.completed')[0]?.payments).toHaveLength(2)
    expect(again.reopen().view().tenders).toBeUndefined()
  })

  it('keeps what is paid when a part is refused, and takes the rest another way', () => {
    const t = shop()
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 400, amountMinor: 400 })
    t.till.scanned(testWallet(t).show())
    t.till.received('decision', t.decide({ type: 'declined', code: 'hub.insufficient_funds' }))
    expect(t.view()).toMatchObject({ tender: { stage: 'refused', amountMinor: 600 }, tenders: { restMinor: 600 } })
    does(t, { type: 'continue' }, { type: 'payCash', tenderedMinor: 600 })
    expect(bodies(t, 'sale.completed')[0]?.payments.map(({ amountMinor }) => amountMinor)).toEqual([400, 600])
  })

  it('cannot be put aside, emptied, given away or left behind', () => {
    const t = shop()
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 400, amountMinor: 400 })
    const [line] = t.view().sale.lines
    const refused = { ok: false, code: 'sale.partly_paid' }
    for (const command of [
      { type: 'park' },
      { type: 'clearSale' },
      { type: 'setQuantity', line: line?.id ?? '', quantity: 0 },
      { type: 'discountLine', line: line?.id ?? '', discount: { amountMinor: 600 } },
      { type: 'voidSale', receiptNumber: bodies(t, 'payment.taken_in_cash')[0]?.receiptNumber ?? '' },
    ] as const)
      expect(t.till.command(command), command.type).toMatchObject(command.type === 'voidSale' ? { ok: false } : refused)
    t.goOnline()
    for (const type of ['closeShift', 'signOut', 'update', 'reset'] as const) {
      does(t, { type: 'cancelPayment' })
      expect(t.till.command({ type })).toMatchObject({ ok: false, code: 'gate.partly_paid' })
    }
    apple(t)
    expect(t.view().tenders).toMatchObject({ restMinor: 1600 })
  })

  it('gives everything back the way it came when it is given up, prints that, and can be paid for anew', () => {
    const t = shop()
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 400, amountMinor: 400 }, { type: 'takePayment', amountMinor: 300 })
    t.till.scanned(testWallet(t).show())
    held(t)
    expect(t.view().tenders).toMatchObject({ restMinor: 300, parts: [{ amountMinor: 400 }, { amountMinor: 300 }] })
    does(t, { type: 'abandonSale' })
    expect(bodies(t, 'payment.voided')).toHaveLength(2)
    expect(paper(t)).toMatch(/VOID.*Cash -4\.00.*Wallet -3\.00/s)
    expect(t.view()).toMatchObject({ sale: { totalMinor: 1000 }, tenders: { restMinor: 1000, parts: [] } })
    does(t, { type: 'abandonSale' }, { type: 'payCash', tenderedMinor: 1000 })
    expect(bodies(t, 'sale.completed')[0]).toMatchObject({ receiptNumber: expect.stringMatching(/000002$/) as string, payments: [{ amountMinor: 1000 }] })
    expect(drawer(t)).toBe(1000)
  })

  it('goes back the ways it came, by refund and by void', () => {
    const t = shop()
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 400, amountMinor: 400 })
    t.till.scanned(testWallet(t).show())
    held(t)
    const { receiptNumber } = bodies(t, 'sale.completed')[0] ?? { receiptNumber: '' }
    const refundId = '0190f3a0-0000-7000-8000-000000000001'
    expect(t.till.command({ type: 'refund', refundId, receiptNumber, amountMinor: 1001 })).toMatchObject({ ok: false, code: 'refund.exceeds_captured' })
    does(t, { type: 'refund', refundId, receiptNumber, amountMinor: 500 }, { type: 'refund', refundId, receiptNumber, amountMinor: 500 })
    expect(bodies(t, 'payment.refunded').map(({ amountMinor }) => amountMinor)).toEqual([400, 100])
    expect(paper(t)).toMatch(/Cash -4\.00.*Wallet -1\.00/s)
    expect(t.view().sold).toMatchObject([{ totalMinor: 1000, refundedMinor: 500 }])
    expect(t.till.command({ type: 'voidSale', receiptNumber })).toMatchObject({ ok: false })
    expect(drawer(t)).toBe(0)
  })

  it('adds up whatever the parts: no change below zero, nothing left, rounding on the cash that pays the last', () => {
    const part = fc.record({
      how: fc.constantFrom('cash' as const, 'wallet' as const),
      minor: fc.integer({ min: 1, max: 1500 }),
      more: fc.nat(2000),
      tip: fc.nat(300),
    })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.boolean(), fc.constantFrom(1, 5), (parts, abandons, step) => {
        const t = shop(step === 1 ? {} : { cashRoundingMinor: step })
        apple(t)
        does(t, { type: 'setTip', tipMinor: parts[0]?.tip ?? 0 })
        for (const { how, minor, more } of parts) {
          const rest = t.view().tenders?.restMinor ?? 0
          if (how === 'cash') t.till.command({ type: 'payCash', tenderedMinor: minor + more, amountMinor: minor })
          else if (minor <= rest && t.till.command({ type: 'takePayment', amountMinor: minor }).ok && t.till.scanned(testWallet(t).show()).ok) held(t)
          if (t.view().tender.stage === 'approved') break
        }
        if (t.view().tender.stage !== 'approved' && abandons) does(t, { type: 'abandonSale' })
        const toPay = t.view().cash?.toPayMinor
        if (t.view().tender.stage !== 'approved' && toPay !== undefined) does(t, { type: 'payCash', tenderedMinor: toPay })
        for (const { tenderedMinor, changeMinor, amountMinor } of bodies(t, 'payment.taken_in_cash'))
          expect(changeMinor >= 0 && tenderedMinor - changeMinor === amountMinor).toBe(true)
        const sale = bodies(t, 'sale.completed')[0]
        const taken = bodies(t, 'payment.taken_in_cash').reduce((sum, { amountMinor }) => sum + amountMinor, 0)
        const voided = new Set(bodies(t, 'payment.voided').map(({ paymentId }) => paymentId))
        const kept = bodies(t, 'payment.taken_in_cash').reduce((sum, { paymentId, amountMinor }) => (voided.has(paymentId) ? sum : sum + amountMinor), 0)
        expect(taken >= kept).toBe(true)
        if (sale !== undefined) {
          const paid = sale.payments.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
          expect(paid).toBe(sale.totalMinor + (sale.tipMinor ?? 0) + (sale.roundingMinor ?? 0))
          expect(Math.abs(sale.roundingMinor ?? 0) <= step / 2).toBe(true)
          expect(drawer(t)).toBe(kept)
        }
        t.close()
      }),
      { numRuns: 25 },
    )
  })
})

describe('a tip', () => {
  it('is offered as the shop says, given on top, printed, kept apart in the sums, and outlives a restart', () => {
    const t = shop()
    apple(t)
    expect(t.view().tenders?.tips).toEqual([
      { ppm: 50_000, amountMinor: 50 },
      { ppm: 100_000, amountMinor: 100 },
    ])
    does(t, { type: 'setTip', tipMinor: 100 })
    const again = t.reopen()
    expect(again.view().cash?.toPayMinor).toBe(1100)
    does(again, { type: 'payCash', tenderedMinor: 2000 })
    expect(bodies(again, 'sale.completed')).toMatchObject([{ totalMinor: 1000, tipMinor: 100, payments: [{ amountMinor: 1100 }] }])
    again.goOnline()
    does(again, { type: 'closeShift', countedMinor: 1100 })
    expect(bodies(again, 'shift.closed')).toMatchObject([{ tipsMinor: 100, capturedMinor: 1100 }])
  })

  it('is no more than the sale, nothing where nobody is asked for one, and never for the next customer', () => {
    const t = shop()
    apple(t)
    expect(t.till.command({ type: 'setTip', tipMinor: 1001 })).toMatchObject({ ok: false, code: 'sale.part_too_large' })
    does(t, { type: 'setTip', tipMinor: 100 }, { type: 'park' })
    apple(t)
    expect(t.view().tenders?.tipMinor).toBe(0)
    const none = onlineTill()
    apple(none)
    expect(none.till.command({ type: 'setTip', tipMinor: 1 }).ok).toBe(false)
    expect(none.view().tenders?.tips).toBeUndefined()
  })

  it('and rounding are for cash together: only the cash that pays the last is rounded', () => {
    const t = shop({ cashRoundingMinor: 5 })
    apple(t)
    does(t, { type: 'setTip', tipMinor: 33 })
    expect(t.view().cash).toMatchObject({ toPayMinor: 1035, roundingMinor: 2 })
    expect(t.till.command({ type: 'payCash', tenderedMinor: 500, amountMinor: 333 })).toMatchObject({ ok: false, code: 'sale.cash_step' })
    does(t, { type: 'takePayment', amountMinor: 500 })
    t.till.scanned(testWallet(t).show())
    held(t)
    does(t, { type: 'payCash', tenderedMinor: 535 })
    expect(bodies(t, 'sale.completed')).toMatchObject([{ tipMinor: 33, roundingMinor: 2, payments: [{ amountMinor: 500 }, { amountMinor: 535 }] }])
  })
})

describe('foreign cash', () => {
  it('pays by the rate of the catalogue, with change in the shop’s own, and lies in a drawer of its own', () => {
    const t = shop()
    apple(t)
    expect(t.view().tenders?.foreign).toMatchObject([{ currency: 'USD', toPayMinor: 1112 }])
    expect(t.till.command({ type: 'payCash', tenderedMinor: 1111, currency: 'USD' })).toMatchObject({ ok: false, code: 'sale.cash_too_little' })
    expect(t.till.command({ type: 'payCash', tenderedMinor: 9999, currency: 'CNY' })).toMatchObject({ ok: false, code: 'sale.no_exchange' })
    does(t, { type: 'payCash', tenderedMinor: 2000, currency: 'USD' })
    expect(bodies(t, 'payment.taken_in_cash')).toMatchObject([
      {
        amountMinor: 1000,
        tenderedMinor: 1800,
        changeMinor: 800,
        foreign: { currency: 'USD', tenderedMinor: 2000, rate: { numerator: 9, denominator: 10, source: 'ECB' } },
      },
    ])
    expect(t.view().shift.foreign).toEqual(['USD'])
    t.goOnline()
    does(t, { type: 'closeShift', countedMinor: 0, foreign: [{ currency: 'USD', countedMinor: 1900 }] })
    expect(bodies(t, 'shift.closed')).toMatchObject([
      { cash: { expectedMinor: -800 }, foreignCash: [{ currency: 'USD', expectedMinor: 2000, countedMinor: 1900 }] },
    ])
    expect(paper(t)).toMatch(/Expected in the drawer, USD 20\.00.*Counted, USD 19\.00/s)
  })
})

describe('foreign notes in the drawer', () => {
  const MOVE = {
    type: 'moveCash',
    movementId: '0198c0de-0000-7000-8000-000000000055',
    direction: 'out',
    amountMinor: 2000,
    currency: 'USD',
    reason: 'bank',
  } as const

  it('are taken out in their own currency, once, and only where there are some', () => {
    const t = shop()
    expect(t.till.command(MOVE)).toMatchObject({ ok: false, code: 'sale.no_exchange' })
    apple(t)
    does(t, { type: 'payCash', tenderedMinor: 2000, currency: 'USD' }, MOVE, MOVE)
    expect(bodies(t, 'cash.moved')).toMatchObject([{ direction: 'out', amountMinor: 2000, currency: 'USD' }])
    expect(t.view().shift.foreign).toBeUndefined()
    expect(drawer(t)).toBe(-800)
  })
})

/** Sells a gift card over 20.00 for cash; answers its code. */
function sellCard(t: TestTill): string {
  t.till.scanned(GIFT.gtin)
  const [line] = t.view().sale.lines
  does(t, { type: 'setPrice', line: line?.id ?? '', unitMinor: 2000 }, { type: 'payCash', tenderedMinor: 2000 })
  const [, code] = /(SPG1:[0-9A-Z $%*+\-./:]+)/.exec(paper(t)) ?? []
  if (code === undefined) throw new Error('no code was printed')
  return code
}

describe('a gift card', () => {
  it('is sold outside the tax, its code is on the paper and nowhere else', () => {
    const t = shop()
    const code = sellCard(t)
    const [issued] = bodies(t, 'credit.issued')
    expect(issued).toMatchObject({ why: 'gift', amountMinor: 2000, currency: 'EUR' })
    expect(bodies(t, 'sale.completed')[0]).toMatchObject({ lines: [{ creditId: issued?.creditId, taxExempt: true }], taxes: [{ exempt: true, taxMinor: 0 }] })
    expect(JSON.stringify([t.entries(), t.view()])).not.toContain(code.slice(5, 40))
    t.till.printed(bodies(t, 'sale.completed')[0]?.receiptNumber ?? '', 'printed')
    does(t, { type: 'reprint' })
    expect(paper(t)).toMatch(/COPY/)
    expect(paper(t)).not.toContain('SPG1')
  })

  it('pays what is left on it, also without the hub, within the policy’s caps and never more than this till knows', () => {
    const t = shop()
    const code = sellCard(t)
    t.till.disconnected()
    for (const left of [1000, 0]) {
      apple(t)
      does(t, { type: 'takePayment' })
      expect(t.till.scanned(code).ok).toBe(true)
      expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'policy' })
      expect(left).toBeLessThan(2000)
    }
    apple(t)
    does(t, { type: 'takePayment' })
    expect(t.till.scanned(code)).toMatchObject({ ok: false, code: 'policy.credit_spent' })
    expect(JSON.stringify(t.entries())).not.toContain(code.slice(5, 40))
  })

  it('that the hub says has less on it pays just that at the next scan', () => {
    const t = shop()
    const code = sellCard(t)
    t.goOnline()
    apple(t)
    does(t, { type: 'takePayment' })
    t.till.scanned(code)
    t.till.received('decision', t.decide({ type: 'declined', code: 'credit.exceeds_balance', leftMinor: 300 }))
    does(t, { type: 'continue' }, { type: 'takePayment' })
    t.till.scanned(code)
    held(t)
    expect(t.view().tenders).toMatchObject({ restMinor: 700, parts: [{ how: 'credit', amountMinor: 300 }] })
  })

  it('that was tampered with pays nothing, and one of another till only when the hub says so', () => {
    const t = shop()
    const code = sellCard(t)
    apple(t)
    does(t, { type: 'takePayment' })
    expect(t.till.scanned(`${code.slice(0, -4)}0000`).ok).toBe(false)
    const credit = { creditId: '0190f3a0-0000-7000-8000-00000000abcd', amountMinor: 5000, currency: 'EUR', issuedAtMs: START }
    const elsewhere = creditCode(signerFromSeed(new Uint8Array(32).fill(77)), credit)
    t.till.disconnected()
    expect(t.till.scanned(elsewhere)).toMatchObject({ ok: false, code: 'credit.issued_elsewhere' })
    t.goOnline()
    expect(t.till.scanned(elsewhere).ok).toBe(true)
    held(t)
    expect(bodies(t, 'sale.completed').at(-1)?.payments).toMatchObject([{ amountMinor: 1000 }])
  })

  it('is not sold where the shop issues none, nor above what a till may issue in a day', () => {
    const t = shop({ credits: { perDayMinor: 3000 } })
    sellCard(t)
    t.till.scanned(GIFT.gtin)
    const [line] = t.view().sale.lines
    does(t, { type: 'setPrice', line: line?.id ?? '', unitMinor: 2000 })
    expect(t.till.command({ type: 'payCash', tenderedMinor: 2000 })).toMatchObject({ ok: false, code: 'credit.day_cap' })
  })
  it('keeps its money: neither an undone sale nor a refund leaves somebody with both', () => {
    const t = shop()
    apple(t)
    t.till.scanned(GIFT.gtin)
    const line = t.view().sale.lines.at(-1)
    does(t, { type: 'setPrice', line: line?.id ?? '', unitMinor: 2000 }, { type: 'payCash', tenderedMinor: 3000 })
    const receiptNumber = bodies(t, 'sale.completed')[0]?.receiptNumber ?? ''
    expect(t.till.command({ type: 'voidSale', receiptNumber })).toMatchObject({ ok: false, code: 'refund.gift_card_sold' })
    const refund = (n: number, amountMinor: number) =>
      t.till.command({ type: 'refund', refundId: `0198c0de-0000-7000-8000-00000000010${n}`, receiptNumber, amountMinor })
    expect(refund(1, 1001)).toMatchObject({ ok: false, code: 'refund.gift_card_sold' })
    expect(refund(2, 1000).ok).toBe(true)
    expect(refund(3, 1)).toMatchObject({ ok: false, code: 'refund.gift_card_sold' })
    expect(bodies(t, 'payment.refunded').map(({ amountMinor }) => amountMinor)).toEqual([1000])
  })
  it('that paid two parts has all of it again when the sale comes to nothing', () => {
    const t = shop()
    const code = sellCard(t)
    t.till.disconnected()
    apple(t)
    for (const amountMinor of [300, 200]) {
      does(t, { type: 'takePayment', amountMinor })
      t.till.scanned(code)
    }
    expect(t.view().tenders).toMatchObject({ restMinor: 500, parts: [{ amountMinor: 300 }, { amountMinor: 200 }] })
    does(t, { type: 'abandonSale' })
    apple(t)
    does(t, { type: 'takePayment' })
    t.till.scanned(code)
    const paid = bodies(t, 'payment.captured').map(({ amountMinor }) => amountMinor)
    expect(paid).toEqual([300, 200, 2000])
  })
})
