import { mayStandInFor, type Role } from './staff.ts'

/** Everything that money or trust hangs on, and the least role that it needs. One table for the till, which asks, and the hub, which looks it up again. */
export const roleFor = {
  open_shift: 'cashier',
  close_shift: 'cashier',
  open_drawer: 'supervisor',
  cash_in: 'cashier',
  cash_out: 'supervisor',
  refund: 'supervisor',
  void: 'supervisor',
  return_goods: 'supervisor',
  return_without_receipt: 'supervisor',
  discount_over_limit: 'supervisor',
  open_price: 'supervisor',
  exempt_sale: 'supervisor',
  age_check: 'cashier',
  pay_out_empties: 'cashier',
  start_training: 'supervisor',
  close_shift_with_difference: 'supervisor',
  update: 'manager',
  reset: 'manager',
} as const satisfies Record<string, Role>

export type GuardedAct = keyof typeof roleFor
export const guardedActs = Object.keys(roleFor) as readonly GuardedAct[]

/** What people do with their own names; these need no role. */
export const ownActs = ['sign_in', 'sign_out', 'hand_over', 'locked_out', 'stop_training'] as const
export type StaffAct = GuardedAct | (typeof ownActs)[number]

export const mayDo = (role: Role, act: GuardedAct): boolean => mayStandInFor(role, roleFor[act])

export const isGuardedAct = (act: string): act is GuardedAct => Object.hasOwn(roleFor, act)

/** More than this off a line or a sale, in parts per million of what it costs, is not for everybody to give. */
export const DISCOUNT_LIMIT_PPM = 100_000
