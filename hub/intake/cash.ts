import type { Desk, Shopkeeper } from './desk.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { cashAccount, cashTakings, movementTransfer, overShortAccount, roundingAccount, safeAccount, shiftTransfer, transferIds } from '../ledger/names.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { invariant } from '#protocol/outcome.ts'

type Shop = Pick<Shopkeeper, 'merchant' | 'currency'>

/** The drawer of a till. Nothing keeps it from going below zero: what is said of notes and coins is said by people. */
export function drawerOf(desk: Desk, { currency }: Shop, till: Id): string {
  return desk.openAccount({ id: cashAccount(till), label: `Cash in till ${till.slice(-6).toUpperCase()}`, currency, side: 'debit', rule: 'none' })
}

const takingsOf = (desk: Desk, { merchant, currency }: Shop): string =>
  desk.openAccount({ id: cashTakings(merchant, currency), label: 'Taken in cash', currency, side: 'credit', rule: 'none' })
const safeOf = (desk: Desk, { merchant, currency }: Shop): string =>
  desk.openAccount({ id: safeAccount(merchant, currency), label: 'Cash outside the tills', currency, side: 'debit', rule: 'none' })
const overShortOf = (desk: Desk, { merchant, currency }: Shop): string =>
  desk.openAccount({ id: overShortAccount(merchant, currency), label: 'Cash over and short', currency, side: 'debit', rule: 'none' })
const roundingOf = (desk: Desk, { merchant, currency }: Shop): string =>
  desk.openAccount({ id: roundingAccount(merchant, currency), label: 'Cash rounding', currency, side: 'debit', rule: 'none' })

/** The money of a payment that was taken in cash: it lies in the drawer, whoever doubts it. Once for each payment, by its id. */
export function postCash(desk: Desk, shop: Shop, { id, till, capturedMinor }: Payment): void {
  const paid = { kind: 'single', id: transferIds(id).pay, payment: id, debit: drawerOf(desk, shop, till), credit: takingsOf(desk, shop) } as const
  invariant(desk.apply({ ...paid, amount: BigInt(capturedMinor) }).ok, 'cash is posted once')
}

/** From the drawer that took it to the customer. */
export function giveCashBack(desk: Desk, shop: Shop, payment: Payment, transfer: string, amount: bigint): void {
  const { id, till } = payment
  const given = desk.apply({ kind: 'single', id: transfer, payment: id, debit: takingsOf(desk, shop), credit: drawerOf(desk, shop, till), amount })
  invariant(given.ok, 'cash can always be given back')
}

/** What rounding the total of a sale gave (below zero: took) is no takings of the drawer, but of the sale it is. */
export function postRounding(desk: Desk, shop: Shop, payment: Payment, roundingMinor: number): void {
  const { id } = payment
  if (roundingMinor === 0 || desk.transfer(transferIds(id).rounding) !== undefined) return
  moveRounding(desk, shop, id, transferIds(id).rounding, BigInt(-roundingMinor))
}

/** Of a payment that went back as a whole nothing is left, and so nothing of its rounding. */
export function undoRounding(desk: Desk, shop: Shop, { id }: Pick<Payment, 'id'>): void {
  const posted = desk.transfer(transferIds(id).rounding)
  if (posted === undefined || desk.transfer(transferIds(id).unrounding) !== undefined) return
  const lost = posted.debit === roundingOf(desk, shop) ? posted.amount : -posted.amount
  moveRounding(desk, shop, id, transferIds(id).unrounding, -lost)
}

/** `lost`: by the merchant; the takings have it all the same, since they are what was sold. */
function moveRounding(desk: Desk, shop: Shop, payment: Id, id: string, lost: bigint): void {
  const [rounding, takings] = [roundingOf(desk, shop), takingsOf(desk, shop)]
  const [debit, credit, amount] = lost > 0n ? [rounding, takings, lost] : [takings, rounding, -lost]
  invariant(desk.apply({ kind: 'single', id, payment, debit, credit, amount }).ok, 'rounding is posted once')
}

/** Fills the drawer to its float from the safe, or empties it to that. */
export function judgeShiftOpened(desk: Desk, stored: StoredEntry, { floatMinor, currency }: EntryBody<'shift.opened'>, shop: Shop): void {
  if (currency !== shop.currency) return desk.setAside(stored, 'entry.currency_mismatch', `a float in ${currency}`)
  level(desk, shop, stored, 'float', BigInt(floatMinor))
}

export function judgeCashMoved(desk: Desk, stored: StoredEntry, { movementId, direction, amountMinor, currency }: EntryBody<'cash.moved'>, shop: Shop): void {
  if (currency !== shop.currency) return desk.setAside(stored, 'entry.currency_mismatch', `cash in ${currency}`)
  const [drawer, safe] = [drawerOf(desk, shop, stored.till), safeOf(desk, shop)]
  const [debit, credit] = direction === 'in' ? [drawer, safe] : [safe, drawer]
  const moved = desk.apply({ kind: 'single', id: movementTransfer(movementId), debit, credit, amount: BigInt(amountMinor) })
  if (!moved.ok) desk.setAside(stored, 'entry.conflict', `another movement of cash has the id ${movementId}`)
}

/**
 * A drawer that was counted holds what was counted, and the difference is over or short. `isCounted`: this hub has heard all that moved its cash since the
 * last end of a shift, so the till must expect what the postings make.
 */
export function judgeCount(desk: Desk, stored: StoredEntry, told: NonNullable<EntryBody<'shift.closed'>['cash']>, shop: Shop, isCounted: boolean): void {
  const expected = balance(desk, drawerOf(desk, shop, stored.till))
  if (isCounted && BigInt(told.expectedMinor) !== expected)
    desk.setAside(stored, 'entry.amount_mismatch', `${told.expectedMinor} expected in the drawer, by its entries ${expected}`)
  level(desk, shop, stored, 'count', BigInt(told.countedMinor))
}

/** Brings the drawer's account to what lies in it: a float from or to the safe, a count over or short. */
function level(desk: Desk, shop: Shop, stored: StoredEntry, what: 'float' | 'count', holds: bigint): void {
  const drawer = drawerOf(desk, shop, stored.till)
  const other = what === 'float' ? safeOf(desk, shop) : overShortOf(desk, shop)
  const more = holds - balance(desk, drawer)
  if (more === 0n) return
  const [debit, credit, amount] = more > 0n ? [drawer, other, more] : [other, drawer, -more]
  invariant(desk.apply({ kind: 'single', id: shiftTransfer(stored, what), debit, credit, amount }).ok, 'an entry is judged once')
}

function balance(desk: Desk, id: string): bigint {
  const account = desk.account(id)
  invariant(account !== undefined, 'the account was opened just now')
  return balanceOf(account)
}
