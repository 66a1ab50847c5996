import { expect, it } from 'vitest'
import { demoShop, ean13 } from './demo-shop.ts'
import { readingOf } from './catalogue/reading.ts'
import { shopSchema } from './shop.ts'

it('has check digits as GS1 computes them', () => {
  // The worked example of GS1, and a number that is printed on real goods.
  expect(ean13('629104150021')).toBe('6291041500213')
  expect(ean13('400638133393')).toBe('4006381333931')
})

it('sells goods under distinct EAN-13 of the demonstration prefix, each with a sum divisible by ten', () => {
  expect(demoShop.products.filter(({ giftCard }) => giftCard === undefined).length).toBeGreaterThanOrEqual(300)
  expect(new Set(demoShop.products.map(({ name }) => name)).size).toBe(demoShop.products.length)
  expect(new Set(demoShop.products.map(({ gtin }) => gtin)).size).toBe(demoShop.products.length)
  for (const { gtin } of demoShop.products) {
    expect(gtin).toMatch(/^952\d{10}$/)
    let sum = 0
    for (let place = 0; place < 13; place++) sum += Number(gtin[place]) * (place % 2 === 1 ? 3 : 1)
    expect(sum % 10).toBe(0)
  }
})

it('knows its goods in Chinese as people type them', () => {
  const chinese = demoShop.products.filter(({ secondName }) => secondName !== undefined)
  expect(chinese.length).toBeGreaterThanOrEqual(30)
  for (const { secondName = '', reading } of chinese) expect([secondName, reading]).toEqual([secondName, readingOf([secondName])])
})

it('is plain data that a real shop could be', () => {
  expect(shopSchema.parse(JSON.parse(JSON.stringify(demoShop)))).toEqual(demoShop)
})
