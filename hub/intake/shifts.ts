import { judgeCount, judgeForeignCount } from './cash.ts'
import type { Desk, Shopkeeper } from './desk.ts'
import type { StoredEntry } from '../store/hub-store.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'

/**
 * The end of a shift, checked: the till's sums must be what its own entries since the last end add up to. The first end that the hub hears of begins the
 * count; before it the till may have sold without counting.
 */
export function judgeShiftClosed(desk: Desk, stored: StoredEntry, told: EntryBody<'shift.closed'>, shop: Pick<Shopkeeper, 'merchant' | 'currency'>): void {
  const counted = desk.closeShift(stored.till)
  if (told.currency !== shop.currency) return desk.setAside(stored, 'entry.currency_mismatch', `a shift in ${told.currency}`)
  if (told.cash !== undefined) judgeCount(desk, stored, told.cash, shop, counted !== undefined)
  if (told.foreignCash !== undefined) judgeForeignCount(desk, stored, told.foreignCash, shop, counted !== undefined)
  if (counted === undefined) return
  const wrong = (['payments', 'capturedMinor', 'refunds', 'refundedMinor'] as const).filter((sum) => told[sum] !== counted[sum])
  if (wrong.length > 0) desk.setAside(stored, 'entry.amount_mismatch', wrong.map((sum) => `${sum}: ${told[sum]}, by its entries ${counted[sum]}`).join('; '))
}
