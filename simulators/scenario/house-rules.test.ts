import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

/** A rule that never bites is no rule: each of ours is broken once, in a copy of the configuration, and has to say so. */
const root = resolve(import.meta.dirname, '../..')
const report = z.object({ diagnostics: z.array(z.object({ code: z.string(), message: z.string(), filename: z.string() })) })

const sins: Readonly<Record<string, string>> = {
  'protocol/clock.ts': 'export const now = Date.now()',
  'protocol/steady.ts': 'export const now = performance.now()',
  'protocol/date.ts': 'export const now = new Date()',
  'protocol/dice.ts': 'export const six = Math.random()',
  'protocol/package.ts': "import { pad } from 'left-pad'\nexport const padded = pad",
  'protocol/real.ts': "export { systemClock } from './node/clock.ts'",
  'protocol/one.ts': "import { two } from './two.ts'\nexport const one = (): number => two()",
  'protocol/two.ts': "import { one } from './one.ts'\nexport const two = (): number => one()",
  'hub/reach.ts': "export { till } from '../terminal/core/till.ts'",
  'hub/long-way.ts': "export { isId } from '../protocol/ids.ts'",
  'hub/play.ts': "export const play = () => import('../simulators/world/clock.ts')",
  'terminal/renderer/decide.ts': "export { basket } from '../sale/basket.ts'",
  'simulators/device/same-mistake.ts': "export { parse } from '../../firmware-bridge/codec/scan.ts'",
  'simulators/floating.ts': 'const work = async (): Promise<number> => Promise.resolve(1)\nwork()',
  'simulators/missing-case.ts': "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1\n  }\n  return 2\n}",
  'simulators/any.ts': 'export const anything: any = 1',
  'simulators/unused.ts': "import { join } from 'node:path'\nexport const x = 1",
}
const virtues: Readonly<Record<string, string>> = {
  'protocol/node/clock.ts': 'export const systemClock = { now: () => Date.now() }',
  'protocol/at.ts': 'export const at = (ms: number) => new Date(ms)',
  'terminal/renderer/main.tsx': 'export const now = Date.now()',
  'simulators/free.ts': "export { till } from '../terminal/core/till.ts'\nexport { isId } from '#protocol/ids.ts'",
}

let folder: string
let found: readonly string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'house-rules-'))
  for (const part of ['.oxlintrc.json', '.oxlint', 'package.json', 'tsconfig.base.json']) cpSync(join(root, part), join(folder, part), { recursive: true })
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: './tsconfig.base.json', compilerOptions: { types: [] }, include: ['**/*.ts', '**/*.tsx'] }),
  )
  for (const [path, text] of Object.entries({ ...sins, ...virtues })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `${text}\n`)
  }
  const run = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=json'], { cwd: folder, encoding: 'utf8' })
  found = report.parse(JSON.parse(run.stdout)).diagnostics.map(({ filename, code }) => `${filename} ${code}`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['protocol/clock.ts', 'eslint(no-restricted-properties)'],
  ['protocol/steady.ts', 'eslint(no-restricted-properties)'],
  ['protocol/date.ts', 'house(no-ambient-date)'],
  ['protocol/dice.ts', 'eslint(no-restricted-properties)'],
  ['protocol/package.ts', 'house(folders)'],
  ['protocol/real.ts', 'house(folders)'],
  ['protocol/one.ts', 'import(no-cycle)'],
  ['hub/reach.ts', 'house(folders)'],
  ['hub/long-way.ts', 'house(folders)'],
  ['hub/play.ts', 'house(folders)'],
  ['terminal/renderer/decide.ts', 'house(folders)'],
  ['simulators/device/same-mistake.ts', 'house(folders)'],
  ['simulators/floating.ts', 'typescript(no-floating-promises)'],
  ['simulators/missing-case.ts', 'typescript(switch-exhaustiveness-check)'],
  ['simulators/any.ts', 'typescript(no-explicit-any)'],
  ['simulators/unused.ts', 'eslint(no-unused-vars)'],
])('%s breaks %s', (path, rule) => expect(found.filter((line) => line.startsWith(path))).toContain(`${path} ${rule}`))

test('what is allowed is not complained about', () => expect(found.filter((line) => Object.keys(virtues).some((path) => line.startsWith(path)))).toEqual([]))
