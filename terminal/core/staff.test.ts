import { expect, test } from 'vitest'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { keepPin } from '#protocol/node/pin.ts'
import type { Role, StaffMember } from '#protocol/staff/staff.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { MINUTE, SECOND } from '#protocol/time.ts'
import { ASKING_LIFETIME } from './staff.ts'
import { APPLE, openTestTill, sellAndPay, type TestTill } from './test-till.ts'

const person = (name: string, role: Role, pin: string, last: string, badge?: string): StaffMember => ({
  id: `0198c0de-0000-7000-8000-0000000000${last}`,
  name,
  role,
  pin: keepPin(nodeCrypto, pin, { memory: 8, passes: 1 }),
  ...(badge === undefined ? {} : { badge: hex(nodeCrypto.sha256(utf8(badge))) }),
})
const ADA_BADGE = 'SB-ADA-0123456789ABCDEF'
const BEN_BADGE = 'SB-BEN-0123456789ABCDEF'
const ada = person('Ada', 'manager', '1111', 'a1', ADA_BADGE)
const ben = person('Ben', 'cashier', '2222', 'b2', BEN_BADGE)
const cleo = person('Cleo', 'supervisor', '3333', 'c3')

function staffedTill(): TestTill {
  const t = openTestTill({ staff: [ada, ben, cleo] })
  t.goOnline()
  return t
}
const signIn = ({ till }: TestTill, { id }: StaffMember, pin: string) => till.command({ type: 'signIn', staff: id, pin })
function withBen(): TestTill {
  const t = staffedTill()
  expect(signIn(t, ben, '2222').ok).toBe(true)
  return t
}
const acts = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'staff.acted' ? [entry.body] : []))
const codeOf = (outcome: { readonly ok: boolean; readonly code?: ErrorCode }): ErrorCode | undefined => outcome.code
const allow = (t: TestTill, { id }: StaffMember, pin: string) => t.till.command({ type: 'allow', staff: id, pin })
const refundOf = (receiptNumber: string, last = '01'): Extract<Command, { type: 'refund' }> => ({
  type: 'refund',
  refundId: `0198c0de-0000-7000-8000-0000000001${last}` as Id,
  receiptNumber,
  amountMinor: 400,
})

test('nobody sells before somebody has signed in with their own PIN, and the sale, the receipt and the screen name them', () => {
  const t = staffedTill()
  expect(t.view().till.signedOut).toBe(true)
  expect(t.view().staff?.people.map(({ name }) => name)).toEqual(['Ada', 'Ben', 'Cleo'])
  expect(JSON.stringify(t.view())).not.toContain(ada.pin.hash)
  expect(codeOf(t.till.scanned(APPLE))).toBe('till.signed_out')
  expect(codeOf(t.till.command({ type: 'signIn' }))).toBe('staff.unknown')
  expect(codeOf(signIn(t, ben, '1111'))).toBe('staff.wrong_pin')
  expect(signIn(t, ben, '2222').ok).toBe(true)
  expect(t.view().staff?.signedIn).toEqual({ id: ben.id, name: 'Ben', role: 'cashier' })
  sellAndPay(t)
  expect(t.entries().find(({ kind }) => kind === 'sale.completed')?.body).toMatchObject({ staff: ben.id })
  expect(JSON.stringify(t.printed[0]?.document)).toContain('Ben')
  expect(acts(t)).toEqual([{ staff: ben.id, act: 'sign_in' }])
})

test('five wrong PINs shut somebody out for 30 s, the next for twice as long, a restart takes nothing back, and others go on', () => {
  let t = staffedTill()
  const wrong = (): ErrorCode | undefined => codeOf(signIn(t, ben, '9999'))
  expect([wrong(), wrong(), wrong(), wrong()]).toEqual(Array.from({ length: 4 }, () => 'staff.wrong_pin'))
  t = t.reopen()
  expect(wrong()).toBe('staff.locked_out')
  expect(acts(t)).toEqual([{ staff: ben.id, act: 'locked_out' }])
  t = t.reopen()
  expect(codeOf(signIn(t, ben, '2222'))).toBe('staff.locked_out')
  expect(t.view().staff?.people[1]?.waitUntil).toBeGreaterThan(t.time.now())
  expect(signIn(t, ada, '1111').ok).toBe(true)
  t.time.advance(30 * SECOND)
  expect(wrong()).toBe('staff.locked_out')
  t.time.advance(59 * SECOND)
  expect(codeOf(signIn(t, ben, '2222'))).toBe('staff.locked_out')
  t.time.advance(SECOND)
  expect(signIn(t, ben, '2222').ok).toBe(true)
  expect([wrong(), wrong()]).toEqual(['staff.wrong_pin', 'staff.wrong_pin'])
})

test('a power cut after a wrong PIN, before anybody could say so, has counted it', () => {
  const t = staffedTill()
  for (let i = 0; i < 4; i++) signIn(t, ben, '9999')
  // The disk takes the guess and then no answer: the next start knows of five.
  signIn(t, ben, '9998')
  const again = t.reopen()
  expect(codeOf(signIn(again, ben, '2222'))).toBe('staff.locked_out')
})

test('who is signed in stays so over a restart, and a badge or a PIN hands the basket over', () => {
  let t = withBen()
  t.till.scanned(APPLE)
  t = t.reopen()
  expect(t.view().staff?.signedIn?.name).toBe('Ben')
  expect(t.till.scanned(ADA_BADGE).ok).toBe(true)
  expect(t.view().staff?.signedIn?.name).toBe('Ada')
  expect(t.view().sale.itemCount).toBe(1)
  expect(signIn(t, cleo, '3333').ok).toBe(true)
  expect(t.view().sale.itemCount).toBe(1)
  expect(acts(t)).toEqual([
    { staff: ben.id, act: 'sign_in' },
    { staff: ada.id, act: 'hand_over', detail: `from ${ben.id}` },
    { staff: cleo.id, act: 'hand_over', detail: `from ${ada.id}` },
  ])
  expect(t.till.scanned('SB-NOBODY-0123456789AB').ok).toBe(false)
  expect(t.view().staff?.signedIn?.name).toBe('Cleo')
})

test('a refund by a cashier waits for a role, is made once when it is allowed, and names both in its own transaction', () => {
  const t = withBen()
  const wish = refundOf(sellAndPay(t))
  expect(codeOf(t.till.command(wish))).toBe('staff.needs_role')
  expect(t.view().staff?.asking).toMatchObject({
    act: 'refund',
    needs: 'supervisor',
    what: { sum: { amountMinor: 400, currency: 'EUR' }, receiptNumber: wish.receiptNumber },
  })
  expect(t.kinds()).not.toContain('payment.refunded')
  expect(codeOf(allow(t, ben, '2222'))).toBe('staff.needs_role')
  expect(codeOf(allow(t, cleo, '4444'))).toBe('staff.wrong_pin')
  expect(allow(t, cleo, '3333').ok).toBe(true)
  expect(t.kinds().slice(-2)).toEqual(['staff.acted', 'payment.refunded'])
  expect(acts(t).at(-1)).toEqual({ staff: ben.id, act: 'refund', allowedBy: cleo.id, detail: `4.00 EUR of ${wish.receiptNumber}` })
  expect(t.view().staff?.asking).toBeUndefined()
  expect(codeOf(allow(t, cleo, '3333'))).toBe('staff.nothing_asked')
  expect(t.view().staff?.signedIn?.name).toBe('Ben')
  expect(codeOf(t.till.command(refundOf(wish.receiptNumber, '02')))).toBe('staff.needs_role')
  expect(t.view().sold[0]).toMatchObject({ refundedMinor: 400 })
  expect(t.chainIsWhole()).toBe(true)
})

test('the hub’s answer to a request that stands behind the name of who asked is believed', () => {
  const t = staffedTill()
  signIn(t, cleo, '3333')
  expect(t.till.command(refundOf('ABCDEF-1-000001')).ok).toBe(true)
  expect(t.kinds().slice(-2)).toEqual(['staff.acted', 'refund.requested'])
  t.till.received('refund', t.answerRefund('approved'))
  expect(t.view().refunds[0]?.state).toBe('done')
})

test('a badge of the right role allows it, and nobody can after a minute', () => {
  const t = withBen()
  const wish = refundOf(sellAndPay(t))
  t.till.command(wish)
  t.time.advance(ASKING_LIFETIME)
  expect(t.view().staff?.asking).toBeUndefined()
  expect(codeOf(allow(t, cleo, '3333'))).toBe('staff.nothing_asked')
  t.till.command(wish)
  expect(t.till.scanned(ADA_BADGE).ok).toBe(true)
  expect(t.view().staff?.signedIn?.name).toBe('Ben')
  expect(acts(t).at(-1)).toMatchObject({ allowedBy: ada.id })
  t.till.command(refundOf(wish.receiptNumber, '03'))
  t.till.command({ type: 'dismissAsking' })
  expect(codeOf(allow(t, cleo, '3333'))).toBe('staff.nothing_asked')
})

test('what leaves no entry of its own gets one before it is done: the drawer, a discount, an update', () => {
  const t = staffedTill()
  signIn(t, ada, '1111')
  t.till.device({ device: 'printer', kind: 'printer', state: 'ready', counters: {} })
  t.till.command({ type: 'openDrawer' })
  expect(t.ordered.map(({ what }) => what)).toEqual([{ do: 'open_drawer' }])
  t.till.scanned(APPLE)
  t.till.command({ type: 'discountSale', discount: { ppm: 250_000 } })
  t.till.command({ type: 'clearSale' })
  expect(codeOf(t.till.command({ type: 'update' }))).toBe('gate.outbox')
  t.till.received('ack', t.ack(t.head()))
  expect(t.till.command({ type: 'update' }).ok).toBe(true)
  expect(t.left).toEqual(['update'])
  expect(acts(t).map(({ act }) => act)).toEqual(['sign_in', 'open_drawer', 'discount_over_limit', 'update'])
})

test('a cashier may take a tenth off, no more, and no sum', () => {
  const t = withBen()
  t.till.scanned(APPLE)
  expect(t.till.command({ type: 'discountSale', discount: { ppm: 100_000 } }).ok).toBe(true)
  expect(t.view().sale.totalMinor).toBe(900)
  expect(codeOf(t.till.command({ type: 'discountSale', discount: { ppm: 100_001 } }))).toBe('staff.needs_role')
  expect(codeOf(t.till.command({ type: 'discountSale', discount: { amountMinor: 1 } }))).toBe('staff.needs_role')
  expect(t.view().sale.totalMinor).toBe(900)
  expect(allow(t, cleo, '3333').ok).toBe(true)
  expect(t.view().sale.totalMinor).toBe(999)
})

test('a shift whose drawer holds another sum than was counted is closed by somebody who may', () => {
  const t = withBen()
  t.till.command({ type: 'openShift', floatMinor: 5000 })
  t.till.received('ack', t.ack(t.head()))
  expect(codeOf(t.till.command({ type: 'closeShift', countedMinor: 4000 }))).toBe('staff.needs_role')
  expect(t.till.command({ type: 'closeShift', countedMinor: 5000 }).ok).toBe(true)
  expect(acts(t).map(({ act }) => act)).toEqual(['sign_in', 'open_shift', 'close_shift'])
  expect(t.kinds().slice(-2)).toEqual(['staff.acted', 'shift.closed'])
  const head = t.head()
  expect(t.till.command({ type: 'closeShift' }).ok).toBe(true)
  expect(t.head()).toBe(head)
})

test('signing out goes through its gate, is written down, and leaves what must be done without anybody to those who may', () => {
  const t = withBen()
  expect(codeOf(t.till.command({ type: 'signOut' }))).toBe('gate.outbox')
  t.till.received('ack', t.ack(t.head()))
  expect(t.till.command({ type: 'signOut' }).ok).toBe(true)
  expect(acts(t).at(-1)).toEqual({ staff: ben.id, act: 'sign_out' })
  expect(codeOf(t.till.command({ type: 'reset' }))).toBe('staff.needs_role')
  expect(codeOf(allow(t, ada, '1111'))).toBe('gate.outbox')
  t.till.received('ack', t.ack(t.head()))
  t.till.command({ type: 'reset' })
  expect(allow(t, ada, '1111').ok).toBe(true)
  expect(acts(t).at(-1)).toEqual({ staff: ada.id, act: 'reset' })
  expect(t.left).toEqual(['reset'])
})

test('no PIN and no badge is in the journal', () => {
  const t = staffedTill()
  signIn(t, ben, '987654321')
  signIn(t, ben, '2222')
  t.till.scanned(ADA_BADGE)
  t.time.advance(MINUTE)
  const all = JSON.stringify(t.entries())
  expect(all).not.toContain('987654321')
  expect(all).not.toContain(ADA_BADGE)
  expect(all).not.toContain(ada.badge)
})
