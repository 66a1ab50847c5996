import type { Desk, Shopkeeper } from './desk.ts'
import { emptiesIn } from './goods.ts'
import { balanceOf } from '../ledger/ledger.ts'
import {
  cashAccount,
  cashTakings,
  exchangeAccount,
  foreignDrawer,
  movementTransfer,
  overShortAccount,
  roundingAccount,
  safeAccount,
  shiftTransfer,
  transferIds,
} from '../ledger/names.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, ExchangeRate } from '#protocol/journal/entry.ts'
import type { Currency } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'

type Taken = EntryBody<'payment.taken_in_cash'>
type Shop = Pick<Shopkeeper, 'merchant' | 'currency'>

/** The drawer of a till. Nothing keeps it from going below zero: what is said of notes and coins is said by people. */
export function drawerOf(desk: Desk, { currency }: Shop, till: Id): string {
  return desk.openAccount({ id: cashAccount(till), label: `Cash in till ${till.slice(-6).toUpperCase()}`, currency, side: 'debit', rule: 'none' })
}

/** The drawer of a till in any currency. */
function drawerIn(desk: Desk, shop: Shop, till: Id, currency: Currency): string {
  if (currency === shop.currency) return drawerOf(desk, shop, till)
  const label = `${currency} in till ${till.slice(-6).toUpperCase()}`
  return desk.openAccount({ id: foreignDrawer(till, currency), label, currency, side: 'debit', rule: 'none' })
}

const takingsOf = (desk: Desk, { merchant, currency }: Shop): string =>
  desk.openAccount({ id: cashTakings(merchant, currency), label: 'Taken in cash', currency, side: 'credit', rule: 'none' })
const exchangeOf = (desk: Desk, { merchant }: Pick<Shop, 'merchant'>, currency: Currency): string =>
  desk.openAccount({ id: exchangeAccount(merchant, currency), label: `Exchange, ${currency}`, currency, side: 'credit', rule: 'none' })
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

/**
 * Foreign notes, and change in the shop's own currency. They lie in a drawer of their own currency against the exchange, and what they were worth stands
 * against the exchange in the shop's: so debits are credits in each, and what the notes fetch in the end is the exchange's gain or loss. The rate, who says
 * it and since when are kept beside the payment (invariant 12).
 */
export function postForeignCash(
  desk: Desk,
  shop: Shop & Pick<Shopkeeper, 'foreignCash' | 'cashRoundingMinor'>,
  stored: StoredEntry,
  payment: Payment,
  taken: Taken,
  foreign: NonNullable<Taken['foreign']>,
): void {
  const { id, till } = payment
  const { change, foreign: given, pay } = transferIds(id)
  const { numerator, denominator, source, at } = foreign.rate
  if (foreign.currency === shop.currency) return desk.setAside(stored, 'entry.currency_mismatch', `${foreign.currency} is no foreign currency here`, id)
  const worth = (BigInt(foreign.tenderedMinor) * BigInt(numerator)) / BigInt(denominator)
  if (
    isFarFrom(
      shop.foreignCash?.find(({ currency }) => currency === foreign.currency),
      foreign.rate,
    )
  )
    desk.setAside(stored, 'entry.exchange_rate', `${numerator}/${denominator} ${shop.currency} for ${foreign.currency}, by ${source}`, id)
  // Down to a whole step of the shop's own cash, so that change can be given.
  const step = BigInt(shop.cashRoundingMinor ?? 1)
  if (worth - (worth % step) !== BigInt(taken.tenderedMinor) && worth !== BigInt(taken.tenderedMinor))
    desk.setAside(stored, 'entry.amount_mismatch', `${foreign.tenderedMinor} ${foreign.currency} are ${worth}, not ${taken.tenderedMinor}`, id)
  const own = exchangeOf(desk, shop, shop.currency)
  const move = (transfer: string, debit: string, credit: string, minor: number): void =>
    invariant(desk.apply({ kind: 'single', id: transfer, payment: id, debit, credit, amount: BigInt(minor) }).ok, 'foreign cash is posted once')
  move(pay, own, takingsOf(desk, shop), payment.capturedMinor)
  if (taken.changeMinor > 0) move(change, own, drawerOf(desk, shop, till), taken.changeMinor)
  move(given, drawerIn(desk, shop, till, foreign.currency), exchangeOf(desk, shop, foreign.currency), foreign.tenderedMinor)
  const detail = `${foreign.tenderedMinor} ${foreign.currency} at ${numerator}/${denominator} ${shop.currency}, by ${source} of ${new Date(at).toISOString()}`
  desk.record({ payment: id, at: desk.now, event: 'hub.exchanged', detail: detail.slice(0, 200) })
}

/** Rates move, and a till may have been offline for days; but nobody takes notes at a tenth more or less than the shop does now. */
const RATE_TOLERANCE_PERCENT = 10n

function isFarFrom(offer: ExchangeRatio | undefined, rate: ExchangeRatio): boolean {
  if (offer === undefined) return true
  const [said, now] = [BigInt(rate.numerator) * BigInt(offer.denominator), BigInt(offer.numerator) * BigInt(rate.denominator)]
  const apart = said > now ? said - now : now - said
  return apart * 100n > now * RATE_TOLERANCE_PERCENT
}
type ExchangeRatio = Pick<ExchangeRate, 'numerator' | 'denominator'>

/** From the drawer that took it to the customer. */
export function giveCashBack(desk: Desk, shop: Shop, payment: Payment, transfer: string, amount: bigint): void {
  const { id, till } = payment
  const given = desk.apply({ kind: 'single', id: transfer, payment: id, debit: takingsOf(desk, shop), credit: drawerOf(desk, shop, till), amount })
  invariant(given.ok, 'cash can always be given back')
}

/** Out of a drawer to somebody who brought goods back, whatever they were paid with. Once for each id. */
export function giveFromDrawer(desk: Desk, shop: Shop, till: Id, transfer: string, amountMinor: number): void {
  const given = desk.apply({ kind: 'single', id: transfer, debit: takingsOf(desk, shop), credit: drawerOf(desk, shop, till), amount: BigInt(amountMinor) })
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

export function judgeCashMoved(desk: Desk, stored: StoredEntry, moved: EntryBody<'cash.moved'>, shop: Shop): void {
  const { movementId, direction, amountMinor, currency, empties } = moved
  if (empties !== undefined && (direction !== 'out' || emptiesIn(moved) !== BigInt(amountMinor)))
    desk.setAside(stored, 'entry.amount_mismatch', `${emptiesIn(moved)} of deposits, ${amountMinor} ${direction}`)
  const books = { ...shop, currency }
  // Deposits were taken as a part of sales, so they go back out of the same takings; whatever is said of them, the notes left the drawer.
  const [drawer, other] = [drawerIn(desk, shop, stored.till, currency), empties === undefined ? safeOf(desk, books) : takingsOf(desk, books)]
  const [debit, credit] = direction === 'in' ? [drawer, other] : [other, drawer]
  const applied = desk.apply({ kind: 'single', id: movementTransfer(movementId), debit, credit, amount: BigInt(amountMinor) })
  if (!applied.ok) desk.setAside(stored, 'entry.conflict', `another movement of cash has the id ${movementId}`)
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

/** The same of foreign notes. What is said of them is said by people, and each currency once. */
export function judgeForeignCount(
  desk: Desk,
  stored: StoredEntry,
  told: NonNullable<EntryBody<'shift.closed'>['foreignCash']>,
  shop: Shop,
  isCounted: boolean,
): void {
  for (const { currency, expectedMinor, countedMinor } of told) {
    const isFirst = told.find((other) => other.currency === currency)?.countedMinor === countedMinor
    if (currency === shop.currency || !isFirst) {
      desk.setAside(stored, 'entry.currency_mismatch', `${currency} was counted as a foreign currency`)
      continue
    }
    const drawer = drawerIn(desk, shop, stored.till, currency)
    const expected = balance(desk, drawer)
    if (isCounted && BigInt(expectedMinor) !== expected)
      desk.setAside(stored, 'entry.amount_mismatch', `${expectedMinor} ${currency} expected in the drawer, by its entries ${expected}`)
    levelTo(desk, { drawer, other: overShortOf(desk, { ...shop, currency }), holds: BigInt(countedMinor), id: shiftTransfer(stored, `count/${currency}`) })
  }
}

/** Brings the drawer's account to what lies in it: a float from or to the safe, a count over or short. */
function level(desk: Desk, shop: Shop, stored: StoredEntry, what: 'float' | 'count', holds: bigint): void {
  const drawer = drawerOf(desk, shop, stored.till)
  const other = what === 'float' ? safeOf(desk, shop) : overShortOf(desk, shop)
  levelTo(desk, { drawer, other, holds, id: shiftTransfer(stored, what) })
}

function levelTo(
  desk: Desk,
  { drawer, other, holds, id }: { readonly drawer: string; readonly other: string; readonly holds: bigint; readonly id: string },
): void {
  const more = holds - balance(desk, drawer)
  if (more === 0n) return
  const [debit, credit, amount] = more > 0n ? [drawer, other, more] : [other, drawer, -more]
  invariant(desk.apply({ kind: 'single', id, debit, credit, amount }).ok, 'an entry is judged once')
}

function balance(desk: Desk, id: string): bigint {
  const account = desk.account(id)
  invariant(account !== undefined, 'the account was opened just now')
  return balanceOf(account)
}
