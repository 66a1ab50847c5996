import { expect, test } from 'vitest'
import { refundTransfer, transferIds } from '../../hub/ledger/names.ts'
import { ledgerLine, postingKind } from './artifacts.ts'

const payment = '01900000-0000-7000-8000-000000000001'
const ids = transferIds(payment)

test.each([
  ['hold', { id: ids.hold, kind: 'pending', payment }],
  ['capture', { id: ids.post, kind: 'post', payment }],
  ['capture', { id: ids.pay, kind: 'single', payment }],
  ['release', { id: ids.void, kind: 'void', payment }],
  ['expire', { id: ids.expire, kind: 'expire', payment }],
  ['return', { id: ids.return, kind: 'single', payment }],
  ['refund', { id: refundTransfer('01900000-0000-7000-8000-000000000002'), kind: 'single', payment }],
  ['settle', { id: '01900000-0000-7000-8000-000000000001.EUR.2026-01-01T00:00:00.000Z/1/fees', kind: 'single', payment: undefined }],
  ['settle', { id: 'payout/01900000-0000-7000-8000-000000000003/sent', kind: 'single', payment: undefined }],
  ['settle', { id: '01900000-0000-7000-8000-000000000004/chargeback', kind: 'single', payment }],
  ['fund', { id: 'somebody/fund', kind: 'single', payment: undefined }],
] as const)('a transfer that is a %s', (kind, transfer) => {
  expect(postingKind(transfer)).toBe(kind)
})

test('an amount that JSON cannot carry exactly is never rounded', () => {
  const transfer = { id: ids.pay, version: 1, kind: 'single', debit: 'a', credit: 'b', currency: 'EUR', status: undefined, expiresAt: undefined } as const
  const line = (amount: bigint) => ledgerLine({ ...transfer, pendingId: undefined, payment, at: 1, amount })
  expect(line(2n ** 53n - 1n).amount_minor).toBe(2 ** 53 - 1)
  expect(() => line(2n ** 53n)).toThrow()
})
