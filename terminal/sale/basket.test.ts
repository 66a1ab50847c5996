import fc from 'fast-check'
import { MAX_MILLI } from '#protocol/device/messages.ts'
import { describe, expect, it } from 'vitest'
import { applySaleEvent, gtin14, lineTotal, MAX_LINES, MAX_QUANTITY, MAX_TOTAL_MINOR, newSale, totalsOf, type Sale, type SaleEvent } from './basket.ts'

const apple = { gtin: '9521234567893', name: 'Apple', category: 'Fruit', priceMinor: 45, taxPpm: 70_000, symbol: '🍎' }

const product = fc.record({
  gtin: fc.constantFrom('9520000000011', '9520000000028', '9520000000035'),
  name: fc.constantFrom('A', 'B'),
  category: fc.constant('c'),
  priceMinor: fc.integer({ min: 0, max: 100_000 }),
  taxPpm: fc.constantFrom(0, 55_000, 70_000, 190_000),
  symbol: fc.constant('x'),
})
const event: fc.Arbitrary<SaleEvent> = fc.oneof(
  { weight: 6, arbitrary: product.map((p) => ({ type: 'product_added' as const, product: p })) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('product_weighed' as const),
      product,
      weight: fc.record({ milli: fc.integer({ min: 1, max: MAX_MILLI }), unit: fc.constant('kg' as const) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('quantity_set' as const),
      line: fc.nat(12).map((n) => `L${n}`),
      quantity: fc.integer({ min: 0, max: MAX_QUANTITY }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'cleared' as const }) },
)

const play = (events: readonly SaleEvent[]): Sale =>
  events.reduce((sale, next) => {
    const outcome = applySaleEvent(sale, next)
    return outcome.ok ? outcome.value : sale
  }, newSale('sale'))

describe('a basket', () => {
  it('keeps lines, totals and taxes consistent under any events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const sale = play(events)
        const totals = totalsOf(sale.lines)
        expect(sale.lines.reduce((sum, line) => sum + lineTotal(line), 0)).toBe(totals.totalMinor)
        expect(totals.taxes.reduce((sum, tax) => sum + tax.netMinor + tax.taxMinor, 0)).toBe(totals.totalMinor)
        expect(new Set(sale.lines.map((line) => line.id)).size).toBe(sale.lines.length)
        for (const line of sale.lines) {
          expect(line.quantity).toBeGreaterThan(0)
          if (line.weight === undefined) continue
          expect(line.quantity).toBe(1)
          // Rounded once per line, to the nearest minor unit.
          expect(Math.abs(lineTotal(line) * 1000 - line.unitMinor * line.weight.milli)).toBeLessThanOrEqual(500)
        }
        for (const tax of totals.taxes) {
          // Rounded once per rate: never off by more than half a minor unit.
          const exact = ((tax.netMinor + tax.taxMinor) * tax.ratePpm) / (1_000_000 + tax.ratePpm)
          expect(Math.abs(tax.taxMinor - exact)).toBeLessThanOrEqual(0.5 + 1e-6)
        }
      }),
    )
  })

  it('counts the same product at the same price on one line', () => {
    const sale = play([
      { type: 'product_added', product: apple },
      { type: 'product_added', product: { ...apple, priceMinor: 50 } },
      { type: 'product_added', product: apple },
    ])
    expect(sale.lines.map((line) => [line.unitMinor, line.quantity])).toEqual([
      [45, 2],
      [50, 1],
    ])
  })

  it('removes a line at quantity 0 and never reuses its id', () => {
    const sale = play([
      { type: 'product_added', product: apple },
      { type: 'quantity_set', line: 'L1', quantity: 0 },
      { type: 'product_added', product: apple },
    ])
    expect(sale.lines.map((line) => line.id)).toEqual(['L2'])
  })

  it('refuses an unknown line, too many pieces and too many lines', () => {
    const one = play([{ type: 'product_added', product: apple }])
    expect(applySaleEvent(one, { type: 'quantity_set', line: 'L9', quantity: 1 })).toMatchObject({ ok: false, code: 'sale.unknown_line' })
    expect(applySaleEvent(one, { type: 'quantity_set', line: 'L1', quantity: MAX_QUANTITY + 1 })).toMatchObject({ ok: false, code: 'sale.limit' })
    const full = play(Array.from({ length: MAX_LINES }, (_, i) => ({ type: 'product_added' as const, product: { ...apple, priceMinor: i } })))
    expect(applySaleEvent(full, { type: 'product_added', product: { ...apple, priceMinor: 9999 } })).toMatchObject({ ok: false, code: 'sale.limit' })
  })

  it('keeps each weighing on a line of its own, whose pieces cannot be counted', () => {
    const weighing = (milli: number) => ({ type: 'product_weighed' as const, product: apple, weight: { milli, unit: 'kg' as const } })
    const sale = play([weighing(486), weighing(486), { type: 'product_added', product: apple }, { type: 'quantity_set', line: 'L1', quantity: 3 }])
    expect(sale.lines.map(({ quantity, weight }) => [quantity, weight?.milli])).toEqual([
      [1, 486],
      [1, 486],
      [1, undefined],
    ])
    expect(play([weighing(486), { type: 'quantity_set', line: 'L1', quantity: 0 }]).lines).toEqual([])
  })

  it('refuses what would leave the sums that it can add up, also by weight', () => {
    const dear = { ...apple, priceMinor: Number.MAX_SAFE_INTEGER }
    const heavy = { type: 'product_weighed' as const, product: dear, weight: { milli: MAX_MILLI, unit: 'kg' as const } }
    expect(applySaleEvent(newSale('sale'), heavy)).toMatchObject({ ok: false, code: 'sale.limit' })
    const most = { ...heavy, product: { ...apple, priceMinor: MAX_TOTAL_MINOR }, weight: { milli: 1000, unit: 'kg' as const } }
    expect(totalsOf(play([most]).lines).totalMinor).toBe(MAX_TOTAL_MINOR)
  })

  it('takes the tax out of an inclusive price', () => {
    expect(totalsOf([{ quantity: 1, unitMinor: 119, taxPpm: 190_000 }]).taxes).toEqual([{ ratePpm: 190_000, netMinor: 100, taxMinor: 19 }])
  })

  it('looks a GTIN up whatever symbol carried it', () => {
    expect(gtin14('9521234567893')).toBe('09521234567893')
    expect(gtin14('96385074')).toBe('00000096385074')
  })
})
