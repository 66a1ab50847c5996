import { postCash } from './cash.ts'
import { settleCapture, takeHubStep, undoMoney } from './collecting.ts'
import type { Desk, Shopkeeper } from './desk.ts'
import type { Proven } from './proof.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import { codeKey, requestKey, type Payment, type StoredEntry } from '../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Decision, RefundDecision } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import { stepPayment, type PaymentEntryKind } from '#protocol/journal/payment.ts'
import { invariant, unreachable } from '#protocol/outcome.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'

/** A till that captures later than this is paid only if the wallet still has the money. */
export const HOLD_LIFETIME = 7 * DAY

/** What the judge of payments has beside the desk. */
export type Bench = {
  readonly shop: Shopkeeper
  readonly crypto: Pick<Crypto, 'sha256'>
  sign(decision: Decision): Uint8Array
  signRefund(decision: RefundDecision): Uint8Array
}

type PaymentEntry = Extract<Entry, { kind: Exclude<PaymentEntryKind, 'payment.refunded'> }>
type Beginning = Extract<Entry, { kind: 'payment.intended' | 'payment.rejected' | 'payment.taken_in_cash' }>
type Taken = Extract<Entry, { kind: 'payment.taken_in_cash' }>
type Following = Exclude<PaymentEntry, Beginning>

/** Applies one payment entry. What does not follow from the payment's state is set aside, and changes nothing. */
export function judgePayment(desk: Desk, bench: Bench, stored: StoredEntry, entry: PaymentEntry, proof: Proven | undefined): void {
  const payment = desk.payment(entry.body.paymentId)
  if (entry.kind === 'payment.intended' || entry.kind === 'payment.rejected' || entry.kind === 'payment.taken_in_cash')
    begin(desk, bench, stored, entry, payment, proof)
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
  if (entry.kind === 'payment.taken_in_cash' && entry.body.currency !== bench.shop.currency)
    return desk.setAside(stored, 'entry.currency_mismatch', `cash in ${entry.body.currency}`)
  const ruling: Ruling = entry.kind === 'payment.intended' ? rule(desk, bench, stored.till, entry.body, proof) : {}
  const { saleId, amountMinor, currency } = entry.body
  const begun = stepPayment(undefined, { event: entry.kind, ...(entry.kind === 'payment.taken_in_cash' ? { amountMinor } : {}) })
  invariant(begun.ok, 'all three may begin a payment')
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
    ...begun.value,
    decidedBy: undefined,
    verdict: ruling.verdict,
    decision: undefined,
    funds: ruling.verdict === 'held' ? 'held' : 'none',
    receiptNumber: undefined,
    settledAt: undefined,
    exception: ruling.exception,
    unpaidSince: undefined,
    attempts: 0,
    nextAttemptAt: undefined,
  }
  desk.link(paymentId, seq)
  if (entry.kind === 'payment.taken_in_cash') return takeCash(desk, bench, stored, entry, payment)
  desk.save(payment)
  if (ruling.exception !== undefined) desk.setAside(stored, ruling.exception, ruling.detail, paymentId)
  if (payment.verdict !== undefined) desk.answers.push(paymentId)
}

/** The drawer has it, and nobody is asked. What does not add up is a person's to look at. */
function takeCash(desk: Desk, { shop }: Bench, stored: StoredEntry, { body }: Taken, payment: Payment): void {
  const { amountMinor, tenderedMinor, changeMinor, receiptNumber } = body
  const taken: Payment = { ...payment, profile: 'cash', funds: 'posted', settledAt: desk.now, receiptNumber }
  postCash(desk, shop, taken)
  desk.save(taken)
  desk.countCapture(stored.till, amountMinor)
  if (tenderedMinor - changeMinor !== amountMinor)
    desk.setAside(stored, 'entry.amount_mismatch', `${tenderedMinor} given and ${changeMinor} back are not ${amountMinor}`, payment.id)
}

/** Two entries with one id say the same exactly if this is the same, whichever till wrote them when. */
function contentHash({ crypto }: Bench, entry: Beginning): string {
  const { saleId, amountMinor, currency } = entry.body
  return hex(crypto.sha256(utf8(JSON.stringify([entry.kind, entry.till, saleId, amountMinor, currency, whatOf(entry)]))))
}

function whatOf(entry: Beginning): readonly unknown[] {
  switch (entry.kind) {
    case 'payment.intended':
      return [entry.body.instrument.code, entry.body.instrument.request ?? null]
    case 'payment.rejected':
      return [entry.body.code, entry.body.scanned]
    case 'payment.taken_in_cash':
      return [entry.body.tenderedMinor, entry.body.changeMinor, entry.body.receiptNumber]
  }
}

/**
 * Signs what tills still wait to hear, at the end of a turn: most payments that were taken offline have ended by then, and nobody asks about them
 * any more. Once signed a decision stays as it is. Answers with those to send.
 */
export function signDecisions(desk: Desk, bench: Bench): { readonly till: Id; readonly message: Uint8Array }[] {
  return [...new Set(desk.answers)].flatMap((id) => {
    const payment = desk.payment(id)
    if (payment === undefined || (payment.state !== 'INTENDED' && payment.state !== 'UNKNOWN') || payment.verdict === undefined) return []
    const message = payment.decision ?? bench.sign(decisionOf(payment, payment.verdict, desk.now))
    if (payment.decision === undefined) desk.save({ ...payment, decision: message })
    return [{ till: payment.till, message }]
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
  const stepped = stepPayment(payment, { event: entry.kind, ...(entry.kind === 'payment.captured' ? { amountMinor: entry.body.amountMinor } : {}) })
  if (!stepped.ok || payment === undefined) return desk.setAside(stored, stepped.ok ? 'entry.illegal_transition' : stepped.code, detailOf(stepped), payment?.id)
  const moved = { ...payment, ...stepped.value }
  switch (entry.kind) {
    case 'payment.held':
      desk.save({ ...moved, decidedBy: 'hub' })
      break
    case 'payment.accepted_offline':
      desk.save({ ...moved, decidedBy: 'policy' })
      break
    case 'payment.unknown':
      desk.save(moved)
      desk.answers.push(paymentId)
      break
    case 'payment.declined':
      desk.save({ ...undoMoney(desk, bench.shop, moved), decidedBy: 'hub' })
      break
    case 'payment.voided':
    case 'payment.reversed':
      if (payment.capturedMinor > 0) desk.countRefund(stored.till, payment.capturedMinor)
      desk.save({ ...undoMoney(desk, bench.shop, moved), nextAttemptAt: undefined })
      break
    case 'payment.captured':
      desk.countCapture(stored.till, entry.body.amountMinor)
      capture(desk, bench, stored, entry.body, payment, moved)
      break
    default:
      unreachable(entry)
  }
  desk.link(paymentId, stored.seq)
}

const detailOf = (outcome: { readonly ok: boolean; readonly detail?: string }): string | undefined => outcome.detail

/**
 * A capture that contradicts its intent is not paid: the payment is quarantined until a person has looked, and a hold stays until then or until it
 * expires.
 */
function capture(desk: Desk, bench: Bench, stored: StoredEntry, body: EntryBody<'payment.captured'>, payment: Payment, moved: Payment): void {
  const wrong = body.currency !== payment.currency ? 'entry.currency_mismatch' : body.amountMinor !== payment.amountMinor ? 'entry.amount_mismatch' : undefined
  if (wrong === undefined) return settleCapture(desk, bench.shop, stored, { ...moved, receiptNumber: body.receiptNumber })
  const detail = `${body.amountMinor} ${body.currency} of ${payment.amountMinor} ${payment.currency}`
  desk.setAside(stored, wrong, detail, payment.id)
  desk.save({ ...takeHubStep(desk, payment, 'hub.quarantined', detail), exception: wrong })
}

// ---------------------------------------------------------------- time

/**
 * A hold that nobody claimed: a till that is alive says within a week how each of its payments ended, so a person is told. One that this very turn resolved is
 * left alone. A quarantined payment stays that, without its money.
 */
export function expireHold(desk: Desk, id: Id): void {
  const payment = desk.payment(id)
  if (payment?.funds !== 'held') return
  const { hold, expire } = transferIds(id)
  const expired = desk.apply({ kind: 'expire', id: expire, pendingId: hold })
  invariant(expired.ok, 'a payment whose money is held has an open hold')
  const after = payment.state === 'QUARANTINED' ? payment : takeHubStep(desk, payment, 'hub.hold_expired', undefined)
  desk.save({ ...after, funds: 'expired' })
  if (payment.state !== 'QUARANTINED') desk.setAside(payment, 'payment.hold_expired', `last heard of as ${payment.state}`, id)
}
