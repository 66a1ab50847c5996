import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bookSettings } from '../../hub/risk/boosting.ts'
import { celEnvironment, conditionOf } from '../../hub/risk/cel.ts'
import { fitCalibration } from '../../hub/risk/calibration.ts'
import { RiskEngine, type RiskSource } from '../../hub/risk/engine.ts'
import { featureNames } from '../../hub/risk/features.ts'
import { logitOf, modelOf, type KeptRow } from '../../hub/risk/learning.ts'
import { inForce } from '../../hub/risk/rule-sets.ts'
import { firstSettings } from '../../hub/risk/settings.ts'
import { makeId } from '#protocol/ids.ts'
import type { RiskRule } from '#protocol/risk/rules.ts'
import { DAY } from '#protocol/time.ts'
import { Random } from '../world/random.ts'
import { town } from './town.ts'

const PAYMENTS = 5000
const LEARNED = 4400
const LABELLED_AFTER = 8 * DAY

const environment = celEnvironment(featureNames)
const written: readonly (Omit<RiskRule, 'when' | 'says'> & { readonly cel: string })[] = [
  { id: 'far_above_usual', outcome: 'challenge', cel: 'amount > 4 * card_mean_legitimate && card_mean_legitimate > 0.0' },
  { id: 'tampered_till', outcome: 'review', cel: 'terminal_fraud_run >= 1.0 && terminal_run_age < 21.0' },
  { id: 'known_stolen', outcome: 'decline', cel: 'card_fraud_run > 0.0 && card_since_fraud < 14.0 ? card_ratio_legitimate > 2.0 : amount / 100.0 > 3000' },
]
const rules = written.map((rule): RiskRule => {
  const when = conditionOf(environment, rule.cel)
  if (!when.ok) throw new Error(when.detail)
  return { ...rule, says: rule.id, when: when.value }
})

/**
 * A small town, a model that has learned from its first weeks, three rules, and what became of the payments after. Whoever changes features, trees, calibration, rules
 * or thresholds sees here which decisions he has changed, and says so with `-u`. Nine digits: the last ones are the C library's.
 */
it('decides about a small town as it did before', async () => {
  let source: RiskSource = {
    judgement: { rules: inForce(1, rules), model: undefined, listed: (_kind, key) => (key === 'card-7' ? 'allowed' : undefined) },
    settings: firstSettings,
  }
  const engine = new RiskEngine(() => source)
  const waiting: { readonly of: number; readonly at: number; readonly card: string; readonly terminal: string }[] = []
  const kept: KeptRow[] = []
  const lines: string[] = []
  town(new Random('golden'), PAYMENTS).forEach(({ at, card, terminal, amountMinor, isFraud }, n) => {
    for (let due = waiting[0]; due !== undefined && due.at + LABELLED_AFTER <= at; due = waiting[0]) {
      engine.hear({ ...due, isFraud: true, heardAt: at })
      waiting.shift()
    }
    const random = new Uint8Array(10)
    new DataView(random.buffer).setUint32(6, n)
    const { seq, record } = engine.ask({ payment: makeId(at, random), at, card, terminal, amountMinor, currency: 'EUR', wasTaken: false, wasConfirmed: false })
    engine.committed()
    if (isFraud) waiting.push({ of: seq, at, card, terminal })
    if (n < LEARNED) {
      kept.push({ row: record.features, isFraud, samples: 3 })
      if (n === LEARNED - 1) source = { ...source, judgement: { ...source.judgement, model: learned(kept) } }
      return
    }
    const said = record.fired.map((r) => rules[r]?.id).join(' ')
    const why = record.reasons.map((place) => featureNames[place]).join(' ')
    lines.push([n, record.outcome, record.probability?.toPrecision(9), record.logit?.toPrecision(9), said, why].join('\t'))
  })
  expect(new Set(lines.map((line) => line.split('\t')[1]))).toEqual(new Set(['approve', 'challenge', 'review', 'decline']))
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(import.meta.dirname, 'golden-decisions.tsv'))
})

function learned(kept: readonly KeptRow[]) {
  const model = modelOf(kept, { ...bookSettings, trees: 30 })
  if (model === undefined) throw new Error('nothing to learn from')
  const logits = Float64Array.from(kept, ({ row }) => logitOf(model, row))
  const calibration = fitCalibration(
    logits,
    Uint8Array.from(kept, ({ isFraud }) => (isFraud ? 1 : 0)),
    new Float64Array(kept.length).fill(1),
  )
  return { version: 1, model, calibration }
}
