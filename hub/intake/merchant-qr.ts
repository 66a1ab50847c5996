import type { Desk, Shopkeeper } from './desk.ts'
import { phonePaymentId } from './phone-payment-id.ts'
import { isPaidBy, rememberExchange, resolveExchanged } from '../exchange/postings.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import { requestKey, type Payment } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { statedIn } from '#protocol/hub/messages.ts'
import type { PaidReceipt } from '#protocol/hub/paid.ts'
import { unbase64url } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import { readRequestBytes } from '#protocol/payment-code/request.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * Payments that a phone made at the hub (`hub/wallets/merchant-pay.ts`), as the till claims them. The receipt's signature is not what is believed here but what
 * the hub's own books say: that it holds this sum of this wallet under this payment's id, for a request of this very till. Another till's receipt, another sum, or
 * one that the hub never gave, gets nothing.
 */
export type PhoneRuling = {
  readonly wallet?: string
  readonly profile?: 'merchant_qr'
  readonly verdict: 'held' | ErrorCode
  /** The hold ended before the till was heard: what it took is asked of the wallet anew. */
  readonly funds?: 'expired'
  readonly exception?: ErrorCode
  readonly detail?: string
}

type Claim = EntryBody<'payment.intended'>

/**
 * A rogue till begins something under the id of a payment that a phone has made: it must neither stand in its way nor get its money. Whoever saw the code knows the
 * id, so it is claimed by the very till whose request the phone has paid, and by no other.
 */
export function isTakenByPhone(desk: Desk, till: Id, entry: Entry): boolean {
  if (!('paymentId' in entry.body) || desk.transfer(transferIds(entry.body.paymentId).hold) === undefined) return false
  const receipt = entry.kind === 'payment.intended' ? claimedBy(entry.body) : undefined
  return receipt === undefined || desk.codeOwner(requestKey(till, receipt.nonce)) !== entry.body.paymentId
}

/** The payment that a phone may have made here for the request which a shown code confirms as well. */
export function otherWayOf(crypto: Pick<Crypto, 'sha256'>, { instrument }: Claim): Id | undefined {
  if (instrument.type !== 'wallet' || instrument.request === undefined) return undefined
  const request = readRequestBytes(unbase64url(instrument.request) ?? new Uint8Array(0))
  return request.ok ? phonePaymentId(crypto, request.value) : undefined
}

/** A phone whose answer was lost confirms the same request by its next code: that one is of the same payment. */
export const isFreeFor = (desk: Desk, key: string, payment: Id): boolean => (desk.codeOwner(key) ?? payment) === payment
export function spendCodes(desk: Desk, keys: readonly string[], payment: Id): void {
  for (const key of keys) if (desk.codeOwner(key) === undefined) desk.useCode(key, payment)
}

/** Set when a till's payment has taken the place of the one that a phone had made. */
export const takenOverKey = (phonePayment: Id): string => `taken-over/${phonePayment}`

/**
 * One request, confirmed by one wallet both ways: a phone paid here and also showed a code to a till that could not hear of it. It is one payment, and the till's:
 * the phone's hold ends for it, once. False where that money is not to be had any more.
 */
export function takeOver(desk: Desk, owner: Id, { paymentId, amountMinor }: Claim, wallet: string): boolean {
  const { hold, void: release } = transferIds(owner)
  const held = desk.transfer(hold)
  const key = takenOverKey(owner)
  const isOurs = desk.payment(owner) === undefined && desk.codeOwner(key) === undefined
  if (!isOurs || held?.debit !== walletAccount(wallet) || held.amount !== BigInt(amountMinor)) return false
  if (held.status !== 'open' && held.status !== 'expired') return false
  if (held.status === 'open' && !desk.apply({ kind: 'void', id: release, pendingId: hold }).ok) return false
  desk.useCode(key, paymentId)
  return true
}

/** What has to be loaded to judge it; undefined for a claim that says nothing readable. */
export const claimedBy = ({ instrument }: Claim): PaidReceipt | undefined => (instrument.type === 'merchant_qr' ? statedIn(instrument.receipt) : undefined)

type Judge = { readonly shop: Pick<Shopkeeper, 'merchant'>; isOurs(receipt: Uint8Array): boolean }

/** Where the books know nothing of it, since they come from a backup, the hub stands by what it signed, and asks the wallet anew. */
export function rulePaidByPhone(desk: Desk, { shop, isOurs }: Judge, till: Id, body: Claim): PhoneRuling {
  const receipt = claimedBy(body)
  const hold = desk.transfer(transferIds(body.paymentId).hold)
  const isForgotten = receipt !== undefined && hold === undefined && desk.codeOwner(requestKey(till, receipt.nonce)) === undefined
  if (isForgotten && isAbout(receipt, till, body) && isOurs(bytesIn(body))) {
    desk.useCode(requestKey(till, receipt.nonce), body.paymentId)
    rememberExchange(desk, receipt)
    return { wallet: receipt.wallet, profile: 'merchant_qr', verdict: 'held', funds: 'expired' }
  }
  const refused = (detail: string): PhoneRuling => ({ verdict: 'qr.unknown', exception: 'qr.unknown', detail })
  if (receipt === undefined) return refused('not a receipt')
  if (hold === undefined || desk.codeOwner(requestKey(till, receipt.nonce)) !== body.paymentId) return refused('no phone paid that at this till')
  const isThat =
    hold.amount === BigInt(body.amountMinor) &&
    hold.currency === body.currency &&
    isPaidBy(desk, hold, body.paymentId, receipt.wallet) &&
    hold.credit === merchantAccount(shop.merchant, body.currency)
  if (!isThat) {
    letGo(desk, body.paymentId)
    return refused(`the phone paid ${hold.amount} ${hold.currency}`)
  }
  const genuine = { wallet: receipt.wallet, profile: 'merchant_qr', verdict: 'held' } as const
  if (hold.status === 'voided' || desk.codeOwner(takenOverKey(body.paymentId)) !== undefined) return refused('the till was shown the code for it as well')
  return hold.status === 'open' ? genuine : { ...genuine, funds: 'expired' }
}

const bytesIn = ({ instrument }: Claim): Uint8Array => (instrument.type === 'merchant_qr' ? unbase64url(instrument.receipt) : undefined) ?? new Uint8Array(0)
const isAbout = (receipt: PaidReceipt, till: Id, { paymentId, amountMinor, currency }: Claim): boolean =>
  receipt.till === till && receipt.paymentId === paymentId && receipt.amountMinor === amountMinor && receipt.currency === currency

/**
 * Two phones have paid for one request: the second at a hub that came from a backup and knew nothing of the first, whose receipt its till took. A till claims one
 * payment under one id, so nobody can ever claim what the other phone paid, and no hold is left to run out with it.
 */
function letGo(desk: Desk, id: Id): void {
  const { hold, void: release } = transferIds(id)
  if (desk.transfer(hold)?.status !== 'open') return
  invariant(desk.apply({ kind: 'void', id: release, pendingId: hold }).ok, 'an open hold can end')
  resolveExchanged(desk, id, 'void')
}

/** A hold that no till ever claimed goes back to the phone that paid. */
export function expireUnclaimed(desk: Desk, id: Id): void {
  const { hold, expire } = transferIds(id)
  if (desk.transfer(hold)?.status !== 'open') return
  desk.apply({ kind: 'expire', id: expire, pendingId: hold })
  resolveExchanged(desk, id, 'expire')
}

/**
 * A till lets go of what it did not await any more. One that was put back to a backup may believe that of a payment which it had captured before; then that
 * stands, and a person looks.
 */
export const letsGoOfCaptured = (entry: Entry, { capturedMinor }: Payment): boolean =>
  entry.kind === 'payment.voided' && entry.body.code === 'qr.given_back' && capturedMinor > 0
