import { expect, test } from 'vitest'
import { createPreferences } from './preferences.ts'

test('each person has their own look and sounds, which outlive the page', () => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  const first = createPreferences(storage)
  let heard = 0
  first.subscribe(() => (heard += 1))
  expect(first.get()).toEqual({ look: 'system', sound: 'on' })
  first.person('ada')
  first.choose({ look: 'contrast', sound: 'off' })
  expect(first.get()).toEqual({ look: 'contrast', sound: 'off' })
  first.person(undefined)
  expect(first.get()).toEqual({ look: 'system', sound: 'on' })
  expect(heard).toBe(3)
  const next = createPreferences(storage)
  next.person('ada')
  expect(next.get()).toEqual({ look: 'contrast', sound: 'off' })
})

test('a look that this version does not know is passed over', () => {
  expect(createPreferences({ getItem: () => 'sepia', setItem: () => {} }).get()).toEqual({ look: 'system', sound: 'on' })
})
