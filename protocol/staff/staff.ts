import { z } from 'zod'
import { hash, id, productName } from '../journal/entry.ts'
import { PIN_PATTERN, roles } from './roles.ts'

export { mayStandInFor, roles, type Role } from './roles.ts'

export const pinText = z.string().regex(PIN_PATTERN)

/**
 * What is kept of a PIN: Argon2id (RFC 9106), one lane, 32 bytes. `memory` in KiB and `passes` say how much work a guess is. The bounds keep a list that
 * somebody wrote by hand from holding up a till: a guess is made while a customer waits.
 */
export const pinRecord = z.strictObject({ salt: z.string().regex(/^[0-9a-f]{32}$/), hash, memory: z.int().min(8).max(65_536), passes: z.int().min(1).max(10) })
export type PinRecord = z.infer<typeof pinRecord>

/** Somebody who works at the tills. Journals and receipts name them by `id`, which says nothing about the person. */
export const staffMember = z.strictObject({
  id,
  name: productName.max(60),
  role: z.enum(roles),
  pin: pinRecord,
  /** SHA-256 of the text of a badge. Only a text that nobody can guess is worth anything here: see `newBadge`. */
  badge: hash.optional(),
})
export type StaffMember = z.infer<typeof staffMember>

/** Of one shop. */
export const MAX_STAFF = 200

/** A PIN is found under its person, and a badge by what it says, so nobody is on the list twice and no two have one badge. */
export const staffList = z
  .array(staffMember)
  .max(MAX_STAFF)
  .refine((list) => new Set(list.map((member) => member.id)).size === list.length, 'somebody is on the list twice')
  .refine((list) => {
    const badges = list.flatMap(({ badge }) => badge ?? [])
    return new Set(badges).size === badges.length
  }, 'two people have the same badge')
