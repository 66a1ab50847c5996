import { describe, expect, it } from 'vitest'
import { MAX_MILLI } from '#protocol/device/messages.ts'
import { applySaleEvent, lacksPrice, MAX_LINES, MAX_QUANTITY, MAX_TOTAL_MINOR, newSale, type Rules, type Sale, type SaleEvent } from './basket.ts'
import { gtin14 } from './goods.ts'
import { totalsOf } from './tax.ts'

const apple = { gtin: '9521234567893', name: 'Apple', category: 'Fruit', priceMinor: 45, taxPpm: 70_000, symbol: '🍎' }
const RULES: Rules = { now: 1_790_000_000_000 }

const play = (events: readonly SaleEvent[], rules = RULES): Sale =>
  events.reduce((sale, next) => {
    const outcome = applySaleEvent(sale, next, rules)
    return outcome.ok ? outcome.value : sale
  }, newSale('sale'))

const added = (product: typeof apple): SaleEvent => ({ type: 'product_added', product })

describe('a basket', () => {
  it('counts the same product at the same price on one line', () => {
    const sale = play([added(apple), added({ ...apple, priceMinor: 50 }), added(apple)])
    expect(sale.lines.map((line) => [line.unitMinor, line.quantity])).toEqual([
      [45, 2],
      [50, 1],
    ])
  })

  it('removes a line at quantity 0 and never reuses its id', () => {
    const sale = play([added(apple), { type: 'quantity_set', line: 'L1', quantity: 0 }, added(apple)])
    expect(sale.lines.map((line) => line.id)).toEqual(['L2'])
  })

  it('refuses an unknown line, too many pieces and too many lines', () => {
    const one = play([added(apple)])
    for (const quantity of [0, 1, MAX_QUANTITY + 1]) {
      expect(applySaleEvent(one, { type: 'quantity_set', line: 'L9', quantity }, RULES)).toMatchObject({ ok: false, code: 'sale.unknown_line' })
    }
    expect(applySaleEvent(one, { type: 'quantity_set', line: 'L1', quantity: MAX_QUANTITY + 1 }, RULES)).toMatchObject({ ok: false, code: 'sale.limit' })
    const full = play(Array.from({ length: MAX_LINES }, (_, i) => added({ ...apple, priceMinor: i })))
    expect(applySaleEvent(full, added({ ...apple, priceMinor: 9999 }), RULES)).toMatchObject({ ok: false, code: 'sale.limit' })
  })

  it('keeps each weighing on a line of its own, whose pieces cannot be counted', () => {
    const weighing = (milli: number) => ({ type: 'product_weighed' as const, product: apple, weight: { milli, unit: 'kg' as const } })
    const sale = play([weighing(486), weighing(486), added(apple), { type: 'quantity_set', line: 'L1', quantity: 3 }])
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
    expect(applySaleEvent(newSale('sale'), heavy, RULES)).toMatchObject({ ok: false, code: 'sale.limit' })
    const most = { ...heavy, product: { ...apple, priceMinor: MAX_TOTAL_MINOR }, weight: { milli: 1000, unit: 'kg' as const } }
    expect(totalsOf(play([most])).totalMinor).toBe(MAX_TOTAL_MINOR)
  })

  it('looks a GTIN up whatever symbol carried it', () => {
    expect(gtin14('9521234567893')).toBe('09521234567893')
    expect(gtin14('96385074')).toBe('00000096385074')
  })

  it('takes a price for what has an open one and for nothing else', () => {
    const flowers = { ...apple, gtin: '9520000000011', name: 'Flowers', priceMinor: 0, openPrice: true as const }
    const sale = play([added(flowers), added(flowers), added(apple)])
    expect([sale.lines.length, lacksPrice(sale)]).toEqual([3, true])
    const said = play([added(flowers), { type: 'price_set', line: 'L1', unitMinor: 1250 }])
    expect([totalsOf(said).totalMinor, lacksPrice(said)]).toEqual([1250, false])
    expect(applySaleEvent(sale, { type: 'price_set', line: 'L3', unitMinor: 1 }, RULES)).toMatchObject({ ok: false, code: 'sale.price_fixed' })
  })

  it('takes a coupon once, and none that the catalogue does not have today', () => {
    const rules: Rules = { ...RULES, promotions: [{ type: 'percent', name: 'Ten off', coupon: 'SPRING', ppm: 100_000, until: RULES.now + 1 }] }
    const shown: SaleEvent = { type: 'coupon_added', code: 'SPRING' }
    const sale = play([shown, shown, added({ ...apple, priceMinor: 1000 })], rules)
    expect([sale.coupons, totalsOf(sale).totalMinor, sale.lines[0]?.reasons]).toEqual([['SPRING'], 900, ['Ten off']])
    for (const late of [{ ...rules, now: rules.now + 1 }, RULES]) {
      expect(applySaleEvent(newSale('sale'), shown, late)).toMatchObject({ ok: false, code: 'sale.unknown_coupon' })
    }
    expect(totalsOf(play([shown, added(apple), { type: 'coupon_removed', code: 'SPRING' }], rules)).discountMinor).toBe(0)
  })

  it('gives nothing of one customer’s to the next: an empty basket has no discount, coupon or note', () => {
    const given: SaleEvent[] = [added(apple), { type: 'sale_discounted', discount: { ppm: 100_000 } }, { type: 'note_set', note: 'gift' }]
    for (const end of [{ type: 'cleared' as const }, { type: 'quantity_set' as const, line: 'L1', quantity: 0 }]) {
      expect(play([...given, end])).toEqual({ id: 'sale', lines: [], nextLine: 2 })
    }
  })

  it('of an older version is read, and priced when it changes', () => {
    const old: Sale = { id: 'sale', nextLine: 2, lines: [{ id: 'L1', gtin: apple.gtin, name: 'Apple', quantity: 2, unitMinor: 45, taxPpm: 70_000 }] }
    expect(totalsOf(old)).toMatchObject({ totalMinor: 90, discountMinor: 0 })
    const rules: Rules = { ...RULES, promotions: [{ type: 'nth', name: 'Third free', count: 3, ppm: 1_000_000 }] }
    const more = applySaleEvent(old, added(apple), rules)
    expect(more.ok && totalsOf(more.value)).toMatchObject({ totalMinor: 90, discountMinor: 45, itemCount: 3 })
  })
})
