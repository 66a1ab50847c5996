import { z } from 'zod'
import type { Weight } from '../device/messages.ts'
import { returnWays } from '../journal/entry.ts'
import { ID_PATTERN, type Id } from '../ids.ts'
import type { Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** Goods that come back: what a screen asks for, and what it is shown. */

/** Pieces, or thousandths of a unit of weight, of a line of the sale, counted from 0. */
const wanted = z.array(z.strictObject({ line: z.int().min(0).max(499), units: z.int().min(1).max(99_999) })).max(500)
const returnId = z.string().regex(ID_PATTERN)
const reason = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
const receiptNumber = z.string().min(1).max(32)

export const returnCommands = [
  /** What was sold under this receipt of this till; `View.returning` then shows it. */
  z.strictObject({ type: z.literal('openReturn'), receiptNumber }),
  /** What of it shall come back: `View.returning` then says what that is worth. Nothing happens. */
  z.strictObject({ type: z.literal('chooseReturn'), lines: wanted }),
  z.strictObject({ type: z.literal('closeReturn') }),
  /** Takes goods of a receipt back and gives their value back. `returnId` is made when the dialog opens, so that a double press gives back once. */
  z.strictObject({ type: z.literal('returnGoods'), returnId, receiptNumber, lines: wanted.min(1), as: z.enum(returnWays), reason }),
  /** What lies in the basket was brought back without a receipt: it goes out of the basket, and its price of today is given back. */
  z.strictObject({ type: z.literal('returnBasket'), returnId, as: z.enum(['cash', 'credit']), reason }),
  /** An exchange: pays for the basket with the store credit of the return that was made last. */
  z.strictObject({ type: z.literal('payWithReturn') }),
] as const

export type ReturningLine = {
  readonly line: number
  readonly name: string
  readonly quantity: number
  readonly weight?: Weight | undefined
  /** Pieces or thousandths that have not come back yet, and of these, what was chosen. */
  readonly left: number
  readonly chosen: number
  readonly totalMinor: Minor
}

/** A receipt of this till, and what of it may come back. */
export type ReturningView = {
  readonly receiptNumber: string
  readonly at: EpochMs
  readonly lines: readonly ReturningLine[]
  /** What was chosen is worth so much, with its tax; 0: nothing was. */
  readonly worthMinor: Minor
  /** What would be given back, in each way that is open to it. */
  readonly ways: readonly { readonly as: (typeof returnWays)[number]; readonly minor: Minor }[]
}

/** The return that was made last. `hasCredit`: its store credit may pay for the basket (`payWithReturn`). */
export type ReturnedView = {
  readonly returnId: Id
  readonly receiptNumber: string
  readonly paidMinor: Minor
  readonly as: (typeof returnWays)[number]
  readonly hasCredit?: true
}
