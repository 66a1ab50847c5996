import type { Desk } from '../intake/desk.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { StoredEntry } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * An order that a till has taken and that was paid: its money is to be held until the goods were handed over. Settling writes down what the till says; `orders.ts`
 * then does about the money what follows from it, each time from the row alone. `placed` is due until everything is held; `handed_over` until all is released.
 */
export type Order = Omit<EntryBody<'order.placed'>, 'saleId'> & {
  readonly till: Id
  readonly state: 'placed' | 'held' | 'not_held' | 'handed_over' | 'done' | 'late'
  /** Where the till says that it was placed, and handed over. */
  readonly placed: { readonly epoch: number; readonly n: number }
  readonly handed?: { readonly epoch: number; readonly n: number }
}

export const orderDocument = (id: Id): string => `order/${id}`
export const readOrder = ({ body }: DocumentRow): Order => JSON.parse(body) as Order
export const orderRow = (order: Order, version: number, dueAt: EpochMs | undefined): DocumentRow => ({
  id: orderDocument(order.orderId),
  version,
  dueAt,
  body: JSON.stringify(order),
})

/** Of this till's own payments for that very sale: a till holds no other money by this. The same again changes nothing. */
export function judgeOrderPlaced(desk: Desk, stored: StoredEntry, { saleId, ...body }: EntryBody<'order.placed'>): void {
  const { till, epoch, n } = stored
  const row = desk.document(orderDocument(body.orderId))
  const order: Order = { ...body, till, state: 'placed', placed: { epoch, n } }
  if (row !== undefined) {
    if (!isSame(readOrder(row), order)) desk.setAside(stored, 'entry.conflict', `another order has the id ${body.orderId}`)
    return
  }
  for (const { paymentId, amountMinor } of body.payments) {
    const payment = desk.payment(paymentId)
    const isIts = payment?.till === till && payment.saleId === saleId && payment.currency === body.currency && payment.capturedMinor === amountMinor
    if (!isIts) return desk.setAside(stored, 'order.not_held', `payment ${paymentId} is not of order ${body.receiptNumber}`, payment && paymentId)
    desk.link(paymentId, stored.seq)
  }
  desk.saveDocument(orderRow(order, 0, desk.now))
}

const isSame = (known: Order, said: Order): boolean =>
  known.till === said.till &&
  known.receiptNumber === said.receiptNumber &&
  known.until === said.until &&
  known.keptMinor === said.keptMinor &&
  known.restMinor === said.restMinor &&
  JSON.stringify(known.payments) === JSON.stringify(said.payments)

export function judgeOrderHandedOver(desk: Desk, stored: StoredEntry, { orderId, receiptNumber }: EntryBody<'order.handed_over'>): void {
  const { till, epoch, n } = stored
  const row = desk.document(orderDocument(orderId))
  const order = row && readOrder(row)
  if (row === undefined || order?.till !== till) return desk.setAside(stored, 'order.unknown', receiptNumber)
  if (order.handed !== undefined) return
  for (const { paymentId } of order.payments) if (desk.payment(paymentId) !== undefined) desk.link(paymentId, stored.seq)
  desk.saveDocument(orderRow({ ...order, state: 'handed_over', handed: { epoch, n } }, row.version, desk.now))
}
