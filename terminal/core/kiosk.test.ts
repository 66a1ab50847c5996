import { expect, test } from 'vitest'
import { hex, utf8 } from '#protocol/bytes.ts'
import { command as commandShape, type Command } from '#protocol/till-api/api.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { keepPin } from '#protocol/node/pin.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import { isForShoppers } from './open-commands.ts'
import { APPLE, openTestTill, sellApple, sellAndPay, testWallet, type TestTill } from './test-till.ts'

const BADGE = 'SB-BEN-0123456789ABCDEF'
const ben: StaffMember = {
  id: '0198c0de-0000-7000-8000-0000000000b2',
  name: 'Ben',
  role: 'manager',
  pin: keepPin(nodeCrypto, '2222', { memory: 8, passes: 1 }),
  badge: hex(nodeCrypto.sha256(utf8(BADGE))),
}
const kiosk = (staff: readonly StaffMember[] = [ben]): TestTill => {
  const t = openTestTill({ kiosk: true, staff })
  t.goOnline()
  return t
}
const codeOf = (outcome: { readonly ok: boolean; readonly code?: ErrorCode }): ErrorCode | undefined => outcome.code
const ID = '0198c0de-0000-7000-8000-000000000101'

/** Every command that there is, so that a new one is refused at a kiosk until somebody has thought about it. */
const forShoppers = [
  'scan addProduct setQuantity search clearSale openVariants chooseModifiers changeModifiers giveNumber cancelChoosing answerAge takeWeight cancelWeighing',
  'takePayment cancelPayment continue dismissNotice callForHelp takeBackCall allow dismissAsking',
].flatMap((line) => line.split(' '))

test('a kiosk takes the short list of a shopper and nothing else, whatever the command says', () => {
  const all = commandShape.options.map((option) => option.shape.type.value)
  const open = all.filter((type) => isForShoppers({ type, isOldEnough: false } as Command, true))
  expect(open.toSorted()).toEqual(forShoppers.toSorted())
  expect(all.length).toBeGreaterThan(open.length + 30)
})

test('shoppers sell to themselves without anybody signed in, and the receipt names nobody', () => {
  const t = kiosk()
  expect(t.view().till).toMatchObject({ kiosk: true, signedOut: false })
  expect(sellAndPay(t)).not.toBe('')
  expect(t.entries().find(({ kind }) => kind === 'sale.completed')?.body).not.toHaveProperty('staff')
})

test('what gives money away, opens the drawer or tells of others is refused, with nothing in the journal', () => {
  const t = kiosk()
  const receiptNumber = sellAndPay(t)
  const before = t.head()
  const asked: readonly Command[] = [
    { type: 'refund', refundId: ID, receiptNumber, amountMinor: 1000 },
    { type: 'voidSale', receiptNumber },
    { type: 'openReturn', receiptNumber },
    { type: 'discountSale', discount: { amountMinor: 1 } },
    { type: 'openDrawer' },
    { type: 'payCash', tenderedMinor: 1000 },
    { type: 'moveCash', movementId: ID, direction: 'out', amountMinor: 1, reason: 'x' },
    { type: 'closeShift' },
    { type: 'exportJournal' },
    { type: 'signIn', staff: ben.id, pin: '2222' },
    { type: 'startTraining' },
    { type: 'reset' },
    { type: 'reprint' },
    { type: 'sendReceipt', receiptNumber, address: 'a@example.org' },
  ]
  for (const one of asked) expect([one.type, codeOf(t.till.command(one))]).toEqual([one.type, 'till.kiosk'])
  sellApple(t)
  expect(codeOf(t.till.command({ type: 'takePayment', amountMinor: 1 }))).toBe('till.kiosk')
  expect(t.head()).toBe(before)
})

test('a badge signs nobody in, so that the next shopper is not taken for staff', () => {
  const t = kiosk()
  expect(codeOf(t.till.scanned(BADGE))).toBe('staff.nothing_asked')
  expect(t.view().staff?.signedIn).toBeUndefined()
  expect(t.kinds()).not.toContain('staff.acted')
})

test('nobody answers for their own age: a PIN does, or where there is none, nobody', () => {
  const yes: Command = { type: 'answerAge', years: 18, isOldEnough: true }
  const t = kiosk()
  expect(codeOf(t.till.command(yes))).toBe('staff.needs_role')
  expect(t.view().staff?.asking).toMatchObject({ act: 'age_check' })
  expect(codeOf(t.till.command({ type: 'allow', staff: ben.id, pin: '1111' }))).toBe('staff.wrong_pin')
  expect(codeOf(kiosk([]).till.command(yes))).toBe('till.kiosk')
})

test('an open payment and a basket can be put away, and a payment that is being decided cannot', () => {
  const t = kiosk()
  sellApple(t)
  expect([t.till.command({ type: 'cancelPayment' }).ok, t.till.command({ type: 'clearSale' }).ok, t.view().sale.lines]).toEqual([true, true, []])
  sellApple(t)
  t.till.scanned(testWallet(t).show())
  expect(t.view().tender.stage).toBe('deciding')
  expect(t.till.command({ type: 'clearSale' }).ok).toBe(false)
  expect(t.view().sale.lines).toHaveLength(1)
})

test('whoever was signed in when it was a cashier’s till is not at the kiosk', () => {
  const before = openTestTill({ staff: [ben] })
  expect(before.till.command({ type: 'signIn', staff: ben.id, pin: '2222' }).ok).toBe(true)
  before.close()
  const t = openTestTill({ kiosk: true, folder: before.folder, time: before.time })
  expect(t.view().staff?.signedIn).toBeUndefined()
  expect(t.till.scanned(APPLE).ok).toBe(true)
  expect(codeOf(t.till.command({ type: 'answerAge', years: 18, isOldEnough: true }))).toBe('staff.needs_role')
})
