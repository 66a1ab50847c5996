import type { Id } from '#protocol/ids.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import type { PaymentTruth } from './journal-truth.ts'
import type { Random } from './random.ts'

/** What can happen to a sale that is not simply paid: in parts, with something on top, in other notes, by a gift card, or given up. */
export const tenderMoves = ['paid in parts', 'tipped', 'paid in foreign cash', 'given up', 'gift card sold', 'paid by credit'] as const
type TenderMove = (typeof tenderMoves)[number]

/** What the simulated shop says about tenders. */
export const worldTenders = {
  tips: [50_000, 100_000],
  foreignCash: [{ currency: 'USD', numerator: 87, denominator: 100, source: 'World', at: 1_700_000_000_000 }],
}
export const worldGiftCard = { gtin: '9520000000998', name: 'Gift card', category: 'Special', priceMinor: 700, taxPpm: 0, symbol: '*', giftCard: true } as const

/** What a cashier does beside showing a code or taking all of it in cash; now and then what the till must refuse. Undefined: nothing, this time. */
export function workOnTenders(random: Random, { tenders }: View): Command | undefined {
  if (tenders === undefined || !random.chance(0.2)) return undefined
  const { restMinor, parts, foreign = [] } = tenders
  const part = Math.max(1, Math.floor((restMinor * random.between(1, 12)) / 10))
  const inFives = Math.max(5, part - (part % 5))
  switch (random.weighted({ tip: 3, part: 3, cash: 4, foreign: 2, giveUp: parts.length === 0 ? 0 : 3 })) {
    case 'tip':
      return { type: 'setTip', tipMinor: random.pick([0, 50, ...(tenders.tips ?? []).map(({ amountMinor }) => amountMinor)]) }
    case 'part':
      return { type: 'takePayment', amountMinor: part }
    case 'cash':
      return { type: 'payCash', tenderedMinor: inFives + random.pick([0, 0, 5, 500]), amountMinor: random.chance(0.9) ? inFives : part }
    case 'foreign':
      return { type: 'payCash', tenderedMinor: (foreign[0]?.toPayMinor ?? 100) + random.pick([0, 1, 700, -1]), currency: 'USD' }
    case 'giveUp':
      return { type: 'abandonSale' }
  }
}

export const movesOfTenders = ({ payments, tipMinor, lines }: EntryBody<'sale.completed'>): readonly TenderMove[] => [
  ...(payments.length > 1 ? (['paid in parts'] as const) : []),
  ...(tipMinor === undefined ? [] : (['tipped'] as const)),
  ...(lines.some(({ creditId }) => creditId !== undefined) ? (['gift card sold'] as const) : []),
]

/**
 * Money that was taken for nothing: a captured payment that is of no sale, has not gone back, and of which the till does not know that it is a part of the one
 * that it is taking. `unfinished`: the number of that one.
 */
export function orphaned(payments: Iterable<PaymentTruth>, sold: ReadonlySet<Id>, unfinished: string | undefined): PaymentTruth | undefined {
  for (const payment of payments) {
    const stands = payment.state === 'captured' || payment.state === 'taken_in_cash'
    if (stands && !sold.has(payment.id) && payment.receiptNumber !== unfinished) return payment
  }
  return undefined
}

/** What an approval says is what the sale's parts come to. Minor units. */
export const toPayOf = ({ totalMinor, roundingMinor = 0, tipMinor = 0 }: EntryBody<'sale.completed'>): Minor => totalMinor + roundingMinor + tipMinor
