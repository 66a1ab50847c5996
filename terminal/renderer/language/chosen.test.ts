import { expect, test } from 'vitest'
import { chosenLanguages } from './chosen.ts'
import { languageOfSystem } from './languages.ts'

function memory() {
  const kept = new Map<string, string>()
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
}

test('each person has their own language, and the till one for everybody else', () => {
  const storage = memory()
  const chosen = chosenLanguages(storage, 'en')
  expect(chosen.of('ada')).toBe('en')
  chosen.choose('zh', undefined)
  chosen.choose('ar', 'ada')
  const afterRestart = chosenLanguages(storage, 'en')
  expect([afterRestart.of('ada'), afterRestart.of('ben'), afterRestart.of(undefined)]).toEqual(['ar', 'zh', 'zh'])
})

test('a language that this version does not speak is passed over', () => {
  const storage = memory()
  storage.setItem('stillpoint.language', 'tlh')
  expect(chosenLanguages(storage, 'zh').of(undefined)).toBe('zh')
})

test('the first language of the system that the screen speaks', () => {
  expect(languageOfSystem(['de-DE', 'zh-CN', 'en'])).toBe('zh')
  expect(languageOfSystem(['de-DE'])).toBe('en')
})
