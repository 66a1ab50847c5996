import { isAcquired } from './schemes.ts'
import { giveFromDrawer, undoRounding } from './cash.ts'
import { wantLess } from './cards.ts'
import { giveBack } from './collecting.ts'
import { keptOf } from './gifts.ts'
import type { Desk } from './desk.ts'
import { lessenLoss } from './losses.ts'
import type { Bench } from './payments.ts'
import { undoTip } from './tips.ts'
import { refundTransfer } from '../ledger/names.ts'
import { MAX_ON_RECEIPT, type Payment, type Refund, type StoredEntry } from '../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { RefundDecision } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import { stepPayment, type PaymentStanding } from '#protocol/journal/payment.ts'
import { owedForGifts } from '#protocol/journal/returning.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'

/**
 * Refunds. The till that captured gives money back by itself and tells (`payment.refunded`); every other one asks (`refund.requested`) and is answered
 * with a signed `sp.refund`. Both are judged here, one after the other on the payment's row, so that together they never exceed the capture
 * (invariant 12). A refund of a payment whose money never came moves none: it takes off what is asked for.
 */
type RefundEntry = Extract<Entry, { kind: 'payment.refunded' | 'refund.requested' }>
type Of<K extends Entry['kind']> = Extract<Entry, { kind: K }>

/** Undefined: this refund id is new. Otherwise what to do is done: the same again is the same refund, anything else a conflict. */
function knownRefund(desk: Desk, bench: Bench, stored: StoredEntry, entry: RefundEntry): Refund | undefined {
  const known = desk.refund(entry.body.refundId)
  if (known === undefined) return undefined
  if (known.content !== contentOf(bench, entry)) {
    desk.setAside(stored, 'entry.conflict', `the first refund of this id is entry ${known.n} of epoch ${known.epoch} of ${known.till}`, known.payment)
  } else if (known.payment !== undefined) desk.link(known.payment, stored.seq)
  return known
}

const contentOf = ({ crypto }: Bench, { kind, till, body }: RefundEntry): string => {
  const what = kind === 'payment.refunded' ? [body.paymentId, body.receiptNumber, ...(body.as === undefined ? [] : [body.as])] : [body.of]
  return hex(crypto.sha256(utf8(JSON.stringify([kind, till, body.amountMinor, body.currency, what]))))
}

const newRefund = (bench: Bench, { till, epoch, n }: StoredEntry, entry: RefundEntry): Omit<Refund, 'verdict' | 'payment'> => ({
  id: entry.body.refundId,
  version: 0,
  till,
  epoch,
  n,
  at: entry.at,
  content: contentOf(bench, entry),
  amountMinor: entry.body.amountMinor,
  currency: entry.body.currency,
  requested: undefined,
  decision: undefined,
  answeredAt: undefined,
  paidAs: entry.kind === 'payment.refunded' ? entry.body.as : undefined,
  returnId: undefined,
})

// ---------------------------------------------------------------- by the till that captured

/** The customer has the till's word already, so what cannot be is a person's to look at. */
export function judgeRefund(desk: Desk, bench: Bench, stored: StoredEntry, entry: Of<'payment.refunded'>): void {
  const { refundId, paymentId, amountMinor, currency } = entry.body
  if (knownRefund(desk, bench, stored, entry) !== undefined) return
  const payment = desk.payment(paymentId)
  if (payment !== undefined && payment.till !== stored.till) return desk.setAside(stored, 'entry.conflict', `the payment is of ${payment.till}`, paymentId)
  const stepped = payment === undefined || payment.currency === currency ? refundStep(payment, 'payment.refunded', amountMinor) : wrongCurrency(payment)
  const refund = { ...newRefund(bench, stored, entry), payment: payment?.id }
  desk.countRefund(stored.till, amountMinor)
  if (!stepped.ok) {
    desk.saveRefund({ ...refund, verdict: stepped.code })
    desk.setAside(stored, stepped.code, stepped.detail, payment?.id)
    return
  }
  desk.saveRefund({ ...refund, verdict: 'approved' })
  const { payment: before, after } = stepped.value
  if (entry.body.as === undefined) moveRefund(desk, bench, before, after, refundId, amountMinor)
  else moveOtherwise(desk, bench, stored, before, after, entry.body)
  desk.link(paymentId, stored.seq)
}

/**
 * The customer has the value in another form: the payment's own money stays where it is, and so nothing of it can go back a second time. Notes come out of the
 * drawer of the till that says so; store credit is worth something when the return says the same. Before the money came it is a loss that a person has to see.
 */
function moveOtherwise(desk: Desk, { shop }: Bench, stored: StoredEntry, payment: Payment, after: PaymentStanding, body: Of<'payment.refunded'>['body']): void {
  const { funds, nextAttemptAt, profile, id } = payment
  if (funds !== 'posted') desk.setAside(stored, 'payment.late_decline', `given back as ${body.as} before its money came`, id)
  if (body.as === 'cash') giveFromDrawer(desk, shop, stored.till, refundTransfer(body.refundId), body.amountMinor)
  if (profile === 'cash' && after.state === 'REFUNDED') undoRounding(desk, shop, payment)
  if (after.state === 'REFUNDED') undoTip(desk, shop, payment)
  desk.save({ ...payment, ...after, nextAttemptAt: after.state === 'RETRY' ? nextAttemptAt : undefined })
}

const wrongCurrency = (payment: Payment) => fail('entry.currency_mismatch', `the payment is in ${payment.currency}`)

type Step = { readonly payment: Payment; readonly after: PaymentStanding }
type StepCode = 'entry.illegal_transition' | 'refund.exceeds_captured'

/** The machine's answer; for a payment that went back as a whole already, in the words of those who ask for more. */
function refundStep(payment: Payment | undefined, event: 'payment.refunded' | 'hub.refunded', amountMinor: Minor): Outcome<Step, StepCode> {
  const after = stepPayment(payment, { event, amountMinor })
  if (after.ok && payment !== undefined) return ok({ payment, after: after.value })
  if (payment?.state === 'REFUNDED') return fail('refund.exceeds_captured', 'all of it was refunded already')
  return after.ok ? fail('entry.illegal_transition', `${event} after nothing`) : after
}

function moveRefund(desk: Desk, { shop }: Pick<Bench, 'shop'>, payment: Payment, after: PaymentStanding, refundId: Id, amountMinor: Minor): void {
  const { funds, nextAttemptAt, profile } = payment
  const given = { id: refundTransfer(refundId), amount: BigInt(amountMinor) }
  if (funds === 'posted') giveBack(desk, shop, payment, given)
  if (payment.state === 'WRITTEN_OFF') lessenLoss(desk, payment, given)
  if (isAcquired(payment)) wantLess(desk, payment, amountMinor)
  if (profile === 'cash' && after.state === 'REFUNDED') undoRounding(desk, shop, payment)
  if (after.state === 'REFUNDED') undoTip(desk, shop, payment)
  desk.save({ ...payment, ...after, nextAttemptAt: after.state === 'RETRY' ? nextAttemptAt : undefined })
}

/** Who gave it back. One by the hub has the place of the entry that began the payment, at which no till can refund anything. */
export const howRefunded = ({ requested, epoch, n }: Refund, payment: Pick<Payment, 'epoch' | 'n'> | undefined): 'by its till' | 'on request' | 'by the hub' =>
  requested !== undefined ? 'on request' : payment?.epoch === epoch && payment.n === n ? 'by the hub' : 'by its till'

/** The hub itself gives a part of a payment back that it has decided about. The caller has made sure that so much is left of it. */
export function refundByHub(
  desk: Desk,
  { shop, crypto }: Pick<Bench, 'shop' | 'crypto'>,
  payment: Payment,
  { refundId, amountMinor, why }: { readonly refundId: Id; readonly amountMinor: Minor; readonly why: string },
): void {
  const { id, till, epoch, n, currency } = payment
  const stepped = refundStep(payment, 'hub.refunded', amountMinor)
  invariant(stepped.ok, 'so much is left of the payment')
  const content = hex(crypto.sha256(utf8(JSON.stringify(['hub', id, amountMinor, currency, why]))))
  const nobodyAsked = { requested: undefined, decision: undefined, answeredAt: undefined, paidAs: undefined, returnId: undefined }
  desk.saveRefund({ id: refundId, version: 0, till, epoch, n, at: desk.now, content, payment: id, amountMinor, currency, verdict: 'approved', ...nobodyAsked })
  desk.record({ payment: id, at: desk.now, event: 'hub.refunded', detail: `${amountMinor} ${why}` })
  moveRefund(desk, { shop }, payment, stepped.value.after, refundId, amountMinor)
}

// ---------------------------------------------------------------- asked for by another till

export function judgeRefundRequest(desk: Desk, bench: Bench, stored: StoredEntry, entry: Of<'refund.requested'>): void {
  const { refundId, amountMinor } = entry.body
  const known = knownRefund(desk, bench, stored, entry)
  if (known === undefined) {
    const decided = decide(desk, entry)
    const refund = { ...newRefund(bench, stored, entry), requested: hex(stored.hash) }
    if (decided.ok) {
      const { payment, after } = decided.value
      desk.saveRefund({ ...refund, payment: payment.id, verdict: 'approved' })
      desk.record({ payment: payment.id, at: desk.now, event: 'hub.refunded', detail: `${amountMinor} asked for by ${stored.till}` })
      moveRefund(desk, bench, payment, after, refundId, amountMinor)
      desk.link(payment.id, stored.seq)
    } else {
      desk.saveRefund({ ...refund, payment: undefined, verdict: decided.code })
      if (decided.code === 'refund.ambiguous_receipt') desk.setAside(stored, decided.code, decided.detail)
    }
  }
  if (known === undefined || known.content === contentOf(bench, entry)) desk.refundAnswers.push(refundId)
}

/**
 * A sale that was paid in parts has several payments on its receipt: the first that has enough left gives it back. But a till that was put back to a backup
 * gives numbers out a second time before the hub tells it so, and two tills' numbers may begin alike: between two sales only a person can choose.
 */
function decide(desk: Desk, { body: { of, amountMinor, currency } }: Of<'refund.requested'>): Outcome<Step, ErrorCode> {
  const payments = desk.paymentsByReceipt(of)
  if (payments.length === 0) return fail('refund.unknown_receipt')
  const sales = new Set(payments.map(({ till, saleId }) => `${till}/${saleId}`))
  if (sales.size > 1 || payments.length >= MAX_ON_RECEIPT)
    return fail('refund.ambiguous_receipt', `${of} is on ${payments.length} payments, such as ${payments[0]?.id} and ${payments.at(-1)?.id}`)
  const inCurrency = payments.filter((payment) => payment.currency === currency)
  if (inCurrency.length === 0) return fail('refund.wrong_currency')
  // Its notes and coins lie in another drawer than the one of the till that asks.
  const notInCash = inCurrency.filter(({ profile }) => profile !== 'cash')
  if (notInCash.length === 0) return fail('refund.paid_in_cash')
  const [{ till: by, saleId } = { till: '', saleId: '' }] = notInCash
  const sale = desk.soldGoods(by, saleId)?.sale
  if (sale !== undefined && owedForGifts(sale) > Math.max(0, keptOf(desk, sale) - amountMinor)) return fail('refund.gift_card_sold')
  const steps = notInCash.map((payment) => refundStep(payment, 'hub.refunded', amountMinor))
  const possible = steps.find((step) => step.ok)
  if (possible !== undefined) return possible
  return fail(steps.some((step) => !step.ok && step.code === 'refund.exceeds_captured') ? 'refund.exceeds_captured' : 'refund.not_captured')
}

/**
 * Signs what tills asked for in this turn. Whoever asks once more gets the same verdict with a fresh signature: the key of the first may have run out
 * before its till heard it. Answers with those to send.
 */
export function signRefundDecisions(desk: Desk, bench: Bench): { readonly till: Id; readonly message: Uint8Array }[] {
  return [...new Set(desk.refundAnswers)].flatMap((id) => {
    const refund = desk.refund(id)
    if (refund?.requested === undefined) return []
    const message = bench.signRefund(decisionOf(refund, refund.requested, desk.now))
    desk.saveRefund({ ...refund, decision: message })
    return [{ till: refund.till, message }]
  })
}

const decisionOf = ({ id, till, payment, amountMinor, currency, verdict }: Refund, requested: string, now: number): RefundDecision => ({
  v: 1,
  till,
  refundId: id,
  requested,
  verdict:
    verdict === 'approved' && payment !== undefined
      ? { type: 'approved', paymentId: payment, amountMinor, currency }
      : { type: 'declined', code: verdict === 'approved' ? 'refund.not_captured' : verdict },
  hubTime: now,
})

/** The till has the answer, and says the same as the hub did. */
export function judgeRefundAnswered(desk: Desk, stored: StoredEntry, { body: { refundId, approved } }: Of<'refund.answered'>): void {
  const refund = desk.refund(refundId)
  if (refund?.requested === undefined || refund.till !== stored.till) {
    return desk.setAside(stored, 'entry.illegal_transition', 'this till asked for no such refund', refund?.payment)
  }
  if (approved !== (refund.verdict === 'approved')) {
    return desk.setAside(stored, 'entry.illegal_transition', `the hub had answered: ${refund.verdict}`, refund.payment)
  }
  if (refund.answeredAt === undefined) {
    desk.saveRefund({ ...refund, answeredAt: desk.now })
    if (approved) desk.countRefund(stored.till, refund.amountMinor)
  }
  if (refund.payment !== undefined) desk.link(refund.payment, stored.seq)
}
