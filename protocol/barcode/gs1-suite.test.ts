import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { faultTogether, GS, parseBracketed, parseElements, type Gs1Element, type Gs1Elements } from './gs1.ts'
import { parseDigitalLink } from './gs1-link.ts'
import { characterSets, obeys, type RuleName } from './gs1-rules.ts'
import { identifiers } from './gs1-table.ts'
import { readScan } from './scan.ts'

/**
 * The second tier: the test cases of the GS1 syntax engine and the GS1 syntax dictionary, from shared test data that is not part of this project. Every
 * case must agree; the few that cannot are named here with their reason.
 */
const FOLDER = join(process.env.STILLPOINT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/devices/gs1')
const there = existsSync(FOLDER)
if (!there) console.error(`GS1 syntax cases not found in ${FOLDER} (STILLPOINT_SHARED): the second tier is not run`)

const read = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
const row = z.array(z.unknown())
const suite = (file: string): Record<string, unknown[][]> => z.record(z.string(), z.array(row)).parse(read(file))
const text = z.string()

/** As the engine writes element strings: `^` for FNC1, in front and as separator. */
const written = (elements: readonly Gs1Element[]): string =>
  elements.reduce((so, { ai, value }, at) => {
    const before = elements[at - 1]
    const separated = before === undefined || identifiers.get(before.ai)?.predefined === undefined
    return `${so}${separated ? '^' : ''}${ai}${value}`
  }, '')

const outcome = (parsed: Gs1Elements): string | false => parsed.ok && written(parsed.value)

/** The cases that differ, which no cases at all are, too; prints how many there were. */
function differing(name: string, cases: readonly (readonly [input: string, ours: unknown, theirs: unknown])[]): readonly unknown[] {
  const differ = cases.filter(([, ours, theirs]) => ours !== theirs)
  console.error(`GS1 ${name}: ${cases.length - differ.length} of ${cases.length} cases agree`)
  return cases.length === 0 ? ['no cases'] : differ
}

describe.skipIf(!there)('the GS1 syntax suite', () => {
  it('element strings', () => {
    const cases = (suite('ai.json').test_processAIdata ?? []).map(([valid, data]) => {
      const given = text.parse(data)
      return [given, given.startsWith('^') && parseElements(given.slice(1).replaceAll('^', GS)).ok, valid] as const
    })
    expect(differing('element strings', cases)).toEqual([])
  })

  it('bracketed strings', () => {
    const cases = (suite('ai.json').test_parseAIdata ?? [])
      // One case is a buffer of the engine's own.
      .filter(([, given]) => typeof given === 'string')
      .map(([valid, given, result]) => [text.parse(given), outcome(parseBracketed(text.parse(given))), valid === true && result] as const)
    expect(differing('bracketed strings', cases)).toEqual([])
  })

  it('pairings', () => {
    // The engine tries its three checks of pairings one at a time: a case of repeats does not have to be complete, nor one of requisites consistent. Two use AI 89,
    // which section 3 does not have.
    const kinds = { validateAIrepeats: 'gs1.contradiction', validateAImutex: 'gs1.contradiction' } as Record<string, string>
    const cases = (suite('ai.json').test_validateAIs ?? [])
      .filter(([, , given]) => !text.parse(given).includes('(89)'))
      .map(([valid, check, given]) => {
        const parsed = parseBracketed(text.parse(given))
        const { id } = z.object({ id: z.string() }).parse(check)
        return [text.parse(given), parsed.ok && faultTogether(parsed.value) !== (kinds[id] ?? 'gs1.missing'), valid] as const
      })
    expect(differing('pairings', cases)).toEqual([])
  })

  it('Digital Links', () => {
    // The engine has switches that ours has not: names instead of numbers as keys (withdrawn), unknown identifiers in the query (89), and the strict
    // refusal of GTINs that are not filled up to 14 digits.
    const switched = (uri: string, valid: unknown) =>
      (valid === true && (/\/(?:gtin|sscc)\//.test(uri) || uri.includes('89='))) ||
      (valid === false && /[/=](?:2112345678900|416000336108|02345673)$/.test(uri))
    const cases = (suite('digitallink.json').test_parseDLuri ?? [])
      .map(([valid, uri, result]) => [text.parse(uri), valid, result] as const)
      .filter(([uri, valid]) => !switched(uri, valid))
      .map(([uri, valid, result]) => [uri, outcome(parseDigitalLink(uri)), valid === true && result] as const)
    expect(differing('Digital Links', cases)).toEqual([])
  })

  it('Digital Links that the engine makes', () => {
    const sorted = (elements: readonly Gs1Element[]) => [...new Set(elements.map(({ ai, value }) => `(${ai})${value}`))].toSorted().join('')
    const cases = (suite('digitallink.json').test_testGenerateDLuri ?? [])
      .filter(([valid, , given]) => valid === true && !text.parse(given).includes('(89)'))
      .map(([, , given, uri]) => {
        const [link, bracketed] = [parseDigitalLink(text.parse(uri)), parseBracketed(text.parse(given))]
        return [text.parse(uri), link.ok && sorted(link.value), bracketed.ok && sorted(bracketed.value)] as const
      })
    expect(differing('Digital Links made', cases)).toEqual([])
  })

  it('what scanners send', () => {
    const gs1 = /^\](?:C1|e0|d2|Q3|J1)/
    const cases = (suite('scandata.json').test_testProcessScanData ?? [])
      .map(([valid, data, , result]) => [text.parse(data), valid, result] as const)
      .filter(([data]) => gs1.test(data) || data.startsWith(']E'))
      // Twelve digits of an UPC-A: many scanners are set to leave its leading zero out.
      .filter(([data]) => data !== ']E0123456789012')
      .map(([data, valid, result]) => {
        if (gs1.test(data)) return [data, outcome(parseElements(data.slice(3))), valid === true && result] as const
        return [data, readScan(data.slice(3), data.slice(0, 3), []) !== undefined, valid] as const
      })
    const made = (suite('scandata.json').test_testGenerateScanData ?? [])
      .flatMap(([, , data]) => (typeof data === 'string' && (gs1.test(data) || data.startsWith(']E')) ? [data] : []))
      .map((data) => [data, readScan(data.slice(3), data.slice(0, 3), [])?.ok, true] as const)
    expect(differing('scan data', [...cases, ...made])).toEqual([])
  })

  it('content rules', () => {
    const rules: Record<string, RuleName> = {
      couponcode: 'coupon',
      couponposoffer: 'coupon_offer',
      csum: 'check',
      csumalpha: 'check_pair',
      hasnondigit: 'not_only_digits',
      hh: 'hour',
      hhmi: 'time',
      hyphen: 'hyphen',
      iban: 'iban',
      importeridx: 'importer',
      iso5218: 'sex',
      latitude: 'latitude',
      longitude: 'longitude',
      mediatype: 'medium',
      mi: 'sixty',
      nonzero: 'not_zero',
      nozeroprefix: 'no_leading_zero',
      packagetype: 'package',
      pcenc: 'percent',
      pieceoftotal: 'piece_of_total',
      posinseqslash: 'one_of_some',
      ss: 'sixty',
      winding: 'winding',
      yesno: 'yes_no',
      yymmd0: 'date_or_month',
      yymmdd: 'date',
      yyyymmdd: 'full_date',
      zero: 'zero',
    }
    const sets = { csetnumeric: 'n', cset39: 'y', cset64: 'z' } as const
    // Company prefixes need GS1's own register; no identifier uses yyyymmd0.
    const skipped = ['gcppos1', 'gcppos2', 'yyyymmd0']
    // Judged with and without that register, so with both verdicts; and more characters than an identifier with this rule can have.
    const isOurs = (name: string, given: string, rows: unknown[][]) =>
      new Set(rows.filter(([, , other]) => other === given).map(([verdict]) => verdict)).size === 1 && !(name === 'csumalpha' && given.length > 25)
    const unescaped = (given: string) =>
      given.replaceAll(/\\x([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))).replaceAll('\\"', '"')
    const cases = Object.entries(suite('linters.json')).flatMap(([linter, rows]) => {
      const name = linter.replace('gs1_lint_', '')
      if (skipped.includes(name)) return []
      const rule = rules[name]
      const set = Object.entries(sets).find(([known]) => known === name)?.[1]
      const judge = (given: string) => (rule ? obeys(rule, given) : set !== undefined && characterSets[set].test(given))
      return rows
        .filter(([, , given]) => isOurs(name, text.parse(given), rows))
        .map(([verdict, , given]) => [`${name} ${text.parse(given)}`, judge(unescaped(text.parse(given))), verdict === 'PASS'] as const)
    })
    expect(differing('content rules', cases)).toEqual([])
  })

  it('the table of identifiers', () => {
    const dictionary = readFileSync(join(FOLDER, 'gs1-syntax-dictionary.txt'), 'utf8').matchAll(/^(\d+)(?:-(\d+))?\s+([*?]*)\s+(.*?)\s*(?:#.*)?$/gm)
    const cases = [...dictionary].flatMap(([, first = '', last = first, flags = '', rest = '']) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => {
        const ai = String(Number(first) + i).padStart(first.length, '0')
        return [ai, described(ai), theirs(flags, rest)] as const
      }),
    )
    expect(cases.map(([ai]) => ai).toSorted()).toEqual([...identifiers.keys()].toSorted())
    expect(differing('identifiers', cases)).toEqual([])
  })
})

/** Formats and pairings in one notation. */
function described(ai: string): string {
  const known = identifiers.get(ai)
  if (known === undefined) return 'unknown'
  const format = known.components.map(({ set, min, max, optional }) => `${optional ? '?' : ''}${set}${min === max ? '' : '..'}${max}`)
  const needs = known.needs.map((group) => group.map((parts) => parts.join('+')).join(','))
  return [known.predefined === undefined ? '' : '*', ...format, ...needs.map((group) => `req=${group}`), `ex=${known.never.join(',')}`].join(' ')
}

function theirs(flags: string, rest: string): string {
  const format = [...rest.matchAll(/(?:^|\s)(\[?)([NXYZ])(\.\.)?(\d+)\]?/g)].map(
    ([, optional = '', set = '', upTo = '', length = '']) => `${optional && '?'}${set.toLowerCase()}${length === '1' ? '' : upTo}${length}`,
  )
  const needs = [...rest.matchAll(/req=(\S+)/g)].map(([, group]) => `req=${group}`)
  return [flags.includes('*') ? '*' : '', ...format, ...needs, `ex=${/ex=(\S+)/.exec(rest)?.[1] ?? ''}`].join(' ')
}
