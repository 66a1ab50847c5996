import type { View } from '#protocol/till-api/api.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { testLine, testSale } from '../test-view.ts'

/** Scenes of the till in which something is asked about goods, or goods are more than a price. Each is a part of a view. */

const groups = [
  {
    name: 'Milk',
    min: 1,
    max: 1,
    choices: [
      { name: 'Whole milk', priceMinor: 0 },
      { name: 'Oat', priceMinor: 40 },
      { name: 'None', priceMinor: 0 },
    ],
  },
  {
    name: 'Extras',
    min: 0,
    max: 2,
    choices: [
      { name: 'Extra shot', priceMinor: 80 },
      { name: 'Vanilla syrup', priceMinor: 60 },
      { name: 'Cream', priceMinor: 50 },
    ],
  },
]
const choosing: Readonly<Record<string, ChoosingView>> = {
  variants: {
    step: 'variant',
    name: 'Harbour T-shirt',
    options: ['Size', 'Colour'],
    variants: ['S', 'M', 'L', 'XL'].flatMap((size, at) =>
      ['Navy', 'White', 'Red'].map((colour, n) => ({ gtin: `0952123400${1000 + at * 10 + n}`, values: [size, colour], priceMinor: 1990 + at * 100 })),
    ),
  },
  'age check': { step: 'age', name: 'Pale ale, 0.33 l', years: 18, bornBy: '2008-03-03' },
  modifiers: { step: 'modifiers', name: 'Coffee to go, 0.3 l', unitMinor: 290, groups },
  'modifiers of a line': { step: 'modifiers', name: 'Coffee to go, 0.3 l', unitMinor: 290, groups, chosen: [[1], [0, 2]] },
  'serial number': { step: 'number', name: 'Cordless drill', tracks: 'serial' },
}

const sale: View['sale'] = {
  ...testSale(
    [
      {
        ...testLine('a', 2, 410),
        name: 'Coffee to go, 0.3 l',
        madeToOrder: true,
        modifiers: [
          { name: 'Oat', priceMinor: 40 },
          { name: 'Extra shot', priceMinor: 80 },
        ],
      },
      { ...testLine('b', 6, 189), name: 'Pale ale, 0.33 l', depositMinor: 8, totalMinor: 1182, ageChecked: true, batch: 'L26-118' },
      {
        ...testLine('c', 1, 1490),
        name: 'Picnic for two',
        parts: [
          { name: 'Alpine cheese, 200 g', quantity: 1 },
          { name: 'Rye loaf, 750 g', quantity: 2 },
        ],
      },
      { ...testLine('d', 1, 8990), name: 'Cordless drill', serials: ['DR-88-10-0042'] },
    ],
    'a',
  ),
  empties: [{ depositMinor: 8, quantity: 12 }],
  customer: { label: '4F20A1', balance: { points: 1240, at: 1_772_542_800_000 }, earns: 12, spends: 0, canSpend: 1240 },
}

export const goodsScenes: Readonly<Record<string, { readonly parts: Partial<View>; readonly keys?: readonly string[]; readonly presses?: readonly string[] }>> =
  {
    ...Object.fromEntries(Object.entries(choosing).map(([name, one]) => [name, { parts: { choosing: one } }])),
    'goods that are more than a price': { parts: { sale } },
    'sold without tax': { parts: { sale: { ...sale, exemption: { reason: 'Embassy, form 12', untaxedMinor: 1744 } } } },
    'goods and customer': { parts: { sale }, keys: ['F10'] },
    empties: { parts: { sale }, keys: ['F10'], presses: ['[data-goods="empties"]'] },
    'spend points': { parts: { sale }, keys: ['F10'], presses: ['[data-goods="points"]'] },
    'without tax, why': { parts: { sale }, keys: ['F10'], presses: ['[data-goods="exempt"]'] },
  }
