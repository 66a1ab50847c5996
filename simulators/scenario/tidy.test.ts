import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, posix, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

/** The house rules that no other tool knows, over every file that git has or would take. Each test names what it does not like. */
const root = resolve(import.meta.dirname, '../..')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))
const fileSet = new Set(files)

const packageJson = z
  .object({ scripts: z.record(z.string(), z.string()), dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))

const texts = new Map<string, string>()
function textOf(path: string): string {
  const known = texts.get(path)
  if (known !== undefined) return known
  const bytes = readFileSync(join(root, path))
  const text = bytes.includes(0) ? '' : bytes.toString('utf8')
  texts.set(path, text)
  return text
}
const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length
const found = (path: string, pattern: RegExp): readonly string[] =>
  [...textOf(path).matchAll(pattern)].map((match) => `${path}:${lineOf(textOf(path), match.index)} ${match[0]}`)

const isCode = (path: string): boolean => /\.(?:ts|tsx|mjs)$/.test(path) && !path.endsWith('.d.ts')
const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path)
const code = files.filter(isCode)

// ---------------------------------------------------------------- imports

/** Every module or file that a file names: imports of all kinds, and files that it starts as a worker (`new URL('./x.ts', import.meta.url)`). */
const NAMED = /(?:\bfrom\s*|\bimport\s*\(?\s*|@import\s+|\bnew URL\(\s*|<script[^>]*\ssrc=)['"]([^'"\n]+)['"]/g
const named = (path: string): readonly string[] => [...textOf(path).matchAll(NAMED)].map((match) => match[1] ?? '')

function resolved(from: string, specifier: string): string | undefined {
  const bare = specifier.replace(/\?.*$/, '')
  const path = bare.startsWith('#') ? bare.slice(1) : bare.startsWith('.') ? posix.join(posix.dirname(from), bare) : undefined
  return path !== undefined && fileSet.has(path) ? path : undefined
}

function reachableFrom(roots: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const waiting = [...roots]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    for (const specifier of named(path)) waiting.push(...[resolved(path, specifier)].filter((target) => target !== undefined))
  }
  return seen
}

/** What is started, not imported. Pages start at their index.html; what scripts of package.json and .ci/run name is added to these. */
const ENTRY_POINTS = [
  'hub/main.ts',
  'hub/broker-certificate.ts',
  'hub/journal-cli.ts',
  'hub/staff-cli.ts',
  'hub/catalogue-cli.ts',
  'hub/edge-cli.ts',
  'firmware-bridge/main.ts',
  'terminal/core/main.ts',
  'terminal/store-edge/main.ts',
  'terminal/updates/main.ts',
  'hub/release-cli.ts',
  'terminal/electron/main.ts',
  'terminal/electron/preload.ts',
  'terminal/electron/customer-preload.ts',
  // Started by its test as a process, to be killed.
  'simulators/bank/test-killed-hub.ts',
  // Loaded by their tools by name.
  'vitest.config.ts',
  '.oxlint/house-rules.mjs',
  'protocol/pure.d.ts',
]
/** Only tests need these, and their names say so. Everything below simulators/ may be there for a test alone. */
const isForTests = (path: string): boolean => path.startsWith('simulators/') || /(?:^test-|^fake-|conformance|^golden\b)/.test(basename(path))

describe('files', () => {
  test('none has a name that welcomes strays', () => {
    const strays = /(?:^|\/)(?:utils?|helpers?|common|managers?|misc|shared)(?:\/|\.[^/]*$|$)/i
    expect(files.filter((path) => strays.test(path))).toEqual([])
  })

  test('none is too long to read in one sitting', () => {
    const MAX_LINES = 500
    const long = files.filter((path) => /\.tsx?$/.test(path)).map((path) => ({ path, lines: textOf(path).split('\n').length }))
    expect(long.filter(({ lines }) => lines > MAX_LINES).map(({ path, lines }) => `${path} has ${lines} lines`)).toEqual([])
  })

  const scripts = [...Object.values(packageJson.scripts), ...['.ci/run'].filter((path) => fileSet.has(path)).map(textOf)]
  const fromScripts = scripts.flatMap((script) => [...script.matchAll(/(?<![\w./-])[\w.][\w./-]*\.(?:ts|mjs)\b/g)].map(([path]) => path))
  const entries = [...ENTRY_POINTS, ...fromScripts, ...files.filter((path) => path.endsWith('index.html'))]

  test('every one that something starts is there', () => {
    expect(entries.filter((path) => !fileSet.has(path))).toEqual([])
  })

  test('every one is needed by something that runs', () => {
    const needed = reachableFrom(entries.filter((path) => fileSet.has(path)))
    const neededByTests = reachableFrom(files.filter(isTest))
    const dead = files.filter(
      (path) => (isCode(path) || path.endsWith('.css')) && !isTest(path) && !needed.has(path) && !(isForTests(path) && neededByTests.has(path)),
    )
    expect(dead).toEqual([])
  })

  test('the pure folders import nothing of Node', () => {
    const pure = code.filter((path) => /^(?:protocol\/(?!node\/)|terminal\/sale\/|firmware-bridge\/codec\/|hub\/ledger\/)/.test(path) && !isTest(path))
    expect(
      pure.flatMap((path) =>
        named(path)
          .filter((name) => name.startsWith('node:'))
          .map((name) => `${path} imports ${name}`),
      ),
    ).toEqual([])
  })
})

describe('dependencies', () => {
  /** Run by a script or by another tool, never imported. */
  const TOOLS = ['electron-builder', 'node', 'oxfmt', 'oxlint', 'oxlint-tsgolint', 'typescript']
  const packageOf = (specifier: string): string =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
  const imported = new Set(code.flatMap(named).map(packageOf))

  /** Fonts of the simulated printer, read as files. */
  const FILES = ['@expo-google-fonts/zcool-xiaowei', '@fontsource/unifont']
  /** Loaded by `require`, since what it exports is a promise. */
  const REQUIRED = ['ml-xgboost']

  test('each is used', () => {
    const typesOf = (name: string): string => name.replace(/^@types\//, '')
    const names = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)]
    const isUsed = (name: string): boolean => imported.has(name) || (name.startsWith('@types/') && (name === '@types/node' || imported.has(typesOf(name))))
    expect(names.filter((name) => ![...TOOLS, ...FILES, ...REQUIRED].includes(name) && !isUsed(name))).toEqual([])
  })

  test('what runs in a shop depends on nothing that is there for development', () => {
    const shipped = reachableFrom(['hub/main.ts', 'firmware-bridge/main.ts', 'terminal/core/main.ts'].filter((path) => fileSet.has(path)))
    const developmentOnly = new Set(Object.keys(packageJson.devDependencies))
    const importsOf = (path: string): readonly string[] =>
      [...textOf(path).matchAll(/^import (?!type\b)(?:.*?from )?'([^']+)'/gm)].map((match) => match[1] ?? '')
    expect(
      [...shipped].flatMap((path) =>
        importsOf(path)
          .filter((name) => developmentOnly.has(packageOf(name)))
          .map((name) => `${path} imports ${name}`),
      ),
    ).toEqual([])
  })
})

describe('documents', () => {
  const documents = files.filter((path) => path.endsWith('.md'))
  const topFolders = new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''))
  const folders = new Set(files.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))))
  const exists = (path: string): boolean => fileSet.has(path) || folders.has(path.replace(/\/$/, ''))

  test('name only paths that are there', () => {
    const missing = documents.flatMap((document) => {
      const spans = [...textOf(document).matchAll(/`([\w.@#/-]+)`/g)].map((match) => match[1] ?? '')
      const paths = spans.filter((span) => topFolders.has(span.replace(/^#/, '').split('/')[0] ?? '') && span.includes('/'))
      const names = spans.filter((span) => /^[\w-]+(?:\.[\w-]+)*\.(?:ts|tsx|md|mjs)$/.test(span))
      const links = [...textOf(document).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)].map((match) => posix.join(posix.dirname(document), match[1] ?? ''))
      return [
        ...[...paths.map((path) => path.replace(/^#/, '')), ...links].filter((path) => !exists(path)),
        ...names.filter((name) => !files.some((path) => basename(path) === name)),
      ].map((path) => `${document} names ${path}`)
    })
    expect(missing).toEqual([])
  })

  test('name only npm scripts that there are', () => {
    const unknown = documents.flatMap((document) =>
      [...textOf(document).matchAll(/\bnpm (?:run (?:-s |--silent )?([a-z][\w:-]*)|(start|test)\b)/g)]
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((script) => !(script in packageJson.scripts))
        .map((script) => `${document}: npm run ${script}`),
    )
    expect(unknown).toEqual([])
  })
})

describe('contents', () => {
  const ours = files.filter((path) => path !== 'package-lock.json' && path !== 'LICENSE')

  test('no test is left out or alone', () => {
    expect(code.flatMap((path) => found(path, /\b(?:it|test|describe)\.(?:only|skip|todo)\b/g))).toEqual([])
  })

  test('no path of one machine', () => {
    expect(ours.flatMap((path) => found(path, /(?<![\w.:/-])(?:\/(?:home|Users|root|work)\/[\w.-]{2,}|[A-Z]:\\Users\\)/g))).toEqual([])
  })

  test('no private key', () => {
    expect(ours.flatMap((path) => found(path, /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/g))).toEqual([])
  })

  test('no number of a payment card', () => {
    /** Numbers that look like one and are none. Say what each is. */
    const known: readonly string[] = [
      // GS1 application identifiers, one after the other.
      '4300 4301 4310 4311',
    ]
    const cards = ours
      .flatMap((path) => found(path, /(?<![\w.])(?:\d[ -]?){12,18}\d(?![\w.])/g))
      .filter((where) => isCardNumber(where.slice(where.indexOf(' ') + 1).replaceAll(/[ -]/g, '')) && !known.some((number) => where.endsWith(number)))
    expect(cards).toEqual([])
  })
})

/**
 * Ranges in which cards are issued (ISO/IEC 7812-1: Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay), with their check
 * digit. Visa's 13 digits are left out: none has been issued for decades, and an EAN-13 from Germany looks the same.
 */
function isCardNumber(digits: string): boolean {
  const ranges = /^(?:4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|3[47]|6011|64[4-9]|65|35[2-8]|30[0-5]|36|38|62)/
  const lengths = /^(?:4(?:.{15}|.{18})|3[47].{13}|3(?:0|6|8).{12}|6.{15,18}|[25].{15}|35.{14})$/
  const sum = [...digits]
    .toReversed()
    .reduce((total, digit, place) => total + (place % 2 === 0 ? Number(digit) : (Number(digit) * 2) % 9 || (digit === '9' ? 9 : 0)), 0)
  return ranges.test(digits) && lengths.test(digits) && sum % 10 === 0
}

test('the check for card numbers knows one when it sees it', () => {
  const testNumbers = ['4', '5555', '3782'].map((start) => `${start}${'0'.repeat(start === '3782' ? 10 : 15 - start.length)}`)
  const withCheckDigit = testNumbers.map((body) => Array.from('0123456789', (digit) => body + digit).filter(isCardNumber))
  expect(withCheckDigit.map((numbers) => numbers.length)).toEqual([1, 1, 1])
  expect(isCardNumber('9'.repeat(16))).toBe(false)
})
