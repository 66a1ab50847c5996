import { giveCashBack, undoRounding } from './cash.ts'
import { creditAccounts } from './credits.ts'
import { askAgain, captureCard, refundCard, undoCard } from './cards.ts'
import type { Desk, Shopkeeper } from './desk.ts'
import { takeHubStep } from './hub-step.ts'
import { lessenLoss } from './losses.ts'
import { nextAttemptAt } from './retry-schedule.ts'
import { isRefusedByRisk } from './risk-asking.ts'
import { isAcquired } from './schemes.ts'
import { undoTip } from './tips.ts'
import { exchangeOf, giveBackExchanged, payExchanged, resolveExchanged } from '../exchange/postings.ts'
import type { LedgerCode } from '../ledger/ledger.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { invariant, ok, type Outcome } from '#protocol/outcome.ts'

/**
 * Getting the money of captured payments. A till that was alone has promised it; the wallet may not have it when the hub asks. Then the hub tries again
 * by a schedule (RETRY), and after that a person does or writes it off (RECOVERY). What is asked for is always what was captured and not refunded since.
 */
type Merchant = Pick<Shopkeeper, 'merchant' | 'currency' | 'duplicateBorneBy' | 'terms' | 'exchange'>

/** A payment that was captured just now: its money moves, or the hub begins to run after it. */
export function settleCapture(desk: Desk, shop: Merchant, stored: StoredEntry, captured: Payment): void {
  if (isAcquired(captured)) return captureCard(desk, stored, captured)
  const unpaid = takeMoney(desk, shop, captured)
  if (unpaid === undefined) return desk.save({ ...captured, funds: 'posted', settledAt: desk.now })
  const isSpentTwice = captured.profile === 'credit' && unpaid === 'credit.exceeds_balance'
  const late = takeHubStep(desk, { ...captured, exception: unpaid, unpaidSince: desk.now }, 'hub.declined_late', unpaid)
  if (mayBePaidLater(late)) {
    desk.save({ ...late, nextAttemptAt: nextAttemptAt(0, desk.now) })
    desk.setAside(stored, isSpentTwice ? 'credit.spent_twice' : 'payment.late_decline', unpaid, late.id)
  } else {
    desk.save(takeHubStep(desk, late, 'hub.gave_up', 'no wallet agreed to it'))
    desk.setAside(stored, unpaid, 'captured by the till, but no money moved', late.id)
  }
}

/** One attempt by the schedule. Does nothing where this very turn has moved the payment on. */
export function retryPayment(desk: Desk, shop: Merchant, id: Id): void {
  const payment = desk.payment(id)
  if (payment?.nextAttemptAt === undefined || payment.nextAttemptAt > desk.now) return
  if (isAcquired(payment)) {
    const unasked = askAgain(desk, payment)
    if (unasked !== undefined) desk.save(takeHubStep(desk, payment, 'hub.gave_up', unasked))
    return
  }
  const unpaid = takeMoney(desk, shop, payment)
  if (unpaid === undefined) return desk.save(recovered(desk, payment, undefined))
  const attempts = payment.attempts + 1
  const next = nextAttemptAt(attempts, desk.now)
  const failed = { ...payment, attempts, exception: unpaid }
  desk.record({ payment: id, at: desk.now, event: 'hub.attempt_failed', detail: unpaid })
  if (next !== undefined) return desk.save({ ...failed, nextAttemptAt: next })
  desk.save(takeHubStep(desk, failed, 'hub.gave_up', `${attempts} attempts`))
  desk.setAside(payment, 'payment.given_up', unpaid, id)
}

/** A person's attempt, beside the schedule: if it fails, nothing changes. Of a card the acquirer is asked, and its answer comes later. */
export function collectNow(desk: Desk, shop: Merchant, payment: Payment): Outcome<void, ErrorCode> {
  const unpaid = isAcquired(payment) ? askAgain(desk, payment) : takeMoney(desk, shop, payment)
  if (unpaid === undefined && isAcquired(payment)) return ok(undefined)
  if (unpaid !== undefined) return { ok: false, code: unpaid }
  desk.save(recovered(desk, payment, 'by a person'))
  return ok(undefined)
}

const recovered = (desk: Desk, payment: Payment, detail: string | undefined): Payment => ({
  ...takeHubStep(desk, payment, 'hub.recovered', detail),
  funds: 'posted',
  settledAt: desk.now,
  exception: undefined,
})

/**
 * Where the hub would have held the money but for what a wallet can mend, or for what risk thought: goods were given for it, by a genuine code. A code that is not genuine or paid somewhere else already is never paid,
 * whoever asks.
 */
const mayBePaidLater = ({ verdict, funds, wallet }: Payment): boolean =>
  wallet !== undefined &&
  (verdict === 'hub.insufficient_funds' ||
    verdict === 'hub.unknown_wallet' ||
    verdict === 'credit.exceeds_balance' ||
    verdict === 'credit.unknown' ||
    isRefusedByRisk({ verdict }) ||
    funds === 'expired')

/** Posts the hold, or where there is none tries for the money directly. Undefined: the merchant has it. */
function takeMoney(desk: Desk, { merchant }: Merchant, payment: Payment): ErrorCode | undefined {
  const { id, verdict, funds, wallet, profile, currency } = payment
  const { hold, post, pay } = transferIds(id)
  if (funds === 'held') {
    invariant(desk.apply({ kind: 'post', id: post, pendingId: hold }).ok, 'a payment whose money is held has an open hold')
    resolveExchanged(desk, id, 'post')
    return undefined
  }
  if (wallet === undefined || !mayBePaidLater(payment)) return verdict === undefined || verdict === 'held' ? 'hub.refused' : verdict
  if (profile !== 'credit' && !desk.knowsWallet(wallet)) return 'hub.unknown_wallet'
  if (profile === 'credit') return takeCredit(desk, merchant, payment, wallet)
  const exchanged = exchangeOf(desk, id)
  if (exchanged !== undefined) {
    const short = payExchanged(desk, merchant, payment, exchanged)
    return short && refusal(short)
  }
  const amount = BigInt(keptMinor(payment))
  const paid = desk.apply({ kind: 'single', id: pay, payment: id, debit: walletAccount(wallet), credit: merchantAccount(merchant, currency), amount })
  return paid.ok ? undefined : refusal(paid.code)
}

/**
 * A card that was spent at two tills, of which one could not ask, or one that is not worth anything yet. Something may come back onto it, and a person may
 * release it. A credit is the shop's own debt, so what nobody pays in the end is the shop's loss, whoever bears a wallet's code that paid twice: an issuer who
 * is the shop itself would have it paid out for cards that its own tills invent.
 */
function takeCredit(desk: Desk, merchant: Id, payment: Payment, creditId: Id): ErrorCode | undefined {
  if (desk.credit(creditId)?.fundedAt === undefined) return 'credit.unknown'
  const { credit, takings } = creditAccounts(desk, { merchant }, creditId, payment.currency)
  const amount = BigInt(keptMinor(payment))
  const paid = desk.apply({ kind: 'single', id: transferIds(payment.id).pay, payment: payment.id, debit: credit, credit: takings, amount })
  return paid.ok ? undefined : 'credit.exceeds_balance'
}

const refusal = (code: LedgerCode): ErrorCode => (code === 'ledger.exceeds_credits' ? 'hub.insufficient_funds' : code)

/**
 * Undoes whatever became of a payment's money: gives a hold back, or after the capture all of it. The hub's approval may have come too late for the till,
 * which is why a payment that the till has declined or reversed can have a hold.
 */
export function undoMoney(desk: Desk, shop: Merchant, payment: Payment): Payment {
  const { hold, void: release, return: back } = transferIds(payment.id)
  const { funds, capturedMinor } = payment
  undoTip(desk, shop, payment)
  if (isAcquired(payment)) undoCard(desk, payment)
  if (payment.state === 'VOIDED' && capturedMinor > 0 && funds === 'none') lessenLoss(desk, payment, { id: back, amount: BigInt(capturedMinor) })
  if (funds === 'held') {
    invariant(desk.apply({ kind: 'void', id: release, pendingId: hold }).ok, 'a payment whose money is held has an open hold')
    resolveExchanged(desk, payment.id, 'void')
    return { ...payment, funds: 'released' }
  }
  if (funds !== 'posted') return payment
  giveBack(desk, shop, payment, { id: back, amount: BigInt(capturedMinor) })
  if (payment.profile === 'cash') undoRounding(desk, shop, payment)
  return { ...payment, funds: 'released' }
}

/**
 * From the merchant to the wallet that paid, onto the card that it came from, or from the drawer that took it. The merchant's account may go below zero by it: a day of refunds may outweigh
 * a day of sales, and then the merchant owes. A wallet's never may.
 */
export function giveBack(desk: Desk, shop: Merchant, payment: Payment, { id, amount }: { readonly id: string; readonly amount: bigint }): void {
  const { wallet, currency, profile } = payment
  if (profile === 'cash') return giveCashBack(desk, shop, payment, id, amount)
  if (isAcquired(payment)) return refundCard(desk, shop, payment, { id, amount })
  invariant(wallet !== undefined, 'posted money came from a wallet')
  const exchanged = exchangeOf(desk, payment.id)
  if (exchanged !== undefined) return giveBackExchanged(desk, shop, payment, exchanged, { id, amount })
  const { credit: card, takings } = profile === 'credit' ? creditAccounts(desk, shop, wallet, currency) : { credit: walletAccount(wallet), takings: undefined }
  const debit = takings ?? merchantAccount(shop.merchant, currency)
  const given = desk.apply({ kind: 'single', id, payment: payment.id, debit, credit: card, amount })
  invariant(given.ok, 'money can always go back to the wallet that it came from')
}
