import { describe, expect, test } from 'vitest'
import { importCsv } from './import.ts'
import { demoShop } from '../demo-shop.ts'
import { utf8 } from '#protocol/bytes.ts'
import { productSchema, type Product } from '#protocol/hub/messages.ts'

const HEAD = 'gtin,name,category,price,tax'
const GTIN = '9520000000011'
const APPLE: Product = { gtin: GTIN, name: 'Apple', category: 'Fruit', priceMinor: 100, taxPpm: 70_000, symbol: '🍎', plu: '7' }
const read = (text: string, current: readonly Product[] = [], currency = 'EUR') => importCsv(utf8(text), current, currency)
const bad = (text: string, currency?: string) => read(text, [], currency).preview.examples.bad.map(({ line, field }) => [line, field])

describe('a file of products', () => {
  test.each([
    ['plain', `${HEAD}\n${GTIN},Apple,Fruit,1.00,7`],
    ['as a spreadsheet of a land with decimal commas writes it', `\uFEFF${HEAD.replaceAll(',', ';')}\r\n${GTIN};Apple;Fruit;1,00;7,0\r\n`],
    ['in other order and case', `Tax,Price,Name,GTIN,Category\n7 %,1,Apple,${GTIN},Fruit`],
  ])('%s', (_, text) => {
    const { products, preview } = read(text)
    expect(preview.examples.bad).toEqual([])
    expect(products).toEqual([{ gtin: GTIN, name: 'Apple', category: 'Fruit', priceMinor: 100, taxPpm: 70_000, symbol: 'A' }])
    for (const product of products) expect(productSchema.parse(product)).toEqual(product)
  })

  test('knows how Chinese names are typed, unless the file says it', () => {
    const { products } = read(`${HEAD},second_name,reading\n${GTIN},Cola,Drinks,1.00,19,可口可乐,\n9520000000028,绿茶,Drinks,1.00,19,,lu cha`)
    expect(products.map(({ reading }) => reading)).toEqual(['ke kou ke le', 'lu cha'])
  })

  test('says what is new, changed, gone and as it was', () => {
    const pear: Product = { ...APPLE, gtin: '9520000000028', name: 'Pear', plu: '8' }
    const { preview } = read(`${HEAD}\n${GTIN},Apple,Fruit,1.20,7\n9520000000035,Plum,Fruit,2,7`, [APPLE, pear])
    expect(preview).toMatchObject({ rows: 2, added: 1, changed: 1, gone: 1, same: 0, bad: 0 })
    expect(preview.examples.changed).toEqual([{ gtin: GTIN, name: 'Apple', fields: [{ field: 'price', before: '1.00', after: '1.20' }] }])
    expect(preview.examples.gone).toEqual([{ gtin: pear.gtin, name: 'Pear' }])
    expect(read(`${HEAD}\n0${GTIN},Apple,Fruit,1,7`, [APPLE]).preview).toMatchObject({ added: 0, changed: 1, gone: 0 })
  })

  test('leaves what it has no column for, and takes away what a cell is empty for', () => {
    expect(read(`${HEAD}\n${GTIN},Apple,Fruit,1,7`, [APPLE]).products).toEqual([APPLE])
    const [apple] = read(`${HEAD},plu\n${GTIN},Apple,Fruit,1,7,`, [APPLE]).products
    expect(apple?.plu).toBeUndefined()
  })

  test('takes amounts as the currency has them', () => {
    expect(read(`${HEAD}\n${GTIN},A,B,250,0`, [], 'JPY').products[0]?.priceMinor).toBe(250)
    expect(read(`${HEAD}\n${GTIN},A,B,1.5,5.5`, [], 'KWD').products[0]).toMatchObject({ priceMinor: 1500, taxPpm: 55_000 })
    expect(bad(`${HEAD}\n${GTIN},A,B,2.50,0`, 'JPY')).toEqual([[2, 'price']])
  })

  test('takes the whole demo shop', () => {
    const rows = demoShop.products.map(({ gtin, name, category, priceMinor, taxPpm }) => [
      gtin,
      `"${name}"`,
      `"${category}"`,
      `${Math.floor(priceMinor / 100)}.${String(priceMinor % 100).padStart(2, '0')}`,
      taxPpm / 10_000,
    ])
    const { preview, products } = read([HEAD, ...rows.map((row) => row.join(','))].join('\n'), demoShop.products)
    expect(preview).toMatchObject({ bad: 0, added: 0, gone: 0, changed: 0, same: demoShop.products.length })
    expect(products).toEqual(demoShop.products)
  })
})

describe('a bad row is named with its line and field', () => {
  test.each([
    [`${GTIN},Apple,Fruit,1.001,7`, 'price'],
    [`${GTIN},Apple,Fruit,1.000.00,7`, 'price'],
    [`${GTIN},Apple,Fruit,-1,7`, 'price'],
    [`${GTIN},Apple,Fruit,1e3,7`, 'price'],
    [`${GTIN},Apple,Fruit,,7`, 'price'],
    [`${GTIN},Apple,Fruit,1,seven`, 'tax'],
    [`${GTIN},Apple,Fruit,1,101`, 'tax'],
    ['9520000000012,Apple,Fruit,1,7', 'gtin'],
    ['952,Apple,Fruit,1,7', 'gtin'],
    [`${GTIN},,Fruit,1,7`, 'name'],
    [`${GTIN},Apple,Fruit,1`, 'row'],
    [`${GTIN},Apple,"Fruit,1,7`, 'row'],
  ])('%s', (row, field) => expect(bad(`${HEAD}\n9520000000028,Pear,Fruit,1,7\n${row}`)).toEqual([[3, field]]))

  test('every one of them', () => {
    expect(bad(`${HEAD},sold_by,plu\n1,A,B,x,y,stone,007\n${GTIN},A,B,1,1,kg,7`)).toEqual([
      [2, 'gtin'],
      [2, 'price'],
      [2, 'tax'],
      [2, 'sold_by'],
      [2, 'plu'],
    ])
  })

  test('two products under one number', () => {
    expect(bad(`${HEAD},plu\n${GTIN},A,B,1,1,7\n0${GTIN},A,B,1,1,\n9520000000028,A,B,1,1,7`)).toEqual([
      [3, 'gtin'],
      [4, 'plu'],
    ])
  })

  test('columns', () => {
    expect(bad(`gtin,name,category,price,colour,name\n${GTIN},A,B,1,red,A`)).toEqual([
      [1, 'tax'],
      [1, 'colour'],
      [1, 'name'],
    ])
    expect(bad('')).toHaveLength(5)
    expect(importCsv(new Uint8Array([0xff, 0xfe, 0x41]), [], 'EUR').preview.examples.bad[0]).toMatchObject({ line: 1, field: 'file' })
  })
})
