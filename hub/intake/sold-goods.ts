import type { HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type EntryBody, type ReturnedLine } from '#protocol/journal/entry.ts'
import { innermost } from '#protocol/journal/tell.ts'
import type { Minor } from '#protocol/money.ts'

type Returned = EntryBody<'goods.returned'>

/** A sale as far as its goods are concerned: what was sold, and what came back so far. */
export type SoldGoods = {
  readonly sale: EntryBody<'sale.completed'>
  returned: readonly ReturnedLine[]
  /** What that was worth beyond what was given back for it: a drawer cannot pay every sum. */
  heldBackMinor: Minor
}

/** Goods of it came back. */
export function tookBack(goods: SoldGoods, { lines, totalMinor, paidMinor }: Pick<Returned, 'lines' | 'totalMinor' | 'paidMinor'>): void {
  goods.returned = [...goods.returned, ...lines]
  goods.heldBackMinor += Math.max(0, totalMinor - paidMinor)
}

/** Entries of one payment that are looked through for its sale. */
const MAX_LINKED = 500

/** By the till that sold them: another one that names the same sale shadows nothing. */
export const soldKey = (till: Id, saleId: Id): string => `${till}/${saleId}`

/** The sales of these payments, with the returns that were found to be right: those are linked to the payments of their sale. What a sale said first counts. */
export async function soldGoodsOf(store: Pick<HubStore, 'entriesOf'>, payments: Iterable<Id>): Promise<ReadonlyMap<string, SoldGoods>> {
  const sold = new Map<string, SoldGoods>()
  const returns = new Map<Id, { readonly till: Id; readonly body: Returned }>()
  for (const payment of payments) {
    for (const stored of await store.entriesOf(payment, MAX_LINKED)) {
      const read = decodeEntry(stored.bytes, stored)
      const entry = read.ok ? innermost(read.value) : undefined
      if (entry?.kind === 'goods.returned') returns.set(entry.body.returnId, { till: stored.till, body: entry.body })
      if (entry?.kind !== 'sale.completed') continue
      const key = soldKey(stored.till, entry.body.saleId)
      if (!sold.has(key)) sold.set(key, { sale: entry.body, returned: [], heldBackMinor: 0 })
    }
  }
  for (const { till, body } of returns.values()) {
    const { saleId } = body
    const goods = saleId === undefined ? undefined : sold.get(soldKey(till, saleId))
    if (goods !== undefined) tookBack(goods, body)
  }
  return sold
}
