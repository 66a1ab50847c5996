import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { Role } from '../staff/roles.ts'
import type { EpochMs } from '../time.ts'

/** Console ⇄ hub, about who works at the tills. `GET /api/staff` answers this; no PIN and no badge is ever in it. */
export type StaffState = { readonly people: readonly PersonState[]; readonly changes: readonly StaffChange[] }
/** Who changed what about whom; the newest first, as many as are kept. */
export type StaffChange = {
  readonly at: EpochMs
  readonly by: string
  readonly person: Id
  readonly name: string
  readonly what: 'add' | 'pin' | 'badge' | 'role' | 'retire'
  /** Of a change of role. */
  readonly before?: Role | undefined
  readonly after?: Role | undefined
}
export type PersonState = { readonly id: Id; readonly name: string; readonly role: Role; readonly hasBadge: boolean }

/**
 * `GET /api/returns`: what each person at each till gave back for goods without a receipt in the last 30 days, the largest sums first. Nothing can be compared
 * with a sale there, so somebody should look at who does it often.
 */
export type LooseReturns = {
  readonly currency: Currency
  readonly counts: readonly { readonly till: string; readonly person: string | undefined; readonly returns: number; readonly paidMinor: Minor }[]
}

/** `POST /api/staff`. Without a `pin` one is made. */
export type NewPerson = { readonly name: string; readonly role: Role; readonly pin?: string | undefined; readonly badge?: boolean | undefined }

/**
 * The answer to `POST /api/staff` and to `POST /api/staff/{id}/pin`, `…/badge`, `…/role` and `…/retire`: whom it was about, and what was made for them. That is
 * told once: the hub keeps only what a PIN or a badge can be compared with.
 */
export type ToldPerson = { readonly person: PersonState; readonly pin?: string; readonly badge?: string }
