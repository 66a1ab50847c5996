import { celEnvironment, conditionOf } from '../../hub/risk/cel.ts'
import { featureNames } from '../../hub/risk/features.ts'
import { inForce } from '../../hub/risk/rule-sets.ts'
import { celOf } from '#protocol/risk/rule-text.ts'
import { firedWords, type RiskRule } from '#protocol/risk/rules.ts'
import { rounded } from './percentile.ts'

const ROUNDS = 200

/**
 * The same rules, written as CEL: what they cost once they were translated and compiled, and what the library takes to say the same. Microseconds of CPU for all of
 * them over one vector. Throws when the two do not say the same.
 */
export function celRules(rules: readonly RiskRule[], vectors: readonly Float64Array[]): { readonly cel_us: number; readonly cel_js_us: number } {
  const environment = celEnvironment(featureNames)
  const texts = rules.map(({ when }) => celOf(when))
  const { fire } = inForce(
    1,
    rules.map((rule, r): RiskRule => {
      const when = conditionOf(environment, texts[r] ?? '')
      if (!when.ok) throw new Error(when.detail)
      return { ...rule, when: when.value }
    }),
  )
  const parsed = texts.map((text) => environment.parse(text))
  const named = vectors.map((vector) => Object.fromEntries(featureNames.map((name, k) => [name, vector[k] ?? 0])))
  const fired = new Uint32Array(firedWords(rules.length))
  const count = (bits: Uint32Array): number => rules.filter((_, r) => (((bits[r >> 5] ?? 0) >>> (r & 31)) & 1) === 1).length
  let ours = 0
  const before = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) for (const vector of vectors) fire(vector, fired)
  const compiled = process.cpuUsage(before)
  for (const vector of vectors) {
    fire(vector, fired)
    ours += count(fired)
  }
  let theirs = 0
  const again = process.cpuUsage()
  for (const values of named) for (const one of parsed) if (one(values) === true) theirs++
  const interpreted = process.cpuUsage(again)
  if (ours !== theirs) throw new Error(`${ours} rules fired, and the library says ${theirs}`)
  const each = ({ user, system }: NodeJS.CpuUsage, times: number): number => (user + system) / times
  return { cel_us: rounded(each(compiled, ROUNDS * vectors.length), 2), cel_js_us: rounded(each(interpreted, vectors.length), 1) }
}
