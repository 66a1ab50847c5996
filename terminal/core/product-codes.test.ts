import { describe, expect, it } from 'vitest'
import type { Product } from '#protocol/hub/messages.ts'
import { meantBy } from './product-codes.ts'
import { openTestTill, PEARS } from './test-till.ts'

const pears: Product = { gtin: PEARS, name: 'Pears', category: 'Fruit', priceMinor: 299, taxPpm: 70_000, symbol: 'P', soldBy: 'kg', plu: '101' }
const lamp: Product = { gtin: '9520000000028', name: 'Lamp', category: 'Home', priceMinor: 9900, taxPpm: 190_000, symbol: 'L', plu: '7' }
const NOW = 1_790_000_000_000
const catalogue = {
  product: (gtin: string) => [pears, lamp].find((product) => product.gtin.padStart(14, '0') === gtin),
  productByPlu: (plu: string) => [pears, lamp].find((product) => product.plu === plu),
}

describe('what a code means', () => {
  it('is a piece, something to be weighed, or something that was weighed', () => {
    expect(meantBy({ gtin: lamp.gtin }, catalogue, NOW)).toMatchObject({ value: { type: 'piece', product: lamp } })
    expect(meantBy({ gtin: PEARS }, catalogue, NOW)).toMatchObject({ value: { type: 'to_weigh', product: pears } })
    expect(meantBy({ plu: '101', milli: 486 }, catalogue, NOW)).toMatchObject({ value: { type: 'weighed', weight: { milli: 486, unit: 'kg' } } })
  })

  it('is the price of all that is in the bag, whatever its product costs', () => {
    const meant = meantBy({ plu: '101', priceMinor: 347 }, catalogue, NOW)
    expect(meant).toMatchObject({ value: { type: 'piece', product: { name: 'Pears', priceMinor: 347 } } })
    expect(meant.ok && meant.value.product.soldBy).toBeUndefined()
  })

  it('is not what nobody sells, costs nothing, weighs nothing or cannot be weighed', () => {
    expect(meantBy({ plu: '999', priceMinor: 100 }, catalogue, NOW)).toMatchObject({ code: 'sale.unknown_product' })
    expect(meantBy({ plu: '101', priceMinor: 0 }, catalogue, NOW)).toMatchObject({ code: 'sale.bad_label' })
    expect(meantBy({ plu: '101', milli: 0 }, catalogue, NOW)).toMatchObject({ code: 'sale.bad_label' })
    expect(meantBy({ plu: '7', milli: 486 }, catalogue, NOW)).toMatchObject({ code: 'sale.bad_label' })
    expect(meantBy({ gtin: PEARS, milli: 486, unit: 'lb' }, catalogue, NOW)).toMatchObject({ code: 'sale.bad_label' })
  })

  it('costs what it costs now', () => {
    const sale = { ...lamp, prices: [{ from: NOW, until: NOW + 10, priceMinor: 5000 }] }
    const shop = { ...catalogue, product: () => sale }
    const priceAt = (now: number) => {
      const meant = meantBy({ gtin: lamp.gtin }, shop, now)
      return meant.ok ? meant.value.product.priceMinor : undefined
    }
    expect([priceAt(NOW - 1), priceAt(NOW), priceAt(NOW + 9), priceAt(NOW + 10)]).toEqual([9900, 5000, 5000, 9900])
  })

  it('is a packed piece when a standard code merely mentions its weight', () => {
    expect(meantBy({ gtin: lamp.gtin, milli: 2100 }, catalogue, NOW)).toMatchObject({ value: { type: 'piece', product: lamp } })
  })
})

describe('labels at the till', () => {
  // Check digits by hand (GS1 General Specifications §7.9): 1 and 3 in turn from the left, up to the next ten.
  it('with a weight make a weighed line without asking the scale', () => {
    const t = openTestTill()
    expect(t.till.scanned(ean('210010100486'), ']E0').ok).toBe(true)
    expect(t.view().sale).toMatchObject({ totalMinor: 145, lines: [{ name: 'Pears', weight: { milli: 486, unit: 'kg' } }] })
    expect(t.view().weighing).toBeUndefined()
  })

  it('are refused when a digit is wrong', () => {
    const t = openTestTill()
    const good = ean('210010100486')
    const wrong = good.slice(0, 12) + String((Number(good[12]) + 1) % 10)
    expect(t.till.scanned(wrong, ']E0').ok).toBe(false)
    expect(t.view().sale.lines).toEqual([])
  })

  it('of GS1 name the product whatever else they say', () => {
    const t = openTestTill()
    expect(t.till.scanned('0109520000000028\u001d10ABC123', ']C1').ok).toBe(true)
    expect(t.view().sale.lines).toMatchObject([{ name: 'Lamp', totalMinor: 9900 }])
  })
})

function ean(twelve: string): string {
  const sum = [...twelve].reduce((sofar, digit, at) => sofar + Number(digit) * (at % 2 === 0 ? 1 : 3), 0)
  return twelve + String((10 - (sum % 10)) % 10)
}
