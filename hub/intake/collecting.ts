import { giveCashBack, undoRounding } from './cash.ts'
import type { Desk, Shopkeeper } from './desk.ts'
import { nextAttemptAt } from './retry-schedule.ts'
import type { LedgerCode } from '../ledger/ledger.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor, stepPayment, type HubPaymentEvent } from '#protocol/journal/payment.ts'
import { invariant, ok, type Outcome } from '#protocol/outcome.ts'

/**
 * Getting the money of captured payments. A till that was alone has promised it; the wallet may not have it when the hub asks. Then the hub tries again
 * by a schedule (RETRY), and after that a person does or writes it off (RECOVERY). What is asked for is always what was captured and not refunded since.
 */
type Merchant = Pick<Shopkeeper, 'merchant' | 'currency'>

/** A step that the hub itself takes and keeps on record. The caller has made sure that the machine knows it. */
export function takeHubStep(desk: Desk, payment: Payment, event: HubPaymentEvent, detail: string | undefined): Payment {
  const stepped = stepPayment(payment, { event })
  invariant(stepped.ok, `${event} follows from ${payment.state}`)
  desk.record({ payment: payment.id, at: desk.now, event, detail })
  return { ...payment, ...stepped.value, nextAttemptAt: undefined }
}

/** A payment that was captured just now: its money moves, or the hub begins to run after it. */
export function settleCapture(desk: Desk, shop: Merchant, stored: StoredEntry, captured: Payment): void {
  const unpaid = takeMoney(desk, shop, captured)
  if (unpaid === undefined) return desk.save({ ...captured, funds: 'posted', settledAt: desk.now })
  const late = takeHubStep(desk, { ...captured, exception: unpaid, unpaidSince: desk.now }, 'hub.declined_late', unpaid)
  if (mayBePaidLater(late)) {
    desk.save({ ...late, nextAttemptAt: nextAttemptAt(0, desk.now) })
    desk.setAside(stored, 'payment.late_decline', unpaid, late.id)
  } else {
    desk.save(takeHubStep(desk, late, 'hub.gave_up', 'no wallet agreed to it'))
    desk.setAside(stored, unpaid, 'captured by the till, but no money moved', late.id)
  }
}

/** One attempt by the schedule. Does nothing where this very turn has moved the payment on. */
export function retryPayment(desk: Desk, shop: Merchant, id: Id): void {
  const payment = desk.payment(id)
  if (payment?.nextAttemptAt === undefined || payment.nextAttemptAt > desk.now) return
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

/** A person's attempt, beside the schedule: if it fails, nothing changes. */
export function collectNow(desk: Desk, shop: Merchant, payment: Payment): Outcome<void, ErrorCode> {
  const unpaid = takeMoney(desk, shop, payment)
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
 * Where the hub would have held the money but for what a wallet can mend. A code that is not genuine or paid somewhere else already is never paid,
 * whoever asks.
 */
const mayBePaidLater = ({ verdict, funds, wallet }: Payment): boolean =>
  wallet !== undefined && (verdict === 'hub.insufficient_funds' || verdict === 'hub.unknown_wallet' || funds === 'expired')

/** Posts the hold, or where there is none tries for the money directly. Undefined: the merchant has it. */
function takeMoney(desk: Desk, { merchant }: Merchant, payment: Payment): ErrorCode | undefined {
  const { id, verdict, funds, wallet, currency } = payment
  const { hold, post, pay } = transferIds(id)
  if (funds === 'held') {
    invariant(desk.apply({ kind: 'post', id: post, pendingId: hold }).ok, 'a payment whose money is held has an open hold')
    return undefined
  }
  if (wallet === undefined || !mayBePaidLater(payment)) return verdict === undefined || verdict === 'held' ? 'hub.refused' : verdict
  if (!desk.knowsWallet(wallet)) return 'hub.unknown_wallet'
  const amount = BigInt(keptMinor(payment))
  const paid = desk.apply({ kind: 'single', id: pay, payment: id, debit: walletAccount(wallet), credit: merchantAccount(merchant, currency), amount })
  return paid.ok ? undefined : refusal(paid.code)
}

const refusal = (code: LedgerCode): ErrorCode => (code === 'ledger.exceeds_credits' ? 'hub.insufficient_funds' : code)

/**
 * Undoes whatever became of a payment's money: gives a hold back, or after the capture all of it. The hub's approval may have come too late for the till,
 * which is why a payment that the till has declined or reversed can have a hold.
 */
export function undoMoney(desk: Desk, shop: Merchant, payment: Payment): Payment {
  const { hold, void: release, return: back } = transferIds(payment.id)
  const { funds, capturedMinor } = payment
  if (funds === 'held') {
    invariant(desk.apply({ kind: 'void', id: release, pendingId: hold }).ok, 'a payment whose money is held has an open hold')
    return { ...payment, funds: 'released' }
  }
  if (funds !== 'posted') return payment
  giveBack(desk, shop, payment, { id: back, amount: BigInt(capturedMinor) })
  if (payment.profile === 'cash') undoRounding(desk, shop, payment)
  return { ...payment, funds: 'released' }
}

/**
 * From the merchant to the wallet that paid, or from the drawer that took it. The merchant's account may go below zero by it: a day of refunds may outweigh
 * a day of sales, and then the merchant owes. A wallet's never may.
 */
export function giveBack(desk: Desk, shop: Merchant, payment: Payment, { id, amount }: { readonly id: string; readonly amount: bigint }): void {
  const { wallet, currency, profile } = payment
  if (profile === 'cash') return giveCashBack(desk, shop, payment, id, amount)
  invariant(wallet !== undefined, 'posted money came from a wallet')
  const debit = merchantAccount(shop.merchant, currency)
  const given = desk.apply({ kind: 'single', id, payment: payment.id, debit, credit: walletAccount(wallet), amount })
  invariant(given.ok, 'money can always go back to the wallet that it came from')
}
