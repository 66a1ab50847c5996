import { afterEach, describe, expect, test } from 'vitest'
import { errorCodes, errors } from '#protocol/errors.ts'
import { ar } from './language/ar.ts'
import { en } from './language/en.ts'
import { languageNames } from './language/languages.ts'
import { zh } from './language/zh.ts'
import { errorText, setLanguage, t } from './words.ts'

afterEach(() => setLanguage('en'))

type Tree = { readonly [key: string]: string | Tree }

function flat(tree: Tree, path = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[path + key, value] as const] : [...flat(value, `${path}${key}.`)])),
  )
}

const PLURAL = /_(?:zero|one|two|few|many|other)$/
const placeholders = (text: string): readonly string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '').toSorted()
const english = flat(en)
const others = { zh: flat(zh), ar: flat(ar) }

describe.each(['zh', 'ar'] as const)('%s', (language) => {
  test('has no text that English has not, and the values of English in each, none misspelt', () => {
    const wrong = [...others[language]].filter(([key, text]) => {
      const model = english.get(key) ?? english.get(key.replace(PLURAL, '_other'))
      if (model === undefined) return true
      const used = placeholders(text)
      // "One second left" need not say 1 in figures.
      return PLURAL.test(key) && !key.endsWith('_other')
        ? used.some((name) => !placeholders(model).includes(name))
        : used.join(' ') !== placeholders(model).join(' ')
    })
    expect(wrong).toEqual([])
  })

  test('leaves nothing in English', () => {
    const letters = /\p{Script=Latin}{2,}/u
    const same = [...others[language]].filter(([key, text]) => english.get(key) === text && letters.test(text.replaceAll(/\{\{\w+\}\}/g, '')))
    expect(same.map(([key]) => key)).toEqual(['enrol.hubExample'])
  })

  test('says every failure, as urgent as it is', () => {
    setLanguage(language)
    const script = language === 'zh' ? /\p{Script=Han}/u : /\p{Script=Arabic}/u
    const wrong = errorCodes.filter((code) => {
      const { say, next, tone } = errorText(code)
      return !script.test(say) || !script.test(next) || tone !== errors[code].tone
    })
    expect(wrong).toEqual([])
  })
})

test.each([
  ['en', ['0 items', '1 item', '2 items', '11 items']],
  ['zh', ['0 件', '1 件', '2 件', '11 件']],
  ['ar', ['لا أصناف', 'صنف واحد', 'صنفان', '\u206811\u2069 صنفًا']],
] as const)('%s counts as its speakers do', (language, said) => {
  setLanguage(language)
  expect([0, 1, 2, 11].map((count) => t('items', { count }))).toEqual(said)
})

test('a name in another script keeps its direction within right-to-left text, and nothing is escaped', () => {
  setLanguage('ar')
  expect(t('weighing.title', { name: 'Fish & <chips>' })).toBe('وزن: \u2068Fish & <chips>\u2069')
  setLanguage('en')
  expect(t('weighing.title', { name: 'Fish & <chips>' })).toBe('Weigh: Fish & <chips>')
})

test('every language has its sentences at hand', () => {
  for (const language of languageNames) {
    setLanguage(language)
    expect(t('takePayment')).not.toBe('takePayment')
  }
})
