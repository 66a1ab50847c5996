import { expect, test } from 'vitest'
import { symbolOf } from './symbol.ts'

test('an emoji where it can be shown, initials where it cannot', () => {
  expect(symbolOf({ name: 'Espresso beans 250 g', symbol: '☕' }, true)).toEqual({ text: '☕', kind: 'emoji' })
  expect(symbolOf({ name: 'Espresso beans 250 g', symbol: '☕' }, false)).toEqual({ text: 'EB', kind: 'letters' })
})

test('short text stays, and nothing becomes initials', () => {
  expect(symbolOf({ name: 'Gift card', symbol: 'GIFT' }, true)).toEqual({ text: 'GIFT', kind: 'letters' })
  expect(symbolOf({ name: 'élan', symbol: '' }, true)).toEqual({ text: 'ÉL', kind: 'letters' })
})

test('what a product holds is not in its initials; a name that begins with a number keeps it', () => {
  const initials = (name: string) => symbolOf({ name, symbol: '' }, true).text
  expect(initials('Cola, 0.33 l')).toBe('CO')
  expect(initials('Espresso beans 250 g')).toBe('EB')
  expect(initials('7 Up')).toBe('7U')
})
