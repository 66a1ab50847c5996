import { z } from 'zod'
import { isSandbox } from './scopes.ts'
import { exchangesOf, type ExchangesOf } from '../../exchange/stated.ts'
import type { HubStore, Payment } from '../../store/hub-store.ts'
import type { DocumentRow } from '../../store/documents.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { paymentStates } from '#protocol/journal/payment.ts'
import { isCurrency } from '#protocol/money.ts'
import type { StatedExchange } from '#protocol/wallet-api/answers.ts'

const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
const minor = z.int().min(0).meta({ description: 'Minor units of the currency (ISO 4217)' })

export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .refine(isCurrency, { message: 'no currency of ISO 4217' })
  .meta({ description: 'ISO 4217' })

/** A rate is a ratio of two integers: so many whole units of the wallet's currency for one of the merchant's. */
const ratio = z.object({ numerator: z.int().min(1), denominator: z.int().min(1) })
const paymentExchangeView = z
  .object({
    quoteId: z.string(),
    currency: currencyCode,
    amountMinor: minor,
    marginMinor: minor,
    marginPpm: z.int().min(0),
    returnedMinor: minor,
    rate: ratio,
    source: z.string(),
    rateAt: time,
  })
  .meta({ description: 'What the wallet pays in its own currency, where that is another one, by the quote that its owner confirmed' })

export const paymentView = z.object({
  id: z.string(),
  state: z.enum(paymentStates),
  amountMinor: minor,
  currency: currencyCode,
  capturedMinor: minor,
  refundedMinor: minor,
  instrument: z.enum(['show', 'bound', 'cash', 'credit', 'card', 'merchant_qr', 'scheme']).optional(),
  receiptNumber: z.string().optional(),
  createdAt: time.meta({ description: 'By the clock of the till that took it' }),
  settledAt: time.optional(),
  exchange: paymentExchangeView.optional(),
})
export type PaymentView = z.infer<typeof paymentView>

/** What one merchant has. Made for the merchant of the caller, so there is no way to ask it for somebody else's. */
export interface Books {
  /** Newest first, behind a place that an earlier row was at. */
  payments(place: string | undefined, limit: number): Promise<readonly (PaymentView & { readonly place: string })[]>
  payment(id: string): Promise<PaymentView | undefined>
}

const iso = (at: number): string => new Date(at).toISOString()

const ifExchanged = (said: StatedExchange | undefined) => (said === undefined ? {} : { exchange: exchangeView(said) })
const exchangeView = ({ quote, rateAt, ...said }: StatedExchange) => ({ ...said, quoteId: quote, rateAt: iso(rateAt) })

const viewOf = (payment: Payment, exchanged: ExchangesOf): PaymentView => ({
  id: payment.id,
  state: payment.state,
  amountMinor: payment.amountMinor,
  currency: payment.currency,
  capturedMinor: payment.capturedMinor,
  refundedMinor: payment.refundedMinor,
  ...(payment.profile !== undefined && { instrument: payment.profile }),
  ...(payment.receiptNumber !== undefined && { receiptNumber: payment.receiptNumber }),
  createdAt: iso(payment.at),
  ...(payment.settledAt !== undefined && { settledAt: iso(payment.settledAt) }),
  ...ifExchanged(exchanged.get(payment.id)),
})

const shopBooks = (store: HubStore): Books => ({
  async payments(place, limit) {
    const rows = await store.paymentsBefore(place === undefined ? Number.MAX_SAFE_INTEGER : Number(place), limit)
    const exchanged = await exchangesOf(store, rows)
    return rows.map((row) => ({ ...viewOf(row, exchanged), place: String(row.seq) }))
  },
  async payment(id) {
    const [row] = isId(id) ? await store.get('payments', [id]) : []
    return row && viewOf(row, await exchangesOf(store, [row]))
  },
})

export const sandboxRow = (merchant: string, id: Id): string => `sandbox-payment/${merchant}/${id}`
const sandboxView = ({ body }: DocumentRow): PaymentView => paymentView.parse(JSON.parse(body))

const sandboxBooks = (store: HubStore, merchant: string): Books => ({
  payments: async (place, limit) =>
    (await store.documents({ prefix: `sandbox-payment/${merchant}/`, after: place, limit, newestFirst: true })).map((row) => ({
      ...sandboxView(row),
      place: row.id,
    })),
  async payment(id) {
    const [row] = isId(id) ? await store.get('documents', [sandboxRow(merchant, id)]) : []
    return row && sandboxView(row)
  },
})

const NOTHING: Books = { payments: () => Promise.resolve([]), payment: () => Promise.resolve(undefined) }

/** `shopOf`: the merchant whose payments this hub takes. */
export function booksOf(store: HubStore, shopOf: string, merchant: string): Books {
  if (isSandbox(merchant)) return sandboxBooks(store, merchant)
  return merchant === shopOf ? shopBooks(store) : NOTHING
}
