import { expect, test } from 'vitest'
import { utf8 } from '#protocol/bytes.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { StaffWatch, worldStaff } from './staff.ts'
import { Trace } from './trace.ts'

const [ada, ben, cleo] = worldStaff.map(({ id }) => id) as [string, string, string]
const ID = '0198c0de-0000-7000-8000-000000000001'
const acted = (staff: string, act: string, allowedBy?: string): Fact => ({
  kind: 'staff.acted',
  body: { staff, act, ...(allowedBy === undefined ? {} : { allowedBy }) },
})
const refunded: Fact = { kind: 'payment.refunded', body: { refundId: ID, paymentId: ID, amountMinor: 1, currency: 'EUR', receiptNumber: 'R-2' } }

/** What the watch says about transactions of a till. */
function said(...transactions: readonly (readonly Fact[])[]): readonly string[] {
  const trace = new Trace(() => 0)
  const watch = new StaffWatch('Till 1', trace, new Set())
  for (const facts of transactions)
    watch.durable(
      facts.map((fact, index) => ({ epoch: 1, n: index + 1, bytes: utf8(JSON.stringify(fact)), hash: new Uint8Array(32) })),
      true,
    )
  return trace.violations.map(({ what }) => what)
}

test('what is done in a name, by a role that is enough, is right', () => {
  expect(said([acted(ben, 'sign_in')], [acted(ben, 'refund', cleo), refunded], [acted(ada, 'hand_over')], [acted(ada, 'reset')])).toEqual([])
})

test('a refund without a name, or behind one of another transaction, is seen', () => {
  expect(said([acted(cleo, 'sign_in')], [refunded])).toHaveLength(1)
  expect(said([acted(cleo, 'sign_in')], [acted(cleo, 'refund')], [refunded])).toHaveLength(1)
  expect(said([acted(cleo, 'sign_in')], [acted(cleo, 'void'), refunded])).toHaveLength(1)
})

test('a role that is too small, and a name that nobody is signed in with, are seen', () => {
  expect(said([acted(ben, 'sign_in')], [acted(ben, 'refund'), refunded])).toHaveLength(1)
  expect(said([acted(ben, 'sign_in')], [acted(ben, 'reset', cleo)])).toHaveLength(1)
  expect(said([acted(ben, 'sign_in')], [acted(cleo, 'refund'), refunded])).toHaveLength(1)
})

test('a PIN in an entry is seen', () => {
  expect(said([{ kind: 'incident.recorded', body: { code: 'device.garbage', detail: 'typed 730951846271' } }])).toHaveLength(1)
})
