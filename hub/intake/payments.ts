import { ruleCard, undoCard } from './cards.ts'
import { postCash, postForeignCash } from './cash.ts'
import { settleCapture, undoMoney } from './collecting.ts'
import { creditAccounts, leftOf, provenCredit } from './credits.ts'
import type { Desk, Shopkeeper } from './desk.ts'
import { resolveExchanged } from '../exchange/postings.ts'
import { HOLD_LIFETIME, takeHubStep } from './hub-step.ts'
import { isFreeFor, isTakenByPhone, letsGoOfCaptured, rulePaidByPhone, takeOver, spendCodes } from './merchant-qr.ts'
import type { Proven } from './proof.ts'
import { askRisk, openCaseOfCaptured, type AskedRisk, type RiskRuling } from './risk-asking.ts'
import { isAcquired, ruleScheme } from './schemes.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import { holdForReview } from '../risk/review-hold.ts'
import { codeKey, requestKey, type Payment, type StoredEntry } from '../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import { cardRefOf } from '#protocol/card.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Decision, RefundDecision } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry, EntryBody } from '#protocol/journal/entry.ts'
import { stepPayment, type PaymentEntryKind } from '#protocol/journal/payment.ts'
import { invariant, unreachable } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What the judge of payments has beside the desk. */
export type Bench = {
  readonly shop: Shopkeeper
  readonly crypto: Pick<Crypto, 'sha256'>
  sign(decision: Decision): Uint8Array
  signRefund(decision: RefundDecision): Uint8Array
  /** Missing: nobody asks what risk thinks. */
  readonly risk?: AskedRisk | undefined
  /** A receipt for a phone that this hub signed by the key that it signs by now. */
  isOurs(receipt: Uint8Array): boolean
}

type PaymentEntry = Extract<Entry, { kind: Exclude<PaymentEntryKind, 'payment.refunded'> }>
type Beginning = Extract<Entry, { kind: 'payment.intended' | 'payment.rejected' | 'payment.taken_in_cash' }>
type Intended = Extract<Entry, { kind: 'payment.intended' }>
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
  if (isTakenByPhone(desk, stored.till, entry)) return desk.setAside(stored, 'entry.conflict', 'a phone made the payment of this id at the hub', paymentId)
  if (entry.kind === 'payment.taken_in_cash' && entry.body.currency !== bench.shop.currency)
    return desk.setAside(stored, 'entry.currency_mismatch', `cash in ${entry.body.currency}`)
  const ruling: Ruling = entry.kind === 'payment.intended' ? rule(desk, bench, stored, entry, proof) : {}
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
    funds: ruling.funds ?? (ruling.verdict === 'held' ? 'held' : 'none'),
    receiptNumber: undefined,
    settledAt: undefined,
    exception: ruling.exception,
    unpaidSince: undefined,
    attempts: 0,
    nextAttemptAt: undefined,
    risk: ruling.risk,
    riskSeq: ruling.riskSeq,
  }
  desk.link(paymentId, seq)
  if (entry.kind === 'payment.taken_in_cash') return takeCash(desk, bench, stored, entry, payment)
  desk.save(payment)
  if (ruling.exception !== undefined) desk.setAside(stored, ruling.exception, ruling.detail, paymentId)
  if (payment.verdict !== undefined) desk.answers.push(paymentId)
}

/** The drawer has it, and nobody is asked. What does not add up is a person's to look at. */
function takeCash(desk: Desk, { shop }: Bench, stored: StoredEntry, { body }: Taken, payment: Payment): void {
  const { amountMinor, tenderedMinor, changeMinor, receiptNumber, foreign } = body
  const taken: Payment = { ...payment, profile: 'cash', funds: 'posted', settledAt: desk.now, receiptNumber }
  if (foreign === undefined) postCash(desk, shop, taken)
  else postForeignCash(desk, shop, stored, taken, body, foreign)
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
      return saidOf(entry.body.instrument)
    case 'payment.rejected':
      return [entry.body.code, entry.body.scanned]
    case 'payment.taken_in_cash':
      return [entry.body.tenderedMinor, entry.body.changeMinor, entry.body.receiptNumber, ...(entry.body.foreign === undefined ? [] : [entry.body.foreign])]
  }
}

const saidOf = (instrument: EntryBody<'payment.intended'>['instrument']): readonly unknown[] =>
  instrument.type === 'wallet' ? [instrument.code, instrument.request ?? null] : [instrument]

/**
 * Signs what tills still wait to hear, at the end of a turn: most payments that were taken offline have ended by then, and nobody asks about them
 * any more. Once signed a decision stays as it is. Answers with those to send.
 */
export function signDecisions(desk: Desk, bench: Bench): { readonly till: Id; readonly message: Uint8Array }[] {
  return [...new Set(desk.answers)].flatMap((id) => {
    const payment = desk.payment(id)
    if (payment === undefined || (payment.state !== 'INTENDED' && payment.state !== 'UNKNOWN') || payment.verdict === undefined) return []
    const message = payment.decision ?? bench.sign(decisionOf(desk, payment, payment.verdict))
    if (payment.decision === undefined) desk.save({ ...payment, decision: message })
    return [{ till: payment.till, message }]
  })
}

const decisionOf = (desk: Desk, { id, till, intended, wallet }: Payment, verdict: 'held' | ErrorCode): Decision => ({
  v: 1,
  till,
  paymentId: id,
  intended,
  verdict: verdict === 'held' ? { type: 'held', until: desk.now + HOLD_LIFETIME } : declined(desk, verdict, wallet),
  hubTime: desk.now,
})

/** Who asked for more than is left on a card is told how much that is: the customer holds it in the hand, and it pays a part. */
const declined = (desk: Desk, code: ErrorCode, wallet: string | undefined): Extract<Decision['verdict'], { type: 'declined' }> =>
  code === 'credit.exceeds_balance' && wallet !== undefined ? { type: 'declined', code, leftMinor: leftOf(desk, wallet) } : { type: 'declined', code }

/** What a payment by this proof uses up: the code, and the request that it confirms, which a phone may have answered more than once. */
export const codeKeysOf = (till: Id, { credentialId, counter, request }: Extract<Proven, { ok: true }>['value']): string[] => [
  codeKey(credentialId, counter),
  ...(request === undefined ? [] : [requestKey(till, request)]),
]

type Ruling = {
  readonly verdict?: 'held' | ErrorCode
  readonly wallet?: string
  readonly profile?: Payment['profile']
  /** Where the money does not lie as the verdict has it. */
  readonly funds?: 'expired'
  /** Set where a person should look: a refusal for want of funds is everyday business, a forged code is not. */
  readonly exception?: ErrorCode
  readonly detail?: string | undefined
  readonly risk?: Payment['risk']
  readonly riskSeq?: number | undefined
}

function rule(desk: Desk, bench: Bench, stored: StoredEntry, intended: Intended, proof: Proven | undefined): Ruling {
  const { till } = stored
  const { at, body } = intended
  const ask = (card: string, what: { readonly isOpen: boolean; readonly wasConfirmed: boolean }): RiskRuling =>
    askRisk(desk, bench.risk, stored, intended, { card, ...what })
  if (body.instrument.type === 'credit') return ruleCredit(desk, bench, body, body.instrument)
  if (body.instrument.type === 'merchant_qr') {
    const ruling = rulePaidByPhone(desk, bench, till, body)
    // The phone has the hub's receipt for it.
    return ruling.wallet === undefined ? ruling : { ...ruling, ...ask(ruling.wallet, { isOpen: false, wasConfirmed: true }) }
  }
  if (body.instrument.type === 'scheme' || body.instrument.type === 'card') {
    const { instrument } = body
    const ruling: Ruling = instrument.type === 'card' ? ruleCard(desk, bench, intended, instrument) : ruleScheme(desk, bench.shop, body, instrument)
    if (ruling.verdict !== undefined) return ruling
    const asked = ask(pseudonymOf(bench.crypto, instrument), { isOpen: true, wasConfirmed: true })
    if (asked.verdict !== undefined) undoCard(desk, { id: body.paymentId })
    return { ...ruling, ...asked }
  }
  invariant(proof !== undefined, 'the intent of a wallet comes with the outcome of its proof')
  if (!proof.ok) return { verdict: proof.code, exception: proof.code, detail: proof.detail }
  const { wallet, profile } = proof.value
  const genuine = { wallet, profile }
  if (profile === 'show' && body.amountMinor > bench.shop.perShownCodeMinor) {
    return { ...genuine, verdict: 'code.bound_required', exception: 'code.bound_required', detail: 'a till took more by a shown code than the policy allows' }
  }

  // A code is good for one payment id, whatever becomes of that payment: a phone makes a fresh code for every attempt.
  const keys = codeKeysOf(till, proof.value)
  const owner = keys.map((key) => desk.codeOwner(key)).find((payment) => payment !== undefined)
  const isTheSame = owner !== undefined && keys.every((key) => isFreeFor(desk, key, owner)) && takeOver(desk, owner, body, wallet)
  if (owner !== undefined && !isTheSame)
    return { ...genuine, verdict: 'hub.duplicate_code', exception: 'hub.duplicate_code', detail: `used by payment ${owner}` }
  spendCodes(desk, keys, body.paymentId)
  const names = [{ kind: 'wallet', id: wallet } as const, { kind: 'credential', id: proof.value.credentialId } as const]
  if (names.some((name) => bench.shop.policy?.denies(name, at))) return { ...genuine, verdict: 'policy.denied' }
  if (!desk.knowsWallet(wallet)) return { ...genuine, verdict: 'hub.unknown_wallet' }
  const asked = { ...genuine, ...ask(wallet, { isOpen: true, wasConfirmed: profile === 'bound' }) }
  if (asked.verdict !== undefined) return asked

  const held = desk.apply({
    kind: 'pending',
    id: transferIds(body.paymentId).hold,
    payment: body.paymentId,
    debit: walletAccount(wallet),
    credit: merchantAccount(bench.shop.merchant, body.currency),
    amount: BigInt(body.amountMinor),
    expiresAt: desk.now + HOLD_LIFETIME,
  })
  if (held.ok) return { ...asked, verdict: 'held' }
  if (held.code === 'ledger.exceeds_credits') return { ...asked, verdict: 'hub.insufficient_funds' }
  return { ...asked, verdict: 'hub.refused', exception: held.code, detail: held.detail }
}

/** Of whoever pays, as far as this hub can tell one from another. */
const pseudonymOf = (crypto: Pick<Crypto, 'sha256'>, instrument: Extract<Intended['body']['instrument'], { type: 'card' | 'scheme' }>): string =>
  instrument.type === 'card' ? cardRefOf(crypto, instrument) : hex(crypto.sha256(utf8(`${instrument.scheme} ${instrument.code}`))).slice(0, 32)

/** A credit is good as often as something is left on it. */
function ruleCredit(
  desk: Desk,
  { shop, crypto }: Bench,
  { paymentId, amountMinor, currency }: EntryBody<'payment.intended'>,
  said: { readonly creditId: Id; readonly proof: string },
): Ruling {
  const proven = provenCredit(desk, crypto, said, currency)
  if (!proven.ok) return { verdict: proven.code, exception: proven.code, detail: proven.detail }
  const genuine = { wallet: said.creditId, profile: 'credit' } as const
  // A person may find that it is worth something after all, and then it can pay what it has promised.
  if (proven.value.fundedAt === undefined) return { ...genuine, verdict: 'credit.unknown', exception: 'credit.unknown', detail: said.creditId }
  const { credit, takings } = creditAccounts(desk, shop, said.creditId, currency)
  const id = transferIds(paymentId).hold
  const hold = {
    kind: 'pending',
    id,
    payment: paymentId,
    debit: credit,
    credit: takings,
    amount: BigInt(amountMinor),
    expiresAt: desk.now + HOLD_LIFETIME,
  } as const
  const held = desk.apply(hold)
  if (held.ok) return { ...genuine, verdict: 'held' }
  return held.code === 'ledger.exceeds_credits'
    ? { ...genuine, verdict: 'credit.exceeds_balance' }
    : { ...genuine, verdict: 'hub.refused', exception: held.code }
}

// ---------------------------------------------------------------- what follows

function follow(desk: Desk, bench: Bench, stored: StoredEntry, entry: Following, payment: Payment | undefined): void {
  const { paymentId } = entry.body
  if (payment !== undefined && payment.till !== stored.till) return desk.setAside(stored, 'entry.conflict', `the payment is of ${payment.till}`, paymentId)
  const stepped = stepPayment(payment, { event: entry.kind, ...(entry.kind === 'payment.captured' ? { amountMinor: entry.body.amountMinor } : {}) })
  if (!stepped.ok || payment === undefined) return desk.setAside(stored, stepped.ok ? 'entry.illegal_transition' : stepped.code, detailOf(stepped), payment?.id)
  if (letsGoOfCaptured(entry, payment)) return desk.setAside(stored, 'entry.illegal_transition', 'it was captured before', paymentId)
  const moved = { ...payment, ...stepped.value }
  switch (entry.kind) {
    case 'payment.held':
      desk.save({ ...moved, decidedBy: 'hub' })
      break
    case 'payment.accepted_offline':
      accept(desk, bench, stored, entry.at, entry.body.policyVersion, moved)
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

/** A till has decided alone: what its policy did not allow is a person's to look at. The money is judged by itself. */
function accept(desk: Desk, { shop }: Bench, stored: StoredEntry, at: EpochMs, version: number, payment: Payment): void {
  desk.save({ ...payment, decidedBy: 'policy' })
  const wrong = shop.policy?.judge(payment, version, at)
  if (wrong !== undefined) desk.setAside(stored, wrong, `accepted alone by policy ${version}, which does not allow it`, payment.id)
}

const detailOf = (outcome: { readonly ok: boolean; readonly detail?: string }): string | undefined => outcome.detail

/**
 * A capture that contradicts its intent is not paid: the payment is quarantined until a person has looked, and a hold stays until then or until it
 * expires.
 */
function capture(desk: Desk, bench: Bench, stored: StoredEntry, body: EntryBody<'payment.captured'>, payment: Payment, moved: Payment): void {
  const wrong = body.currency !== payment.currency ? 'entry.currency_mismatch' : body.amountMinor !== payment.amountMinor ? 'entry.amount_mismatch' : undefined
  if (wrong === undefined) {
    settleCapture(desk, bench.shop, stored, { ...moved, receiptNumber: body.receiptNumber })
    const captured = desk.payment(payment.id) ?? moved
    holdForReview(desk, bench.shop, captured)
    return openCaseOfCaptured(desk, captured)
  }
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
  resolveExchanged(desk, id, 'expire')
  if (isAcquired(payment)) undoCard(desk, payment)
  const after = payment.state === 'QUARANTINED' ? payment : takeHubStep(desk, payment, 'hub.hold_expired', undefined)
  desk.save({ ...after, funds: 'expired' })
  if (payment.state !== 'QUARANTINED') desk.setAside(payment, 'payment.hold_expired', `last heard of as ${payment.state}`, id)
}
