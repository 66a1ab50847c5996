import { z } from 'zod'
import { isSandbox } from './scopes.ts'
import type { HubStore, Payment } from '../../store/hub-store.ts'
import type { DocumentRow } from '../../store/documents.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { paymentStates } from '#protocol/journal/payment.ts'
import { isCurrency } from '#protocol/money.ts'

const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
const minor = z.int().min(0).meta({ description: 'Minor units of the currency (ISO 4217)' })

export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .refine(isCurrency, { message: 'no currency of ISO 4217' })
  .meta({ description: 'ISO 4217' })

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
})
export type PaymentView = z.infer<typeof paymentView>

/** What one merchant has. Made for the merchant of the caller, so there is no way to ask it for somebody else's. */
export interface Books {
  /** Newest first, behind a place that an earlier row was at. */
  payments(place: string | undefined, limit: number): Promise<readonly (PaymentView & { readonly place: string })[]>
  payment(id: string): Promise<PaymentView | undefined>
}

const iso = (at: number): string => new Date(at).toISOString()

const viewOf = (payment: Payment): PaymentView => ({
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
})

const shopBooks = (store: HubStore): Books => ({
  payments: async (place, limit) =>
    (await store.paymentsBefore(place === undefined ? Number.MAX_SAFE_INTEGER : Number(place), limit)).map((row) => ({
      ...viewOf(row),
      place: String(row.seq),
    })),
  async payment(id) {
    const [row] = isId(id) ? await store.get('payments', [id]) : []
    return row && viewOf(row)
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
