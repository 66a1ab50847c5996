import type { Shop } from './shop.ts'
import { DAY, HOUR } from '#protocol/time.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Picture, Product } from '#protocol/hub/messages.ts'
import { families, type Family } from './demo-goods.ts'
import { specials } from './demo-special-goods.ts'

/** GS1 prefix 952 is set aside for demonstrations and examples, so no shop has goods under these numbers. */
const DEMONSTRATION = '952'

/** An EAN-13 from its first twelve digits (GS1 General Specifications §7.9: weights 1 and 3 from the left, up to the next ten). */
export function ean13(twelve: string): string {
  invariant(/^\d{12}$/.test(twelve), 'an EAN-13 has twelve digits before its check digit')
  const weighted = [...twelve].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return twelve + String((10 - (weighted % 10)) % 10)
}

const STANDARD = 190_000
const REDUCED = 70_000

/** Name, price with tax in cents, tax in parts per million, symbol; with a number for labels the price is of one kilogram. */
type Good = readonly [string, number, number, string, string?]

/** Categories and their goods. The order gives the numbers: append only. */
const shelves: readonly (readonly [string, readonly Good[]])[] = [
  [
    'Bakery',
    [
      ['Rye loaf, 750 g', 419, REDUCED, '🍞'],
      ['Butter croissant', 165, REDUCED, '🥐'],
      ['Salt pretzel', 95, REDUCED, '🥨'],
      ['Blueberry muffin', 249, REDUCED, '🧁'],
    ],
  ],
  [
    'Fruit and vegetables',
    [
      ['Apples, bag of 1 kg', 329, REDUCED, '🍎'],
      ['Bananas, bunch', 189, REDUCED, '🍌'],
      ['Avocado, ripe', 139, REDUCED, '🥑'],
      ['Cherry tomatoes, 250 g', 219, REDUCED, '🍅'],
    ],
  ],
  [
    'Fridge',
    [
      ['Whole milk, 1 l', 135, REDUCED, '🥛'],
      ['Mountain cheese, 200 g', 449, REDUCED, '🧀'],
      ['Free-range eggs, box of 6', 289, REDUCED, '🥚'],
      ['Yoghurt with honey, 150 g', 109, REDUCED, '🍯'],
    ],
  ],
  [
    'Drinks',
    [
      ['Sparkling water, 0.5 l', 99, STANDARD, '💧'],
      ['Cola, 0.33 l', 149, STANDARD, '🥤'],
      ['Orange juice, 1 l', 279, STANDARD, '🧃'],
      ['Pale ale, 0.33 l', 189, STANDARD, '🍺'],
      ['Coffee to go, 0.3 l', 290, STANDARD, '☕'],
    ],
  ],
  [
    'Snacks',
    [
      ['Dark chocolate, 100 g', 249, REDUCED, '🍫'],
      ['Paprika crisps, 150 g', 199, REDUCED, '🥔'],
      ['Roasted peanuts, 200 g', 229, REDUCED, '🥜'],
    ],
  ],
  [
    'Household',
    [
      ['Washing-up liquid, 0.5 l', 179, STANDARD, '🧴'],
      ['Kitchen sponges, 3 pieces', 149, STANDARD, '🧽'],
      ['Batteries AA, 4 pieces', 599, STANDARD, '🔋'],
      ['Umbrella', 1490, STANDARD, '🌂'],
      ['Cast-iron pan, 28 cm', 7990, STANDARD, '🍳'],
    ],
  ],
  [
    'Fruit and vegetables',
    [
      ['Apples, loose', 299, REDUCED, '🍏', '101'],
      ['Pears, loose', 349, REDUCED, '🍐', '102'],
      ['Potatoes, loose', 179, REDUCED, '🥔', '103'],
      ['Carrots, loose', 149, REDUCED, '🥕', '104'],
    ],
  ],
  [
    'Fridge',
    [
      ['Alpine cheese, cut', 2190, REDUCED, '🧀', '201'],
      ['Cooked ham, sliced', 1690, REDUCED, '🥩', '202'],
    ],
  ],
]

/** What is drawn for the goods above. */
const drawn: Readonly<Record<string, Picture>> = {
  '🍞': 'loaf',
  '🥐': 'loaf',
  '🥨': 'loaf',
  '🧁': 'cup',
  '🍎': 'fruit',
  '🍌': 'fruit',
  '🥑': 'fruit',
  '🍅': 'fruit',
  '🥛': 'carton',
  '🧀': 'wedge',
  '🥚': 'box',
  '🍯': 'cup',
  '💧': 'bottle',
  '🥤': 'can',
  '🧃': 'carton',
  '🍺': 'bottle',
  '☕': 'cup',
  '🍫': 'bar',
  '🥔': 'bag',
  '🥜': 'bag',
  '🧴': 'bottle',
  '🧽': 'box',
  '🔋': 'box',
  '🌂': 'tool',
  '🍳': 'tool',
  '🍏': 'fruit',
  '🍐': 'fruit',
  '🥕': 'leaf',
  '🥩': 'wedge',
}
const CHINESE: Readonly<Record<string, readonly [string, string]>> = {
  'Cola, 0.33 l': ['可乐', 'ke le'],
  'Sparkling water, 0.5 l': ['气泡水', 'qi pao shui'],
  'Orange juice, 1 l': ['橙汁', 'cheng zhi'],
  'Whole milk, 1 l': ['全脂牛奶', 'quan zhi niu nai'],
}

const product = ([name, priceMinor, taxPpm, symbol, plu]: Good) => ({
  name,
  priceMinor,
  taxPpm,
  symbol,
  ...(plu === undefined ? {} : { soldBy: 'kg' as const, plu }),
  ...second(CHINESE[name]),
  ...(drawn[symbol] && { picture: drawn[symbol] }),
})

const second = ([secondName, reading]: readonly (string | undefined)[] = []): Pick<Product, 'secondName' | 'reading'> => ({
  ...(secondName === undefined ? {} : { secondName }),
  ...(reading === undefined ? {} : { reading }),
})

const members = ({ category, picture, symbol, isReduced, name, priceMinor, kinds }: Family) =>
  kinds.map(([kind, secondName, reading], at) => ({
    category,
    name: name.replace('#', kind),
    // In steps of a tenth of a euro, as people price things.
    priceMinor: priceMinor + 10 * (((at * 7) % 5) * Math.floor(priceMinor / 200)),
    taxPpm: isReduced ? REDUCED : STANDARD,
    symbol,
    ...second([secondName, reading]),
    picture,
  }))

const plain: Product[] = [...shelves.flatMap(([category, goods]) => goods.map((good) => ({ category, ...product(good) }))), ...families.flatMap(members)].map(
  (described, index) => ({ gtin: ean13(DEMONSTRATION + String(index + 1).padStart(9, '0')), ...described }),
)

/** What is in a bundle is named, so that the numbers of all goods follow from their places alone. */
const products: Product[] = specials.reduce<Product[]>((sofar, { of, ...special }) => {
  const gtin = ean13(DEMONSTRATION + String(sofar.length + 1).padStart(9, '0'))
  const parts = of?.map(({ name, quantity }) => {
    const part = sofar.find((one) => one.name === name)
    invariant(part !== undefined, `the demo shop has ${name}`)
    return { gtin: part.gtin, quantity }
  })
  return [...sofar, { gtin, ...special, ...(parts === undefined ? {} : { parts }) }]
}, plain)

/** Worth what the customer pays for it. */
const giftCard: Product = {
  gtin: ean13(`${DEMONSTRATION}000009001`),
  name: 'Gift card',
  category: 'Cards',
  priceMinor: 0,
  taxPpm: 0,
  symbol: '🎁',
  secondName: '礼品卡',
  reading: 'li pin ka',
  openPrice: true,
  giftCard: true,
}

export const demoShop: Shop = {
  merchant: { id: '01900000-0000-7000-8000-000000000001', name: 'Harbour Corner' },
  store: { id: '01900000-0000-7000-8000-000000000002', name: 'Pier 4' },
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  policy: {
    version: 1,
    validForMs: 7 * DAY,
    offline: {
      perPaymentMinor: 150_00,
      perShownCodeMinor: 50_00,
      perInstrumentMinor: 200_00,
      perTillMinor: 1000_00,
      maxOfflineMs: 24 * HOUR,
      // The floor limit of cards, and their velocity.
      instruments: {
        credit: { perPaymentMinor: 50_00, perInstrumentMinor: 100_00 },
        card: { perPaymentMinor: 50_00, perInstrumentMinor: 100_00, perInstrumentCount: 3 },
      },
      steps: [{ afterMs: 12 * HOUR, capsPpm: 500_000 }],
    },
    storeMinor: 2500_00,
    denyListMaxAgeMs: 2 * DAY,
    holdWaitMs: 1500,
    duplicateBorneBy: 'issuer',
  },
  catalogueVersion: 5,
  products: [...products, giftCard],
  // What the customer display shows is an EMVCo code, so that phones can pay at the hub as well.
  merchantQr: { merchantCity: 'Hamburg', country: 'DE', categoryCode: '5411' },
  // One point for each euro, worth a cent.
  loyalty: { earnPerMinor: 100, pointMinor: 1, offlinePoints: 200 },
  // The service counter's scale prints labels with the price, the one in the vegetables with the weight.
  labels: ['20IIIIIVPPPPC', '21IIIIIWWWWWC'],
  // Gift cards and store credit of one till in a day.
  credits: { perDayMinor: 500_00 },
  returns: { inCash: true, asCredit: true, withoutReceipt: { cashMinor: 20_00, creditMinor: 100_00 } },
  tips: [50_000, 100_000, 150_000],
  // Rates of an invented day; a real shop has them from its bank.
  foreignCash: [
    { currency: 'CNY', numerator: 12, denominator: 100, source: 'ECB', at: Date.UTC(2026, 0, 2) },
    { currency: 'USD', numerator: 84, denominator: 100, source: 'ECB', at: Date.UTC(2026, 0, 2) },
  ],
  // Only for whoever types or scans these: what else is on the shelf costs what its tile says.
  promotions: [
    { type: 'nth', name: '3 for 2 on fruit and vegetables', coupon: 'THREE-FOR-TWO', categories: ['Fruit and vegetables'], count: 3, ppm: 1_000_000 },
    { type: 'threshold', name: 'Harbour coupon', coupon: 'HARBOUR-10', fromMinor: 20_00, off: { ppm: 100_000 } },
  ],
}

/** Somebody with points, and the file beside the demo hub's that has the text of their card. */
export const DEMO_CUSTOMER = '01900000-0000-7000-8000-00000000c001'
export const DEMO_CARD = 'customer-card'

/** What a demo wallet is given. */
export const demoWallet = {
  fundsMinor: 250_00,
  perPaymentLimitMinor: 150_00,
  totalLimitMinor: 200_00,
  credentialLifetimeMs: 3 * DAY,
}
