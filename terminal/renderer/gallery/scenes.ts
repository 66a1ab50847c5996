import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { ProductView, Shelves, TenderView, ToScreen, View } from '#protocol/till-api/api.ts'
import { testLine, testSale, testView } from '../test-view.ts'
import { goodsScenes } from './goods-scenes.ts'
import { tendersScenes } from './tenders-scenes.ts'

/** A whole screen of the till in one state: what the core says, and what is pressed to get there. */
export type Scene = {
  readonly messages: readonly Exclude<ToScreen, { type: 'outcome' }>[]
  /** Keys for the page, then presses on what each selector finds first. */
  readonly keys?: readonly string[]
  readonly presses?: readonly string[]
  /** A page that was opened without its token. */
  readonly noToken?: true
}

/** Tuesday, 3 March 2026, 13:02 UTC. */
export const NOW = 1_772_542_920_000
const MINUTES = 60_000
const ids = {
  payment: '01890a5d-ac96-774b-bcce-b302099a8061',
  refund: '01890a5d-ac96-774b-bcce-b302099a8062',
  other: '01890a5d-ac96-774b-bcce-b302099a8063',
} as const

const product = (gtin: string, name: string, category: string, priceMinor: number, symbol: string, soldBy?: 'kg'): ProductView => ({
  gtin,
  name,
  category,
  priceMinor,
  taxPpm: 70_000,
  symbol,
  soldBy,
})
const products = [
  product('09521234000013', 'Rye bread, 750 g', 'Bakery', 389, '🍞'),
  product('09521234000020', 'Butter croissant', 'Bakery', 145, '🥐'),
  product('09521234000037', 'Bananas', 'Fruit', 199, '🍌', 'kg'),
  product('09521234000044', '苹果 Apples', 'Fruit', 279, '🍎', 'kg'),
  product('09521234000051', 'Sparkling water, 1 l, with a name that needs two lines', 'Drinks', 89, 'H₂O'),
  product('09521234000068', 'Gift card', 'Other', 2500, ''),
]
const shelves: Shelves = {
  categories: ['Bakery', 'Fruit', 'Drinks', 'Other'].map((name) => ({ name, products: products.filter(({ category }) => category === name).length })),
  products,
  deposits: [8, 25],
}

const lines = [
  { ...testLine('a', 2, 389), name: 'Rye bread, 750 g' },
  { ...testLine('b', 1, 199), name: 'Bananas', weight: { milli: 1240, unit: 'kg' as const }, totalMinor: 247 },
  { ...testLine('c', 1, 2500), name: 'Gift card', discountMinor: 250, totalMinor: 2250, reasons: ['Loyal customers: 10% off'] },
]
const sale = { ...testSale(lines, 'c'), taxes: [{ ratePpm: 190_000, netMinor: 2752, taxMinor: 523 }] }

const device = (kind: DeviceHealth['kind'], rest: Partial<DeviceHealth> = {}): DeviceHealth => ({
  device: `${kind}-1`,
  kind,
  state: 'ready',
  counters: {},
  ...rest,
})
const devices = [
  device('scanner', { counters: { scans: 128 } }),
  device('printer', { state: 'fault', code: 'device.paper_out', lastError: { at: NOW - 3 * MINUTES, code: 'device.paper_out', detail: 'status 0x0c' } }),
  device('scale'),
  device('card_reader', { state: 'absent', code: 'device.absent' }),
  device('display'),
]
const offline: View['link'] = {
  state: 'offline',
  since: NOW - 70 * MINUTES,
  waiting: { payments: 12, amountMinor: 30_450, entries: 31, oldestAt: NOW - 65 * MINUTES },
  allowance: { perPaymentMinor: 5000, tillLeftMinor: 19_550, until: NOW + 180 * MINUTES },
}
/** Cards are not taken alone above a low floor limit. */
const kinds: NonNullable<View['link']['allowance']['kinds']> = [
  { kind: 'wallet_shown', perPaymentMinor: 5000, perInstrumentMinor: 5000 },
  { kind: 'wallet_bound', perPaymentMinor: 5000, perInstrumentMinor: 5000 },
  { kind: 'credit', perPaymentMinor: 0, perInstrumentMinor: 0, why: 'policy.kind_not_offline' },
  { kind: 'card', perPaymentMinor: 2000, perInstrumentMinor: 2000 },
]
const sold: View['sold'] = [
  { receiptNumber: 'A1B2C3-1-000042', paymentId: ids.payment, at: NOW - 4 * MINUTES, totalMinor: 3275, refundedMinor: 0, state: 'captured' },
  { receiptNumber: 'A1B2C3-1-000041', paymentId: ids.refund, at: NOW - 26 * MINUTES, totalMinor: 900, refundedMinor: 400, state: 'captured' },
  { receiptNumber: 'A1B2C3-1-000040', paymentId: ids.other, at: NOW - 3000 * MINUTES, totalMinor: 1249, refundedMinor: 1249, state: 'voided' },
]
const returning: NonNullable<View['returning']> = {
  receiptNumber: 'A1B2C3-1-000042',
  at: NOW - 4 * MINUTES,
  lines: [
    { line: 0, name: 'Umbrella', quantity: 2, left: 2, chosen: 1, totalMinor: 2980 },
    { line: 1, name: 'Pears', quantity: 1, weight: { milli: 486, unit: 'kg' }, left: 243, chosen: 0, totalMinor: 145 },
    { line: 2, name: 'Gift card', quantity: 1, left: 0, chosen: 0, totalMinor: 150 },
  ],
  worthMinor: 1490,
  ways: [
    { as: 'as_paid', minor: 1490 },
    { as: 'cash', minor: 1490 },
    { as: 'credit', minor: 1490 },
  ],
}

const refunds: View['refunds'] = [
  { refundId: ids.refund, of: 'A1B2C3-1-000041', amountMinor: 400, at: NOW - 20 * MINUTES, state: 'done', receiptNumber: 'A1B2C3-1-000043' },
  { refundId: ids.other, of: 'Z9Y8X7-1-000007', amountMinor: 150, at: NOW - 10 * MINUTES, state: 'declined', code: 'refund.exceeds_captured' },
]

const selling = testView({ sale, devices, link: { ...testView().link, since: NOW - 200 * MINUTES }, sold, refunds })
const scene = (parts: Partial<View>, rest: Omit<Scene, 'messages'> = {}): Scene => ({
  messages: [
    { type: 'catalogue', ...shelves },
    { type: 'view', view: { ...selling, ...parts } },
  ],
  ...rest,
})
const paying = (tender: TenderView, parts: Partial<View> = {}): Scene => scene({ tender, ...parts })
const till = selling.till
const request = 'SP1R:7WJGPBXZ0J3X4Y0G2N8K5QH6T9D1M'
const exchange = { currency: 'CNY', amountMinor: 25_970, marginPpm: 15_000, rate: '7.8123', source: 'Demo rates', at: 1_790_000_000_000 }
const awaiting = { stage: 'awaiting_code', amountMinor: 3275, request, boundRequired: false } as const
const approved = {
  stage: 'approved',
  paymentId: ids.payment,
  amountMinor: 3275,
  decidedBy: 'hub',
  receiptNumber: 'A1B2C3-1-000042',
  receipt: 'printed',
} as const
const cash: View['cash'] = { toPayMinor: 3280, roundingMinor: 5, suggestions: [3280, 3500, 4000, 5000, 10_000] }
const shift: View['shift'] = { openedAt: NOW - 300 * MINUTES, floatMinor: 15_000, movedInMinor: 0, movedOutMinor: 450, sales: 42, returns: 1 }
const ada = { id: ids.refund, name: 'Ada', role: 'manager' } as const
const ben = { id: ids.other, name: 'Ben', role: 'cashier' } as const
const staff: View['staff'] = { people: [ada, { ...ben, waitUntil: NOW + MINUTES }], signedIn: ben }
const weighing: View['weighing'] = { gtin: '09521234000037', name: 'Bananas', unitMinor: 199, unit: 'kg' }

export const scenes: Readonly<Record<string, Scene>> = {
  starting: { messages: [] },
  'no token': { messages: [], noToken: true },
  ready: scene({ sale: testSale([]) }),
  selling: scene({}),
  'selling, money without decimals': scene({ till: { ...till, currency: 'JPY' } }),
  'selling, money with three decimals': scene({ till: { ...till, currency: 'KWD' } }),
  'selling offline': scene({ link: offline, till: { ...till, recovered: true }, card: { maskedPan: '411111******1111', encrypted: false, at: NOW } }),
  'selling, soon no more': scene({ link: { ...offline, urgent: 'policy.till_cap' } }),
  messages: scene({
    notices: [
      { id: '1', code: 'sale.unknown_product', detail: '09521234999990', at: NOW },
      { id: '2', code: 'device.paper_out', at: NOW - 1 },
      { id: '3', code: 'till.disk_nearly_full', at: NOW - 2 },
    ],
  }),
  'nothing in the catalogue': {
    messages: [
      { type: 'catalogue', categories: [], products: [] },
      { type: 'view', view: selling },
    ],
  },
  'awaiting a code': paying(awaiting),
  'awaiting a wallet in another currency': paying({ ...awaiting, exchange }),
  'awaiting a confirmed sum': paying({ ...awaiting, boundRequired: true }),
  'code refused': paying({ ...awaiting, refused: { code: 'code.expired', n: 1 } }),
  deciding: paying({ stage: 'deciding', amountMinor: 3275, since: NOW }),
  'not known': paying({ stage: 'unknown', amountMinor: 3275, since: NOW, until: NOW + 15_000, code: 'policy.till_cap' }),
  approved: paying(approved),
  'approved, in cash': paying({ ...approved, decidedBy: 'cash', amountMinor: 3280, cash: { tenderedMinor: 5000, changeMinor: 1720 } }),
  'approved, exactly in cash': paying({ ...approved, decidedBy: 'cash', cash: { tenderedMinor: 3275, changeMinor: 0 } }),
  'approved, in foreign cash': paying({
    ...approved,
    decidedBy: 'cash',
    cash: { tenderedMinor: 3369, changeMinor: 94, foreign: { currency: 'USD', tenderedMinor: 4000 } },
  }),
  'approved, the receipt as a code': {
    ...paying({ ...approved, receiptText: 'SPR1:7WJGPBXZ0J3X4Y0G2N8K5QH6T9D1M' }),
    presses: ['.tender-receipt > .button:last-child'],
  },
  'approved, the receipt to an address': { ...paying(approved), presses: ['.tender-receipt > .button'] },
  'approved, the receipt waits to be sent': {
    ...paying(approved, { link: offline, sending: { receiptNumber: approved.receiptNumber, state: 'waiting' } }),
    presses: ['.tender-receipt > .button'],
  },
  'approved, no receipt': paying({ ...approved, decidedBy: 'policy', receipt: 'failed', receiptCode: 'device.paper_out' }, { link: offline }),
  refused: paying({ stage: 'refused', amountMinor: 3275, code: 'hub.insufficient_funds' }),
  sales: scene({}, { keys: ['F6'] }),
  refunds: scene({}, { keys: ['F6'], presses: ['[role="tab"]:last-child'] }),
  refund: scene({}, { keys: ['F6'], presses: ['.sales-list button'] }),
  'goods come back': scene({ returning }, { keys: ['F6'], presses: ['.sales-list button'] }),
  'goods came back': scene(
    {
      returned: { returnId: ids.refund, receiptNumber: 'A1B2C3-1-000044', paidMinor: 1490, as: 'credit', hasCredit: true },
      lastReturned: { number: 'A1B2C3-1-000044', text: 'SPR1:7WJGPBXZ0J3X4Y0G2N8K5QH6T9D1M' },
    },
    { keys: ['F6'] },
  ),
  'without a receipt': scene({ returnsWithoutReceipt: { cashMinor: 2000, creditMinor: 10_000 } }, { keys: ['F6'], presses: ['.return-tools button'] }),
  network: scene({ link: offline, exported: { file: 'till-1-20260303.spx', at: NOW - 9 * MINUTES, entries: 30, covers: false } }, { keys: ['F1'] }),
  menu: scene({}, { keys: ['F10'] }),
  looks: scene({}, { keys: ['F10'], presses: ['.look-menu-button'] }),
  'all keys': scene({}, { keys: ['F10'], presses: ['[data-action="help"]'] }),
  'a discount': scene({}, { keys: ['F10'], presses: ['[data-action="offSale"]'] }),
  note: scene({ sale: { ...sale, note: 'Blue coat', coupons: ['SPRING-10'] } }, { keys: ['F10'], presses: ['[data-action="note"]'] }),
  coupon: scene(
    { sale: { ...sale, note: 'Blue coat', coupons: ['SPRING-10'], canUndo: true, canRedo: true } },
    { keys: ['F10'], presses: ['[data-action="coupon"]'] },
  ),
  languages: scene({}, { keys: ['F10'], presses: ['.language-menu-button'] }),
  reset: scene({}, { keys: ['F10'], presses: ['[data-action="reset"]'] }),
  cash: scene({ cash }, { keys: ['F11'] }),
  'cash, too little': scene({ cash }, { keys: ['F11'], presses: ['.keypad button:nth-child(5)'] }),
  'shift counted': scene({ shift: { ...shift, counted: { at: NOW - 900 * MINUTES, expectedMinor: 24_610, countedMinor: 24_590 } } }, { keys: ['F10'] }),
  'cash out': scene({ shift }, { keys: ['F10'], presses: ['.shift-actions .button:nth-child(2)'] }),
  'count the drawer': scene({ shift }, { keys: ['F10'], presses: ['.shift-actions .button:last-child'] }),
  devices: scene({ drawer: 'open' }, { keys: ['F12'] }),
  weighing: scene({ weighing: { ...weighing, reading: { state: 'stable', weight: { milli: 1240, unit: 'kg' } }, totalMinor: 247 } }),
  'weighing, too heavy': scene({ weighing: { ...weighing, reading: { state: 'over' } } }),
  'what can pay offline': paying(
    { ...awaiting, request: '00020101021226580014app.stillpoint0122AZjA3gAAcACAAAAAAAAAqg' },
    {
      till: { ...till, currency: 'CNY' },
      devices: devices.map((one) => (one.kind === 'card_reader' ? device('card_reader') : one)),
      link: { ...offline, allowance: { ...offline.allowance, kinds } },
    },
  ),
  ...Object.fromEntries(Object.entries(tendersScenes).map(([name, { parts, ...rest }]) => [name, scene(parts, rest)])),
  ...Object.fromEntries(Object.entries(goodsScenes).map(([name, { parts, ...rest }]) => [name, scene(parts, rest)])),
  gate: scene({
    link: offline,
    gate: { action: 'closeShift', reasons: ['gate.open_basket', 'gate.outbox'], waiting: offline.waiting, canExport: true },
  }),
  'signed out': scene({ till: { ...till, signedOut: true } }),
  'signed out, with staff': scene({ till: { ...till, signedOut: true }, staff: { people: staff.people } }),
  'signed out, a PIN': scene({ till: { ...till, signedOut: true }, staff: { people: staff.people } }, { presses: ['.sign-in-people .button'] }),
  'hand over': scene({ staff }, { presses: ['[data-action="staff"]'] }),
  'somebody else must allow it': scene({
    staff: {
      ...staff,
      asking: {
        act: 'refund',
        needs: 'supervisor',
        until: NOW + MINUTES,
        what: { sum: { amountMinor: 3275, currency: 'EUR' }, receiptNumber: 'A1B2C3-1-000042' },
      },
    },
  }),
  training: scene({ training: true, staff }),
  'parked sales': scene({ parked: [{ id: ids.payment, at: NOW - 5 * MINUTES, itemCount: 3, totalMinor: 1299, note: 'Blue coat' }] }, { keys: ['F10'] }),
  blocked: scene({ till: { ...till, blocked: 'till.disk_full' }, link: offline }),
  'not enrolled': scene({ till: { ...till, blocked: 'till.not_enrolled' } }),
  restarting: { messages: [...scene({}).messages, { type: 'core', state: 'restarting' }] },
}
