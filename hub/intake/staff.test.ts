import { expect, test } from 'vitest'
import { wrongInAct } from './staff.ts'

const [ada, ben, cleo] = ['a1', 'b2', 'c3'].map((last) => `0198c0de-0000-7000-8000-0000000000${last}`) as [string, string, string]
const people = [
  { id: ada, role: 'manager' },
  { id: ben, role: 'cashier' },
  { id: cleo, role: 'supervisor' },
] as const

test('what the role of who did it or of who allowed it covers is right', () => {
  for (const body of [
    { staff: ben, act: 'sign_in' },
    { staff: ben, act: 'close_shift' },
    { staff: cleo, act: 'refund' },
    { staff: ben, act: 'refund', allowedBy: cleo },
    { staff: ada, act: 'reset' },
    { staff: ben, act: 'something_newer' },
  ])
    expect(wrongInAct(body, people)).toBeUndefined()
})

test('a role that is too small, a stranger, and somebody who guesses PINs are for a person to look at', () => {
  expect(wrongInAct({ staff: ben, act: 'refund' }, people)?.code).toBe('staff.not_allowed')
  expect(wrongInAct({ staff: ben, act: 'reset', allowedBy: cleo }, people)?.code).toBe('staff.not_allowed')
  // Allowing lends the role of who allows, and nothing else.
  expect(wrongInAct({ staff: ada, act: 'refund', allowedBy: ben }, people)?.code).toBe('staff.not_allowed')
  expect(wrongInAct({ staff: ben.replace('b2', 'd4'), act: 'sign_in' }, people)?.code).toBe('staff.unknown')
  expect(wrongInAct({ staff: ben, act: 'refund', allowedBy: ben.replace('b2', 'd4') }, people)?.code).toBe('staff.unknown')
  expect(wrongInAct({ staff: ben, act: 'sign_in' }, [])?.code).toBe('staff.unknown')
  expect(wrongInAct({ staff: ben, act: 'locked_out' }, people)?.code).toBe('staff.locked_out')
})
