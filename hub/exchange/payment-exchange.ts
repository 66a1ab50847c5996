import { z } from 'zod'
import type { DocumentRow } from '../store/documents.ts'
import { exchangeSchema } from '#protocol/exchange/quote.ts'
import { amount, currency, epochMs, id } from '#protocol/journal/entry.ts'
import type { Id } from '#protocol/ids.ts'

/**
 * How the money of one payment was exchanged, and what went back of it: under the payment's id, written in the commit that holds its money and in each that gives
 * some back. What it says follows from the ledger; it is kept so that people, receipts and a recount know at which rate.
 */
const paymentExchange = z.strictObject({
  payment: id,
  wallet: z.string(),
  /** The shop's, for all of the payment. */
  amountMinor: amount,
  currency,
  exchange: exchangeSchema,
  at: epochMs,
  /** `transfer`: the posting in the shop's currency. `at today's`: the rate by which it went back, where that was not the payment's own. */
  returned: z.array(
    z.strictObject({
      transfer: z.string(),
      amountMinor: amount,
      walletMinor: amount,
      rate: exchangeSchema.shape.rate.optional(),
      source: exchangeSchema.shape.source.optional(),
      at: epochMs,
    }),
  ),
})
export type PaymentExchange = z.infer<typeof paymentExchange>

export const EXCHANGES = 'exchange/'
export const exchangeDocument = (payment: Id): string => `${EXCHANGES}${payment}`
export const readPaymentExchange = ({ body }: DocumentRow): PaymentExchange => paymentExchange.parse(JSON.parse(body))
export const exchangeRow = (said: PaymentExchange, version: number): DocumentRow => ({
  id: exchangeDocument(said.payment),
  version,
  dueAt: undefined,
  body: JSON.stringify(said),
})

/** In the wallet's currency. */
export const returnedMinor = ({ returned }: PaymentExchange): number => returned.reduce((sum, { walletMinor }) => sum + walletMinor, 0)
