/**
 * What a screen needs to know of staff. Apart from `staff.ts`, which has the shapes: the library that checks those is large, and a screen
 * does not load it.
 */

/** From the least to the most that they may do; each may do what the ones before it may. */
export const roles = ['cashier', 'supervisor', 'manager'] as const
export type Role = (typeof roles)[number]

export const mayStandInFor = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed)

/** As it is typed. Four digits are what people remember; who can do more may. */
export const PIN_PATTERN = /^\d{4,12}$/
