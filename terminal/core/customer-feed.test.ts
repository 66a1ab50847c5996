import { describe, expect, test } from 'vitest'
import type { TenderView, ToScreen, View } from '#protocol/till-api/api.ts'
import type { ToCustomer } from '#protocol/till-api/customer.ts'
import { CustomerFeed, customerToken } from './customer-feed.ts'

const SECRETS = { till: 'secret-till-id', staff: 'Secret Ada', payment: 'secret-payment', receipt: 'SECRET-1-000001', notice: 'secret detail' }

const view = (tender: TenderView, parts: Partial<View> = {}): View => ({
  revision: 1,
  till: { id: SECRETS.till, name: 'secret name', merchant: 'Corner Shop', currency: 'EUR', recovered: false, signedOut: false },
  sale: {
    id: 'secret-sale',
    lines: [{ id: 'a', gtin: '09521234000013', name: 'Rye bread', quantity: 2, unitMinor: 389, totalMinor: 778, taxPpm: 70_000 }],
    taxes: [],
    totalMinor: 778,
    itemCount: 2,
    touched: 'a',
    note: 'secret note',
    coupons: ['SECRET-COUPON'],
  },
  tender,
  link: {
    state: 'offline',
    since: 0,
    waiting: { payments: 3, amountMinor: 123_456, entries: 9 },
    allowance: { perPaymentMinor: 987_654, tillLeftMinor: 0, until: 0 },
  },
  devices: [],
  notices: [{ id: 'n', code: 'device.paper_out', detail: SECRETS.notice, at: 0 }],
  sold: [{ receiptNumber: SECRETS.receipt, paymentId: SECRETS.payment, at: 0, totalMinor: 1, refundedMinor: 0, state: 'captured' }],
  refunds: [],
  shift: { floatMinor: 654_321, movedInMinor: 0, movedOutMinor: 0, sales: 0, returns: 0 },
  staff: { people: [], signedIn: { id: 'secret-person', name: SECRETS.staff, role: 'cashier' } },
  ...parts,
})

function setUp() {
  const heard: ToCustomer[] = []
  let now = 1000
  const feed = new CustomerFeed({ now: () => now }, (message) => heard.push(message))
  const tell = (...messages: ToScreen[]) => messages.forEach((message) => feed.told(message))
  const stages = () => heard.flatMap((message) => (message.type === 'view' ? [message.view.stage] : []))
  return { feed, heard, tell, stages, at: (ms: number) => (now = ms) }
}

const tenders: readonly TenderView[] = [
  { stage: 'none' },
  { stage: 'awaiting_code', amountMinor: 778, request: 'SP1R:REQUEST', boundRequired: true },
  { stage: 'deciding', amountMinor: 778, since: 0 },
  { stage: 'unknown', amountMinor: 778, since: 0, until: 1, code: 'policy.till_cap' },
  { stage: 'approved', paymentId: SECRETS.payment, amountMinor: 778, decidedBy: 'policy', receiptNumber: SECRETS.receipt, receipt: 'failed' },
  { stage: 'refused', amountMinor: 778, code: 'hub.insufficient_funds' },
]

describe('what a customer sees', () => {
  test('follows the sale, from the basket to its end', () => {
    const { tell, stages } = setUp()
    for (const tender of tenders) tell({ type: 'view', view: view(tender) })
    expect(stages()).toEqual([
      { name: 'selling' },
      { name: 'paying', amountMinor: 778, request: 'SP1R:REQUEST', mustConfirm: true },
      { name: 'checking', amountMinor: 778 },
      { name: 'approved', amountMinor: 778 },
      { name: 'refused', amountMinor: 778 },
    ])
  })

  test('is nothing of the till, its people, its money or why a payment was refused', () => {
    const { feed, heard, tell } = setUp()
    for (const tender of tenders) tell({ type: 'view', view: view(tender) })
    feed.greet()
    const said = JSON.stringify(heard)
    expect(said).not.toMatch(/secret|insufficient|policy|123456|987654|654321/i)
    expect(said).toContain('Rye bread')
  })

  test('is closed, and empty, where nobody is signed in or the till can sell nothing', () => {
    for (const parts of [{ signedOut: true }, { blocked: 'till.disk_full' as const }]) {
      const { heard, tell } = setUp()
      const one = view({ stage: 'none' })
      tell({ type: 'view', view: { ...one, till: { ...one.till, ...parts } } })
      expect(heard).toMatchObject([{ type: 'view', view: { stage: { name: 'closed' }, lines: [], totalMinor: 0 } }])
    }
  })

  test('says that it is training, shows the change of cash, and weighs before the customer’s eyes, in the shop’s language', () => {
    const { heard, tell } = setUp()
    tell({
      type: 'view',
      view: view({ ...tenders[4], cash: { tenderedMinor: 1000, changeMinor: 222 } } as TenderView, {
        training: true,
        till: { ...view({ stage: 'none' }).till, customerLanguage: 'ar' },
      }),
    })
    const weighing = { gtin: '1', name: 'Bananas', unitMinor: 199, unit: 'kg', reading: { state: 'stable', weight: { milli: 1240, unit: 'kg' } } } as const
    tell({ type: 'view', view: view({ stage: 'none' }, { weighing, sale: { ...view({ stage: 'none' }).sale, lines: [] } }) })
    expect(heard).toMatchObject([
      { view: { training: true, language: 'ar', stage: { name: 'approved', changeMinor: 222 } } },
      { view: { stage: { name: 'selling' }, weighing: { name: 'Bananas', weight: { milli: 1240 } } } },
    ])
  })

  test('is not sent again while it is the same, but to a display that was just opened', () => {
    const { feed, heard, tell } = setUp()
    tell({ type: 'view', view: view({ stage: 'none' }) }, { type: 'view', view: view({ stage: 'none' }, { notices: [] }) })
    expect(heard).toHaveLength(1)
    feed.greet()
    expect(heard).toHaveLength(2)
    expect(heard[1]).toEqual(heard[0])
  })

  test('has slides of offers that hold now and of products with pictures, and new ones when the display is idle again', () => {
    const { heard, tell, at } = setUp()
    const product = (gtin: string, name: string, category: string, picture?: 'loaf') => ({
      gtin,
      name,
      category,
      priceMinor: 100,
      taxPpm: 0,
      symbol: '',
      picture,
    })
    const products = [product('1', 'Roll', 'Bakery'), product('2', 'Bread', 'Bakery', 'loaf'), product('3', 'Cola', 'Drinks')]
    const categories = ['Bakery', 'Drinks'].map((name) => ({ name, products: 1 }))
    const offers = [
      { name: '3 for 2', until: 2000, category: 'Bakery' },
      { name: 'Later', from: 5000 },
    ]
    tell({ type: 'catalogue', categories, products, offers })
    const names = () =>
      heard.flatMap((message) => (message.type === 'slides' ? [message.slides.map((slide) => (slide.kind === 'offer' ? slide.name : slide.product.name))] : []))
    expect(names()).toEqual([['3 for 2', 'Bread', 'Cola']])
    expect(heard[0]).toMatchObject({ slides: [{ of: { name: 'Bread' } }, {}, {}] })
    at(6000)
    const empty = { ...view({ stage: 'none' }).sale, lines: [] }
    tell({ type: 'view', view: view({ stage: 'none' }) }, { type: 'view', view: view({ stage: 'none' }, { sale: empty }) })
    expect(names()[1]).toEqual(['Later', 'Bread', 'Cola'])
  })

  test('its secret says nothing of the screen’s and is the same in every process of a launch', () => {
    expect(customerToken('a'.repeat(40))).toBe(customerToken('a'.repeat(40)))
    expect(customerToken('a'.repeat(40))).not.toBe(customerToken('b'.repeat(40)))
    expect(customerToken('a'.repeat(40))).toHaveLength(43)
  })
})
