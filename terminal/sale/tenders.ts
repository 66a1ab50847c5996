import type { ExchangeTold } from '#protocol/exchange/told.ts'
import type { How } from '#protocol/paper-words.ts'
import type { Id } from '#protocol/ids.ts'
import { scale, sum, type Currency, type Minor, type Ppm } from '#protocol/money.ts'

export type { How }

/** Notes and coins: what was given was worth `tenderedMinor`, and `foreign` is what it was, where it was no money of this shop. */
export type CashGiven = {
  readonly tenderedMinor: Minor
  readonly changeMinor: Minor
  readonly foreign?: { readonly currency: Currency; readonly tenderedMinor: Minor }
}

/** A payment that was captured for a sale. */
export type Part = {
  readonly paymentId: Id
  readonly amountMinor: Minor
  readonly how: How
  /** `cash`: nobody had to. */
  readonly decidedBy: 'hub' | 'policy' | 'cash'
  readonly cash?: CashGiven
  /** What the wallet pays, where it is in another currency. */
  readonly exchange?: ExchangeTold
  /** It was paid when the goods were ordered, before the rest. */
  readonly isDeposit?: true
}

/**
 * What was paid towards a sale that is not paid for yet, and what the customer gives on top. `receiptNumber`: the sale's, from its first part on. `order`: the
 * one that is fetched when the rest is paid.
 */
export type Tenders = { readonly parts: readonly Part[]; readonly tipMinor: Minor; readonly receiptNumber?: string; readonly order?: Id }

export const NOTHING_PAID: Tenders = { parts: [], tipMinor: 0 }
/** `payments` of a `sale.completed`. */
export const MAX_PARTS = 20

export const paidOf = (parts: readonly Part[]): Minor => sum(parts.map(({ amountMinor }) => amountMinor))

/** What is left to pay of a total and its tip, never below zero while nobody takes more than that. */
export const restOf = (totalMinor: Minor, { parts, tipMinor }: Tenders): Minor => totalMinor + tipMinor - paidOf(parts)

/** What a customer is offered to give on top. */
export const tipsFor = (totalMinor: Minor, shares: readonly Ppm[]): readonly { readonly ppm: Ppm; readonly amountMinor: Minor }[] =>
  shares.map((ppm) => ({ ppm, amountMinor: scale(totalMinor, ppm, 1_000_000) }))
