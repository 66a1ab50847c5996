import { describe, expect, it } from 'vitest'
import { importCsv } from './import.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { Product } from '#protocol/hub/messages.ts'

const HEAD = 'gtin,name,category,price,tax'
const [TEA, CUP, SET] = ['9520000000011', '9520000000028', '9520000000035'] as const
const [SAUCER, SPOON] = ['9520000000042', '9520000000059'] as const
const read = (text: string, before: readonly Product[] = []) => importCsv(utf8(text), before, 'EUR')

describe('goods that are more than a price', () => {
  it('are read from one cell each, and shown as they were written when they change', () => {
    const file = [
      `${HEAD},variant,modifiers,age,tracks,deposit,parts`,
      `${TEA},Tea,Drinks,2.50,19,"Tea: Kind=Green; Size=0.3 l","Milk 1: Cow, Oat +0.40 | Extras 0-2: Honey +0.80, Lemon",,,,`,
      `${CUP},Cup,Drinks,4,19,,,16,batch,1.00,`,
      `${SET},Set,Drinks,6,19,,,,,,${SAUCER}; ${SPOON} x 2`,
      `${SAUCER},Saucer,Drinks,2,19,,,,,,`,
      `${SPOON},Spoon,Drinks,1,19,,,,,,`,
    ].join('\n')
    const { products, preview } = read(file)
    expect(preview.bad).toBe(0)
    expect(products[0]).toMatchObject({
      variant: {
        of: 'Tea',
        options: [
          { name: 'Kind', value: 'Green' },
          { name: 'Size', value: '0.3 l' },
        ],
      },
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
        {
          name: 'Extras',
          min: 0,
          max: 2,
          choices: [
            { name: 'Honey', priceMinor: 80 },
            { name: 'Lemon', priceMinor: 0 },
          ],
        },
      ],
    })
    expect(products.slice(1, 3)).toMatchObject([
      { ageYears: 16, tracks: 'batch', depositMinor: 100 },
      {
        parts: [
          { gtin: SAUCER, quantity: 1 },
          { gtin: SPOON, quantity: 2 },
        ],
      },
    ])
    const changed = read(file.replace('Lemon', 'Lime +0.10'), products).preview.examples.changed
    expect(changed).toEqual([
      {
        gtin: TEA,
        name: 'Tea',
        fields: [
          {
            field: 'modifiers',
            before: 'Milk 1: Cow, Oat +0.40 | Extras 0-2: Honey +0.80, Lemon',
            after: 'Milk 1: Cow, Oat +0.40 | Extras 0-2: Honey +0.80, Lime +0.10',
          },
        ],
      },
    ])
  })

  it.each([
    ['a number of its own', 'serial,,'],
    ['choices', ',"Milk 1: Cow, Oat +0.40",'],
    ['parts', `,,${CUP}`],
  ])('a bundle of something that has %s is a bad row: nobody would be asked about it', (_, cells) => {
    const rows = [`${HEAD},tracks,modifiers,parts`, `${TEA},Tea,Drinks,2,19,${cells}`, `${CUP},Cup,Drinks,4,19,,,`, `${SET},Set,Drinks,6,19,,,${TEA}`]
    expect(read(rows.join('\n')).preview.examples.bad).toMatchObject([{ line: 4, field: 'parts', value: TEA }])
  })

  it.each([
    ['variant', 'T-shirt M'],
    ['variant', 'T-shirt: Size'],
    ['modifiers', 'Milk: Cow'],
    ['modifiers', 'Milk 3: Cow, Oat'],
    ['modifiers', 'Milk 1: Cow +0.401'],
    ['age', 'adult'],
    ['tracks', 'lot'],
    ['deposit', '-1'],
    ['parts', `${TEA} times 2`],
    ['parts', CUP],
  ])('%s “%s” is a bad row', (column, cell) => {
    const { preview } = read(`${HEAD},${column}\n${TEA},Tea,Drinks,2,7,"${cell}"`)
    expect(preview.examples.bad).toMatchObject([{ line: 2, field: column }])
  })

  it('that contradict each other are a bad row, and nothing else fails', () => {
    const { preview } = read(`${HEAD},sold_by,deposit\n${TEA},Tea,Drinks,2,7,kg,0.25\n${CUP},Cup,Drinks,2,7,,0.25`)
    expect(preview.examples.bad).toMatchObject([{ line: 2, field: 'row' }])
  })
})
