import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wrongInSale } from '../../hub/intake/sales.ts'
import type { Product } from '#protocol/hub/messages.ts'
import type { Promotion } from '#protocol/hub/offers.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { applySaleEvent, newSale, type Rules, type Sale, type SaleEvent } from '../../terminal/sale/basket.ts'
import { soldAs } from '../../terminal/sale/sold.ts'

/** What a till works out alone, the hub adds up again by rules of its own: both must come to the same, for every basket. */

const ID = '0198c0de-0000-7000-8000-000000000001'
const NOW = 1_790_000_000_000

const product: fc.Arbitrary<Product> = fc.record(
  {
    gtin: fc.constantFrom('9520000000011', '9520000000028', '9520000000035'),
    name: fc.constantFrom('A', 'B'),
    category: fc.constantFrom('Food', 'Home'),
    priceMinor: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 100_000 })),
    taxPpm: fc.constantFrom(0, 55_000, 70_000, 190_000, 1_000_000),
    symbol: fc.constant('x'),
    taxExempt: fc.constant(true as const),
  },
  { requiredKeys: ['gtin', 'name', 'category', 'priceMinor', 'taxPpm', 'symbol'] },
)
const promotions: Promotion[] = [
  { type: 'bundle', name: '3 for 5.00', count: 3, priceMinor: 500, categories: ['Food'] },
  { type: 'nth', name: '2nd at half price', count: 2, ppm: 500_000, gtins: ['9520000000028'] },
  { type: 'percent', name: 'Home -15 %', ppm: 150_000, categories: ['Home'] },
  { type: 'threshold', name: '10 off from 100', fromMinor: 10_000, off: { amountMinor: 1000 } },
]
const rules: fc.Arbitrary<Rules> = fc.record(
  { now: fc.constant(NOW), promotions: fc.subarray(promotions), taxIncluded: fc.constant(false as const), taxRounding: fc.constant('line' as const) },
  { requiredKeys: ['now'] },
)
const event: fc.Arbitrary<SaleEvent> = fc.oneof(
  { weight: 5, arbitrary: product.map((added) => ({ type: 'product_added' as const, product: added })) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('product_weighed' as const),
      product,
      weight: fc.record({ milli: fc.integer({ min: 1, max: 30_000 }), unit: fc.constant('kg' as const) }),
    }),
  },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 40 }).map((quantity) => ({ type: 'quantity_set' as const, line: 'L1', quantity })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5000 }).map((amountMinor) => ({ type: 'sale_discounted' as const, discount: { amountMinor } })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_000_000 }).map((ppm) => ({ type: 'line_discounted' as const, line: 'L2', discount: { ppm } })) },
)
const basket = fc
  .tuple(fc.array(event, { minLength: 1, maxLength: 30 }), rules)
  .map(([events, by]) =>
    events.reduce((sale: Sale, next) => {
      const outcome = applySaleEvent(sale, next, by)
      return outcome.ok ? outcome.value : sale
    }, newSale(ID)),
  )
  .filter(({ lines }) => lines.length > 0)

const paid = (sale: Sale): EntryBody<'sale.completed'> => {
  const sold = soldAs(sale)
  return { saleId: ID, receiptNumber: 'R-1', currency: 'EUR', ...sold, payments: [{ paymentId: ID, amountMinor: sold.totalMinor }] }
}
const judged = (body: EntryBody<'sale.completed'>, capturedMinor: number): string | undefined =>
  wrongInSale({ payment: () => ({ till: ID, capturedMinor, currency: 'EUR', receiptNumber: 'R-1', saleId: ID, profile: 'show' }) }, ID, body)

test('the hub finds every sale right that a till prices', () => {
  fc.assert(
    fc.property(basket, (sale) => {
      expect(judged(paid(sale), paid(sale).totalMinor)).toBeUndefined()
    }),
  )
})

test('the hub finds a sale wrong of which one sum is another, by a single cent', () => {
  fc.assert(
    fc.property(basket, fc.nat(), (sale, pick) => {
      const body = paid(sale)
      const at = pick % body.lines.length
      const lines = (change: (line: (typeof body.lines)[number]) => (typeof body.lines)[number]) =>
        body.lines.map((line, index) => (index === at ? change(line) : line))
      const others: EntryBody<'sale.completed'>[] = [
        { ...body, totalMinor: body.totalMinor + 1, payments: [{ paymentId: ID, amountMinor: body.totalMinor + 1 }] },
        { ...body, lines: lines((line) => ({ ...line, totalMinor: line.totalMinor + 1 })) },
        { ...body, lines: lines((line) => (line.weight === undefined ? { ...line, discountMinor: (line.discountMinor ?? 0) + 1 } : { ...line, quantity: 2 })) },
        { ...body, taxes: body.taxes.map((tax, index) => (index === 0 ? { ...tax, netMinor: tax.netMinor + 1 } : tax)) },
        { ...body, taxes: body.taxes.slice(1) },
        { ...body, taxes: body.taxes.flatMap((tax) => [tax, tax]) },
      ]
      for (const other of others) expect(judged(other, other.totalMinor)).toBeDefined()
    }),
  )
})
