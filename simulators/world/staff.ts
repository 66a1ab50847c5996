import { hex, utf8, utf8Text } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { keepPin } from '#protocol/node/pin.ts'
import type { Role, StaffMember } from '#protocol/staff/staff.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import type { StoredEntry } from '../../terminal/core/store.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** Somebody who works in the simulated shop, with what only they know and have. */
type Person = { readonly member: StaffMember; readonly pin: string; readonly badge: string }

const COUNTED: { readonly randomBytes: (count: number) => Uint8Array } = { randomBytes: (count) => new Uint8Array(count).fill(7) }

function person(name: string, role: Role, last: string, pin: string): Person {
  const badge = `SB-${name.toUpperCase()}-SIMULATED-BADGE`
  const id = `01900000-0000-7000-8000-0000000000${last}`
  // The cheapest Argon2id there is: what is tried out here is who is let in, not how much a guess costs.
  const member: StaffMember = { id, name, role, pin: keepPin(COUNTED, pin, { memory: 8, passes: 1 }), badge: hex(nodeCrypto.sha256(utf8(badge))) }
  return { member, pin, badge }
}

/** PINs so long that no entry has one in it by chance. */
const manager = person('Ada', 'manager', 'a1', '730951846271')
const cashier = person('Ben', 'cashier', 'b2', '918273645546')
const people: readonly Person[] = [manager, cashier, person('Cleo', 'supervisor', 'c3', '564738291019')]
export const worldStaff: readonly StaffMember[] = people.map(({ member }) => member)

/** Who never forgets anything. */
export const managerSignsIn = { type: 'signIn', staff: manager.member.id, pin: manager.pin } as const satisfies Command

export type Counter = { press(command: Command): void; scan(text: string, what: string): void }

/** What people do about who they are, between everything else. True: that was all for now. */
export function actAsStaff(random: Random, { till, staff }: View, { press, scan }: Counter): boolean {
  if (staff === undefined) return false
  if (staff.asking !== undefined && random.chance(0.7)) {
    const { member, pin, badge } = random.pick(people)
    const how = random.weighted({ pin: 5, badge: 3, wrong: 1, dismiss: 1 })
    if (how === 'badge') scan(badge, `the badge of ${member.name}`)
    else if (how === 'dismiss') press({ type: 'dismissAsking' })
    else press({ type: 'allow', staff: member.id, pin: how === 'pin' ? pin : '0000' })
    return true
  }
  const isDue = till.signedOut ? random.chance(0.8) : random.chance(0.03)
  if (!isDue) return false
  const { member, pin, badge } = random.pick(people)
  switch (random.weighted({ pin: 6, badge: 3, wrong: 2, guess: 1 })) {
    case 'pin':
      press({ type: 'signIn', staff: member.id, pin })
      return true
    case 'badge':
      scan(badge, `the badge of ${member.name}`)
      return true
    case 'wrong':
      press({ type: 'signIn', staff: member.id, pin: '0000' })
      return true
    case 'guess':
      for (const guess of ['0000', '1111', '1234', '4321', '9999', '5555']) press({ type: 'signIn', staff: cashier.member.id, pin: guess })
      return true
  }
}

// ---------------------------------------------------------------- the watch

/** Who may do what, written down a second time on purpose: `protocol/staff/acts.ts` is among the things that are tried out. */
const rank: Readonly<Record<Role, number>> = { cashier: 1, supervisor: 2, manager: 3 }
const needs: Readonly<Record<string, number>> = {
  return_goods: 2,
  return_without_receipt: 2,
  refund: 2,
  void: 2,
  cash_out: 2,
  open_drawer: 2,
  discount_over_limit: 2,
  exempt_sale: 2,
  update: 3,
  reset: 3,
}

export const staffMoves = ['sign_in', 'sign_out', 'hand_over', 'locked_out', 'by own role', 'allowed by another'] as const

const SIGNED_IN = 'staff/signed_in'

/** The entry that must stand before this one, in the same transaction. */
function actBefore({ kind, body }: Entry): string | undefined {
  switch (kind) {
    case 'payment.refunded':
    case 'refund.requested':
      return 'refund'
    case 'payment.voided':
      return body.code === 'sale.voided' || body.code === 'sale.abandoned' ? 'void' : undefined
    case 'cash.moved':
      // Deposits are anybody's to pay out.
      if (body.empties !== undefined) return undefined
      return body.direction === 'in' ? 'cash_in' : 'cash_out'
    case 'shift.opened':
      return 'open_shift'
    case 'shift.closed':
      return 'close_shift'
    default:
      return undefined
  }
}

/** The payments of one sale go back together, in one transaction: one act, however many they are. */
const isSameAct = ({ kind }: Entry, before: Entry | undefined): boolean => before?.kind === kind && (kind === 'payment.refunded' || kind === 'payment.voided')

/** Reads one till's journal as it becomes durable: nothing that needs a name is there without one, no name is there that nobody signed in with. */
export class StaffWatch {
  readonly #till: string
  readonly #trace: Trace
  readonly #moves: Set<string>
  /** Undefined until somebody has signed in; in a shop without staff for ever. */
  #signedIn: Id | undefined
  readonly #asked = new Set<Id>()

  constructor(till: string, trace: Trace, moves: Set<string>) {
    this.#till = till
    this.#trace = trace
    this.#moves = moves
  }

  /** The disk is another one: who was signed in then is again. */
  restored(records: ReadonlyMap<string, string>): void {
    const kept = records.get(SIGNED_IN)
    this.#signedIn = kept === undefined ? undefined : (JSON.parse(kept) as Id)
  }

  /** What one transaction wrote. `staffed`: the till's catalogue says that people sign in. */
  durable(entries: readonly StoredEntry[], staffed: boolean): void {
    if (!staffed) return
    let before: Entry | undefined
    const isReturn = entries.some(({ bytes }) => (JSON.parse(utf8Text(bytes)) as Entry).kind === 'goods.returned')
    for (const { bytes } of entries) {
      const text = utf8Text(bytes)
      const entry = JSON.parse(text) as Entry
      if (people.some(({ pin, badge }) => text.includes(pin) || text.includes(badge))) this.#wrong(`wrote a secret into ${entry.kind}`)
      if (entry.kind === 'staff.acted') this.#acted(entry.body)
      if (entry.kind === 'sale.completed' && entry.body.staff !== this.#signedIn) this.#wrong(`sold as ${entry.body.staff}, and ${this.#signedIn} is signed in`)
      // The refunds of a return are its own: who took the goods back stands before all of it.
      if (entry.kind === 'goods.returned') this.#tookBack(entry, entries)
      else if ((entry.kind !== 'payment.refunded' || !isReturn) && !isSameAct(entry, before)) this.#mustBeNamed(entry, before)
      before = entry
    }
  }

  #acted({ staff, act, allowedBy }: Extract<Entry, { kind: 'staff.acted' }>['body']): void {
    if ((staffMoves as readonly string[]).includes(act)) this.#moves.add(`staff ${act}`)
    if (act === 'sign_in' || act === 'hand_over') this.#signedIn = staff
    if (act === 'sign_out') this.#signedIn = undefined
    const needed = needs[act]
    if (needed === undefined) return
    const role = worldStaff.find(({ id }) => id === (allowedBy ?? staff))?.role
    if (role === undefined || rank[role] < needed) this.#wrong(`let ${role ?? 'nobody'} do ${act}`)
    if (this.#signedIn !== undefined && staff !== this.#signedIn) this.#wrong(`says that ${staff} did ${act}, and ${this.#signedIn} is signed in`)
    this.#moves.add(`staff ${allowedBy === undefined ? 'by own role' : 'allowed by another'}`)
  }

  #mustBeNamed(entry: Entry, before: Entry | undefined): void {
    const act = actBefore(entry)
    if (act === undefined) return
    // A request that stays unanswered is made again by the till itself.
    if (entry.kind === 'refund.requested' && this.#asked.has(entry.body.refundId)) return
    if (entry.kind === 'refund.requested') this.#asked.add(entry.body.refundId)
    const named = before?.kind === 'staff.acted' && (before.body.act === act || before.body.act === `${act}_with_difference`)
    if (!named) this.#wrong(`wrote ${entry.kind} and not who did it`)
  }

  #tookBack({ body }: Extract<Entry, { kind: 'goods.returned' }>, entries: readonly StoredEntry[]): void {
    const first = entries[0] === undefined ? undefined : (JSON.parse(utf8Text(entries[0].bytes)) as Entry)
    const act = body.of === undefined ? 'return_without_receipt' : 'return_goods'
    if (first?.kind !== 'staff.acted' || first.body.act !== act) this.#wrong(`took goods back as ${body.receiptNumber} and not who did it`)
    if (body.staff !== this.#signedIn) this.#wrong(`took goods back as ${body.staff}, and ${this.#signedIn} is signed in`)
  }

  #wrong(what: string): void {
    this.#trace.violation(0, `${this.#till} ${what}`)
  }
}
