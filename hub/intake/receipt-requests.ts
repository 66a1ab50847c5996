import type { Desk } from './desk.ts'
import { creditDayId, type SendingRow, type StoredEntry } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { EpochMs } from '#protocol/time.ts'

/** Of one receipt, as tills have it; a rogue till must not make the hub write to strangers as often as it likes. */
const MAX_OF_RECEIPT = 3
const MAX_OF_DAY = 500

const ofReceipt = (till: Id, receiptNumber: string): string => `sendings/${till}/${receiptNumber}`
const ofDay = (till: Id, at: EpochMs): string => `sendings/${creditDayId(till, at)}`
/** What counts such requests: of a receipt, and of a till on a day. */
export const countersOf = (till: Id, at: EpochMs, receiptNumber: string): readonly string[] => [ofReceipt(till, receiptNumber), ofDay(till, at)]

/** A customer wants a receipt sent. It is the till's own sale, and within bounds, or nothing is sent; where to is known only when the till sends the key. */
export function judgeReceiptRequested(desk: Desk, stored: StoredEntry, at: EpochMs, body: EntryBody<'receipt.requested'>): void {
  const { requestId, receiptNumber, sealed } = body
  const { till } = stored
  const known = desk.sending(requestId)
  if (known !== undefined) {
    const isSame = known.till === till && known.receiptNumber === receiptNumber && known.sealed === sealed
    if (!isSame) desk.setAside(stored, 'entry.conflict', `another receipt is to be sent under the id ${requestId}`)
    return
  }
  const code = refusalOf(desk, till, at, receiptNumber)
  const row: SendingRow = {
    id: requestId,
    version: 0,
    till,
    at,
    receiptNumber,
    sealed,
    state: code === undefined ? 'waiting' : 'failed',
    code,
    changedAt: desk.now,
  }
  desk.saveSending(row)
  if (code !== undefined) return desk.setAside(stored, code, `receipt ${receiptNumber}, request ${requestId}`)
  for (const counter of countersOf(till, at, receiptNumber)) desk.count(counter)
  for (const payment of desk.paymentsByReceipt(receiptNumber)) if (payment.till === till) desk.link(payment.id, stored.seq)
}

function refusalOf(desk: Desk, till: Id, at: EpochMs, receiptNumber: string): ErrorCode | undefined {
  const sales = new Set(desk.paymentsByReceipt(receiptNumber).flatMap((payment) => (payment.till === till ? [payment.saleId] : [])))
  if (sales.size !== 1) return 'receipt.no_sale'
  if (desk.countOf(ofReceipt(till, receiptNumber)) >= MAX_OF_RECEIPT) return 'receipt.too_many'
  return desk.countOf(ofDay(till, at)) >= MAX_OF_DAY ? 'receipt.over_cap' : undefined
}
