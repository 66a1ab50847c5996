import { z } from 'zod'

/**
 * Rules as data: what a person has decided about payments, apart from what a model has learned. A rule looks at the features of one payment and at nothing else, so
 * the same rules over the same features always say the same, today and in a replay.
 */
export const MAX_RULES = 200
const MAX_DEPTH = 8

const featureName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/)
const finite = z.number()

export type Condition =
  | { readonly feature: string; readonly above: number }
  | { readonly feature: string; readonly atMost: number }
  /** How often the second fits into the first; never true where the second is 0 or less. */
  | { readonly feature: string; readonly timesMoreThan: string; readonly factor: number }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ feature: featureName, above: finite }),
    z.strictObject({ feature: featureName, atMost: finite }),
    z.strictObject({ feature: featureName, timesMoreThan: featureName, factor: z.number().positive() }),
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
    }
  })
export type RuleSet = z.infer<typeof ruleSet>

function depthOf(when: Condition): number {
  if ('not' in when) return 1 + depthOf(when.not)
  const parts = 'all' in when ? when.all : 'any' in when ? when.any : []
  return 1 + parts.reduce((deepest, part) => Math.max(deepest, depthOf(part)), 0)
}

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
  if ('all' in when) return when.all.flatMap(namesIn)
  if ('any' in when) return when.any.flatMap(namesIn)
  return 'timesMoreThan' in when ? [when.feature, when.timesMoreThan] : [when.feature]
}

type Test = (features: Float64Array) => boolean

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
  const place = places(when.feature)
  if ('above' in when) return (features) => (features[place] ?? 0) > when.above
  if ('atMost' in when) return (features) => (features[place] ?? 0) <= when.atMost
  const other = places(when.timesMoreThan)
  return (features) => (features[other] ?? 0) > 0 && (features[place] ?? 0) > when.factor * (features[other] ?? 0)
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
  const value = `f[${places(when.feature)}]`
  if ('above' in when) return `${value}>${JSON.stringify(when.above)}`
  if ('atMost' in when) return `${value}<=${JSON.stringify(when.atMost)}`
  const other = `f[${places(when.timesMoreThan)}]`
  return `(${other}>0&&${value}>${JSON.stringify(when.factor)}*${other})`
}

function placesOf(names: readonly string[]): (name: string) => number {
  const places = new Map(names.map((name, place) => [name, place] as const))
  return (name) => {
    const place = places.get(name)
    if (place === undefined) throw new RangeError(`no feature is called ${name}`)
    return place
  }
}
