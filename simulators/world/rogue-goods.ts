import type { Id } from '#protocol/ids.ts'
import type { EntryBody, Fact, SaleLine } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { Random } from './random.ts'

export type Inventing = {
  readonly random: Random
  readonly currency: Currency
  /** Of this till, or of another. */
  readonly paymentId: Id
  readonly saleId: Id
  readonly amountMinor: Minor
  /** A receipt of an honest till, where there is one. */
  readonly of: string | undefined
  id(): Id
}

const lies = { sums: 2, points: 4, parts: 1, deposits: 1, piecesTwice: 1, bottles: 1, exempt: 1, others: 3, withoutReceipt: 2 } as const

/** What a till says that lies about goods: a sale that is paid with this payment, or goods that came back. */
export function inventedGoods(made: Inventing): readonly Fact[] {
  const { random, id, amountMinor, paymentId } = made
  const lie = random.weighted(lies)
  const [line, sale] = [lineOver(amountMinor), saleOver(made)]
  const sold = (body: Partial<EntryBody<'sale.completed'>>): Fact[] => [{ kind: 'sale.completed', body: { ...sale, ...body } }]
  switch (lie) {
    case 'sums':
      return sold({ lines: [{ ...line, totalMinor: amountMinor + 1 }] })
    case 'points':
      return sold({ customer: id(), pointsEarned: random.pick([1, 1_000_000]), ...(random.chance(0.5) ? { pointsSpent: 500 } : {}) })
    case 'parts':
      return sold({ lines: [{ ...line, parts: [{ gtin: line.gtin, name: 'Half', quantity: 1, taxPpm: 0, totalMinor: amountMinor + 5 }] }] })
    case 'deposits':
      return sold({ lines: [{ ...line, depositMinor: amountMinor + 1 }] })
    case 'piecesTwice':
      return sold({ lines: [{ ...line, quantity: 2, unitMinor: 0, totalMinor: 0, serials: ['S1', 'S1'] }] })
    case 'bottles':
      return sold({ empties: [{ depositMinor: 25, quantity: 10 }] })
    case 'exempt':
      return sold({ exemption: { reason: 'Nobody', untaxedMinor: amountMinor } })
    case 'others':
      return [returned(made, { saleId: made.saleId, ...(made.of === undefined ? {} : { of: made.of }), refunds: [{ refundId: id(), paymentId, amountMinor }] })]
    case 'withoutReceipt':
      return [returned(made, { as: 'cash', totalMinor: amountMinor * random.pick([1, 100]) })]
  }
}

const lineOver = (totalMinor: Minor): SaleLine => ({ gtin: '9520000000011', name: 'Air', quantity: 1, unitMinor: totalMinor, taxPpm: 0, totalMinor })

const saleOver = ({ saleId, currency, amountMinor, paymentId }: Inventing): EntryBody<'sale.completed'> => ({
  saleId,
  receiptNumber: 'ROGUE',
  currency,
  lines: [lineOver(amountMinor)],
  taxes: [{ ratePpm: 0, netMinor: amountMinor, taxMinor: 0 }],
  totalMinor: amountMinor,
  payments: [{ paymentId, amountMinor }],
})

function returned({ id, currency, amountMinor }: Inventing, more: Partial<EntryBody<'goods.returned'>>): Fact {
  const totalMinor = more.totalMinor ?? amountMinor
  const lines = [{ ...(more.of === undefined ? {} : { line: 0 }), gtin: '9520000000011', name: 'Air', quantity: 1, totalMinor }]
  const taxes = [{ ratePpm: 0, netMinor: totalMinor, taxMinor: 0 }]
  const base = { returnId: id(), receiptNumber: 'ROGUE', currency, lines, taxes, totalMinor, paidMinor: totalMinor, refunds: [], reason: 'None' }
  return { kind: 'goods.returned', body: { ...base, as: 'as_paid', ...more } }
}
