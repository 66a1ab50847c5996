import type { Catalogue } from '#protocol/hub/messages.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { worthOf } from '../sale/cash.ts'
import type { Notes } from './taking.ts'

/** Notes and coins as the cashier says them: what was given, for how much of the bill (all that is left if nothing is said), and in which currency. */
export type CashWish = { readonly tenderedMinor: Minor; readonly amountMinor?: Minor | undefined; readonly currency?: Currency | undefined }

type Terms = Pick<Catalogue, 'cashRoundingMinor' | 'foreignCash'>

/**
 * What they pay. `cashToPay`: what is left as cash can pay it, `restMinor` what is left to the unit. Cash that leaves nothing is rounded, and only that; a
 * smaller part must be a sum that coins can make. Change is never less than nothing.
 */
export function notesFor(
  { tenderedMinor, amountMinor: wanted, currency: given }: CashWish,
  { cashToPay, restMinor, currency, terms }: { readonly cashToPay: Minor; readonly restMinor: Minor; readonly currency: Currency; readonly terms: Terms },
): Outcome<Notes> {
  const { cashRoundingMinor: step = 1, foreignCash = [] } = terms
  const isForeign = given !== undefined && given !== currency
  const offer = isForeign ? foreignCash.find((one) => one.currency === given) : undefined
  if (isForeign && offer === undefined) return fail('sale.no_exchange')
  const worthMinor = offer === undefined ? tenderedMinor : worthOf(tenderedMinor, offer, step)
  const amountMinor = wanted ?? cashToPay
  if (amountMinor === 0 || worthMinor < amountMinor) return fail('sale.cash_too_little')
  if (amountMinor > cashToPay) return fail('sale.part_too_large')
  const isLast = amountMinor === cashToPay
  if (!isLast && amountMinor % step !== 0) return fail('sale.cash_step')
  const notes: Notes = { amountMinor, tenderedMinor: worthMinor, roundingMinor: isLast ? amountMinor - restMinor : 0 }
  if (offer === undefined) return ok(notes)
  const { currency: foreign, ...rate } = offer
  return ok({ ...notes, foreign: { currency: foreign, tenderedMinor, rate } })
}
