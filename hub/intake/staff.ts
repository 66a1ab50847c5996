import type { Desk, Shopkeeper } from './desk.ts'
import type { StoredEntry } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { isGuardedAct, mayDo } from '#protocol/staff/acts.ts'
import type { EpochMs } from '#protocol/time.ts'

type Acted = EntryBody<'staff.acted'>
type People = NonNullable<Shopkeeper['staff']>

/**
 * What a till says that somebody did, looked up again: whoever it names works here, and the role of who did it or allowed it is enough. By the roles of
 * now; somebody who had left before they did it, or means something else by an act than this hub, is for a person to look at; nobody's money waits for that.
 */
export function judgeStaffActed(desk: Desk, stored: StoredEntry, { at, body }: { readonly at: EpochMs; readonly body: Acted }, people: People = []): void {
  const wrong = wrongInAct(
    body,
    people.filter(({ until }) => until === undefined || at <= until),
  )
  if (wrong !== undefined) desk.setAside(stored, wrong.code, wrong.detail)
}

export function wrongInAct({ staff, act, allowedBy }: Acted, people: People): { readonly code: ErrorCode; readonly detail: string } | undefined {
  for (const id of [staff, ...(allowedBy === undefined ? [] : [allowedBy])])
    if (!people.some((person) => person.id === id)) return { code: 'staff.unknown', detail: `${act} by ${id}` }
  if (act === 'locked_out') return { code: 'staff.locked_out', detail: `${staff}` }
  const role = people.find(({ id }) => id === (allowedBy ?? staff))?.role
  if (role === undefined || !isGuardedAct(act) || mayDo(role, act)) return undefined
  return { code: 'staff.not_allowed', detail: `${act} by ${staff}${allowedBy === undefined ? '' : `, allowed by ${allowedBy}`}, a ${role}` }
}
