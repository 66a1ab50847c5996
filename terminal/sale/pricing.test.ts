import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '#protocol/bytes.ts'
import { MAX_MILLI } from '#protocol/device/messages.ts'
import type { Product } from '#protocol/hub/messages.ts'
import type { Discount, Promotion } from '#protocol/hub/offers.ts'
import { encodeEntry, MAX_ENTRY_BYTES } from '#protocol/journal/entry.ts'
import { sum } from '#protocol/money.ts'
import { applySaleEvent, MAX_LINES, MAX_QUANTITY, newSale, type Rules, type Sale, type SaleEvent } from './basket.ts'
import { grossOf, lineTotal } from './goods.ts'
import { productAt } from './pricing.ts'
import { soldAs } from './sold.ts'
import { totalsOf } from './tax.ts'

const NOW = 1_790_000_000_000
const MILLION = 1_000_000
const GTINS = ['9520000000011', '9520000000028', '9520000000035', '9520000000042']

const product: fc.Arbitrary<Product> = fc.record(
  {
    gtin: fc.constantFrom(...GTINS),
    name: fc.constantFrom('A', 'B'),
    category: fc.constantFrom('Food', 'Home'),
    priceMinor: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 100_000 })),
    taxPpm: fc.constantFrom(0, 55_000, 70_000, 190_000, 1_000_000),
    symbol: fc.constant('x'),
    openPrice: fc.constant(true as const),
    taxExempt: fc.constant(true as const),
  },
  { requiredKeys: ['gtin', 'name', 'category', 'priceMinor', 'taxPpm', 'symbol'] },
)
const discount: fc.Arbitrary<Discount> = fc.oneof(
  fc.record({ ppm: fc.integer({ min: 1, max: MILLION }) }),
  fc.record({ amountMinor: fc.integer({ min: 1, max: 50_000 }) }),
)
const of = {
  name: fc.constantFrom('One', 'Two', 'Three', 'Four', 'Five', 'Six'),
  gtins: fc.uniqueArray(fc.constantFrom(...GTINS), { minLength: 1 }),
  categories: fc.constant<string[]>(['Food']),
  coupon: fc.constant('SPRING'),
  until: fc.constantFrom(NOW, NOW + 1),
}
const count = fc.integer({ min: 2, max: 5 })
const ppm = fc.integer({ min: 1, max: MILLION })
const promotion: fc.Arbitrary<Promotion> = fc.oneof(
  fc.record({ type: fc.constant('bundle' as const), ...of, count, priceMinor: fc.nat(60_000) }, { requiredKeys: ['type', 'name', 'count', 'priceMinor'] }),
  fc.record({ type: fc.constant('nth' as const), ...of, count, ppm }, { requiredKeys: ['type', 'name', 'count', 'ppm'] }),
  fc.record({ type: fc.constant('percent' as const), ...of, ppm }, { requiredKeys: ['type', 'name', 'ppm'] }),
  fc.record(
    { type: fc.constant('threshold' as const), ...of, fromMinor: fc.nat(100_000), off: discount },
    { requiredKeys: ['type', 'name', 'fromMinor', 'off'] },
  ),
)
const rules: fc.Arbitrary<Rules> = fc.record(
  {
    now: fc.constant(NOW),
    promotions: fc.array(promotion, { maxLength: 6 }),
    taxIncluded: fc.constant(false as const),
    taxRounding: fc.constant('line' as const),
  },
  { requiredKeys: ['now'] },
)
const line = fc.integer({ min: 1, max: 12 }).map((n) => `L${n}`)
const event: fc.Arbitrary<SaleEvent> = fc.oneof(
  { weight: 8, arbitrary: product.map((added) => ({ type: 'product_added' as const, product: added })) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('product_weighed' as const),
      product,
      weight: fc.record({ milli: fc.integer({ min: 1, max: MAX_MILLI }), unit: fc.constant('kg' as const) }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('quantity_set' as const), line, quantity: fc.integer({ min: 0, max: MAX_QUANTITY }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('price_set' as const), line, unitMinor: fc.nat(10_000) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('line_discounted' as const), line, discount: fc.option(discount, { nil: undefined }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('sale_discounted' as const), discount: fc.option(discount, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'coupon_added' as const, code: 'SPRING' }, { type: 'coupon_removed' as const, code: 'SPRING' }) },
)

function play(events: readonly SaleEvent[], by: Rules): Sale {
  return events.reduce((sale, next) => {
    const outcome = applySaleEvent(sale, next, by)
    return outcome.ok ? outcome.value : sale
  }, newSale('sale'))
}

describe('a basket under any events, promotions and ways of taxing', () => {
  const baskets = fc.tuple(fc.array(event, { maxLength: 40 }), rules)

  it('has no negative line, and every discount has its reason', () => {
    fc.assert(
      fc.property(baskets, ([events, by]) => {
        for (const sold of play(events, by).lines) {
          const { discountMinor = 0, reasons = [] } = sold
          expect(lineTotal(sold)).toBeGreaterThanOrEqual(0)
          expect(lineTotal(sold) + discountMinor).toBe(grossOf(sold))
          expect(discountMinor > 0).toBe(reasons.length > 0)
          expect(reasons.length).toBeLessThanOrEqual(5)
        }
      }),
    )
  })

  it('adds up: prices less discounts, with what tax comes to them, less what is paid is zero', () => {
    fc.assert(
      fc.property(baskets, ([events, by]) => {
        const sale = play(events, by)
        const { totalMinor, taxes, discountMinor } = totalsOf(sale)
        const lines = sum(sale.lines.map(lineTotal))
        const added = sale.taxIncluded === false ? sum(taxes.map(({ taxMinor }) => taxMinor)) : 0
        expect(sum(taxes.map(({ netMinor, taxMinor }) => netMinor + taxMinor))).toBe(totalMinor)
        expect(sum(sale.lines.map(grossOf)) - discountMinor).toBe(lines)
        expect(lines + added - totalMinor).toBe(0)
      }),
    )
  })

  it('is never off by more tax than the rounding that the shop says: half a unit for each rate, or for each line', () => {
    fc.assert(
      fc.property(baskets, ([events, by]) => {
        const sale = play(events, by)
        for (const { ratePpm, netMinor, taxMinor, exempt } of totalsOf(sale).taxes) {
          const taxed = sale.lines.filter((sold) => sold.taxPpm === ratePpm && sold.taxExempt === exempt)
          const roundings = by.taxRounding === 'line' ? BigInt(taxed.length) : 1n
          const whole = BigInt(MILLION + (sale.taxIncluded === false ? 0 : ratePpm))
          const base = BigInt(sale.taxIncluded === false ? netMinor : netMinor + taxMinor)
          const error = 2n * (BigInt(taxMinor) * whole - base * BigInt(ratePpm))
          expect((error < 0n ? -error : error) <= whole * roundings).toBe(true)
          expect(taxMinor === 0 || exempt === undefined).toBe(true)
        }
      }),
    )
  })

  it('costs the same whichever way it came to be, and never more for a promotion', () => {
    fc.assert(
      fc.property(baskets, ([events, by]) => {
        const sale = play(events, by)
        const again = applySaleEvent(sale, { type: 'note_set', note: undefined }, by)
        if (sale.lines.length > 0) expect(again).toEqual({ ok: true, value: sale })
        const plain = applySaleEvent(sale, { type: 'note_set', note: undefined }, { now: NOW })
        const own = sale.lines.some((sold) => sold.discount !== undefined) || sale.discount !== undefined
        if (!own && plain.ok) expect(sum(sale.lines.map(lineTotal))).toBeLessThanOrEqual(sum(plain.value.lines.map(lineTotal)))
      }),
    )
  })
})

const good = (gtin: string, priceMinor: number, more: Partial<Product> = {}): SaleEvent => ({
  type: 'product_added',
  product: { gtin, name: gtin.slice(-2), category: 'Food', priceMinor, taxPpm: 70_000, symbol: 'x', ...more },
})
const pieces = (n: number, lineId: string): SaleEvent => ({ type: 'quantity_set', line: lineId, quantity: n })
const [tea = '', milk = '', soap = ''] = GTINS
const lines = (sale: Sale) => sale.lines.map((sold) => [lineTotal(sold), ...(sold.reasons ?? [])])
const by = (...promotions: Promotion[]): Rules => ({ now: NOW, promotions })

describe('a promotion', () => {
  it('for a price mixes the dearest pieces first and leaves what is too few', () => {
    const mix: Promotion = { type: 'bundle', name: '3 for 5.00', count: 3, priceMinor: 500 }
    expect(lines(play([good(tea, 300), pieces(2, 'L1'), good(milk, 200), pieces(2, 'L2')], by(mix)))).toEqual([
      [375, '3 for 5.00'],
      [325, '3 for 5.00'],
    ])
    expect(lines(play([good(tea, 100), pieces(3, 'L1')], by(mix)))).toEqual([[300]])
    expect(lines(play([good(tea, 300), pieces(2, 'L1')], by(mix)))).toEqual([[600]])
  })

  it('makes the cheapest of every few free or cheaper, also of hundreds', () => {
    const free: Promotion = { type: 'nth', name: '3 for 2', count: 3, ppm: MILLION }
    expect(lines(play([good(tea, 300), good(milk, 200), good(soap, 100)], by(free)))).toEqual([[300], [200], [0, '3 for 2']])
    expect(totalsOf(play([good(tea, 10), pieces(999, 'L1')], by(free))).totalMinor).toBe(6660)
    expect(lines(play([good(tea, 99), pieces(2, 'L1')], by({ ...free, count: 2, ppm: 500_000 })))).toEqual([[148, '3 for 2']])
  })

  it('takes a piece that no earlier one has taken', () => {
    const half: Promotion = { type: 'percent', name: 'Half', ppm: 500_000, gtins: [tea] }
    const free: Promotion = { type: 'nth', name: '2 for 1', count: 2, ppm: MILLION }
    expect(lines(play([good(tea, 100), pieces(3, 'L1')], by(free, half)))).toEqual([[150, '2 for 1', 'Half']])
    expect(lines(play([good(tea, 100), pieces(3, 'L1')], by(half, free)))).toEqual([[150, 'Half']])
  })

  it('of a group is for its categories and products, and weighed goods have their percentage', () => {
    const food: Promotion = { type: 'percent', name: 'Food -10 %', ppm: 100_000, categories: ['Food'] }
    const weighed: SaleEvent = {
      type: 'product_weighed',
      product: { gtin: soap, name: 'Pears', category: 'Food', priceMinor: 1000, taxPpm: 0, symbol: 'x', soldBy: 'kg' },
      weight: { milli: 500, unit: 'kg' },
    }
    expect(lines(play([good(tea, 100, { category: 'Home' }), weighed], by(food)))).toEqual([[100], [450, 'Food -10 %']])
  })

  it('from a threshold on is the best one, after everything else, shared out over what it is for', () => {
    const five: Promotion = { type: 'threshold', name: '5 off from 50', fromMinor: 5000, off: { amountMinor: 500 } }
    const tenth: Promotion = { type: 'threshold', name: 'Tenth from 100', fromMinor: 10_000, off: { ppm: 100_000 } }
    expect(lines(play([good(tea, 4999)], by(five, tenth)))).toEqual([[4999]])
    expect(lines(play([good(tea, 4000), good(milk, 1000)], by(five, tenth)))).toEqual([
      [3600, '5 off from 50'],
      [900, '5 off from 50'],
    ])
    expect(totalsOf(play([good(tea, 10_000)], by(five, tenth))).totalMinor).toBe(9000)
    const lineOff: SaleEvent = { type: 'line_discounted', line: 'L1', discount: { amountMinor: 1 } }
    expect(totalsOf(play([good(tea, 5000), lineOff], by(five))).totalMinor).toBe(4999)
  })
})

describe('what a cashier takes off', () => {
  it('is a sum or a share, of a line and of the sale, and never more than there is', () => {
    const off = (discounted: Discount): SaleEvent => ({ type: 'line_discounted', line: 'L1', discount: discounted })
    expect(lines(play([good(tea, 999), off({ ppm: 125_000 })], by()))).toEqual([[874, 'Discount 12.5 %']])
    expect(lines(play([good(tea, 999), off({ amountMinor: 5000 })], by()))).toEqual([[0, 'Discount']])
    const sale: SaleEvent = { type: 'sale_discounted', discount: { amountMinor: 100 } }
    expect(lines(play([good(tea, 100), good(milk, 200), sale], by()))).toEqual([
      [67, 'Discount on the sale'],
      [133, 'Discount on the sale'],
    ])
    expect(totalsOf(play([good(tea, 40), sale], by())).totalMinor).toBe(0)
  })
})

describe('taxes', () => {
  const three = [good(tea, 33), good(milk, 33), good(soap, 33)]
  it('are in the price or added, and rounded once for a rate or once for a line', () => {
    expect(totalsOf(play([good(tea, 119, { taxPpm: 190_000 })], by())).taxes).toEqual([{ ratePpm: 190_000, netMinor: 100, taxMinor: 19 }])
    expect(totalsOf(play(three, { now: NOW, taxIncluded: false }))).toMatchObject({ totalMinor: 106, taxes: [{ netMinor: 99, taxMinor: 7 }] })
    expect(totalsOf(play(three, { now: NOW, taxIncluded: false, taxRounding: 'line' }))).toMatchObject({ totalMinor: 105, taxes: [{ taxMinor: 6 }] })
    expect(totalsOf(play(three, { now: NOW, taxRounding: 'line' }))).toMatchObject({ totalMinor: 99, taxes: [{ netMinor: 93, taxMinor: 6 }] })
  })

  it('leave out what is exempt, and do not mix it with a rate of zero', () => {
    const sale = play([good(tea, 100, { taxExempt: true }), good(milk, 100, { taxPpm: 0 }), good(soap, 107)], by())
    expect(totalsOf(sale).taxes).toEqual([
      { ratePpm: 70_000, netMinor: 100, taxMinor: 7 },
      { ratePpm: 0, netMinor: 100, taxMinor: 0 },
      { ratePpm: 0, netMinor: 100, taxMinor: 0, exempt: true },
    ])
  })
})

describe('a price', () => {
  it('holds for its time, and of several that hold the one that began last', () => {
    const dated: Product = {
      gtin: tea,
      name: 'Tea',
      category: 'Food',
      priceMinor: 100,
      taxPpm: 0,
      symbol: 'x',
      prices: [
        { from: NOW + 10, until: NOW + 20, priceMinor: 80 },
        { from: NOW, priceMinor: 120 },
      ],
    }
    expect([-1, 0, 9, 10, 19, 20].map((later) => productAt(dated, NOW + later).priceMinor)).toEqual([100, 120, 120, 80, 80, 120])
  })
})

describe('the largest sale', () => {
  it('with the longest names, reasons and note is an entry that can be written', () => {
    const long = (text: string, length: number): string => text.repeat(length)
    const ID = '0198c0de-0000-7000-8000-0000000000aa'
    const offers = Array.from({ length: 6 }, (_, i): Promotion => ({
      type: 'nth',
      name: `${i}${long('可', 79)}`,
      count: 2,
      ppm: 100_000,
      categories: [i < 5 ? 'Food' : 'Home'],
    }))
    const lineNames = Array.from({ length: MAX_LINES }, (_, i) => good('95200000000011', 1_000_000 + i, { name: long('可', 200), taxExempt: true }))
    const discounts = lineNames.map((_, i): SaleEvent => ({ type: 'line_discounted', line: `L${i + 1}`, discount: { ppm: 55_555 } }))
    const sale = play([...lineNames, ...discounts.slice(0, 20), { type: 'sale_discounted', discount: { ppm: 12_345 } }], by(...offers))
    const sold = soldAs({ ...sale, note: long('可', 200) })
    expect(sold.lines.every(({ discountMinor }) => (discountMinor ?? 0) > 0)).toBe(true)
    const payments = [{ paymentId: ID, amountMinor: sold.totalMinor }]
    const fact = { kind: 'sale.completed' as const, body: { saleId: ID, receiptNumber: long('9', 32), currency: 'EUR', ...sold, payments } }
    expect(encodeEntry({ till: ID, epoch: 1, n: 1 }, NOW, fact).length).toBeLessThan(MAX_ENTRY_BYTES)
    expect(utf8(sold.lines.flatMap(({ reasons }) => reasons ?? []).join('')).length).toBeGreaterThan(30_000)
  })
})
