import { ZenEngine } from '@gorules/zen-engine'
import { Engine } from 'json-rules-engine'
import { firedWords, rulesAsCode, ruleSet, type CompiledRules, type Condition, type RiskRule } from '#protocol/risk/rules.ts'
import { bookSettings, train } from '../../hub/risk/boosting.ts'
import { featureNames, FEATURES, FeaturePass } from '../../hub/risk/features.ts'
import { logitOf, TrainingLog } from '../../hub/risk/learning.ts'
import { Random } from '../world/random.ts'
import { percentile, rounded } from './percentile.ts'
import { celRules } from './risk-cel.ts'
import { asked } from './risk-asked.ts'
import { town, type Paid } from './town.ts'

const PAYMENTS = 500_000
/** Until here the engine learns. */
const LEARNED = 300_000
/** Until here it decides by what it learned, so that its new code is warm; after it is measured. */
const MEASURED_FROM = 320_000
const TRAINED_ON = 60_000
const OTHERS = 400

export const riskHelp = `risk                     decisions about payments: features, 50 rules, the model, and remembering the payment. Its floor reads the same payments and writes
                         as many numbers. retrain_cpu_s is for 60,000 vectors; the same 50 rules in json-rules-engine and zen-engine for comparison,
                         and written as CEL: as this hub asks them (cel_us) and as the library interprets them (cel_js_us).`

/** So many are asked as settling asks them. */
const ASKED = 60_000

/** Fifty that a shop might have, of one to four conditions each. */
function fiftyRules(): readonly RiskRule[] {
  const rules = Array.from({ length: 50 }, (_, r): RiskRule => {
    const name = (k: number): string => featureNames[(7 * r + 11 * k) % FEATURES] ?? 'amount'
    const parts = Array.from({ length: 1 + (r % 4) }, (__, k): Condition =>
      k % 2 === 0 ? { feature: name(k), above: 3 + r } : { feature: name(k), atMost: 40 * k + r },
    )
    const when: Condition = parts.length === 1 ? (parts[0] ?? { feature: 'amount', above: 0 }) : r % 3 === 0 ? { any: parts } : { all: parts }
    return { id: `rule_${r}`, says: `rule ${r}`, outcome: 'review', when }
  })
  return ruleSet.parse({ v: 1, version: 1, rules }).rules
}

const cpuUs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

export async function risk(): Promise<{ metrics: Record<string, number>; detail: unknown }> {
  const paid = town(new Random('risk'), PAYMENTS)
  const labels = (id: number): boolean => paid[id]?.isFraud === true
  const pass = new FeaturePass(labels)
  const log = new TrainingLog(labels)
  const features = new Float64Array(FEATURES)
  for (let i = 0; i < LEARNED; i++) {
    pass.observe(paid[i] as Paid, i, features)
    log.add(i, paid[i]?.at ?? 0, features)
  }
  const model = log.learn(paid[LEARNED]?.at ?? 0)
  if (model === undefined) throw new Error('nothing to learn from')
  const rules = fiftyRules()
  // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
  const compiled = new Function('f', 'fired', rulesAsCode(rules, featureNames)) as CompiledRules
  const fired = new Uint32Array(firedWords(rules.length))

  const times = new Float64Array(PAYMENTS - MEASURED_FROM)
  const vectors: Record<string, number>[] = []
  let hits = 0
  const decide = (i: number): void => {
    pass.observe(paid[i] as Paid, i, features)
    compiled(features, fired)
    if (logitOf(model, features) > 0 || (fired[0] ?? 0) === 0) hits++
  }
  for (let i = LEARNED; i < MEASURED_FROM; i++) decide(i)
  const before = process.cpuUsage()
  const began = performance.now()
  for (let i = MEASURED_FROM; i < PAYMENTS; i++) {
    const from = performance.now()
    decide(i)
    times[i - MEASURED_FROM] = performance.now() - from
  }
  const wall = performance.now() - began
  const cpu = cpuUs(before) / times.length
  for (let i = 0; i < OTHERS; i++) {
    pass.observe(paid[i] as Paid, i, features)
    vectors.push(Object.fromEntries(featureNames.map((name, k) => [name, features[k] ?? 0])))
  }
  const microseconds = [...times].map((ms) => ms * 1000)
  return {
    metrics: {
      cpu_us: rounded(cpu, 2),
      p50_us: rounded(percentile(microseconds, 0.5), 2),
      p99_us: rounded(percentile(microseconds, 0.99), 2),
      p999_us: rounded(percentile(microseconds, 0.999), 2),
      max_pause_ms: rounded(Math.max(...times.reduce<number[]>((most, ms) => [Math.max(most[0] ?? 0, ms)], [])), 2),
      decisions_per_s: Math.round((times.length / wall) * 1000),
      floor_us: rounded(floor(paid, features), 3),
      retrain_cpu_s: rounded(retraining(paid), 2),
      json_rules_engine_us: rounded(await jsonRulesEngine(rules, vectors), 1),
      zen_engine_us: rounded(await zenEngine(rules, vectors), 1),
      ...celRules(
        rules,
        vectors.map((vector) => Float64Array.from(featureNames, (name) => vector[name] ?? 0)),
      ),
    },
    detail: {
      decisions: times.length,
      features: FEATURES,
      rules: rules.length,
      trees: model.members.length * bookSettings.trees,
      retrained_on: TRAINED_ON,
      hits,
      ...asked(paid.slice(0, ASKED), { version: 1, rules, fire: compiled }, model),
    },
  }
}

/** The least that a decision can be: read the payment, write as many numbers. */
function floor(paid: readonly Paid[], features: Float64Array): number {
  const before = process.cpuUsage()
  for (let i = LEARNED; i < PAYMENTS; i++) {
    const { at, amountMinor, card, terminal } = paid[i] as Paid
    const base = at + amountMinor + card.length + terminal.length
    for (let f = 0; f < FEATURES; f++) features[f] = base + f
  }
  return cpuUs(before) / (PAYMENTS - LEARNED)
}

/** One model's training, on so many vectors: every fraud and as many of the others as that leaves room for. */
function retraining(paid: readonly Paid[]): number {
  const pass = new FeaturePass((id) => paid[id]?.isFraud === true)
  const features = new Float64Array(FEATURES)
  const rows = new Float64Array(TRAINED_ON * FEATURES)
  const labels = new Uint8Array(TRAINED_ON)
  let kept = 0
  for (let i = 0; i < paid.length && kept < TRAINED_ON; i++) {
    pass.observe(paid[i] as Paid, i, features)
    if (paid[i]?.isFraud !== true && i % 6 !== 0) continue
    rows.set(features, kept * FEATURES)
    labels[kept++] = paid[i]?.isFraud === true ? 1 : 0
  }
  const before = process.cpuUsage()
  train(rows.subarray(0, kept * FEATURES), labels.subarray(0, kept), FEATURES, bookSettings)
  return cpuUs(before) / 1e6
}

type Facts = Readonly<Record<string, number>>

/** Its own conditions; each rule that is true gives an event. */
async function jsonRulesEngine(rules: readonly RiskRule[], vectors: readonly Facts[]): Promise<number> {
  const conditionOf = (when: Condition): Record<string, unknown> => {
    if ('all' in when) return { all: when.all.map(conditionOf) }
    if ('any' in when) return { any: when.any.map(conditionOf) }
    if ('above' in when) return { fact: when.feature, operator: 'greaterThan', value: when.above }
    return 'atMost' in when ? { fact: when.feature, operator: 'lessThanInclusive', value: when.atMost } : {}
  }
  const engine = new Engine()
  for (const { id, when } of rules) {
    const conditions = 'all' in when || 'any' in when ? conditionOf(when) : { all: [conditionOf(when)] }
    engine.addRule({ conditions: conditions as { all: [] }, event: { type: id } })
  }
  const before = process.cpuUsage()
  for (const vector of vectors) await engine.run({ ...vector })
  return cpuUs(before) / vectors.length
}

/** A decision table that collects every row that is true. */
async function zenEngine(rules: readonly RiskRule[], vectors: readonly Facts[]): Promise<number> {
  const textOf = (when: Condition): string => {
    if ('all' in when) return `(${when.all.map(textOf).join(' and ')})`
    if ('any' in when) return `(${when.any.map(textOf).join(' or ')})`
    if ('above' in when) return `${when.feature} > ${when.above}`
    return 'atMost' in when ? `${when.feature} <= ${when.atMost}` : 'false'
  }
  const table = {
    hitPolicy: 'collect',
    inputs: [{ id: 'when', name: 'when' }],
    outputs: [{ id: 'rule', name: 'rule', field: 'rule' }],
    rules: rules.map(({ id, when }) => ({ _id: id, when: textOf(when), rule: `"${id}"` })),
  }
  const nodes = [
    { id: 'in', type: 'inputNode', name: 'in', position: { x: 0, y: 0 } },
    { id: 'table', type: 'decisionTableNode', name: 'table', position: { x: 0, y: 0 }, content: table },
    { id: 'out', type: 'outputNode', name: 'out', position: { x: 0, y: 0 } },
  ]
  const edges = [
    { id: 'a', type: 'edge', sourceId: 'in', targetId: 'table' },
    { id: 'b', type: 'edge', sourceId: 'table', targetId: 'out' },
  ]
  const engine = new ZenEngine()
  const decision = engine.createDecision(Buffer.from(JSON.stringify({ nodes, edges })))
  const before = process.cpuUsage()
  for (const vector of vectors) await decision.evaluate(vector)
  const each = cpuUs(before) / vectors.length
  engine.dispose()
  return each
}
