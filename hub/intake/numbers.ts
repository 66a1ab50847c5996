import type { Desk } from './desk.ts'
import type { StoredEntry } from '../store/hub-store.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { numbersIn } from '#protocol/journal/tell.ts'

/**
 * The numbers on what was sold: kept, so that a recall finds who bought from a batch, and compared, since there is one piece of each serial number. A piece that
 * is sold while it is out is an exception for a person and changes nothing about the money: the customer has paid for something.
 */
export function judgeNumbers(desk: Desk, stored: StoredEntry, { saleId, payments, lines }: EntryBody<'sale.completed'>): void {
  const [first] = payments
  if (first === undefined) return
  desk.number(first.paymentId, numbersIn(lines), stored.seq)
  const pieces = lines.flatMap(({ gtin, serials = [] }) => serials.map((serial) => ({ gtin, serial })))
  const twice = pieces.flatMap(({ gtin, serial }) => {
    const before = desk.stillSold(gtin, serial, saleId)
    return before === undefined ? [] : [`${gtin} ${serial} was sold on ${before.receiptNumber}`]
  })
  if (twice.length > 0) desk.setAside(stored, 'sale.serial_sold', twice.slice(0, 5).join(', '), first.paymentId)
}
