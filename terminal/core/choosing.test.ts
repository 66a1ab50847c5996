import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type Catalogue, type Product } from '#protocol/hub/messages.ts'
import { encodeCard } from '#protocol/loyalty/card.ts'
import { DAY } from '#protocol/time.ts'
import { bornBy } from '../sale/age.ts'
import { APPLE, CATALOGUE, openTestTill, START, testWallet, TILL, type TestTill } from './test-till.ts'

const product = (gtin: string, name: string, priceMinor: number, more: Partial<Product> = {}): Product => ({
  gtin,
  name,
  category: 'Shop',
  priceMinor,
  taxPpm: 190_000,
  symbol: 'x',
  ...more,
})
const [COFFEE, BEER, SPIRIT, SHIRT_M, SHIRT_L, DRILL, PICNIC] = [
  '9520000000103',
  '9520000000110',
  '9520000000127',
  '9520000000134',
  '9520000000141',
  '9520000000158',
  '9520000000165',
] as const
const size = (value: string) => ({ of: 'T-shirt', options: [{ name: 'Size', value }] })
const GOODS: Product[] = [
  product(COFFEE, 'Coffee', 290, {
    modifiers: [
      {
        name: 'Milk',
        min: 1,
        max: 1,
        choices: [
          { name: 'Cow', priceMinor: 0 },
          { name: 'Oat', priceMinor: 40 },
        ],
      },
      { name: 'Extras', min: 0, max: 2, choices: [{ name: 'Shot', priceMinor: 80 }] },
    ],
  }),
  product(BEER, 'Beer', 150, { ageYears: 16, depositMinor: 8 }),
  product(SPIRIT, 'Gin', 2000, { ageYears: 18 }),
  product(SHIRT_M, 'T-shirt M', 1990, { variant: size('M') }),
  product(SHIRT_L, 'T-shirt L', 2190, { variant: size('L') }),
  product(DRILL, 'Drill', 8990, { tracks: 'serial' }),
  product(PICNIC, 'Picnic', 1000, {
    parts: [
      { gtin: BEER, quantity: 2 },
      { gtin: APPLE, quantity: 1 },
    ],
  }),
]
const LOYALTY = { earnPerMinor: 100, pointMinor: 1, offlinePoints: 50 }

function goodsTill(more: Partial<Catalogue> = {}, options: Parameters<typeof openTestTill>[0] = {}): TestTill {
  const t = openTestTill(options)
  const catalogue = { ...CATALOGUE, ...(options.staff && { staff: [...options.staff] }), version: 2, products: [...CATALOGUE.products, ...GOODS], ...more }
  t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, catalogue))
  return t
}
const names = (t: TestTill) => t.view().sale.lines.map(({ name, quantity }) => `${quantity} ${name}`)
const offline = (t: TestTill): TestTill => {
  t.goOnline()
  t.till.disconnected()
  return t
}
const payInCash = (t: TestTill) => t.till.command({ type: 'payCash', tenderedMinor: t.view().cash?.toPayMinor ?? 0 })
const sold = (t: TestTill) => t.entries().findLast((entry) => entry.kind === 'sale.completed')?.body

describe('variants', () => {
  it('are one tile, of which one is picked; a scanned one is sold at once, and a search finds both', () => {
    const t = goodsTill()
    expect(t.products().filter(({ name }) => name.startsWith('T-shirt'))).toMatchObject([
      { name: 'T-shirt', priceMinor: 1990, variants: { of: 'T-shirt', count: 2 } },
    ])
    t.till.command({ type: 'openVariants', of: 'T-shirt' })
    expect(t.view().choosing).toMatchObject({
      step: 'variant',
      options: ['Size'],
      variants: [{ values: ['M'] }, { gtin: SHIRT_L, values: ['L'], priceMinor: 2190 }],
    })
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ code: 'sale.choose_first' })
    t.till.command({ type: 'addProduct', gtin: SHIRT_L })
    t.till.scanned(SHIRT_M)
    expect([names(t), t.view().choosing]).toEqual([['1 T-shirt L', '1 T-shirt M'], undefined])
    t.till.command({ type: 'search', text: 't-shirt' })
    expect(t.found()?.products.map(({ name }) => name)).toEqual(['T-shirt', 'T-shirt M', 'T-shirt L'])
  })
})

describe('what is made to order', () => {
  it('is asked how, costs what was chosen, can be changed, and says so on the receipt', () => {
    const t = goodsTill()
    t.till.scanned(COFFEE)
    expect(t.view()).toMatchObject({ choosing: { step: 'modifiers', name: 'Coffee' }, sale: { lines: [] } })
    expect(t.till.command({ type: 'chooseModifiers', choices: [[], []] })).toMatchObject({ code: 'sale.bad_choice' })
    t.till.command({ type: 'chooseModifiers', choices: [[1], [0]] })
    expect(t.view().sale.lines).toMatchObject([{ unitMinor: 410, modifiers: [{ name: 'Oat' }, { name: 'Shot' }], madeToOrder: true }])
    t.till.command({ type: 'changeModifiers', line: 'L1' })
    expect(t.view().choosing).toMatchObject({ chosen: [[1], [0]] })
    t.till.command({ type: 'chooseModifiers', choices: [[0], []] })
    expect(t.view()).toMatchObject({ sale: { totalMinor: 290, lines: [{ modifiers: [{ name: 'Cow' }] }] } })
    payInCash(t)
    expect(sold(t)).toMatchObject({ lines: [{ unitMinor: 290, modifiers: [{ name: 'Cow', priceMinor: 0 }] }] })
    expect(JSON.stringify(t.printed.at(-1)?.document)).toContain('+ Cow')
  })

  it('waits for its turn, and lets what has no question pass', () => {
    const t = goodsTill()
    for (const gtin of [COFFEE, BEER, APPLE]) t.till.scanned(gtin)
    expect([names(t), t.view().choosing?.step]).toEqual([['1 Apple'], 'modifiers'])
    t.till.command({ type: 'cancelChoosing' })
    expect(t.view().choosing).toMatchObject({ step: 'age', name: 'Beer', years: 16 })
    // A press that comes late answers nothing.
    t.till.command({ type: 'answerAge', years: 18, isOldEnough: true })
    t.till.command({ type: 'answerAge', years: 16, isOldEnough: true })
    expect([names(t), t.view().choosing]).toEqual([['1 Apple', '1 Beer'], undefined])
  })
})

describe('an age', () => {
  it('is asked once a sale, again for more years, and anew for the next customer', () => {
    const t = goodsTill()
    t.till.scanned(BEER)
    t.till.command({ type: 'answerAge', years: 16, isOldEnough: true })
    t.till.scanned(BEER)
    expect(names(t)).toEqual(['2 Beer'])
    t.till.scanned(SPIRIT)
    expect(t.view().choosing).toMatchObject({ step: 'age', years: 18, bornBy: bornBy(START, 18, -new Date(START).getTimezoneOffset()) })
    t.till.command({ type: 'answerAge', years: 18, isOldEnough: false })
    expect([names(t), t.view().choosing]).toEqual([['2 Beer'], undefined])
    payInCash(t)
    expect(sold(t)).toMatchObject({ lines: [{ ageChecked: true, quantity: 2, depositMinor: 8, totalMinor: 316 }], totalMinor: 316 })
    expect(JSON.stringify(sold(t))).not.toMatch(/\d{4}-\d{2}-\d{2}/)
    t.till.scanned(BEER)
    expect(t.view().choosing?.step).toBe('age')
  })

  it('of a bundle is that of the oldest part, with the deposits in it', () => {
    const t = goodsTill()
    t.till.scanned(PICNIC)
    expect(t.view().choosing).toMatchObject({ step: 'age', name: 'Picnic', years: 16 })
    t.till.command({ type: 'answerAge', years: 16, isOldEnough: true })
    // 10.00 over beer for 3.00 at 19 % and apples for 10.00 at 7 %.
    const parts = [
      { gtin: BEER, quantity: 2, taxPpm: 190_000, totalMinor: 231 },
      { gtin: APPLE, taxPpm: 70_000, totalMinor: 769 },
    ]
    payInCash(t)
    expect(sold(t)).toMatchObject({
      totalMinor: 1016,
      lines: [{ depositMinor: 16, parts }],
      taxes: [
        { ratePpm: 190_000, taxMinor: 37 },
        { ratePpm: 70_000, taxMinor: 50 },
      ],
    })
  })

  it.each([
    ['2026-11-22T12:00:00Z', 18, 0, '2008-11-22'],
    ['2026-11-22T23:30:00Z', 18, 60, '2008-11-23'],
    ['2026-11-22T00:30:00Z', 18, -60, '2008-11-21'],
    ['2028-02-29T12:00:00Z', 18, 0, '2010-02-28'],
    ['2027-03-01T12:00:00Z', 18, 0, '2009-03-01'],
  ])('%s less %i years', (now, years, zone, day) => expect(bornBy(Date.parse(now), years, zone)).toBe(day))
})

describe('a numbered piece', () => {
  it('is sold with its number, typed, scanned or in its code, and never twice', () => {
    const t = goodsTill()
    t.till.scanned(DRILL)
    expect(t.view().choosing).toMatchObject({ step: 'number', tracks: 'serial' })
    t.till.scanned('SN-1')
    t.till.scanned(DRILL)
    expect(t.till.command({ type: 'giveNumber', number: 'SN-1' })).toMatchObject({ code: 'sale.serial_twice' })
    t.till.command({ type: 'giveNumber', number: 'SN-2' })
    t.till.scanned(`(01)0${DRILL}(21)SN-3`)
    expect(t.view().sale.lines.map(({ serials }) => serials)).toEqual([['SN-1'], ['SN-2'], ['SN-3']])
    expect(t.till.command({ type: 'setQuantity', line: 'L1', quantity: 2 })).toMatchObject({ code: 'sale.number_first' })
    expect(t.till.scanned(`(01)0${DRILL}(21)SN-3`)).toMatchObject({ code: 'sale.serial_twice' })
    payInCash(t)
    expect(sold(t)?.lines.map(({ serials }) => serials)).toEqual([['SN-1'], ['SN-2'], ['SN-3']])
  })
})

describe('empties', () => {
  const beers = (t: TestTill, quantity: number) => {
    t.till.scanned(BEER)
    t.till.command({ type: 'answerAge', years: 16, isOldEnough: true })
    t.till.command({ type: 'setQuantity', line: 'L1', quantity })
  }

  it('come off the sale at the deposits that the shop has', () => {
    const t = goodsTill()
    beers(t, 2)
    expect(t.till.command({ type: 'returnEmpties', depositMinor: 9, quantity: 1 })).toMatchObject({ code: 'sale.unknown_deposit' })
    t.till.command({ type: 'returnEmpties', depositMinor: 8, quantity: 10 })
    expect(t.view().sale).toMatchObject({ totalMinor: 236, depositMinor: 16, empties: [{ depositMinor: 8, quantity: 10 }] })
    payInCash(t)
    expect(sold(t)).toMatchObject({ totalMinor: 236, empties: [{ depositMinor: 8, quantity: 10 }] })
    expect(JSON.stringify(t.printed.at(-1)?.document)).toContain('Empties 10 x 0.08')
  })

  it('worth more than the goods are paid out of the drawer, once, and leave the sale with it', () => {
    const t = goodsTill()
    beers(t, 1)
    t.till.command({ type: 'returnEmpties', depositMinor: 8, quantity: 20 })
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ code: 'sale.empties_exceed' })
    const payOut = { type: 'payOutEmpties', movementId: '0198c0de-0000-7000-8000-00000000e001' } as const
    expect([t.till.command(payOut), t.till.command(payOut)]).toEqual([
      { ok: true, value: null },
      { ok: true, value: null },
    ])
    const moved = t.entries().filter(({ kind }) => kind === 'cash.moved')
    expect(moved).toMatchObject([{ body: { direction: 'out', amountMinor: 160, empties: [{ depositMinor: 8, quantity: 20 }] } }])
    t.till.command({ type: 'undo' })
    expect(t.view().sale).toMatchObject({ totalMinor: 158, lines: [{ name: 'Beer' }] })
    expect(t.view().sale.empties).toBeUndefined()
    expect(t.till.command({ ...payOut, movementId: '0198c0de-0000-7000-8000-00000000e002' })).toMatchObject({ code: 'sale.no_empties' })
    expect(t.view().shift.movedOutMinor).toBe(160)
  })
})

it('a customer who is exempt pays no tax, and the entry says why and how much', () => {
  const t = goodsTill()
  t.till.scanned(APPLE)
  t.till.command({ type: 'exemptSale', reason: 'Embassy' })
  expect(t.view().sale).toMatchObject({ totalMinor: 935, exemption: { reason: 'Embassy', untaxedMinor: 65 } })
  payInCash(t)
  expect(sold(t)).toMatchObject({ totalMinor: 935, exemption: { untaxedMinor: 65 }, taxes: [{ netMinor: 935, taxMinor: 0, exempt: true }] })
  for (const text of ['Embassy', 'Tax not charged', '-0.65']) expect(JSON.stringify(t.printed.at(-1)?.document)).toContain(text)
})

describe('a customer', () => {
  const CUSTOMER = '0198c0de-0000-7000-8000-00000000c001'
  const card = (t: TestTill) => encodeCard(t.keys.issuer, { customer: CUSTOMER, issuedAt: START })
  const answer = (t: TestTill, points: number, hubTime: number) =>
    t.till.received('points', encodeSigned(t.keys.ack, signedTypes.points, { v: 1, till: TILL, customer: CUSTOMER, points, hubTime }))
  /** The hub has settled everything, and the till has asked it. */
  const asked = (t: TestTill) => {
    t.till.received('ack', t.ack(t.head(), { safe: t.head(), settled: t.head() }))
    t.time.advance(3000)
    t.till.received('ack', t.ack(t.head(), { safe: t.head(), settled: t.head() }))
    t.time.advance(3000)
  }

  it('is known by a genuine card alone, and earns points on the goods', () => {
    const t = goodsTill({ loyalty: LOYALTY })
    expect(t.till.scanned(card(t).slice(0, -3))).toMatchObject({ code: 'sale.bad_customer' })
    expect(t.till.scanned(encodeCard(t.keys.till, { customer: CUSTOMER, issuedAt: START }))).toMatchObject({ code: 'sale.bad_customer' })
    expect(t.till.scanned(encodeCard(t.keys.issuer, { customer: CUSTOMER, issuedAt: START + 400 * DAY }))).toMatchObject({ code: 'sale.bad_customer' })
    t.till.scanned(APPLE)
    t.till.scanned(card(t))
    expect(t.view().sale.customer).toEqual({ label: '00C001', earns: 10, spends: 0, canSpend: 0 })
    payInCash(t)
    expect(sold(t)).toMatchObject({ customer: CUSTOMER, pointsEarned: 10 })
    expect(goodsTill().till.scanned(card(t))).toMatchObject({ code: 'sale.no_points' })
  })

  it('spends what the hub says there is, and not twice', () => {
    const t = goodsTill({ loyalty: LOYALTY })
    t.goOnline()
    t.till.scanned(APPLE)
    t.till.scanned(card(t))
    expect(t.till.command({ type: 'spendPoints', points: 1 })).toMatchObject({ code: 'sale.too_many_points' })
    asked(t)
    answer(t, 300, t.time.wall)
    expect(t.view().sale.customer).toMatchObject({ balance: { points: 300 }, canSpend: 300 })
    t.till.command({ type: 'spendPoints', points: 250 })
    expect(t.view().sale).toMatchObject({ totalMinor: 750, customer: { spends: 250, earns: 7 }, lines: [{ reasons: ['250 points'] }] })
    payInCash(t)
    expect(sold(t)).toMatchObject({ totalMinor: 750, pointsSpent: 250, pointsEarned: 7 })
    t.till.scanned(APPLE)
    t.till.scanned(card(t))
    expect(t.view().sale.customer).toMatchObject({ balance: { points: 50 }, canSpend: 50 })
    // The answer to a question from before that sale says nothing about now.
    answer(t, 300, t.time.wall + 1)
    expect(t.view().sale.customer).toMatchObject({ canSpend: 50 })
  })

  it('who comes back at once finds what the last sale earned', () => {
    const t = goodsTill({ loyalty: LOYALTY })
    t.goOnline()
    const buy = () => {
      t.till.scanned(APPLE)
      t.till.scanned(card(t))
    }
    const questions = () => t.sent.filter((message) => Buffer.from(message).includes(signedTypes.pointsAsked)).length
    buy()
    asked(t)
    answer(t, 0, t.time.wall)
    payInCash(t)
    buy()
    const before = questions()
    asked(t)
    expect(questions()).toBeGreaterThan(before)
    answer(t, 10, t.time.wall)
    expect(t.view().sale.customer).toMatchObject({ balance: { points: 10 }, canSpend: 10 })
    const answered = questions()
    asked(t)
    expect(questions()).toBe(answered)
  })

  it('spends no more than the cap while the hub is away, counted until it has answered', () => {
    const t = goodsTill({ loyalty: LOYALTY })
    t.goOnline()
    t.till.scanned(APPLE)
    t.till.scanned(card(t))
    asked(t)
    answer(t, 300, t.time.wall)
    t.till.command({ type: 'spendPoints', points: 300 })
    t.till.disconnected()
    expect(t.till.command({ type: 'payCash', tenderedMinor: 700 })).toMatchObject({ code: 'sale.too_many_points' })
    t.till.command({ type: 'spendPoints', points: 40 })
    payInCash(t)
    t.till.scanned(APPLE)
    t.till.scanned(card(t))
    expect(t.view().sale.customer).toMatchObject({ balance: { points: 260 }, canSpend: 10 })
    const again = t.reopen()
    expect(again.view().sale.customer).toMatchObject({ balance: { points: 260 }, canSpend: 10 })
  })
})

it('a sale of anything goes through by a code as well, offline', () => {
  const t = offline(goodsTill())
  t.till.scanned(SHIRT_M)
  t.till.command({ type: 'returnEmpties', depositMinor: 8, quantity: 5 })
  t.till.command({ type: 'takePayment' })
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error(tender.stage)
  expect(t.till.scanned(testWallet(t).answer(tender.request))).toMatchObject({ ok: true })
  expect(sold(t)).toMatchObject({ totalMinor: 1950 })
})
