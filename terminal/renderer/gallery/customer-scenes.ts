import { customerView, type Slide } from '#protocol/till-api/customer.ts'
import type { TenderView, View } from '#protocol/till-api/api.ts'
import type { Shown } from '../customer-display/feed.ts'
import { testLine, testSale, testView } from '../test-view.ts'

/** The customer's display in one state. `turns`: how many slides it has gone on. */
export type CustomerScene = { readonly customer: Partial<Shown>; readonly turns?: number }

const lines = [
  { ...testLine('a', 2, 389), name: 'Rye bread, 750 g' },
  { ...testLine('b', 1, 199), name: 'Bananas', weight: { milli: 1240, unit: 'kg' as const }, totalMinor: 247 },
  { ...testLine('c', 1, 2500), name: 'Gift card', discountMinor: 250, totalMinor: 2250, reasons: ['Loyal customers: 10% off'] },
]
const sale = { ...testSale(lines, 'c'), discountMinor: 250 }
const shown = (tender: TenderView, parts: Partial<View> = {}, rest: Partial<Shown> = {}): CustomerScene => ({
  customer: { view: customerView(testView({ sale, tender, ...parts })), ...rest },
})
const none = { stage: 'none' } as const
const approved = { stage: 'approved', paymentId: 'p', amountMinor: 3275, decidedBy: 'hub', receiptNumber: 'A1B2C3-1-000042', receipt: 'printed' } as const
const request = 'SP1R:7WJGPBXZ0J3X4Y0G2N8K5QH6T9D1M'
const exchange = { currency: 'CNY', amountMinor: 25_970, marginPpm: 15_000, rate: '7.8123', source: 'Demo rates', at: 1_790_000_000_000 }
const slides: readonly Slide[] = [
  { kind: 'offer', name: '3 for 2 on everything from the bakery', of: { name: 'Rye bread, 750 g', category: 'Bakery', symbol: '🍞', picture: 'loaf' } },
  { kind: 'product', product: { name: 'Cola, 0.33 l', secondName: '可乐', category: 'Drinks', priceMinor: 99, symbol: '🥤', picture: 'can' } },
]
const idle: Partial<View> = { sale: testSale([]) }
const till = testView().till

export const customerScenes: Readonly<Record<string, CustomerScene>> = {
  'customer, welcome': shown(none, idle),
  'customer, an offer': { ...shown(none, idle, { slides }), turns: 1 },
  'customer, a product': { ...shown(none, idle, { slides }), turns: 2 },
  'customer, shopping': shown(none),
  'customer, weighing': shown(none, {
    weighing: { gtin: '1', name: 'Bananas', unitMinor: 199, unit: 'kg', reading: { state: 'stable', weight: { milli: 1240, unit: 'kg' } }, totalMinor: 247 },
  }),
  'customer, paying': shown({ stage: 'awaiting_code', amountMinor: 3275, request, boundRequired: false }),
  'customer, another currency': shown({ stage: 'awaiting_code', amountMinor: 3275, request, boundRequired: true, exchange }),
  'customer, must confirm': shown({ stage: 'awaiting_code', amountMinor: 3275, request, boundRequired: true }),
  'customer, checking': shown({ stage: 'deciding', amountMinor: 3275, since: 0 }),
  'customer, paid': shown(approved, idle),
  'customer, the receipt': shown(
    { ...approved, receiptText: `Corner Shop, High Street\nReceipt A1B2C3-1-000042\nTOTAL EUR 32.75\nSPR1:${'7WJGPBXZ0J3X4Y0G2N8K5QH6T9D1M'.repeat(7)}` },
    idle,
  ),
  'customer, paid in cash': shown({ ...approved, decidedBy: 'cash', cash: { tenderedMinor: 5000, changeMinor: 1725 } }, idle),
  'customer, refused': shown({ stage: 'refused', amountMinor: 3275, code: 'hub.insufficient_funds' }),
  'customer, training': shown(none, { training: true }),
  'customer, closed': shown(none, { till: { ...till, signedOut: true } }),
  'customer, till away': shown(none, {}, { isAway: true }),
  'customer, no token': { customer: { isShutOut: true } },
}
