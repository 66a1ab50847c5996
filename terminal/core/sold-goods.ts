import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type EntryBody } from '#protocol/journal/entry.ts'
import type { PaymentRecord } from './payments.ts'
import type { TillStore } from './store.ts'

/** Nearly every sale stands right behind its payment; between the first part of one and its end lie its other parts, and what went wrong with them. */
const AT_ONCE = 20
const MOST_BETWEEN = 500
const MOST_BYTES = 1024 * 1024

/** What was sold for a captured payment, from the journal: the sale stands behind its last capture. Undefined where the entry is not there any more. */
export function saleOf(store: Pick<TillStore, 'readAfter'>, till: Id, { last, saleId }: PaymentRecord): EntryBody<'sale.completed'> | undefined {
  let after = last.n - 1
  while (after < last.n + MOST_BETWEEN) {
    const page = store.readAfter({ epoch: last.epoch, n: after }, MOST_BYTES, AT_ONCE)
    for (const { epoch, n, bytes } of page) {
      const read = decodeEntry(bytes, { till, epoch, n })
      if (read.ok && read.value.kind === 'sale.completed' && read.value.body.saleId === saleId) return read.value.body
    }
    const end = page.at(-1)
    if (end === undefined || end.epoch !== last.epoch) return undefined
    after = end.n
  }
  return undefined
}
