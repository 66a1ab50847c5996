import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../demo/shop.ts'

const renderer = join(ROOT, 'terminal/renderer')

/** Words between tags, and those of attributes that people read or hear. */
const BETWEEN_TAGS = /[>}]([^<>{}=;]*\p{L}{2,}[^<>{}=;]*)<\//gu
const IN_ATTRIBUTES = /\s(?:aria-label|aria-description|title|placeholder|alt|label)="([^"]*\p{L}{2,}[^"]*)"/gu

const wordsIn = (source: string): readonly string[] =>
  [BETWEEN_TAGS, IN_ATTRIBUTES].flatMap((pattern) => [...source.matchAll(pattern)].map(([, words]) => (words ?? '').trim()))

test('finds words that stand between tags or in an attribute, and leaves code alone', () => {
  expect(wordsIn('<p className="x">Pay now</p>')).toEqual(['Pay now'])
  expect(wordsIn('<p>\n  Pay {sum} at once\n</p>')).toEqual(['at once'])
  expect(wordsIn('<button aria-label="Close" type="button">×</button>')).toEqual(['Close'])
  expect(wordsIn("<p title={t('a.b')}>{t('c.d')}</p>")).toEqual([])
  expect(wordsIn('const lazy = (): Promise<Map<string, number>> => load<string>()\nreturn <i />')).toEqual([])
})

/** The gallery is for whoever works on the screen. */
test('what a person reads on the screen stands in the language files and nowhere else', () => {
  const files = readdirSync(renderer, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tsx') && !/^gallery\b|\.test\.tsx$/.test(path))
  expect(files.length).toBeGreaterThan(60)
  const found = files.flatMap((path) => wordsIn(readFileSync(join(renderer, path), 'utf8')).map((words) => `${path}: ${words}`))
  expect(found).toEqual([])
})
