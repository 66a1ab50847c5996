import type { Minor } from '#protocol/money.ts'
import type { SoldView, View } from '#protocol/till-api/api.ts'
import { receiptNumberOf } from '#protocol/till-api/receipt-number.ts'

/** A receipt that a scanner of the till read: the core says so in a notice, which is done with once the refund is open. */
export function scannedReceipt(notices: View['notices']): { readonly notice?: string; readonly number?: string } {
  const notice = notices.findLast(({ code }) => code === 'sale.receipt_scanned')
  const number = receiptNumberOf(notice?.detail ?? '')
  return notice === undefined || number === undefined ? {} : { notice: notice.id, number }
}

/** What of a sale of this till can still be given back. */
export const leftOf = ({ state, totalMinor, refundedMinor }: SoldView): Minor => (state === 'captured' ? totalMinor - refundedMinor : 0)

/** A void undoes a sale whole: not once some of it was given back. */
export const canVoid = ({ state, refundedMinor }: SoldView): boolean => state === 'captured' && refundedMinor === 0
