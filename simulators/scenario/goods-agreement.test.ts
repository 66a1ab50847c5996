import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrongInSale } from '../../hub/intake/sales.ts'
import type { ModifierGroup } from '#protocol/hub/goods.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { decodeEntry, encodeEntry, type EntryBody } from '#protocol/journal/entry.ts'
import { sum } from '#protocol/money.ts'
import { applySaleEvent, newSale, type Rules, type Sale, type SaleEvent } from '../../terminal/sale/basket.ts'
import { goodsTotal, lineTotal } from '../../terminal/sale/goods.ts'
import type { Chosen } from '../../terminal/sale/lines.ts'
import { ingredientsOf, modifiersOf } from '../../terminal/sale/making.ts'
import { receiptOf } from '../../terminal/sale/receipt.ts'
import { soldAs } from '../../terminal/sale/sold.ts'
import { emptiesTotal, totalsOf } from '../../terminal/sale/tax.ts'

/** Goods that are more than a price: what a till makes of any of them adds up, and the hub, which adds up by rules of its own, comes to the same. */

const ID = '0198c0de-0000-7000-8000-000000000001'
const NOW = 1_790_000_000_000
const GROUPS: ModifierGroup[] = [
  {
    name: 'Milk',
    min: 1,
    max: 1,
    choices: [
      { name: 'Cow', priceMinor: 0 },
      { name: 'Oat', priceMinor: 37 },
    ],
  },
  {
    name: 'Extras',
    min: 0,
    max: 2,
    choices: [
      { name: 'Shot', priceMinor: 61 },
      { name: 'Syrup', priceMinor: 45 },
      { name: 'Cream', priceMinor: 0 },
    ],
  },
]
const rate = fc.constantFrom(0, 55_000, 70_000, 190_000, 333_333)
const price = fc.oneof(fc.nat(30), fc.nat(100_000))
const goods: fc.Arbitrary<Product> = fc.record(
  {
    gtin: fc.constantFrom('9520000000011', '9520000000028', '9520000000035'),
    name: fc.constantFrom('A', 'B'),
    category: fc.constantFrom('Food', 'Home'),
    priceMinor: price,
    taxPpm: rate,
    symbol: fc.constant('x'),
    taxExempt: fc.constant(true as const),
    modifiers: fc.constant(GROUPS),
    depositMinor: fc.integer({ min: 1, max: 300 }),
    tracks: fc.constantFrom('serial' as const, 'batch' as const),
    ageYears: fc.constantFrom(16, 18),
  },
  { requiredKeys: ['gtin', 'name', 'category', 'priceMinor', 'taxPpm', 'symbol'] },
)
const part = fc.record(
  { name: fc.constantFrom('Wine', 'Cheese'), priceMinor: price, taxPpm: rate, depositMinor: fc.integer({ min: 1, max: 300 }), ageYears: fc.constant(18) },
  { requiredKeys: ['name', 'priceMinor', 'taxPpm'] },
)
const added: fc.Arbitrary<SaleEvent> = fc
  .tuple(
    goods,
    fc.nat(5),
    fc.option(fc.array(fc.tuple(part, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 4 }), { nil: undefined }),
    fc.constantFrom(0, 16, 18),
  )
  .map(([product, n, parts, ageYears]): SaleEvent => {
    const made = modifiersOf(GROUPS, [[n % 2], n < 3 ? [] : [n - 3]])
    const stock = parts?.map(([one], at): Product => ({ gtin: `952000000${1000 + at}`, category: 'Parts', symbol: 'x', ...one }))
    const { tracks: _, modifiers: __, ...plain } = product
    const bundle: Product = stock === undefined ? product : { ...plain, parts: stock.map(({ gtin }, at) => ({ gtin, quantity: parts?.[at]?.[1] ?? 1 })) }
    const ingredients = ingredientsOf(bundle.parts ?? [], (gtin) => stock?.find((one) => one.gtin === gtin))
    if (!made.ok || !ingredients.ok) throw new Error('the test makes what can be made')
    const chosen: Chosen = {
      ...(bundle.modifiers === undefined ? {} : { modifiers: made.value }),
      ...(bundle.parts === undefined ? {} : { ingredients: ingredients.value }),
      ...(bundle.tracks === undefined ? {} : { [bundle.tracks]: `N${n}` }),
      ...(ageYears === 0 ? {} : { ageYears }),
    }
    return { type: 'product_added', product: bundle, chosen }
  })
const line = fc.integer({ min: 1, max: 8 }).map((n) => `L${n}`)
const event: fc.Arbitrary<SaleEvent> = fc.oneof(
  { weight: 8, arbitrary: added },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('quantity_set' as const), line, quantity: fc.integer({ min: 0, max: 40 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('modifiers_set' as const),
      line,
      groups: fc.constant(GROUPS),
      choices: fc.constantFrom([[0], [0, 1]], [[1], []]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('empties_set' as const), depositMinor: fc.constantFrom(8, 25), quantity: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('exempted' as const), reason: fc.constantFrom('Embassy', undefined) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('customer_set' as const), customer: fc.constantFrom(ID, ID, undefined) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('points_set' as const), points: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5000 }).map((amountMinor) => ({ type: 'sale_discounted' as const, discount: { amountMinor } })) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('line_discounted' as const), line, discount: fc.record({ ppm: fc.integer({ min: 1, max: 1_000_000 }) }) }),
  },
)
const rules: fc.Arbitrary<Rules> = fc.record(
  {
    now: fc.constant(NOW),
    taxIncluded: fc.constant(false as const),
    taxRounding: fc.constant('line' as const),
    loyalty: fc.record({ earnPerMinor: fc.integer({ min: 1, max: 500 }), pointMinor: fc.integer({ min: 1, max: 50 }), offlinePoints: fc.constant(100) }),
  },
  { requiredKeys: ['now'] },
)
const basket = fc.tuple(fc.array(event, { minLength: 1, maxLength: 25 }), rules).map(([events, by]) => ({
  by,
  sale: events.reduce((sale: Sale, next) => {
    const outcome = applySaleEvent(sale, next, by)
    return outcome.ok ? outcome.value : sale
  }, newSale(ID)),
}))
const payable = basket.filter(({ sale }) => sale.lines.length > 0 && totalsOf(sale).totalMinor > 0)
const RUNS = { numRuns: 400 }

const paid = (sale: Sale): EntryBody<'sale.completed'> => {
  const sold = soldAs(sale)
  return { saleId: ID, receiptNumber: 'R-1', currency: 'EUR', ...sold, payments: [{ paymentId: ID, amountMinor: sold.totalMinor }] }
}
const judged = (body: EntryBody<'sale.completed'>): string | undefined =>
  wrongInSale({ payment: () => ({ till: ID, capturedMinor: body.totalMinor, currency: 'EUR', receiptNumber: 'R-1', saleId: ID, profile: 'show' }) }, ID, body)

describe('a basket of any goods', () => {
  it('adds up: goods, deposits and tax, less empties and the tax of who is exempt', () => {
    fc.assert(
      fc.property(basket, ({ sale }) => {
        const { totalMinor, taxes, untaxedMinor, emptiesMinor, depositMinor } = totalsOf(sale)
        const tax = sum(taxes.map(({ taxMinor }) => taxMinor))
        const [plus, less] = sale.taxIncluded === false ? [tax, 0] : [0, untaxedMinor]
        expect(totalMinor).toBe(sum(sale.lines.map(lineTotal)) + plus - less - emptiesMinor)
        expect(emptiesMinor).toBe(emptiesTotal(sale.empties))
        expect(sum(taxes.map(({ netMinor, taxMinor }) => netMinor + taxMinor))).toBe(totalMinor + emptiesMinor - depositMinor)
        if (sale.exemption !== undefined) expect(tax).toBe(0)
      }),
      RUNS,
    )
  })

  it('shares the price of a bundle out over its parts, to the cent and nearly in proportion', () => {
    fc.assert(
      fc.property(basket, ({ sale }) => {
        for (const sold of sale.lines) {
          if (sold.parts === undefined) continue
          expect(sum(sold.parts.map(({ totalMinor }) => totalMinor))).toBe(goodsTotal(sold))
          const worth = sold.parts.map(({ quantity }, at) => quantity * (sold.partPrices?.[at] ?? 0))
          const whole = sum(worth)
          for (const [at, { totalMinor }] of sold.parts.entries())
            if (whole > 0) expect(Math.abs(totalMinor * whole - goodsTotal(sold) * (worth[at] ?? 0))).toBeLessThan(whole)
        }
      }),
      RUNS,
    )
  })

  it('has nobody too young in it, no piece twice, and no more points than goods', () => {
    fc.assert(
      fc.property(basket, ({ sale, by }) => {
        const numbers = sale.lines.flatMap(({ gtin, serials = [] }) => serials.map((serial) => `${gtin} ${serial}`))
        expect(new Set(numbers).size).toBe(numbers.length)
        if (sale.lines.some(({ ageChecked }) => ageChecked)) expect(sale.ageYears).toBeGreaterThanOrEqual(16)
        const { points } = sale
        if (points === undefined || by.loyalty === undefined) return
        expect(points.spent).toBeLessThanOrEqual(points.wanted)
        const goodsLeft = sum(sale.lines.map(goodsTotal))
        if (points.spent > 0) expect(goodsLeft).toBeGreaterThan(0)
        expect(points.earned).toBe(Math.floor(goodsLeft / by.loyalty.earnPerMinor))
      }),
      RUNS,
    )
  })
})

describe('the hub', () => {
  it('finds every such sale right, and reads its entry as it was written', () => {
    fc.assert(
      fc.property(payable, ({ sale }) => {
        const body = paid(sale)
        expect(judged(body)).toBeUndefined()
        const place = { till: ID, epoch: 1, n: 1 }
        expect(decodeEntry(encodeEntry(place, NOW, { kind: 'sale.completed', body }), place)).toMatchObject({ ok: true, value: { body } })
        const paper = receiptOf(body, { merchant: 'M', store: 'S', till: 'T', at: NOW, copy: false }, 'hub')
        const printed = paper.filter((block) => block.kind === 'pair' && block.left === 'TOTAL EUR')
        expect(printed).toHaveLength(1)
      }),
      RUNS,
    )
  })

  it('finds it wrong when a deposit, a share, an empty, a number or an exemption is another', () => {
    fc.assert(
      fc.property(payable, fc.nat(), ({ sale }, pick) => {
        const body = paid(sale)
        const at = pick % body.lines.length
        const changed = (change: (sold: (typeof body.lines)[number]) => (typeof body.lines)[number]) => ({
          ...body,
          lines: body.lines.map((sold, index) => (index === at ? change(sold) : sold)),
        })
        const { empties, exemption } = body
        const one = body.lines[at]
        const others: EntryBody<'sale.completed'>[] = [
          changed((sold) => ({ ...sold, depositMinor: (sold.depositMinor ?? 0) + 1 })),
          changed((sold) => ({ ...sold, modifiers: [{ name: 'Gold', priceMinor: sold.unitMinor + 1 }] })),
          ...(one?.parts === undefined
            ? []
            : [
                changed((sold) => ({
                  ...sold,
                  parts: sold.parts?.map((share, index) => (index === 0 ? { ...share, totalMinor: share.totalMinor + 1 } : share)),
                })),
              ]),
          ...(one?.serials === undefined ? [] : [changed((sold) => ({ ...sold, serials: [...(sold.serials ?? []), 'X'] }))]),
          ...(empties === undefined ? [] : [{ ...body, empties: empties.slice(1) }]),
          ...(exemption === undefined ? [] : [{ ...body, exemption: { ...exemption, untaxedMinor: exemption.untaxedMinor + body.lines.length * 10 } }]),
          { ...body, empties: [...(empties ?? []), { depositMinor: 1, quantity: 1 }] },
        ]
        for (const other of others) expect(judged(other)).toBeDefined()
      }),
      RUNS,
    )
  })
})
