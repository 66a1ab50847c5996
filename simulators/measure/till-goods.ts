import { ean13 } from '../../hub/demo-shop.ts'
import { Random } from '../world/random.ts'
import { inventProduct, typedFor } from './search.ts'

/** A catalogue of so many invented products, as the file that a shop imports at its hub, and what its cashiers type to find them. */
export type Goods = {
  readonly csv: string
  readonly goods: readonly { readonly gtin: string; readonly name: string }[]
  readonly searches: readonly string[]
}

export function inventGoods(count: number, searches: number): Goods {
  const random = new Random('till')
  // 952 is GS1's prefix for demonstrations; what the shop had before ends with other digits.
  const products = Array.from({ length: count }, (_, at) => ({ ...inventProduct(random, at), gtin: ean13(String(952_100_000_000 + at)) }))
  // Its number makes a name the only one.
  const named = products.map((product, at) => ({ ...product, name: `${product.name} no ${at}` }))
  const rows = named.map(({ gtin, name, category, priceMinor, secondName = '', reading = '' }) =>
    [gtin, name, category, (priceMinor / 100).toFixed(2), '19', secondName, reading].join(','),
  )
  return {
    csv: ['gtin,name,category,price,tax,second_name,reading', ...rows].join('\n'),
    goods: named,
    searches: Array.from({ length: searches }, () => typedFor(random, named)),
  }
}
