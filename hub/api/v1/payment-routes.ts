import { z } from 'zod'
import { booksOf, currencyCode, paymentView, sandboxRow, type PaymentView } from './books.ts'
import { pageOf, pageQuery } from './cursor.ts'
import { nothing, withId, type RoutePorts } from './ports.ts'
import { reading, writing, type Route } from './route.ts'
import { isSandbox } from './scopes.ts'
import type { Recovery } from '../../intake/recovery.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

const reason = z.strictObject({ reason: z.string().trim().min(1).max(200) })
const newPayment = z.strictObject({
  amountMinor: z.int().min(1).max(100_000_000).meta({ description: 'Minor units of the currency' }),
  currency: currencyCode,
  receiptNumber: z.string().trim().min(1).max(40).optional(),
})

export function paymentRoutes({ store, clock, pages, hub, shopMerchant, emit }: RoutePorts): readonly Route[] {
  /** What a person does about a payment without money, by a program. Somebody else's payment is not there. */
  async function recover(merchant: string, id: string, act: () => Promise<Outcome<void, ErrorCode>>): Promise<Outcome<{ id: string }, ErrorCode>> {
    if (isSandbox(merchant) || (await booksOf(store, shopMerchant, merchant).payment(id)) === undefined) return fail('payment.unknown')
    const done = await act()
    return done.ok ? ok({ id }) : done
  }
  const recoveryOver = (over: typeof store): Recovery => hub.recoveryOver(over)
  const which = z.object({ id: z.string() })

  return [
    reading({
      path: '/v1/payments',
      name: 'listPayments',
      summary: 'Payments, newest first',
      scope: 'payments:read',
      params: nothing,
      query: pageQuery,
      answer: pageOf(paymentView),
      async run({ caller, query: { limit, cursor } }) {
        const use = `payments ${caller.merchant}`
        const begin = pages.begin(use, cursor)
        if (!begin.ok) return begin
        const rows = await booksOf(store, shopMerchant, caller.merchant).payments(begin.value, limit + 1)
        return ok(
          pages.end(
            use,
            rows,
            limit,
            ({ place }) => place,
            ({ place: _place, ...view }) => view,
          ),
        )
      },
    }),
    reading({
      path: '/v1/payments/{id}',
      name: 'getPayment',
      summary: 'One payment',
      scope: 'payments:read',
      params: withId,
      query: nothing,
      answer: paymentView,
      async run({ caller, params: { id } }) {
        const found = await booksOf(store, shopMerchant, caller.merchant).payment(id)
        return found === undefined ? fail('payment.unknown') : ok(found)
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/payments',
      name: 'createPayment',
      summary: 'A payment of a sandbox merchant, captured and settled at once. Real payments are taken by tills',
      scope: 'payments:write',
      status: 201,
      params: nothing,
      query: nothing,
      body: newPayment,
      answer: paymentView,
      async run({ caller: { merchant }, body, store: draft, newId }) {
        if (!isSandbox(merchant)) return fail('api.sandbox_only')
        const at = new Date(clock.now()).toISOString()
        const { amountMinor, currency, receiptNumber } = body
        const view: PaymentView = {
          id: newId,
          state: 'CAPTURED',
          amountMinor,
          currency,
          capturedMinor: amountMinor,
          refundedMinor: 0,
          instrument: 'show',
          ...(receiptNumber !== undefined && { receiptNumber }),
          createdAt: at,
          settledAt: at,
        }
        const row = { id: sandboxRow(merchant, newId), version: 0, dueAt: undefined, body: JSON.stringify(view) }
        const event = emit({ type: 'payment.settled', merchant, subject: newId, data: view })
        await draft.commit({ documents: [row, ...event] })
        return ok(view)
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/payments/{id}/retry',
      name: 'retryPayment',
      summary: 'Tries again for the money of a captured payment that has none',
      scope: 'payments:write',
      status: 200,
      params: withId,
      query: nothing,
      body: nothing,
      answer: which,
      run: ({ caller, params: { id }, store: draft }) => recover(caller.merchant, id, () => recoveryOver(draft).retryPayment(id)),
    }),
    writing({
      method: 'POST',
      path: '/v1/payments/{id}/write-off',
      name: 'writeOffPayment',
      summary: 'Gives up a captured payment whose money never came, for good',
      scope: 'payments:write',
      status: 200,
      params: withId,
      query: nothing,
      body: reason,
      answer: which,
      run: ({ caller, params: { id }, body, store: draft }) => recover(caller.merchant, id, () => recoveryOver(draft).writeOff(id, body.reason)),
    }),
  ]
}
