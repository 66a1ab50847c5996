import type { Desk, Shopkeeper } from './desk.ts'
import { creditAccount, creditTakings, creditTransfer } from '../ledger/names.ts'
import { creditDayId, type CreditRow, type StoredEntry } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { sealOf } from '#protocol/credit/code.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Gift cards and store credit. A till says that it issued one (`credit.issued`); it is worth something only when a sale with that card as a line, or a return
 * that was paid out so, says the same, and never more in a day than the shop lets one till issue: so a rogue till invents at most that, and the rest is
 * shown to a person.
 */
type Shop = Pick<Shopkeeper, 'merchant' | 'creditPerDayMinor'>

/** Opens both accounts of a credit. One that is spent to nothing stays: a refund may go back to it. */
export function creditAccounts(
  desk: Desk,
  { merchant }: Pick<Shop, 'merchant'>,
  id: Id,
  currency: Currency,
): { readonly credit: string; readonly takings: string } {
  const label = `Credit ${id.slice(-6).toUpperCase()}`
  return {
    credit: desk.openAccount({ id: creditAccount(id), label, currency, side: 'credit', rule: 'debits_must_not_exceed_credits' }),
    takings: desk.openAccount({ id: creditTakings(merchant, currency), label: 'Sold for credit, less credit issued', currency, side: 'credit', rule: 'none' }),
  }
}

/** `at`: the till's time, bounded by what the hub knows of it. The same id with other contents is a conflict, whoever says it. */
export function judgeCreditIssued(desk: Desk, stored: StoredEntry, at: EpochMs, body: EntryBody<'credit.issued'>, shop: Pick<Shopkeeper, 'currency'>): void {
  const { creditId: id, why, amountMinor, currency, seal } = body
  const backing = body.saleId ?? body.returnId
  if (currency !== shop.currency) return desk.setAside(stored, 'entry.currency_mismatch', `credit in ${currency}`)
  if (backing === undefined) return desk.setAside(stored, 'credit.not_backed', `credit ${id} over ${amountMinor} names no sale and no return`)
  const known = desk.credit(id)
  if (known === undefined) return desk.saveCredit({ id, version: 0, till: stored.till, at, why, amountMinor, currency, seal, backing, fundedAt: undefined })
  const isSame = known.till === stored.till && known.seal === seal && known.amountMinor === amountMinor && known.backing === backing
  if (!isSame) desk.setAside(stored, 'entry.conflict', `another credit has the id ${id}`)
}

/** The sale or return `backing` of this till says that this credit was issued for so much: now it is worth that, once. */
export function fundCredit(desk: Desk, shop: Shop, stored: StoredEntry, { id, amountMinor, backing }: Pick<CreditRow, 'id' | 'amountMinor' | 'backing'>): void {
  const credit = desk.credit(id)
  const isSaid = credit !== undefined && credit.till === stored.till && credit.backing === backing && credit.amountMinor === amountMinor
  if (!isSaid) return desk.setAside(stored, 'credit.not_backed', `no credit ${id} over ${amountMinor} was issued for ${backing}`)
  if (credit.fundedAt !== undefined) return
  const day = creditDayId(stored.till, credit.at)
  const issued = desk.issuedOn(day) + amountMinor
  const most = shop.creditPerDayMinor ?? 0
  if (issued > most)
    return desk.setAside(stored, 'credit.day_cap', `credit ${id} over ${amountMinor} makes ${issued} of ${most} on ${day.slice(-10)}: it is worth nothing`)
  desk.countIssued(day, amountMinor)
  postCredit(desk, shop, credit)
}

/** From now on it is worth what it was issued for. Once for each. */
export function postCredit(desk: Desk, shop: Pick<Shop, 'merchant'>, credit: CreditRow): void {
  const { id, currency, amountMinor } = credit
  const { credit: to, takings } = creditAccounts(desk, shop, id, currency)
  invariant(desk.apply({ kind: 'single', id: creditTransfer(id), debit: takings, credit: to, amount: BigInt(amountMinor) }).ok, 'a credit is issued once')
  desk.saveCredit({ ...credit, fundedAt: desk.now })
}

/** Whether who says this proof has had the code of a credit that is worth something, or was (invariant 16). */
export function provenCredit(
  desk: Desk,
  crypto: Pick<Crypto, 'sha256'>,
  { creditId, proof }: { readonly creditId: Id; readonly proof: string },
  currency: Currency,
): Outcome<CreditRow, Extract<ErrorCode, 'credit.unknown' | 'code.forged' | 'code.wrong_currency'>> {
  const credit = desk.credit(creditId)
  if (credit === undefined) return fail('credit.unknown', creditId)
  if (sealOf(crypto, proof) !== credit.seal) return fail('code.forged', `a proof that does not fit credit ${creditId}`)
  return credit.currency === currency ? ok(credit) : fail('code.wrong_currency')
}

/** What nobody has spent or holds of a credit. Minor units. */
export function leftOf(desk: Desk, id: Id): Minor {
  const account = desk.account(creditAccount(id))
  return account === undefined ? 0 : Number(account.creditsPosted - account.debitsPosted - account.debitsPending)
}
