import { nextId, sale } from './test-rig.ts'
import { proofOfCredit, sealOf } from '#protocol/credit/code.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

/** A sale for cash. */
export function cashSale(amountMinor: number, over: Partial<EntryBody<'payment.taken_in_cash'>> = {}, tipMinor = 0) {
  const { paymentId, saleId, captured, completed } = sale(amountMinor, '')
  const { receiptNumber } = captured.body
  const paid = amountMinor + tipMinor
  const taken: Fact = {
    kind: 'payment.taken_in_cash',
    body: { paymentId, saleId, amountMinor: paid, tenderedMinor: paid, changeMinor: 0, currency: 'EUR', receiptNumber, ...over },
  }
  const tipped = tipMinor === 0 ? {} : { tipMinor }
  const done: Fact = { kind: 'sale.completed', body: { ...completed.body, ...tipped, payments: [{ paymentId, amountMinor: paid }] } }
  const voided: Fact = { kind: 'payment.voided', body: { paymentId, code: 'sale.voided' } }
  return { paymentId, saleId, paid: captured.body, taken, completed: done, voided }
}

export const proofFor = (creditId: Id): string => proofOfCredit(nodeCrypto, `SPG1:${creditId}`)
/** The facts of a gift card that is sold for cash, as a till writes them. */
export function gift(amountMinor: number, said = amountMinor) {
  const creditId = nextId()
  const { taken, completed, saleId, paymentId, paid, voided } = cashSale(amountMinor)
  const issued: Fact = {
    kind: 'credit.issued',
    body: { creditId, why: 'gift', amountMinor: said, currency: 'EUR', seal: sealOf(nodeCrypto, proofFor(creditId)), saleId },
  }
  const line = {
    gtin: '9520000009999',
    name: 'Gift card',
    quantity: 1,
    unitMinor: amountMinor,
    taxPpm: 0,
    taxExempt: true as const,
    totalMinor: amountMinor,
    creditId,
  }
  const taxes = [{ ratePpm: 0, netMinor: amountMinor, taxMinor: 0, exempt: true as const }]
  const sold: Fact = completed.kind === 'sale.completed' ? { kind: 'sale.completed', body: { ...completed.body, lines: [line], taxes } } : completed
  return { creditId, paymentId, paid, voided, facts: [taken, issued, sold], issued, sold }
}
/** A payment by that card. */
export function spend(creditId: Id, amountMinor: number, proof = proofFor(creditId)) {
  const { intended, ...rest } = sale(amountMinor, '')
  return {
    ...rest,
    intended: { kind: 'payment.intended', body: { ...intended.body, instrument: { type: 'credit', creditId, proof } } } as const satisfies Fact,
  }
}
