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
