import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { setAside } from './reset.ts'

it('Square help 7775: a reset moves identity and journal aside whole, leaves everything else, and never overwrites an earlier one', () => {
  const data = mkdtempSync(join(tmpdir(), 'reset-'))
  const files = ['identity.json', 'journal.sqlite', 'journal.sqlite-wal', 'bridge.json']
  const folders = ['one', 'two'].map((life) => {
    for (const name of files) writeFileSync(join(data, name), `${name} of life ${life}`)
    return setAside(data, 1_800_000_000_000)
  })
  expect(new Set(folders).size).toBe(2)
  for (const [i, life] of ['one', 'two'].entries()) {
    const aside = folders[i] ?? ''
    expect(readdirSync(aside).toSorted()).toEqual(['identity.json', 'journal.sqlite', 'journal.sqlite-wal'])
    expect(readFileSync(join(aside, 'journal.sqlite-wal'), 'utf8')).toBe(`journal.sqlite-wal of life ${life}`)
  }
  expect(readdirSync(data).filter((name) => !name.startsWith('set-aside-'))).toEqual(['bridge.json'])
})
