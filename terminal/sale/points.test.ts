import { expect, it } from 'vitest'
import { pointsOf } from './points.ts'
import type { Priceable } from './pricing.ts'

type Line = Priceable & { readonly giftCard?: true }

const RULE = { earnPerMinor: 100, pointMinor: 1, offlinePoints: 0 }
const bread: Line = { gtin: '9520000000011', quantity: 2, unitMinor: 500 }
const card: Line = { gtin: '9520000000028', quantity: 1, unitMinor: 5000, giftCard: true }

it('come from goods alone: a gift card earns none, and none are spent on it', () => {
  expect(pointsOf([bread, card], RULE, 0).points).toMatchObject({ earned: 10, spent: 0 })
  const { lines, points } = pointsOf([card, bread], RULE, 2000)
  expect(points).toMatchObject({ spent: 999, earned: 0 })
  expect(lines.map(({ discountMinor = 0 }) => discountMinor)).toEqual([0, 999])
  expect(pointsOf([card], RULE, 2000).points).toMatchObject({ spent: 0, earned: 0 })
})

it('never make anybody pay for having points, and leave something to pay', () => {
  const { lines, points } = pointsOf([{ ...bread, quantity: 1, unitMinor: 1 }], RULE, 50)
  expect([points?.spent, lines[0]]).toEqual([0, { ...bread, quantity: 1, unitMinor: 1 }])
  expect(pointsOf([bread], undefined, 50).points).toBeUndefined()
})
