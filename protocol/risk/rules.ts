import { z } from 'zod'

/**
 * Rules as data: what a person has decided about payments, apart from what a model has learned. A rule looks at the features of one payment and at nothing else, so
 * the same rules over the same features always say the same, today and in a replay.
 */
export const MAX_RULES = 200
const MAX_DEPTH = 12
/** Comparisons and sums in one rule: what it can cost is known before anybody is judged by it. */
export const MAX_PARTS = 100

const featureName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/)
const finite = z.number()

/** A number, a feature by its name, or a sum of two; in IEEE 754 doubles, so that dividing by nothing is infinite and not an error. */
export type Term = number | string | { readonly op: (typeof sums)[number]; readonly of: readonly [Term, Term] }
const sums = ['+', '-', '*', '/'] as const
const comparisons = ['<', '<=', '>', '>=', '==', '!='] as const
export type Comparison = (typeof comparisons)[number]

const term: z.ZodType<Term> = z.lazy(() => z.union([finite, featureName, z.strictObject({ op: z.enum(sums), of: z.tuple([term, term]) })]))

export type Condition =
  | { readonly feature: string; readonly above: number }
  | { readonly feature: string; readonly atMost: number }
  /** How often the second fits into the first; never true where the second is 0 or less. */
  | { readonly feature: string; readonly timesMoreThan: string; readonly factor: number }
  /** What an expression that a person has written comes down to. */
  | { readonly left: Term; readonly is: Comparison; readonly right: Term }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ feature: featureName, above: finite }),
    z.strictObject({ feature: featureName, atMost: finite }),
    z.strictObject({ feature: featureName, timesMoreThan: featureName, factor: z.number().positive() }),
    z.strictObject({ left: term, is: z.enum(comparisons), right: term }),
    z.strictObject({ all: z.array(condition).min(1).max(20) }),
    z.strictObject({ any: z.array(condition).min(1).max(20) }),
    z.strictObject({ not: condition }),
  ]),
)

/** From the mildest to the hardest. What several rules ask for is what the hardest of them asks for. */
export const ruleOutcomes = ['review', 'challenge', 'decline'] as const
export type RuleOutcome = (typeof ruleOutcomes)[number]

export const riskRule = z.strictObject({
  /** The reason code of every decision that it was part of. */
  id: z
    .string()
    .max(40)
    .regex(/^[a-z][a-z0-9_]*$/),
  says: z.string().min(1).max(120),
  /** The same in Chinese. Missing: it is said as above. */
  saysZh: z.string().min(1).max(120).optional(),
  /** What a person wrote, in the Common Expression Language; `when` is what it means. Missing: `when` was put together. */
  cel: z.string().min(1).max(1000).optional(),
  outcome: z.enum(ruleOutcomes),
  when: condition,
})
export type RiskRule = z.infer<typeof riskRule>

export const ruleSet = z
  .strictObject({ v: z.literal(1), version: z.int().positive(), rules: z.array(riskRule).max(MAX_RULES) })
  .superRefine(({ rules }, context) => {
    const ids = new Set<string>()
    for (const { id, when } of rules) {
      if (ids.has(id)) context.addIssue({ code: 'custom', message: `two rules are called ${id}` })
      ids.add(id)
      if (depthOf(when) > MAX_DEPTH) context.addIssue({ code: 'custom', message: `${id} is nested more than ${MAX_DEPTH} deep` })
      if (partsOf(when) > MAX_PARTS) context.addIssue({ code: 'custom', message: `${id} has more than ${MAX_PARTS} parts` })
    }
  })
export type RuleSet = z.infer<typeof ruleSet>

function depthOf(when: Condition): number {
  if ('not' in when) return 1 + depthOf(when.not)
  if ('is' in when) return 1 + Math.max(termDepth(when.left), termDepth(when.right))
  const parts = 'all' in when ? when.all : 'any' in when ? when.any : []
  return 1 + parts.reduce((deepest, part) => Math.max(deepest, depthOf(part)), 0)
}

const termDepth = (of: Term): number => (typeof of === 'object' ? 1 + Math.max(termDepth(of.of[0]), termDepth(of.of[1])) : 0)

/** Comparisons and sums. */
function partsOf(when: Condition): number {
  if ('not' in when) return partsOf(when.not)
  if ('is' in when) return 1 + termParts(when.left) + termParts(when.right)
  const parts = 'all' in when ? when.all : 'any' in when ? when.any : []
  return parts.length === 0 ? 1 : parts.reduce((count, part) => count + partsOf(part), 0)
}

const termParts = (of: Term): number => (typeof of === 'object' ? 1 + termParts(of.of[0]) + termParts(of.of[1]) : 0)

/** Sets bit r of `fired` (32 to a number) for each rule r that is true of the vector, and clears the others. */
export type CompiledRules = (features: Float64Array, fired: Uint32Array) => void

export const firedWords = (rules: number): number => Math.max(1, Math.ceil(rules / 32))

/** What a rule names and the vector does not have; empty when the rules can be compiled. */
export function unknownFeatures(rules: readonly RiskRule[], names: readonly string[]): readonly string[] {
  const known = new Set(names)
  return [...new Set(rules.flatMap(({ when }) => namesIn(when)))].filter((name) => !known.has(name))
}

function namesIn(when: Condition): readonly string[] {
  if ('not' in when) return namesIn(when.not)
  if ('is' in when) return [...namesInTerm(when.left), ...namesInTerm(when.right)]
  if ('all' in when) return when.all.flatMap(namesIn)
  if ('any' in when) return when.any.flatMap(namesIn)
  return 'timesMoreThan' in when ? [when.feature, when.timesMoreThan] : [when.feature]
}

const namesInTerm = (of: Term): readonly string[] => (typeof of === 'string' ? [of] : typeof of === 'number' ? [] : of.of.flatMap(namesInTerm))

type Test = (features: Float64Array) => boolean
type Value = (features: Float64Array) => number

/** As closures: where a page or a till forbids code that is made at run time. Throws for a feature that `names` does not have. */
export function rulesAsClosures(rules: readonly RiskRule[], names: readonly string[]): CompiledRules {
  const tests = rules.map(({ when }) => testOf(when, placesOf(names)))
  return (features, fired) => {
    fired.fill(0)
    for (let r = 0; r < tests.length; r++) if (tests[r]?.(features) === true) fired[r >> 5] = (fired[r >> 5] ?? 0) | (1 << (r & 31))
  }
}

function testOf(when: Condition, places: (name: string) => number): Test {
  if ('not' in when) {
    const inner = testOf(when.not, places)
    return (features) => !inner(features)
  }
  if ('all' in when) {
    const parts = when.all.map((part) => testOf(part, places))
    return (features) => parts.every((part) => part(features))
  }
  if ('any' in when) {
    const parts = when.any.map((part) => testOf(part, places))
    return (features) => parts.some((part) => part(features))
  }
  if ('is' in when) return compared(when.is, valueOf(when.left, places), valueOf(when.right, places))
  const place = places(when.feature)
  if ('above' in when) return (features) => (features[place] ?? 0) > when.above
  if ('atMost' in when) return (features) => (features[place] ?? 0) <= when.atMost
  const other = places(when.timesMoreThan)
  return (features) => (features[other] ?? 0) > 0 && (features[place] ?? 0) > when.factor * (features[other] ?? 0)
}

function compared(is: Comparison, left: Value, right: Value): Test {
  switch (is) {
    case '<':
      return (features) => left(features) < right(features)
    case '<=':
      return (features) => left(features) <= right(features)
    case '>':
      return (features) => left(features) > right(features)
    case '>=':
      return (features) => left(features) >= right(features)
    case '==':
      return (features) => left(features) === right(features)
    case '!=':
      return (features) => left(features) !== right(features)
  }
}

function valueOf(of: Term, places: (name: string) => number): Value {
  if (typeof of === 'number') return () => of
  if (typeof of === 'string') {
    const place = places(of)
    return (features) => features[place] ?? 0
  }
  const [one, other] = [valueOf(of.of[0], places), valueOf(of.of[1], places)]
  switch (of.op) {
    case '+':
      return (features) => one(features) + other(features)
    case '-':
      return (features) => one(features) - other(features)
    case '*':
      return (features) => one(features) * other(features)
    case '/':
      return (features) => one(features) / other(features)
  }
}

/**
 * As the text of one function of `(f, fired)`, for `new Function`: made of numbers and operators alone, since names become places and every number goes
 * through `JSON.stringify`. Throws for a feature that `names` does not have.
 */
export function rulesAsCode(rules: readonly RiskRule[], names: readonly string[]): string {
  const places = placesOf(names)
  const words = Array.from({ length: firedWords(rules.length) }, (_, word) => {
    const bits = rules.slice(32 * word, 32 * word + 32).map(({ when }, bit) => `(${codeOf(when, places)}?${1 << bit}:0)`)
    return `fired[${word}]=${bits.length === 0 ? '0' : bits.join('|')}`
  })
  return `'use strict';${words.join(';')}`
}

function codeOf(when: Condition, places: (name: string) => number): string {
  if ('not' in when) return `!(${codeOf(when.not, places)})`
  if ('all' in when) return `(${when.all.map((part) => codeOf(part, places)).join('&&')})`
  if ('any' in when) return `(${when.any.map((part) => codeOf(part, places)).join('||')})`
  if ('is' in when) return `(${termCode(when.left, places)}${codeFor[when.is]}${termCode(when.right, places)})`
  const value = `f[${places(when.feature)}]`
  if ('above' in when) return `${value}>${JSON.stringify(when.above)}`
  if ('atMost' in when) return `${value}<=${JSON.stringify(when.atMost)}`
  const other = `f[${places(when.timesMoreThan)}]`
  return `(${other}>0&&${value}>${JSON.stringify(when.factor)}*${other})`
}

const codeFor: Readonly<Record<Comparison, string>> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=', '==': '===', '!=': '!==' }

/** In parentheses, or a minus would meet another. */
function termCode(of: Term, places: (name: string) => number): string {
  if (typeof of === 'number') return `(${JSON.stringify(of)})`
  return typeof of === 'string' ? `f[${places(of)}]` : `(${termCode(of.of[0], places)}${of.op}${termCode(of.of[1], places)})`
}

function placesOf(names: readonly string[]): (name: string) => number {
  const places = new Map(names.map((name, place) => [name, place] as const))
  return (name) => {
    const place = places.get(name)
    if (place === undefined) throw new RangeError(`no feature is called ${name}`)
    return place
  }
}
