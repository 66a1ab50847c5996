import { badgeHash, MAX_CHANGES, newBadge, newMember, newPin, type StaffFile, type StaffKeeping } from './staff-file.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { NewPerson, PersonState, StaffChange, StaffState, ToldPerson } from '#protocol/hub-api/staff.ts'
import type { Id } from '#protocol/ids.ts'
import { keepPin } from '#protocol/node/pin.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { MAX_STAFF, type Role, type StaffMember } from '#protocol/staff/staff.ts'
import type { Clock } from '#protocol/time.ts'

export type StaffDeskPorts = {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly file: StaffKeeping
  /** The list that holds from now on; it is kept already. */
  changed(staff: readonly StaffMember[]): void
}

/** Who works at the tills, and what changes that, each time with who did it (`by`). Every change is durable, and on its way to the tills, when it is answered. Throws when it cannot be kept. */
export interface StaffDesk {
  state(): StaffState
  add(person: NewPerson, by?: string): Outcome<ToldPerson>
  /** Without a `pin` one is made. Whoever is locked out stays so until their time is over. */
  changePin(id: Id, pin?: string, by?: string): Outcome<ToldPerson>
  /** Another badge; the old one is worth nothing then. */
  changeBadge(id: Id, by?: string): Outcome<ToldPerson>
  changeRole(id: Id, role: Role, by?: string): Outcome<ToldPerson>
  /** Nobody signs in under this name any more. What they did until now stays theirs. */
  retire(id: Id, by?: string): Outcome<ToldPerson>
  /** Everybody whom an entry of a till may name: who works here, and who did. */
  known(): readonly KnownPerson[]
  /** What somebody is called or was; undefined for a stranger. */
  nameOf(id: Id): string | undefined
}

/** `until`: when they left. */
export type KnownPerson = Pick<StaffMember, 'id' | 'role'> & { readonly until?: number | undefined }

/** Those who left longest ago are forgotten beyond so many: what they did is settled by then. */
const MAX_FORMER = 500
/** Who acts where nobody can sign in. */
const OPERATOR = 'operator'

export function createStaffDesk({ crypto, clock, file, changed }: StaffDeskPorts): StaffDesk {
  let kept: StaffFile = file.read()

  function keep(next: Pick<StaffFile, 'staff' | 'former'>, done: Omit<StaffChange, 'at'>): void {
    const { staff, former = [] } = next
    const newer: StaffFile = {
      version: kept.version + 1,
      staff: [...staff],
      ...(former.length === 0 ? {} : { former: former.slice(-MAX_FORMER) }),
      changes: [...(kept.changes ?? []), { at: clock.now(), ...done }].slice(-MAX_CHANGES),
    }
    file.write(newer)
    kept = newer
    changed(newer.staff)
  }

  function change(
    id: Id,
    done: Pick<StaffChange, 'what' | 'by' | 'after'>,
    into: (member: StaffMember) => StaffMember,
    made: Omit<ToldPerson, 'person'> = {},
  ): Outcome<ToldPerson> {
    const before = kept.staff.find((member) => member.id === id)
    if (before === undefined) return fail('staff.unknown', `nobody on the list has the id ${id}`)
    const after = into(before)
    const roles = done.what === 'role' ? { before: before.role } : {}
    keep({ ...kept, staff: kept.staff.map((member) => (member === before ? after : member)) }, { ...done, ...roles, person: id, name: after.name })
    return ok({ person: stateOf(after), ...made })
  }

  return {
    state: () => ({ people: kept.staff.map(stateOf), changes: (kept.changes ?? []).toReversed() }),
    add({ name, role, pin = newPin(crypto), badge }, by = OPERATOR) {
      if (kept.staff.length >= MAX_STAFF) return fail('wire.malformed', `no more than ${MAX_STAFF} people`)
      const made = { pin, ...(badge === true ? { badge: newBadge(crypto) } : {}) }
      const member = newMember(crypto, clock.now(), { name, role, ...made })
      keep({ ...kept, staff: [...kept.staff, member] }, { by, person: member.id, name, what: 'add', after: role })
      return ok({ person: stateOf(member), ...made })
    },
    changePin: (id, pin = newPin(crypto), by = OPERATOR) => change(id, { what: 'pin', by }, (member) => ({ ...member, pin: keepPin(crypto, pin) }), { pin }),
    changeBadge(id, by = OPERATOR) {
      const badge = newBadge(crypto)
      return change(id, { what: 'badge', by }, (member) => ({ ...member, badge: badgeHash(crypto, badge) }), { badge })
    },
    changeRole: (id, role, by = OPERATOR) => change(id, { what: 'role', by, after: role }, (member) => ({ ...member, role })),
    retire(id, by = OPERATOR) {
      const member = kept.staff.find((one) => one.id === id)
      if (member === undefined) return fail('staff.unknown', `nobody on the list has the id ${id}`)
      const { name, role } = member
      keep(
        { staff: kept.staff.filter((one) => one !== member), former: [...(kept.former ?? []), { id, name, role, until: clock.now() }] },
        { by, person: id, name, what: 'retire', before: role },
      )
      return ok({ person: stateOf(member) })
    },
    known: () => [...kept.staff, ...(kept.former ?? [])],
    nameOf: (id) => [...kept.staff, ...(kept.former ?? [])].find((person) => person.id === id)?.name,
  }
}

const stateOf = ({ id, name, role, badge }: StaffMember): PersonState => ({ id, name, role, hasBadge: badge !== undefined })
