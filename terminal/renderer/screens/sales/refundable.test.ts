import { describe, expect, test } from 'vitest'
import type { SoldView } from '#protocol/till-api/api.ts'
import { canVoid, leftOf, scannedReceipt } from './refundable.ts'

const sold = (parts: Partial<SoldView> = {}): SoldView => ({
  receiptNumber: 'E0C427-1-000001',
  paymentId: '01890a5d-ac96-774b-bcce-b302099a8057',
  at: 1,
  totalMinor: 1000,
  refundedMinor: 0,
  state: 'captured',
  ...parts,
})

test('a receipt that the till’s own scanner read comes as a notice', () => {
  const notice = { id: 'n', code: 'sale.receipt_scanned', detail: 'E0C427-1-000001', at: 1 } as const
  expect(scannedReceipt([{ id: 'm', code: 'sale.empty', at: 0 }, notice])).toEqual({ notice: 'n', number: 'E0C427-1-000001' })
  expect(scannedReceipt([{ id: 'n', code: 'sale.receipt_scanned', at: 1 }])).toEqual({})
  expect(scannedReceipt([])).toEqual({})
})

describe('what can be given back', () => {
  test('never more than was paid and not returned yet', () => {
    expect(leftOf(sold())).toBe(1000)
    expect(leftOf(sold({ refundedMinor: 400 }))).toBe(600)
    expect(leftOf(sold({ state: 'refunded', refundedMinor: 1000 }))).toBe(0)
    expect(leftOf(sold({ state: 'voided' }))).toBe(0)
  })

  test('a sale is voided whole or not at all', () => {
    expect(canVoid(sold())).toBe(true)
    expect(canVoid(sold({ refundedMinor: 1 }))).toBe(false)
    expect(canVoid(sold({ state: 'voided' }))).toBe(false)
  })
})
