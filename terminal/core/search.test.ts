import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Product } from '#protocol/hub/messages.ts'
import { searchProducts, segmentOf } from './search.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'

const product = (gtin: string, name: string, more: Partial<Product> = {}): Product => ({
  gtin,
  name,
  category: 'Drinks',
  priceMinor: 100,
  taxPpm: 0,
  symbol: '',
  ...more,
})
const COLA = product('9520000000011', 'Harbour cola, 0.33 l', { secondName: '可口可乐', reading: 'ke kou ke le', plu: '4011' })
const CREAM = product('09520000000028', 'Crème brûlée', { category: 'Sweets' })
const OATS = product('9520000000035', 'Oat milk 1 l', { category: 'Dairy' })
const MILK = product('9520000000042', 'Milk', { category: 'Dairy' })
const CHOCOLATE = product('9520000000059', 'Milk chocolate', { category: 'Sweets', secondName: '牛奶巧克力', reading: 'niu nai qiao ke li' })
const TEA = product('9520000000066', '绿茶 500 ml', { reading: 'lv cha' })
const BEER = product('9520000000073', 'Пиво светлое', { secondName: 'コーヒービール' })
const all = [COLA, CREAM, OATS, MILK, CHOCOLATE, TEA, BEER]

const never = () => 0
const inOne = [segmentOf(all)]
const names = (text: string, segments = inOne, sold: (gtin: string) => number = never) => searchProducts(segments, text, sold, 50).map(({ name }) => name)

describe('search', () => {
  test.each([
    ['creme bru', ['Crème brûlée']],
    ['CRÈME', ['Crème brûlée']],
    ['cola 0.33', ['Harbour cola, 0.33 l']],
    ['ilk', []],
    ['пиво', ['Пиво светлое']],
    ['светл', ['Пиво светлое']],
    ['иво', []],
    ['ｍｉｌｋ choc', ['Milk chocolate']],
    ['sweets milk', ['Milk chocolate']],
    ['', []],
    ['  !?', []],
  ])('%s finds words by their beginning, whatever case, accent and width', (text, found) => expect(names(text)).toEqual(found))

  test.each([
    ['可乐', [COLA]],
    ['可口可乐', [COLA]],
    ['乐', [COLA]],
    ['可茶', []],
    ['巧克', [CHOCOLATE]],
    ['绿茶', [TEA]],
    ['绿茶500', [TEA]],
    ['ビール', [BEER]],
    ['kele', [COLA]],
    ['kekoukele', [COLA]],
    ['kl', [CHOCOLATE, COLA]],
    ['kkkl', [COLA]],
    ['lvcha', [TEA]],
    ['lc', [TEA]],
    ['qiaoke', [CHOCOLATE]],
    ['ele', []],
  ])('%s finds Chinese by two characters, by pinyin and by initials', (text, found) =>
    expect(names(text).toSorted()).toEqual(found.map(({ name }) => name).toSorted()),
  )

  test('finds numbers by their beginning, with or without leading zeros', () => {
    expect(names('952000000002')).toEqual(['Crème brûlée'])
    expect(names('0009520000000028')).toEqual(['Crème brûlée'])
    expect(names('9520000')).toHaveLength(all.length)
    expect(names('4011')).toEqual(['Harbour cola, 0.33 l'])
    expect(names('520000')).toEqual([])
  })

  test('puts the whole name first, then names that begin so, then names that have it, then categories', () => {
    expect(names('milk')).toEqual(['Milk', 'Milk chocolate', 'Oat milk 1 l'])
    expect(names('dairy')).toEqual(['Oat milk 1 l', 'Milk'])
    expect(names('lvcha')).toEqual(['绿茶 500 ml'])
  })

  test('puts first among equals what this till sells more often', () => {
    const sold = (gtin: string) => (gtin === OATS.gtin ? 1 : gtin === MILK.gtin ? 7 : 0)
    expect(names('dairy', inOne, sold)).toEqual(['Milk', 'Oat milk 1 l'])
    expect(names('milk', inOne, sold)).toEqual(['Milk', 'Milk chocolate', 'Oat milk 1 l'])
  })

  test('answers no more than asked for', () => {
    expect(searchProducts(inOne, '9520000', never, 3)).toHaveLength(3)
  })

  test('does not care how the catalogue is cut', () => {
    for (const text of ['milk', 'kl', '可', '9520000', 'd', 'sweets'])
      expect(
        names(
          text,
          all.map((one) => segmentOf([one])),
        ),
      ).toEqual(names(text))
  })
})

describe('any catalogue', () => {
  const word = fc.constantFrom('milk', 'oat', 'Crème', '可乐', '茶', 'Пиво', '1', '330', 'o', 'k')
  const catalogue = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 })

  test('whoever types a product’s whole name finds it, and it alone is never worse than what merely has its words', () => {
    fc.assert(
      fc.property(catalogue, fc.nat(), (described, pick) => {
        const products = described.map((parts, at) => product(String(95_200_000 + at), parts.join(' ')))
        const wanted = products[pick % products.length]
        if (wanted === undefined) return
        const found = searchProducts([segmentOf(products)], wanted.name, never, 1000)
        expect(found).toContain(wanted)
      }),
    )
  })

  test('a longer text never finds what a shorter one does not', () => {
    fc.assert(
      fc.property(catalogue, word, (described, text) => {
        const segments = [segmentOf(described.map((parts, at) => product(String(95_200_000 + at), parts.join(' '))))]
        const found = (typed: string) => searchProducts(segments, typed, never, 1000)
        const letters = [...text]
        for (let length = 1; length < letters.length; length++) {
          const longer = found(letters.slice(0, length + 1).join(''))
          const shorter = new Set(found(letters.slice(0, length).join('')))
          expect(longer.filter((one) => !shorter.has(one))).toEqual([])
        }
      }),
    )
  })

  test('no text breaks it', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), (text) => searchProducts(inOne, text, never, 50).length <= all.length))
  })
})
