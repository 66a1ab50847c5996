import { beforeEach, describe, expect, it } from 'vitest'
import { balanceOf } from '../ledger/ledger.ts'
import { creditAccount } from '../ledger/names.ts'
import { cashSale, gift, spend } from '../test-credits.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale } from '../test-rig.ts'
import type { Fact } from '#protocol/journal/entry.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)
async function left(creditId: string): Promise<number> {
  const [account] = await counter.rig.ports.store.get('accounts', [creditAccount(creditId)])
  return account === undefined ? 0 : Number(balanceOf(account))
}
const balanced = async () => {
  for (const { debitsPosted, creditsPosted } of (await counter.rig.ports.store.summary(0)).accounts) expect(debitsPosted).toBe(creditsPosted)
}

/** A gift card that a phone's payment was taken for. */
function giftByCode(amountMinor: number, code: string) {
  const paid = sale(amountMinor, code)
  const { creditId, issued, sold } = gift(amountMinor)
  const { saleId, payments, receiptNumber } = paid.completed.body
  if (sold.kind !== 'sale.completed' || issued.kind !== 'credit.issued') throw new Error('a gift card')
  const completed: Fact = { kind: 'sale.completed', body: { ...sold.body, saleId, payments, receiptNumber } }
  return { ...paid, creditId, gift: [{ kind: 'credit.issued', body: { ...issued.body, saleId } } satisfies Fact, completed] as const }
}

describe('a gift card whose sale is undone', () => {
  it('is worth nothing any more, and a person hears of it: no till keeps card and money', async () => {
    const card = gift(2000)
    await counter.journal(counter.till, ...card.facts)
    await counter.journal(counter.till, card.voided)
    expect(await left(card.creditId)).toBe(0)
    expect(await codes()).toEqual(['credit.sale_undone'])
    await balanced()
  })

  it('loses what was left, where some was spent already; and nothing twice', async () => {
    const card = gift(2000)
    const one = spend(card.creditId, 1500)
    await counter.journal(counter.till, ...card.facts, one.intended, one.held, one.captured, one.completed)
    const back = refund({ paymentId: card.paymentId, captured: { kind: 'payment.captured', body: card.paid } }, 1)
    const more = refund({ paymentId: card.paymentId, captured: { kind: 'payment.captured', body: card.paid } }, 1999)
    await counter.journal(counter.till, back.made, more.made)
    expect(await left(card.creditId)).toBe(0)
    expect(await codes()).toEqual(['credit.sale_undone'])
    await balanced()
  })

  it('is never worth anything where the money went back before the sale was told', async () => {
    const card = gift(2000)
    const [taken, issued, sold] = card.facts
    await counter.journal(counter.till, ...[taken, card.voided, issued, sold].flatMap((fact) => fact ?? []))
    expect(await left(card.creditId)).toBe(0)
    expect(await codes()).toEqual(['credit.not_paid'])
  })

  it('is worth nothing where its payment has paid for another card before', async () => {
    const [card, other] = [gift(2000), gift(2000)]
    if (card.sold.kind !== 'sale.completed' || other.sold.kind !== 'sale.completed' || other.issued.kind !== 'credit.issued') throw new Error('a gift card')
    const { saleId } = card.sold.body
    const sold: Fact = { kind: 'sale.completed', body: { ...card.sold.body, lines: other.sold.body.lines } }
    const issued: Fact = { kind: 'credit.issued', body: { ...other.issued.body, saleId } }
    await counter.journal(counter.till, ...card.facts)
    // The second time in one batch, as a rogue till would.
    await counter.journal(counter.till, issued, sold, card.sold)
    expect([await left(card.creditId), await left(other.creditId)]).toEqual([2000, 0])
    expect(await codes()).toEqual(['entry.amount_mismatch'])
    await balanced()
  })

  it('keeps its worth where other goods of the sale came back', async () => {
    const card = gift(2000)
    const [taken, issued, sold] = card.facts
    if (taken?.kind !== 'payment.taken_in_cash' || sold?.kind !== 'sale.completed' || issued === undefined) throw new Error('a gift card')
    const bread = cashSale(300).completed
    if (bread.kind !== 'sale.completed') throw new Error('a sale')
    const both: Fact = {
      kind: 'sale.completed',
      body: {
        ...sold.body,
        lines: [...sold.body.lines, ...bread.body.lines],
        taxes: [...sold.body.taxes, ...bread.body.taxes],
        totalMinor: 2300,
        payments: [{ paymentId: card.paymentId, amountMinor: 2300 }],
      },
    }
    const paid: Fact = { kind: 'payment.taken_in_cash', body: { ...taken.body, amountMinor: 2300, tenderedMinor: 2300 } }
    await counter.journal(
      counter.till,
      paid,
      issued,
      both,
      refund({ paymentId: card.paymentId, captured: { kind: 'payment.captured', body: card.paid } }, 300).made,
    )
    expect([await left(card.creditId), await codes()]).toEqual([2000, []])
  })
})

describe('a gift card that was bought with a phone', () => {
  it('is worth nothing while the wallet does not pay', async () => {
    const bought = giftByCode(9_999_999, counter.wallet.show())
    await counter.journal(counter.till, bought.intended, bought.acceptedOffline, bought.captured, ...bought.gift)
    expect(await left(bought.creditId)).toBe(0)
    expect(await codes()).toContain('credit.not_paid')
  })

  it('is not refunded at another till, which could not know of the card', async () => {
    const bought = giftByCode(500, counter.wallet.show())
    await counter.journal(counter.till, bought.intended, bought.held, bought.captured, ...bought.gift)
    expect(await left(bought.creditId)).toBe(500)
    const other = await counter.rig.till()
    const asked = refund(bought, 100, nextId())
    await counter.journal(other, asked.asked)
    const [stored] = await counter.rig.ports.store.get('refunds', [asked.refundId])
    expect(stored).toMatchObject({ verdict: 'refund.gift_card_sold' })
    expect(await left(bought.creditId)).toBe(500)
  })
})
