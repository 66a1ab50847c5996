import { expect, it } from 'vitest'
import { cardRefOf, hasExpired } from './card.ts'
import { nodeCrypto } from './node/crypto.ts'

const JULY_2031 = Date.UTC(2031, 6, 15)

it.each([
  ['3107', false],
  ['3106', true],
  ['3012', true],
  ['4912', false],
  ['2901', true],
  ['8002', false],
  ['3100', true],
  ['3113', true],
])('a card that names %s has expired in July 2031: %s', (expiry, expired) => {
  expect(hasExpired(expiry, JULY_2031)).toBe(expired)
})

it('is good to the end of its month, and a day for those who live behind it', () => {
  expect(hasExpired('3106', Date.UTC(2031, 6, 1, 12))).toBe(false)
  expect(hasExpired('3106', Date.UTC(2031, 6, 2, 1))).toBe(true)
})

it('gives a card one name, and another where what is shown differs', () => {
  const card = { maskedPan: '424242******1111', expiry: '3107' }
  expect(cardRefOf(nodeCrypto, card)).toBe(cardRefOf(nodeCrypto, { ...card }))
  expect(new Set([card, { ...card, expiry: '3108' }, { ...card, maskedPan: '424242******1112' }].map((one) => cardRefOf(nodeCrypto, one))).size).toBe(3)
})
