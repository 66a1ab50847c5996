import type { Product } from '#protocol/hub/messages.ts'

/** Goods of the demo shop that are more than a price: each shows one thing that a till asks or prints. Without their numbers, which follow from their places. */
type Special = Omit<Product, 'gtin'> & { readonly of?: readonly { readonly name: string; readonly quantity: number }[] }

const STANDARD = 190_000
const REDUCED = 70_000

const shirts = ['S', 'M', 'L', 'XL'].flatMap((size) =>
  ['Navy', 'White'].map((colour): Special => ({
    name: `Harbour T-shirt, ${size}, ${colour.toLowerCase()}`,
    category: 'Harbour corner',
    priceMinor: size === 'XL' ? 2190 : 1990,
    taxPpm: STANDARD,
    symbol: '👕',
    variant: {
      of: 'Harbour T-shirt',
      options: [
        { name: 'Size', value: size },
        { name: 'Colour', value: colour },
      ],
    },
  })),
)

/** The order gives the numbers: append only. */
export const specials: readonly Special[] = [
  ...shirts,
  {
    name: 'Barista coffee',
    category: 'Harbour corner',
    priceMinor: 320,
    taxPpm: STANDARD,
    symbol: '☕',
    picture: 'cup',
    secondName: '现煮咖啡',
    reading: 'xian zhu ka fei',
    modifiers: [
      {
        name: 'Milk',
        min: 1,
        max: 1,
        choices: [
          { name: 'Whole milk', priceMinor: 0 },
          { name: 'Oat drink', priceMinor: 40 },
          { name: 'No milk', priceMinor: 0 },
        ],
      },
      {
        name: 'Extras',
        min: 0,
        max: 2,
        choices: [
          { name: 'Extra shot', priceMinor: 80 },
          { name: 'Vanilla syrup', priceMinor: 60 },
        ],
      },
    ],
  },
  {
    name: 'Spring water, returnable bottle',
    category: 'Harbour corner',
    priceMinor: 89,
    taxPpm: STANDARD,
    symbol: '💧',
    picture: 'bottle',
    depositMinor: 15,
  },
  {
    name: 'Harbour lager, 0.5 l',
    category: 'Harbour corner',
    priceMinor: 149,
    taxPpm: STANDARD,
    symbol: '🍺',
    picture: 'bottle',
    ageYears: 16,
    depositMinor: 8,
  },
  { name: 'Lighthouse gin, 0.5 l', category: 'Harbour corner', priceMinor: 2490, taxPpm: STANDARD, symbol: '🍸', picture: 'bottle', ageYears: 18 },
  { name: 'Cordless drill', category: 'Harbour corner', priceMinor: 8990, taxPpm: STANDARD, symbol: '🔩', picture: 'tool', tracks: 'serial' },
  { name: 'Smoked salmon, 100 g', category: 'Harbour corner', priceMinor: 599, taxPpm: REDUCED, symbol: '🐟', tracks: 'batch' },
  {
    name: 'Picnic for two',
    category: 'Harbour corner',
    priceMinor: 990,
    taxPpm: STANDARD,
    symbol: '🧺',
    picture: 'box',
    of: [
      { name: 'Rye loaf, 750 g', quantity: 1 },
      { name: 'Mountain cheese, 200 g', quantity: 1 },
      { name: 'Harbour lager, 0.5 l', quantity: 2 },
    ],
  },
]
