import type { Command, LineView, View } from '#protocol/till-api/api.ts'
import type { Shop } from '../demo/shop.ts'
import type { Goods } from './till-goods.ts'

export type Stack = { next(): Goods['goods'][number] }

/** A basket of so many lines, each of another product; `next` is one that does not lie in it. */
export async function fillBasket(shop: Shop, { goods }: Goods, lines: number): Promise<Stack> {
  for (const { gtin } of goods.slice(0, lines)) await must(shop, { type: 'addProduct', gtin })
  await shop.till.until(`${lines} lines`, ({ sale }) => sale.lines.length === lines)
  let at = lines
  return {
    next: () => {
      at = at + 1 < goods.length ? at + 1 : lines
      const product = goods[at]
      if (product === undefined) throw new Error('too few goods')
      return product
    },
  }
}

export async function emptyBasket(shop: Shop): Promise<void> {
  await must(shop, { type: 'clearSale' })
  await shop.till.until('an empty basket', ({ sale }) => sale.lines.length === 0)
}

export async function must(shop: Shop, command: Command): Promise<void> {
  const outcome = await shop.till.send(command)
  if (outcome?.ok !== true) throw new Error(`the till refused ${command.type}: ${outcome?.code ?? 'it went down'}`)
}

/** True in the page once a line of the basket has this name. */
export const lineOf = (name: string): string =>
  `[...document.querySelectorAll('[data-testid="basket-line"]')].findLast((line) => line.textContent.includes(${JSON.stringify(name)}))`

export const lineWith = ({ sale }: View, gtin: string): LineView | undefined => sale.lines.find((line) => line.gtin === gtin)
