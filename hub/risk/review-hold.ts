import { caseDocument, caseRow, readCase, type CaseEnd, type RiskCase } from './case.ts'
import type { Desk, Shopkeeper } from '../intake/desk.ts'
import { withPoints } from '../intake/points.ts'
import { refundByHub } from '../intake/refunds.ts'
import { merchantAccount, reviewAccount } from '../ledger/names.ts'
import type { Payment } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'

/** What review does to the books: the merchant has sold, and is not paid for it until people have looked. Everything that is held leaves at once. */
type Shop = Pick<Shopkeeper, 'merchant'>

function post(desk: Desk, payment: Payment, what: string, debit: string, credit: string, amountMinor: Minor): void {
  if (amountMinor === 0) return
  const posted = desk.apply({ kind: 'single', id: `review/${payment.id}/${what}`, debit, credit, amount: BigInt(amountMinor) })
  invariant(posted.ok, `${what} is posted once, of money that is there`)
}

/** In the commit of the capture: no payout can come in between. Nothing is held of what a till took alone, nor after the case or its time is over. */
export function holdForReview(desk: Desk, { merchant }: Shop, payment: Payment): void {
  const row = payment.risk === 'review' && payment.funds === 'posted' ? desk.document(caseDocument(payment.id)) : undefined
  if (row === undefined) return
  const known = readCase(row)
  if (known.state === 'closed' || known.heldUntil === undefined || known.heldUntil <= desk.now || known.heldMinor > 0) return
  const id = reviewAccount(payment.id)
  const rule = 'debits_must_not_exceed_credits'
  const held = desk.openAccount({ id, label: 'Held for review', currency: payment.currency, side: 'credit', rule })
  const heldMinor = keptMinor(payment)
  post(desk, payment, 'held', merchantAccount(merchant, payment.currency), held, heldMinor)
  desk.saveDocument(caseRow({ ...known, heldMinor }, row.version))
}

/**
 * A refund goes by the merchant's account and the way of every refund: with its points, its fee, and never more than is left of the payment. What a till gave back
 * meanwhile was the merchant's own, so the merchant gets that part.
 */
export function endHold(
  desk: Desk,
  { shop, crypto }: { readonly shop: Shopkeeper; readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'> },
  payment: Payment,
  known: RiskCase,
  end: CaseEnd,
): RiskCase {
  const [held, merchant] = [reviewAccount(payment.id), merchantAccount(shop.merchant, payment.currency)]
  post(desk, payment, end === 'refund' ? 'for-buyer' : 'released', held, merchant, known.heldMinor)
  const left = payment.funds === 'posted' ? keptMinor(payment) : 0
  const refundedMinor = end === 'refund' ? Math.min(known.heldMinor, left) : 0
  if (refundedMinor > 0) {
    const refundId = makeId(desk.now, crypto.randomBytes(10))
    withPoints(desk, [payment.id], () => refundByHub(desk, { shop, crypto }, payment, { refundId, amountMinor: refundedMinor, why: 'fraud, as people found' }))
  }
  return { ...known, heldMinor: 0, ...(end === 'refund' && { refundedMinor }) }
}
