import type { Desk, Shopkeeper } from './desk.ts'
import type { Proven } from './proof.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import type { LedgerCode } from '../ledger/ledger.ts'
import { codeKey, requestKey, type Payment, type StoredEntry } from '../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Decision } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import { nextPaymentState, type PaymentEvent } from '#protocol/journal/payment.ts'
import { invariant, unreachable } from '#protocol/outcome.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'

/** A till that captures later than this is paid only if the wallet still has the money. */
export const HOLD_LIFETIME = 7 * DAY

/** What the judge of payments has beside the desk. */
export type Bench = {
  readonly shop: Pick<Shopkeeper, 'merchant' | 'perShownCodeMinor'>
  readonly crypto: Pick<Crypto, 'sha256'>
  sign(decision: Decision): Uint8Array
}

type PaymentEntry = Extract<Entry, { kind: PaymentEvent }>
type Beginning = Extract<Entry, { kind: 'payment.intended' | 'payment.rejected' }>
type Following = Exclude<PaymentEntry, Beginning>

/** Applies one payment entry. What does not follow from the payment's state is set aside, and changes nothing. */
export function judgePayment(desk: Desk, bench: Bench, stored: StoredEntry, entry: PaymentEntry, proof: Proven | undefined): void {
  const payment = desk.payment(entry.body.paymentId)
  if (entry.kind === 'payment.intended' || entry.kind === 'payment.rejected') begin(desk, bench, stored, entry, payment, proof)
  else follow(desk, bench, stored, entry, payment)
}

// ---------------------------------------------------------------- the first entry of a payment

function begin(desk: Desk, bench: Bench, stored: StoredEntry, entry: Beginning, existing: Payment | undefined, proof: Proven | undefined): void {
  const { paymentId } = entry.body
  const content = contentHash(bench, entry)
  if (existing !== undefined) {
    const same = existing.content === content
    if (!same) return desk.setAside(stored, 'entry.conflict', `the first is entry ${existing.n} of epoch ${existing.epoch} of ${existing.till}`, paymentId)
    desk.link(paymentId, stored.seq)
    desk.answers.push(paymentId)
    return
  }
  const ruling: Ruling = entry.kind === 'payment.intended' ? rule(desk, bench, stored.till, entry.body, proof) : {}
  const state = nextPaymentState(undefined, entry.kind)
  invariant(state.ok, 'both kinds may begin a payment')
  const { saleId, amountMinor, currency } = entry.body
  const { till, epoch, n, seq } = stored
  const payment: Payment = {
    id: paymentId,
    version: 0,
    till,
    epoch,
    n,
    intended: hex(stored.hash),
    at: entry.at,
    content,
    saleId,
    amountMinor,
    currency,
    wallet: ruling.wallet,
    profile: ruling.profile,
    state: state.value,
    decidedBy: undefined,
    verdict: ruling.verdict,
    decision: undefined,
    funds: ruling.verdict === 'held' ? 'held' : 'none',
    receiptNumber: undefined,
    settledAt: undefined,
    exception: ruling.exception,
  }
  desk.save(payment)
  desk.link(paymentId, seq)
  if (ruling.exception !== undefined) desk.setAside(stored, ruling.exception, ruling.detail, paymentId)
  if (payment.verdict !== undefined) desk.answers.push(paymentId)
}

/** Two entries with one id say the same exactly if this is the same, whichever till wrote them when. */
function contentHash({ crypto }: Bench, entry: Beginning): string {
  const { saleId, amountMinor, currency } = entry.body
  const what = entry.kind === 'payment.intended' ? [entry.body.instrument.code, entry.body.instrument.request ?? null] : [entry.body.code, entry.body.scanned]
  return hex(crypto.sha256(utf8(JSON.stringify([entry.kind, entry.till, saleId, amountMinor, currency, what]))))
}

/**
 * Signs what tills still wait to hear, at the end of a turn: most payments that were taken offline have ended by then, and nobody asks about them
 * any more. Once signed a decision stays as it is. Answers with those to send.
 */
export function signDecisions(desk: Desk, bench: Bench): { readonly till: Id; readonly decision: Uint8Array }[] {
  return [...new Set(desk.answers)].flatMap((id) => {
    const payment = desk.payment(id)
    if (payment?.state !== 'INTENDED' || payment.verdict === undefined) return []
    const decision = payment.decision ?? bench.sign(decisionOf(payment, payment.verdict, desk.now))
    if (payment.decision === undefined) desk.save({ ...payment, decision })
    return [{ till: payment.till, decision }]
  })
}

const decisionOf = ({ id, till, intended }: Payment, verdict: 'held' | ErrorCode, now: EpochMs): Decision => ({
  v: 1,
  till,
  paymentId: id,
  intended,
  verdict: verdict === 'held' ? { type: 'held', until: now + HOLD_LIFETIME } : { type: 'declined', code: verdict },
  hubTime: now,
})

/** What a payment by this proof uses up: the code, and the request that it confirms, which a phone may have answered more than once. */
export const codeKeysOf = (till: Id, { credentialId, counter, request }: Extract<Proven, { ok: true }>['value']): string[] => [
  codeKey(credentialId, counter),
  ...(request === undefined ? [] : [requestKey(till, request)]),
]

type Ruling = {
  readonly verdict?: 'held' | ErrorCode
  readonly wallet?: string
  readonly profile?: 'show' | 'bound'
  /** Set where a person should look: a refusal for want of funds is everyday business, a forged code is not. */
  readonly exception?: ErrorCode
  readonly detail?: string | undefined
}

function rule(desk: Desk, bench: Bench, till: Id, body: EntryBody<'payment.intended'>, proof: Proven | undefined): Ruling {
  invariant(proof !== undefined, 'every intent comes with the outcome of its proof')
  if (!proof.ok) return { verdict: proof.code, exception: proof.code, detail: proof.detail }
  const { wallet, profile } = proof.value
  const genuine = { wallet, profile }
  if (profile === 'show' && body.amountMinor > bench.shop.perShownCodeMinor) {
    return { ...genuine, verdict: 'code.bound_required', exception: 'code.bound_required', detail: 'a till took more by a shown code than the policy allows' }
  }

  // A code is good for one payment id, whatever becomes of that payment: a phone makes a fresh code for every attempt.
  const keys = codeKeysOf(till, proof.value)
  const owner = keys.map((key) => desk.codeOwner(key)).find((payment) => payment !== undefined)
  if (owner !== undefined) return { ...genuine, verdict: 'hub.duplicate_code', exception: 'hub.duplicate_code', detail: `used by payment ${owner}` }
  for (const key of keys) desk.useCode(key, body.paymentId)
  if (!desk.knowsWallet(wallet)) return { ...genuine, verdict: 'hub.unknown_wallet' }

  const held = desk.apply({
    kind: 'pending',
    id: transferIds(body.paymentId).hold,
    payment: body.paymentId,
    debit: walletAccount(wallet),
    credit: merchantAccount(bench.shop.merchant, body.currency),
    amount: BigInt(body.amountMinor),
    expiresAt: desk.now + HOLD_LIFETIME,
  })
  if (held.ok) return { ...genuine, verdict: 'held' }
  if (held.code === 'ledger.exceeds_credits') return { ...genuine, verdict: 'hub.insufficient_funds' }
  return { ...genuine, verdict: 'hub.refused', exception: held.code, detail: held.detail }
}

// ---------------------------------------------------------------- what follows

function follow(desk: Desk, bench: Bench, stored: StoredEntry, entry: Following, payment: Payment | undefined): void {
  const { paymentId } = entry.body
  if (payment !== undefined && payment.till !== stored.till) return desk.setAside(stored, 'entry.conflict', `the payment is of ${payment.till}`, paymentId)
  const next = nextPaymentState(payment?.state, entry.kind)
  if (!next.ok || payment === undefined) return desk.setAside(stored, 'entry.illegal_transition', next.ok ? undefined : next.detail, payment?.id)
  const moved = { ...payment, state: next.value }
  switch (entry.kind) {
    case 'payment.held':
      desk.save({ ...moved, decidedBy: 'hub' })
      break
    case 'payment.accepted_offline':
      desk.save({ ...moved, decidedBy: 'policy' })
      break
    case 'payment.declined':
      desk.save({ ...release(desk, moved), decidedBy: 'hub' })
      break
    case 'payment.voided':
      desk.save(release(desk, moved))
      break
    case 'payment.captured':
      if (!capture(desk, bench, stored, entry.body, moved)) return
      break
    default:
      unreachable(entry)
  }
  desk.link(paymentId, stored.seq)
}

/** Gives a hold back. The hub's approval may have come too late for the till, which is why a declined payment can have one. */
function release(desk: Desk, payment: Payment): Payment {
  if (payment.funds !== 'held') return payment
  const { hold, void: id } = transferIds(payment.id)
  const released = desk.apply({ kind: 'void', id, pendingId: hold })
  invariant(released.ok, 'a payment whose money is held has an open hold')
  return { ...payment, funds: 'released' }
}

/** False when the entry contradicts its intent: then it is set aside, and a hold stays until somebody decides or it expires. */
function capture(desk: Desk, bench: Bench, stored: StoredEntry, body: EntryBody<'payment.captured'>, payment: Payment): boolean {
  const wrong = body.currency !== payment.currency ? 'entry.currency_mismatch' : body.amountMinor !== payment.amountMinor ? 'entry.amount_mismatch' : undefined
  if (wrong !== undefined) {
    desk.setAside(stored, wrong, `${body.amountMinor} ${body.currency} of ${payment.amountMinor} ${payment.currency}`, payment.id)
    return false
  }
  const captured = { ...payment, receiptNumber: body.receiptNumber }
  const unpaid = takeMoney(desk, bench, payment)
  if (unpaid === undefined) desk.save({ ...captured, funds: 'posted', settledAt: desk.now })
  else {
    desk.save({ ...captured, exception: unpaid })
    desk.setAside(stored, unpaid, 'captured by the till, but no money moved', payment.id)
  }
  return true
}

/**
 * Posts the hold. Where there is none because the wallet had too little or was unknown when the hub was asked, or because it expired, the money
 * is tried for once more; what was refused because its code proves nothing is never paid. Undefined: the merchant has the money.
 */
function takeMoney(desk: Desk, bench: Bench, { id, verdict, funds, wallet, currency, amountMinor }: Payment): ErrorCode | undefined {
  const { hold, post, pay } = transferIds(id)
  if (funds === 'held') return refusalOf(desk.apply({ kind: 'post', id: post, pendingId: hold }))
  const worthAnother = verdict === 'hub.insufficient_funds' || verdict === 'hub.unknown_wallet' || funds === 'expired'
  if (!worthAnother || wallet === undefined) return verdict === 'held' ? 'hub.refused' : verdict
  if (!desk.knowsWallet(wallet)) return 'hub.unknown_wallet'
  const paid = desk.apply({
    kind: 'single',
    id: pay,
    payment: id,
    debit: walletAccount(wallet),
    credit: merchantAccount(bench.shop.merchant, currency),
    amount: BigInt(amountMinor),
  })
  return refusalOf(paid)
}

const refusalOf = (outcome: { readonly ok: true } | { readonly ok: false; readonly code: LedgerCode }): ErrorCode | undefined =>
  outcome.ok ? undefined : outcome.code === 'ledger.exceeds_credits' ? 'hub.insufficient_funds' : outcome.code

// ---------------------------------------------------------------- time

/** A hold that nobody claimed. One that this very turn resolved is left alone. */
export function expireHold(desk: Desk, id: Id): void {
  const payment = desk.payment(id)
  if (payment?.funds !== 'held') return
  const { hold, expire } = transferIds(id)
  const expired = desk.apply({ kind: 'expire', id: expire, pendingId: hold })
  invariant(expired.ok, 'a payment whose money is held has an open hold')
  desk.save({ ...payment, funds: 'expired' })
}
