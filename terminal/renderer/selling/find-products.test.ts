import { describe, expect, test } from 'vitest'
import type { ProductView } from '#protocol/till-api/api.ts'
import { categoriesOf, findProducts, indexProducts } from './find-products.ts'

const product = (gtin: string, name: string, category: string): ProductView => ({ gtin, name, category, priceMinor: 100, taxPpm: 0, symbol: '' })
const products = [
  product('04006381333931', 'Crème brûlée', 'Sweets'),
  product('00000096385074', 'Oat milk 1 l', 'Dairy'),
  product('05000159484695', 'Milk chocolate', 'Sweets'),
]
const index = indexProducts(products)
const names = (query: string, category?: string) => findProducts(index, query, category).map(({ name }) => name)

describe('search', () => {
  test('without a query shows the category, or all', () => {
    expect(names('')).toHaveLength(3)
    expect(names('  ', 'Sweets')).toEqual(['Crème brûlée', 'Milk chocolate'])
  })

  test('finds words by their beginning, whatever case, accent and category', () => {
    expect(names('creme bru')).toEqual(['Crème brûlée'])
    expect(names('MILK', 'Sweets')).toEqual(['Oat milk 1 l', 'Milk chocolate'])
    expect(names('ilk')).toEqual([])
  })

  test('a number finds only the product whose whole GTIN it is, however it is padded', () => {
    expect(names('96385074')).toEqual(['Oat milk 1 l'])
    expect(names('0000')).toEqual([])
    expect(names('0')).toEqual([])
    expect(names('400638')).toEqual([])
  })

  test('categories keep the order of the catalogue', () => {
    expect(categoriesOf(products)).toEqual(['Sweets', 'Dairy'])
  })
})
