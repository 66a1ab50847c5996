import type { Desk, Shopkeeper } from './desk.ts'
import { HOLD_LIFETIME, takeHubStep } from './hub-step.ts'
import type { Exchange } from '../acquirers/acquirer.ts'
import { newCase, wanting, type CardCase, type Happened } from '../acquirers/card-case.ts'
import { cardRetryDelay, isFinal, reasonOf } from '../acquirers/response-codes.ts'
import { acquirerAccount, merchantAccount, transferIds } from '../ledger/names.ts'
import type { Payment, StoredEntry } from '../store/hub-store.ts'
import { cardRefOf } from '#protocol/card.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { isErrorCode, type ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * Payments by card. A till's entries only say what is wanted of the acquirer (`CardCase`); what it answers comes back here by way of `card-desk.ts`. Money is
 * posted when the acquirer has confirmed it and not before, against `acquirer/{id}`: what it has promised and not paid out.
 */
type Shop = Pick<Shopkeeper, 'merchant' | 'currency'>
type Swiped = Extract<EntryBody<'payment.intended'>['instrument'], { type: 'card' }>

/** A serial number of a reader encrypts one swipe, and a swipe is good for one payment. */
export const swipeKey = (ksn: string): string => `swipe/${ksn}`

type CardRuling = { readonly profile: 'card'; readonly verdict?: ErrorCode; readonly exception?: ErrorCode; readonly detail?: string }

/** No verdict yet: the acquirer is asked. */
export function ruleCard(
  desk: Desk,
  { shop, crypto }: { readonly shop: Shopkeeper; readonly crypto: Pick<Crypto, 'sha256'> },
  { at, body }: Extract<Entry, { kind: 'payment.intended' }>,
  card: Swiped,
): CardRuling {
  const profile = 'card'
  const { maskedPan, encrypted } = card
  if (shop.acquirer === undefined) return { profile, verdict: 'card.not_taken' }
  if (body.currency !== shop.currency) return { profile, verdict: 'policy.wrong_currency' }
  const key = swipeKey(encrypted.ksn)
  const owner = desk.codeOwner(key)
  if (owner !== undefined) return { profile, verdict: 'card.used', exception: 'card.used', detail: `paid ${owner}` }
  desk.useCode(key, body.paymentId)
  if (shop.policy?.denies({ kind: 'card', id: cardRefOf(crypto, card) }, at) === true) return { profile, verdict: 'policy.denied' }
  const { scheme, ksn, track1, track2 } = encrypted
  const secret = { is: 'track', scheme, ksn, track1, track2 } as const
  const about = { id: body.paymentId, acquirer: shop.acquirer, maskedPan, currency: body.currency, secret, ksn, wantedMinor: body.amountMinor }
  desk.saveCard(newCase(about, desk.now))
  return { profile }
}

function want(desk: Desk, id: Id, wants: CardCase['wants'], wantedMinor: Minor): void {
  const card = desk.card(id)
  if (card !== undefined) desk.saveCard(wanting(card, wants, wantedMinor, desk.now))
}

/** What was reserved is given back, and what is asked at this moment is undone when its answer has come. */
export const undoCard = (desk: Desk, { id }: Pick<Payment, 'id'>): void => want(desk, id, 'nothing', 0)

/** The till has promised the money; from now on the hub runs after it until the acquirer has confirmed it. */
export function captureCard(desk: Desk, stored: StoredEntry, captured: Payment): void {
  const { id, funds, capturedMinor } = captured
  const card = desk.card(id)
  if (funds === 'held') {
    const { hold, void: release } = transferIds(id)
    invariant(desk.apply({ kind: 'void', id: release, pendingId: hold }).ok, 'a payment whose money is held has an open hold')
  }
  const claimed: Payment = { ...captured, funds: funds === 'held' ? 'none' : funds }
  if (card === undefined) return declineLate(desk, claimed, captured.verdict ?? 'card.not_taken', stored)
  if (card.refusal !== undefined && isFinal(card.refusal)) return declineLate(desk, claimed, card.refusal, stored)
  want(desk, id, 'money', capturedMinor)
  desk.save(claimed)
}

/** One more attempt, by the schedule or by a person. Undefined: it is being asked. */
export function askAgain(desk: Desk, payment: Payment): ErrorCode | undefined {
  const card = desk.card(payment.id)
  if (card?.secret === undefined) return payment.exception ?? 'card.unreadable'
  want(desk, payment.id, 'money', keptMinor(payment))
  desk.save({ ...payment, nextAttemptAt: undefined })
  return undefined
}

/**
 * What the books gave back and the acquirer still has, since it refused. Minor units; undefined: nothing. By what was asked of it: what a chargeback took, or a drawer
 * gave back in notes, is not the acquirer's to give once more.
 */
export function refusedRefund(card: CardCase): { readonly amountMinor: Minor; readonly code: string } | undefined {
  if (card.wants !== 'rest' || card.has !== 'money') return undefined
  const amountMinor = card.hasMinor - card.wantedMinor
  return amountMinor > 0 ? { amountMinor, code: card.refusal ?? '' } : undefined
}

/** The acquirer refused to give something back, and rests with it: it is asked once more. False: there is nothing of the kind. */
export function refundAgain(desk: Desk, payment: Payment): boolean {
  const card = desk.card(payment.id)
  if (card === undefined || refusedRefund(card) === undefined) return false
  want(desk, payment.id, card.wantedMinor === 0 ? 'nothing' : 'money', card.wantedMinor)
  return true
}

/** Given back onto the card: by the acquirer, as soon as it can be asked, and in the books at once where they have it. */
export function refundCard(desk: Desk, shop: Shop, payment: Payment, { id, amount }: { readonly id: string; readonly amount: bigint }): void {
  const card = desk.card(payment.id)
  invariant(card !== undefined, 'posted money of a card came from an acquirer')
  const [debit, credit] = [merchantAccount(shop.merchant, payment.currency), accountOf(desk, card)]
  invariant(desk.apply({ kind: 'single', id, payment: payment.id, debit, credit, amount }).ok, 'money can always go back to the acquirer that it came from')
}

/** `lessMinor` of what was wanted of the card goes back to it, or is not asked for any more. */
export function wantLess(desk: Desk, { id }: Payment, lessMinor: Minor): void {
  const card = desk.card(id)
  if (card !== undefined && (card.wants === 'money' || card.has === 'money')) want(desk, id, 'money', Math.max(0, card.wantedMinor - lessMinor))
}

const accountOf = (desk: Desk, { acquirer, currency }: CardCase): string =>
  desk.openAccount({ id: acquirerAccount(acquirer), label: `Acquirer ${acquirer}`, currency, side: 'debit', rule: 'none' })

// ---------------------------------------------------------------- what the acquirer has answered

/** What an answer means for the payment. `card` is the case with the answer in it. */
export function tookAnswer(desk: Desk, shop: Shop, card: CardCase, exchange: Exchange, happened: Happened): void {
  const payment = desk.payment(card.id)
  invariant(payment !== undefined, 'a case is about a payment')
  switch (happened) {
    case 'held':
      return card.wants === 'hold' ? hold(desk, shop, card, payment) : undefined
    case 'paid':
      return pay(desk, shop, card, payment)
    case 'undone':
      return exchange.of?.kind === 'authorise'
        ? decline(desk, payment, payment.profile === 'scheme' ? 'scheme.not_confirmed' : 'acquirer.no_answer')
        : undefined
    case 'refused':
      return refused(desk, payment, exchange, card.refusal ?? '')
    case 'refunded':
    case 'waits':
      return undefined
  }
}

const isAwaited = ({ state, verdict }: Payment): boolean => verdict === undefined && (state === 'INTENDED' || state === 'UNKNOWN')

function hold(desk: Desk, shop: Shop, card: CardCase, payment: Payment): void {
  const { id, currency, amountMinor } = payment
  const [debit, credit] = [accountOf(desk, card), merchantAccount(shop.merchant, currency)]
  const expiresAt = desk.now + HOLD_LIFETIME
  const held = desk.apply({ kind: 'pending', id: transferIds(id).hold, payment: id, debit, credit, amount: BigInt(amountMinor), expiresAt })
  invariant(held.ok, 'nothing keeps an acquirer from promising money')
  if (isAwaited(payment)) desk.answers.push(id)
  desk.save({ ...payment, funds: 'held', verdict: payment.verdict ?? 'held' })
}

function decline(desk: Desk, payment: Payment, code: ErrorCode): void {
  if (!isAwaited(payment)) return
  desk.answers.push(payment.id)
  desk.save({ ...payment, verdict: code })
}

function pay(desk: Desk, shop: Shop, card: CardCase, payment: Payment): void {
  const amount = card.wants === 'money' ? Math.min(card.hasMinor, card.wantedMinor) : 0
  const { id, currency, state } = payment
  if (!isUnpaid(payment) || (state !== 'CAPTURED' && state !== 'RETRY' && state !== 'RECOVERY')) return
  const [debit, credit] = [accountOf(desk, card), merchantAccount(shop.merchant, currency)]
  const paid = desk.apply({ kind: 'single', id: transferIds(id).pay, payment: id, debit, credit, amount: BigInt(amount) })
  invariant(paid.ok, 'a payment is paid once')
  const settled: Payment = { ...payment, funds: 'posted', settledAt: desk.now, exception: undefined }
  desk.save(state === 'CAPTURED' ? settled : takeHubStep(desk, settled, 'hub.recovered', undefined))
}

const isUnpaid = ({ funds }: Payment): boolean => funds === 'none' || funds === 'expired'

const codeOf = (refusal: string): ErrorCode => (isErrorCode(refusal) ? refusal : reasonOf(refusal))

function refused(desk: Desk, payment: Payment, { kind, amountMinor }: Exchange, refusal: string): void {
  const code = codeOf(refusal)
  if (code === 'card.forged') desk.setAside(payment, code, undefined, payment.id)
  if (kind === 'refund') return desk.setAside(payment, code, `the acquirer gave ${amountMinor} not back: ${refusal}`, payment.id)
  if (kind === 'authorise') decline(desk, payment, code)
  const { state } = payment
  if (isUnpaid(payment) && (state === 'CAPTURED' || state === 'RETRY' || state === 'RECOVERY')) declineLate(desk, payment, refusal, payment)
}

/** Captured, and the acquirer says no: the hub asks again by a schedule that suits cards, or never, where schemes forbid it. */
function declineLate(desk: Desk, payment: Payment, refusal: string, stored: Pick<StoredEntry, 'till' | 'epoch' | 'n'>): void {
  const code = codeOf(refusal)
  const { id, state } = payment
  const isHopeless = isFinal(refusal) || code === 'card.forged' || code === 'card.unreadable' || desk.card(id) === undefined
  if (state === 'RECOVERY') {
    desk.record({ payment: id, at: desk.now, event: 'hub.attempt_failed', detail: `${code} (${refusal})` })
    return desk.save({ ...payment, exception: code })
  }
  const attempts = state === 'RETRY' ? payment.attempts + 1 : 0
  const failed: Payment = { ...payment, exception: code, attempts, unpaidSince: payment.unpaidSince ?? desk.now }
  if (state === 'RETRY') desk.record({ payment: id, at: desk.now, event: 'hub.attempt_failed', detail: `${code} (${refusal})` })
  const late = state === 'RETRY' ? failed : takeHubStep(desk, failed, 'hub.declined_late', `${code} (${refusal})`)
  const delay = isHopeless ? undefined : cardRetryDelay(attempts)
  if (delay === undefined) {
    desk.save(takeHubStep(desk, late, 'hub.gave_up', isHopeless ? `${code}: nobody may ask again` : `${attempts} attempts`))
    return desk.setAside(stored, 'payment.given_up', code, id)
  }
  desk.save({ ...late, nextAttemptAt: desk.now + delay })
  if (state !== 'RETRY') desk.setAside(stored, 'payment.late_decline', code, id)
}
