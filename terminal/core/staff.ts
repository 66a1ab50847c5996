import { hex, utf8 } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { isPin } from '#protocol/node/pin.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { mayDo, roleFor, type StaffAct } from '#protocol/staff/acts.ts'
import { afterWrong, NO_TRIES, waitLeft, type Tries } from '#protocol/staff/lock-out.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import type { Command, PersonView, StaffView } from '#protocol/till-api/api.ts'
import { MINUTE, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { PayingPorts } from './paying.ts'
import type { Guarded } from './staff-acts.ts'
import { parseRecord, type TillStore } from './store.ts'

const SIGNED_IN = 'staff/signed_in'
const TRIES = 'staff/tries/'

/** How long something that was refused waits for somebody who may allow it. */
export const ASKING_LIFETIME: DurationMs = MINUTE

export type StaffPorts = Pick<PayingPorts, 'crypto' | 'clock' | 'authority' | 'record' | 'nextPlace'> & {
  readonly store: TillStore
  readonly practice: boolean | undefined
  readonly kiosk: boolean | undefined
  monotonic(): DurationMs
}

/** A command that waits for somebody with another role. In memory: who comes back after a stop begins anew. */
type Asking = Guarded & { readonly command: Command; readonly since: DurationMs; readonly until: EpochMs }

/** What the parts of a till that write in somebody's name are given in place of the journal's own ports. */
export type NamedPorts = Pick<PayingPorts, 'record' | 'nextPlace'> & {
  /** Who sells. */
  cashier(): Id | undefined
  /** Writes down who does what is being done, where it leaves no entry of its own. Throws StoreError. */
  journalAct(): void
}

/**
 * Who works here: signed in by PIN or badge, handed over, and asked before something that needs a role. What is done under a name gets an entry with it
 * before its own, in one transaction: neither is ever there without the other. A catalogue without staff needs nobody to sign in, and nothing of this is there.
 */
export class Staff {
  readonly #ports: StaffPorts
  readonly #tries = new Map<Id, Tries>()
  #signedIn: Id | undefined
  #asking: Asking | undefined
  #pending: readonly Fact[] = []

  constructor(ports: StaffPorts) {
    const kept = ports.store.records('staff/')
    const signedIn = kept.get(SIGNED_IN)
    this.#ports = ports
    this.#signedIn = signedIn === undefined ? undefined : parseRecord<Id>(signedIn)
    for (const [name, text] of kept) if (name.startsWith(TRIES)) this.#tries.set(name.slice(TRIES.length), parseRecord<Tries>(text))
  }

  /** Somebody has to be signed in to sell. */
  get isKept(): boolean {
    return this.#ports.practice !== true && this.#ports.authority.staff.length > 0
  }

  /** Shoppers serve themselves here. */
  get atKiosk(): boolean {
    return this.#ports.kiosk === true
  }

  /** Whoever is not on the list any more is not signed in, and at a kiosk nobody is: not even who was when it was a cashier's till. */
  get signedIn(): StaffMember | undefined {
    return this.atKiosk || this.#signedIn === undefined ? undefined : this.#member(this.#signedIn)
  }

  get view(): StaffView | undefined {
    const { authority, clock } = this.#ports
    if (!this.isKept) return undefined
    const now = clock.now()
    const people = authority.staff.map((member) => {
      const left = waitLeft(this.#tries.get(member.id) ?? NO_TRIES, now)
      return { ...personView(member), ...(left === 0 ? {} : { waitUntil: now + left }) }
    })
    const { signedIn, asking } = this
    return {
      people,
      ...(signedIn === undefined ? {} : { signedIn: personView(signedIn) }),
      ...(asking === undefined ? {} : { asking: askingView(asking) }),
    }
  }

  /** Nobody's, for most of what is scanned. */
  byBadge(text: string): StaffMember | undefined {
    const { authority, crypto } = this.#ports
    if (!this.isKept || !authority.staff.some(({ badge }) => badge !== undefined)) return undefined
    const digest = hex(crypto.sha256(utf8(text)))
    return authority.staff.find(({ badge }) => badge === digest)
  }

  /** Who types this PIN. It is counted as wrong before it is looked at, so that no power cut takes a guess back. Throws StoreError. */
  byPin(id: Id, pin: string): Outcome<StaffMember> {
    const { clock } = this.#ports
    const member = this.#member(id)
    if (member === undefined) return fail('staff.unknown')
    const now = clock.now()
    const tries = this.#tries.get(id) ?? NO_TRIES
    const left = waitLeft(tries, now)
    // A clock that was put back would make the wait begin again and again.
    if (tries.until - now > tries.wait) this.#keepTries(id, { ...tries, until: now + left })
    if (left > 0) return fail('staff.locked_out')
    const counted = afterWrong(tries, now)
    this.#keepTries(id, counted)
    if (isPin(pin, member.pin)) {
      this.#keepTries(id, undefined)
      return ok(member)
    }
    if (counted.wait === 0) return fail('staff.wrong_pin')
    this.#ports.record([acted({ staff: id, act: 'locked_out' })], {})
    return fail('staff.locked_out')
  }

  /** Signs in, or takes over from whoever is. The basket stays. Throws StoreError. */
  enter({ id }: StaffMember): void {
    const before = this.signedIn
    if (before?.id === id) return
    const fact = before === undefined ? acted({ staff: id, act: 'sign_in' }) : acted({ staff: id, act: 'hand_over', detail: `from ${before.id}` })
    this.#ports.record([fact], { put: { [SIGNED_IN]: JSON.stringify(id) } })
    this.#signedIn = id
    this.#asking = undefined
  }

  /** Throws StoreError. */
  leave(): void {
    const before = this.signedIn
    if (before !== undefined) this.#ports.record([acted({ staff: before.id, act: 'sign_out' })], { remove: [SIGNED_IN] })
    this.#signedIn = undefined
    this.#asking = undefined
  }

  /** Throws StoreError. */
  stoppedTraining(): void {
    const staff = this.signedIn?.id
    if (staff !== undefined) this.#ports.record([acted({ staff, act: 'stop_training' })], {})
  }

  // ---------------------------------------------------------------- what needs a role

  /** What waits to be allowed, while it still may be. */
  get asking(): Asking | undefined {
    const isOver = this.#asking !== undefined && this.#ports.monotonic() - this.#asking.since >= ASKING_LIFETIME
    return isOver ? undefined : this.#asking
  }

  dismissAsking(): void {
    this.#asking = undefined
  }

  /** `by`: who allows it in place of whoever is signed in. Somebody with too small a role leaves the command waiting, for a minute from now. */
  mayDo(guarded: Guarded, command: Command, by = this.signedIn): Outcome<null> {
    if (by !== undefined && mayDo(by.role, guarded.act)) return ok(null)
    const { clock, monotonic } = this.#ports
    this.#asking = { ...guarded, command, since: monotonic(), until: clock.now() + ASKING_LIFETIME }
    return fail('staff.needs_role')
  }

  /** The command that waits, for exactly one attempt by somebody whose role is enough. Whose is not leaves it waiting. */
  takeAsked(by: StaffMember): Outcome<Command> {
    const { asking } = this
    if (asking === undefined) return fail('staff.nothing_asked')
    if (!mayDo(by.role, asking.act)) return fail('staff.needs_role')
    this.#asking = undefined
    return ok(asking.command)
  }

  /** Does it in the name of whoever is signed in, by leave of `by`. What it writes is preceded by who did it. */
  named<T>({ act, detail }: Guarded, by: StaffMember | undefined, action: () => T): T {
    const staff = this.signedIn ?? by
    if (staff === undefined) return action()
    const allowed = by === undefined || by.id === staff.id ? {} : { allowedBy: by.id }
    this.#pending = [acted({ staff: staff.id, act, ...allowed, ...(detail === undefined ? {} : { detail }) })]
    try {
      return action()
    } finally {
      this.#pending = []
    }
  }

  /** The journal for those who write in somebody's name. */
  ports(): NamedPorts {
    const { record, nextPlace } = this.#ports
    const take = (): readonly Fact[] => {
      const pending = this.#pending
      this.#pending = []
      return pending
    }
    return {
      record: (facts, also, at) => record([...take(), ...facts], also, at),
      nextPlace: () => {
        const { epoch, n } = nextPlace()
        return { epoch, n: n + this.#pending.length }
      },
      cashier: () => this.signedIn?.id,
      journalAct: () => {
        if (this.#pending.length > 0) record(take(), {})
      },
    }
  }

  #member(id: Id): StaffMember | undefined {
    return this.#ports.authority.staff.find((member) => member.id === id)
  }

  #keepTries(id: Id, tries: Tries | undefined): void {
    const { store } = this.#ports
    store.commit(tries === undefined ? { remove: [TRIES + id] } : { put: { [TRIES + id]: JSON.stringify(tries) } })
    if (tries === undefined) this.#tries.delete(id)
    else this.#tries.set(id, tries)
  }
}

type Acted = { readonly staff: Id; readonly act: StaffAct; readonly allowedBy?: Id; readonly detail?: string }
const acted = ({ detail, ...body }: Acted): Fact => ({
  kind: 'staff.acted',
  body: { ...body, ...(detail === undefined ? {} : { detail: detail.slice(0, 100) }) },
})

const personView = ({ id, name, role }: StaffMember): PersonView => ({ id, name, role })
const askingView = ({ act, until, what }: Asking): NonNullable<StaffView['asking']> => ({
  act,
  needs: roleFor[act],
  until,
  ...(what === undefined ? {} : { what }),
})
