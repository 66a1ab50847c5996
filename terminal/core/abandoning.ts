import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import type { Currency } from '#protocol/money.ts'
import { sum } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Sale } from '../sale/basket.ts'
import type { Returned } from '../sale/receipt.ts'
import { paidOf } from '../sale/tenders.ts'
import type { PayingPorts } from './paying.ts'
import { ontoCredits } from './giving-back.ts'
import { recordAfter } from './payments.ts'
import { RECORD_SALE, RECORD_TENDERS, type Bill } from './taking.ts'

export type AbandoningPorts = Pick<PayingPorts, 'clock' | 'payments' | 'record' | 'nextPlace' | 'receipts' | 'shift' | 'cash' | 'credits' | 'authority'> & {
  newId(): Id
}

/** Gives back what was paid of a sale that comes to nothing: all of it or, if the power goes, nothing of it yet. */
export class Abandoning {
  readonly #ports: AbandoningPorts

  constructor(ports: AbandoningPorts) {
    this.#ports = ports
  }

  /**
   * Voids every part in one transaction, prints that under the number that the receipt would have had, and answers with the basket, which is another sale
   * from now on. Foreign notes go back as what they were taken for. Throws StoreError.
   */
  giveAllBack({ sale, tenders }: Bill): Sale {
    const { clock, nextPlace, payments, receipts, shift, cash, credits, record, newId, authority } = this.#ports
    const { currency } = authority.shop
    const at = clock.now()
    const { epoch, n } = nextPlace()
    const voided = tenders.parts.map(({ paymentId }, index) => {
      const before = payments.get(paymentId)
      invariant(before !== undefined, 'a part has its payment')
      const fact: Fact = { kind: 'payment.voided', body: { paymentId, code: 'sale.abandoned' } }
      const after = recordAfter(before, fact, at, { epoch, n: n + index })
      invariant(after.ok, `a part that was captured can be voided, not ${before.state}`)
      return { fact, before, after: after.value }
    })
    const inCash = sum(tenders.parts.map(({ how, amountMinor }) => (how === 'cash' ? amountMinor : 0)))
    const drawer = cash.withGiven(currency, inCash)
    const sums = shift.withRefund(currency, ...tenders.parts.map(({ amountMinor }) => amountMinor))
    const next: Sale = { ...sale, id: newId() }
    const returned = this.#returned(tenders, currency, at)
    const shares = voided.map(({ before }) => ({ payment: before, minor: before.capturedMinor }))
    const put = {
      ...ontoCredits(shares, credits),
      ...receipts.putReturned(returned),
      ...shift.put(currency, sums),
      ...(inCash === 0 ? {} : cash.put(currency, drawer)),
      [RECORD_SALE]: JSON.stringify(next),
    }
    record(
      voided.map(({ fact }) => fact),
      { payments: voided.map(({ after }) => after), put, remove: [RECORD_TENDERS] },
      at,
    )
    for (const { before, after } of voided) payments.set(before, after)
    shift.counted(currency, sums)
    if (inCash > 0) {
      cash.became(currency, drawer)
      cash.openDrawer()
    }
    receipts.issueReturned(returned)
    return next
  }

  #returned({ parts, receiptNumber = '' }: Bill['tenders'], currency: Currency, at: number): Returned {
    const ways = parts.map(({ how, amountMinor }) => ({ how, amountMinor }))
    return { kind: 'void', receiptNumber, of: receiptNumber, amountMinor: paidOf(parts), currency, at, ways }
  }
}
