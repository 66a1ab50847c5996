import type { Product } from '#protocol/hub/messages.ts'
import { worldGoods } from './goods-work.ts'
import { worldGiftCard } from './tender-work.ts'

const shelf: readonly (readonly [gtin: string, name: string, priceMinor: number, taxPpm: number])[] = [
  ['9520000000011', 'Apple', 120, 70_000],
  ['9520000000028', 'Bread', 419, 70_000],
  ['9520000000035', 'Soap', 299, 190_000],
  ['9520000000042', 'Lamp', 1990, 190_000],
]
/** Sold by the kilogram; with the number that labels name. */
const weighed: readonly (readonly [plu: string, gtin: string, name: string, priceMinor: number])[] = [
  ['101', '9520000000059', 'Pears', 299],
  ['102', '9520000000066', 'Cheese', 1799],
]
/** Everything that is sold in a world. */
export const products: readonly Product[] = [
  ...shelf.map(([gtin, name, priceMinor, taxPpm]) => ({ gtin, name, category: 'All', priceMinor, taxPpm, symbol: '*' })),
  ...weighed.map(([plu, gtin, name, priceMinor]) => ({
    gtin,
    name,
    category: 'Loose',
    priceMinor,
    taxPpm: 70_000,
    symbol: '*',
    soldBy: 'kg' as const,
    plu,
  })),
  ...worldGoods,
  worldGiftCard,
]
