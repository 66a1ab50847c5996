import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  firedWords,
  ruleSet,
  rulesAsClosures,
  rulesAsCode,
  unknownFeatures,
  type CompiledRules,
  type Condition,
  type RiskRule,
  type Term,
} from '#protocol/risk/rules.ts'

const names = ['amount', 'card_count_1d', 'terminal_fraud_run']
const term: fc.Arbitrary<Term> = fc.letrec<{ any: Term }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Term>(...names),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.integer({ min: -3, max: 3 }),
    fc.record({ op: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const), of: fc.tuple(tie('any'), tie('any')) }),
  ),
})).any
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ feature: fc.constantFrom(...names), above: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
  fc.record({ feature: fc.constantFrom(...names), atMost: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ feature: fc.constantFrom(...names), timesMoreThan: fc.constantFrom(...names), factor: fc.constantFrom(0.5, 1, 3) }),
  fc.record({ left: term, is: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const, '==' as const, '!=' as const), right: term }),
)
const condition: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ all: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('any') }),
  ),
})).any
const rulesOf = (conditions: readonly Condition[]): RiskRule[] => conditions.map((when, r) => ({ id: `r${r}`, says: 'so', outcome: 'review', when }))

function worth(of: Term, value: (name: string) => number): number {
  if (typeof of === 'number') return of
  if (typeof of === 'string') return value(of)
  const [one, other] = [worth(of.of[0], value), worth(of.of[1], value)]
  return { '+': one + other, '-': one - other, '*': one * other, '/': one / other }[of.op]
}

/** By the definition, rule by rule. */
function holds(when: Condition, value: (name: string) => number): boolean {
  if ('not' in when) return !holds(when.not, value)
  if ('all' in when) return when.all.every((part) => holds(part, value))
  if ('any' in when) return when.any.some((part) => holds(part, value))
  if ('is' in when) {
    const [left, right] = [worth(when.left, value), worth(when.right, value)]
    return { '<': left < right, '<=': left <= right, '>': left > right, '>=': left >= right, '==': left === right, '!=': left !== right }[when.is]
  }
  if ('above' in when) return value(when.feature) > when.above
  if ('atMost' in when) return value(when.feature) <= when.atMost
  return value(when.timesMoreThan) > 0 && value(when.feature) > when.factor * value(when.timesMoreThan)
}

describe('compiled rules', () => {
  it('as code and as closures say what the rules say', () => {
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 70 }), fc.array(fc.double({ noNaN: true }), { minLength: 3, maxLength: 3 }), (conditions, values) => {
        const rules = rulesOf(conditions)
        const features = Float64Array.from(values)
        const expected = rules.map(({ when }) => holds(when, (name) => values[names.indexOf(name)] ?? 0))
        // What the text is made of is the matter of the next test.
        // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
        const code = new Function('f', 'fired', rulesAsCode(rules, names)) as CompiledRules
        for (const compiled of [code, rulesAsClosures(rules, names)]) {
          const fired = new Uint32Array(firedWords(rules.length)).fill(7)
          compiled(features, fired)
          expect(rules.map((_, r) => (((fired[r >> 5] ?? 0) >>> (r & 31)) & 1) === 1)).toEqual(expected)
        }
      }),
    )
  })

  it('as code hold nothing but places, numbers and operators', () => {
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 40 }), (conditions) => {
        expect(rulesAsCode(rulesOf(conditions), names)).toMatch(/^'use strict';(?:fired\[\d+\]=[f[\]()!&|<>=*/?:\d.e+-]+;?)+$/)
      }),
    )
  })
})

/** So many sums on each other. */
const sumOf = (count: number): Term => (count === 0 ? 'amount' : { op: '+', of: [sumOf(count - 1), 1] })

describe('a set of rules', () => {
  const rule = { id: 'large', says: 'a large amount', outcome: 'decline', when: { feature: 'amount', above: 22_000 } }
  const set = (rules: readonly unknown[]) => ruleSet.safeParse({ v: 1, version: 1, rules }).success

  it.each([
    ['two of one name', [rule, rule]],
    ['a name that is code', [{ ...rule, when: { feature: 'amount]||process.exit(', above: 1 } }]],
    ['a number that is none', [{ ...rule, when: { feature: 'amount', above: '1' } }]],
    ['no end', [{ ...rule, when: { feature: 'amount', above: Number.POSITIVE_INFINITY } }]],
    ['something else beside', [{ ...rule, when: { feature: 'amount', above: 1, atMost: 2 } }]],
    ['nothing in all', [{ ...rule, when: { all: [] } }]],
    ['a sum of something else', [{ ...rule, when: { left: { op: '**', of: ['amount', 2] }, is: '>', right: 1 } }]],
    ['more parts than are paid for', [{ ...rule, when: { all: Array(20).fill({ left: sumOf(6), is: '>', right: 1 }) } }]],
  ])('is refused with %s', (_, rules) => expect(set(rules)).toBe(false))

  it('names features that exist', () => {
    expect(set([rule])).toBe(true)
    expect(unknownFeatures([rule as RiskRule], ['other'])).toEqual(['amount'])
    expect(() => rulesAsCode([rule as RiskRule], ['other'])).toThrow(RangeError)
  })

  it('is not nested without end', () => {
    let when: Condition = { feature: 'amount', above: 1 }
    for (let depth = 0; depth < 20; depth++) when = { not: when }
    expect(set([{ ...rule, when }])).toBe(false)
  })
})
