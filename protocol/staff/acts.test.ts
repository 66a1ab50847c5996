import { expect, test } from 'vitest'
import { guardedActs, mayDo, roleFor } from './acts.ts'
import { roles, staffList, type StaffMember } from './staff.ts'

test('whoever stands higher may do everything that those below may', () => {
  for (const act of guardedActs) {
    const allowed = roles.map((role) => mayDo(role, act))
    expect(allowed).toEqual(allowed.toSorted((a, b) => Number(a) - Number(b)))
    expect(allowed.at(-1)).toBe(true)
    expect(allowed[roles.indexOf(roleFor[act])]).toBe(true)
  }
  expect(guardedActs.filter((act) => mayDo('cashier', act))).toEqual(['open_shift', 'close_shift', 'cash_in', 'age_check', 'pay_out_empties'])
})

test('a list names nobody twice, and no two by the same badge', () => {
  const ada: StaffMember = {
    id: '0198c0de-0000-7000-8000-0000000000a1',
    name: 'Ada',
    role: 'manager',
    pin: { salt: '00'.repeat(16), hash: '11'.repeat(32), memory: 19_456, passes: 2 },
    badge: '22'.repeat(32),
  }
  const ben = { ...ada, id: '0198c0de-0000-7000-8000-0000000000b2', name: 'Ben' }
  const { badge: _, ...withoutBadge } = ben
  expect(staffList.safeParse([ada, withoutBadge, { ...withoutBadge, id: ada.id.replace('a1', 'a2') }]).success).toBe(true)
  expect(staffList.safeParse([ada, ben]).success).toBe(false)
  expect(staffList.safeParse([ada, { ...withoutBadge, id: ada.id }]).success).toBe(false)
  expect(staffList.safeParse([{ ...ada, pin: { ...ada.pin, memory: 4_000_000 } }]).success).toBe(false)
})
