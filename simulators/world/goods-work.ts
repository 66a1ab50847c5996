import type { Product } from '#protocol/hub/messages.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import type { Random } from './random.ts'

/** Goods of the simulated shop that are more than a price, what its cashiers do about them, and what a shopkeeper would check on their receipts by hand. */

const BEER = '9520000000073'
const SHIRTS = ['9520000000103', '9520000000110'] as const
const DEPOSIT = 25
/** Of what is in a picnic, sold alone. */
const [TWO_BEERS, WHOLE_PICNIC] = [2 * 149, 2 * 149 + 120]
const product = (gtin: string, name: string, priceMinor: Minor, taxPpm: number, more: Partial<Product>): Product => ({
  gtin,
  name,
  category: 'Special',
  priceMinor,
  taxPpm,
  symbol: '*',
  ...more,
})

export const worldGoods: readonly Product[] = [
  product(BEER, 'Beer', 149, 190_000, { ageYears: 16, depositMinor: DEPOSIT }),
  product('9520000000080', 'Coffee', 290, 190_000, {
    modifiers: [
      {
        name: 'Milk',
        min: 1,
        max: 1,
        choices: [
          { name: 'Cow', priceMinor: 0 },
          { name: 'Oat', priceMinor: 35 },
        ],
      },
    ],
  }),
  product('9520000000097', 'Drill', 799, 190_000, { tracks: 'serial' }),
  ...SHIRTS.map((gtin, at) =>
    product(gtin, `Shirt ${at}`, 999, 190_000, { variant: { of: 'Shirt', options: [{ name: 'Size', value: at === 0 ? 'M' : 'L' }] } }),
  ),
  product('9520000000127', 'Picnic', 777, 190_000, {
    parts: [
      { gtin: BEER, quantity: 2 },
      { gtin: '9520000000011', quantity: 1 },
    ],
  }),
]

export const worldLoyalty = { earnPerMinor: 10, pointMinor: 1, offlinePoints: 20 }

/** What can be sold so, and what can be done about it. */
export const goodsMoves = [
  'age checked',
  'made to order',
  'numbered',
  'variant',
  'bundle',
  'deposit',
  'empties',
  'exempt',
  'customer',
  'points earned',
  'points spent',
] as const
type GoodsMove = (typeof goodsMoves)[number]

export function goodsMovesIn({ lines, empties, exemption, customer, pointsEarned, pointsSpent }: EntryBody<'sale.completed'>): readonly GoodsMove[] {
  const some = (is: (line: (typeof lines)[number]) => boolean): boolean => lines.some(is)
  const moves: Readonly<Record<GoodsMove, boolean>> = {
    'age checked': some(({ ageChecked }) => ageChecked === true),
    'made to order': some(({ modifiers }) => modifiers !== undefined),
    numbered: some(({ serials }) => serials !== undefined),
    variant: some(({ gtin }) => SHIRTS.some((shirt) => shirt === gtin)),
    bundle: some(({ parts }) => parts !== undefined),
    deposit: some(({ depositMinor }) => depositMinor !== undefined),
    empties: empties !== undefined,
    exempt: exemption !== undefined,
    customer: customer !== undefined,
    'points earned': pointsEarned !== undefined,
    'points spent': pointsSpent !== undefined,
  }
  return goodsMoves.filter((move) => moves[move])
}

/** The answer to what the till asks, mostly a good one. */
export function answerOf(random: Random, asked: NonNullable<View['choosing']>): Command {
  if (random.chance(0.1)) return { type: 'cancelChoosing' }
  switch (asked.step) {
    case 'variant':
      return { type: 'addProduct', gtin: random.pick(asked.variants).gtin }
    case 'age':
      return { type: 'answerAge', years: asked.years, isOldEnough: random.chance(0.8) }
    case 'modifiers':
      return { type: 'chooseModifiers', choices: asked.groups.map(({ choices }) => (random.chance(0.9) ? [random.between(0, choices.length - 1)] : [])) }
    case 'number':
      return { type: 'giveNumber', number: `S${random.between(1, 6)}` }
  }
}

/** Something about the goods in the basket, beside prices. */
export function workOnGoods(random: Random, { sale }: View, movementId: string): Command {
  if ((sale.customer?.canSpend ?? 0) > 0 && random.chance(0.4)) return { type: 'spendPoints', points: sale.customer?.canSpend ?? 0 }
  switch (random.weighted({ empties: 4, payOut: 2, exempt: 2, spend: 3, forget: 1, change: 1, shirts: 2 })) {
    case 'empties':
      return { type: 'returnEmpties', depositMinor: random.chance(0.95) ? DEPOSIT : 24, quantity: random.between(0, 8) }
    case 'payOut':
      return { type: 'payOutEmpties', movementId }
    case 'exempt':
      return { type: 'exemptSale', reason: random.chance(0.7) ? 'Embassy' : null }
    case 'spend':
      return { type: 'spendPoints', points: random.chance(0.8) ? (sale.customer?.canSpend ?? 0) : random.between(0, 60) }
    case 'forget':
      return { type: 'removeCustomer' }
    case 'change':
      return { type: 'changeModifiers', line: sale.lines.at(-1)?.id ?? 'L9' }
    case 'shirts':
      return { type: 'openVariants', of: 'Shirt' }
  }
}

/** Written down a second time on purpose: what bottles and bundles have to come to. */
export function wrongWithGoods({ lines, taxes, exemption, pointsSpent }: EntryBody<'sale.completed'>): string | undefined {
  for (const { name, gtin, quantity, unitMinor, totalMinor, discountMinor = 0, depositMinor = 0, parts, modifiers, serials, ageChecked } of lines) {
    const bottles = gtin === BEER ? 1 : parts === undefined ? 0 : 2
    if (depositMinor !== bottles * DEPOSIT) return `a deposit of ${depositMinor} on ${name}`
    if (bottles > 0 !== (ageChecked === true)) return `${name} without a look at an age, or with one for nothing`
    if (name === 'Coffee' && (modifiers?.length !== 1 || unitMinor !== 290 + (modifiers[0]?.priceMinor ?? 0))) return `coffee for ${unitMinor}`
    if (name === 'Drill' && (serials?.length !== 1 || quantity !== 1)) return `${quantity} drills with ${serials?.length ?? 0} numbers`
    if (name === 'Picnic') {
      const [beer, apple] = parts ?? []
      const goods = quantity * unitMinor - discountMinor
      const off = Math.abs((beer?.totalMinor ?? 0) * WHOLE_PICNIC - goods * TWO_BEERS)
      if ((beer?.totalMinor ?? 0) + (apple?.totalMinor ?? 0) !== goods || totalMinor !== goods + quantity * depositMinor)
        return `a picnic of ${goods} in other parts`
      if (off >= WHOLE_PICNIC) return `${beer?.totalMinor ?? 0} of ${goods} for the beer`
    }
  }
  if (exemption !== undefined && taxes.some(({ taxMinor }) => taxMinor > 0)) return 'tax of who is exempt'
  const off = lines.reduce((sum, { discountMinor = 0 }) => sum + discountMinor, 0)
  return (pointsSpent ?? 0) > off ? `${pointsSpent} points for ${off}` : undefined
}
