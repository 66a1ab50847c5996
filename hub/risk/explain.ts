import { judgeVector } from './engine.ts'
import { featureNames } from './features.ts'
import type { EarlierJudgements, RulesInForce } from './judgement.ts'
import { contributionsOf, topReasons } from './reasons.ts'
import { FEATURE_SET, type DecisionRecord } from './record.ts'
import { firstSettings, readSettings, settingsDocument, type RiskSettings } from './settings.ts'
import { recordOf } from './desk.ts'
import type { HubStore } from '../store/hub-store.ts'
import { firedWords } from '#protocol/risk/rules.ts'
import type { RiskExplanation } from '#protocol/hub-api/risk-cases.ts'

const MOST_SHOWN = 8

/**
 * A decision, made again from what its record says, by the versions that it names: features → rules → model → outcome. `differs` is empty, or names what came out
 * otherwise: a record, a rule or a model that somebody has changed, or a program that computes differently. Undefined: risk was not asked about this payment.
 */
export async function explain(store: Pick<HubStore, 'get' | 'riskLog'>, earlier: EarlierJudgements, payment: string): Promise<RiskExplanation | undefined> {
  const [paid] = await store.get('payments', [payment])
  const record = paid?.riskSeq === undefined ? undefined : await recordOf(store, paid.riskSeq)
  if (paid?.riskSeq === undefined || record === undefined) return undefined
  const rules: RulesInForce | undefined =
    record.rulesVersion === 0 ? { version: 0, rules: [], fire: (_features, fired) => fired.fill(0) } : await earlier.rules(record.rulesVersion)
  const model = record.modelVersion === 0 ? undefined : await earlier.model(record.modelVersion)
  const settings = await settingsOf(store, record.settingsVersion)
  const missing = [
    ...(rules === undefined ? [`rules ${record.rulesVersion} are not kept`] : []),
    ...(model === undefined && record.modelVersion !== 0 ? [`model ${record.modelVersion} is not kept`] : []),
    ...(settings === undefined ? [`settings ${record.settingsVersion} are not kept`] : []),
  ]
  const again =
    rules === undefined || settings === undefined || missing.length > 0
      ? undefined
      : judgeVector(
          { judgement: { rules, model, listed: () => undefined }, settings },
          record.features,
          record.listed,
          new Uint32Array(firedWords(rules.rules.length)),
        )
  const contributions = model && contributionsOf(model.model, record.features)
  return {
    payment: record.payment,
    seq: paid.riskSeq,
    at: record.at,
    amountMinor: record.amountMinor,
    currency: record.currency,
    card: record.card,
    terminal: record.terminal,
    outcome: record.outcome,
    wasTaken: record.wasTaken,
    wasConfirmed: record.wasConfirmed,
    ...(record.probability !== undefined && { probability: record.probability }),
    ...(record.listed !== undefined && { listed: record.listed }),
    versions: { features: FEATURE_SET, rules: record.rulesVersion, model: record.modelVersion, settings: record.settingsVersion },
    thresholds: settings?.thresholds ?? firstSettings.thresholds,
    fired: record.fired.map((place) => {
      const { id, says, saysZh, outcome } = rules?.rules[place] ?? { id: `rule ${place}`, says: '', saysZh: undefined, outcome: 'review' as const }
      return { id, says, ...(saysZh !== undefined && { saysZh }), outcome }
    }),
    reasons: contributions === undefined ? [] : topReasons(contributions, record.features, MOST_SHOWN),
    ...(contributions !== undefined && { bias: contributions.bias, logit: record.logit ?? 0 }),
    features: Object.fromEntries(featureNames.map((name, place) => [name, record.features[place] ?? 0])),
    differs: again === undefined ? missing : differences(record, again),
  }
}

function differences(record: DecisionRecord, again: Pick<DecisionRecord, 'outcome' | 'logit' | 'probability' | 'fired' | 'reasons'>): readonly string[] {
  const said: string[] = []
  const differ = (what: string, was: unknown, is: unknown): void => {
    if (JSON.stringify(was) !== JSON.stringify(is)) said.push(`${what} was ${JSON.stringify(was)} and is ${JSON.stringify(is)}`)
  }
  differ('the outcome', record.outcome, again.outcome)
  differ('the score', record.logit, again.logit)
  differ('the probability', record.probability, again.probability)
  differ('what fired', record.fired, again.fired)
  differ('the reasons', record.reasons, again.reasons)
  return said
}

async function settingsOf(store: Pick<HubStore, 'get'>, version: number): Promise<RiskSettings | undefined> {
  if (version === 0) return firstSettings
  const [row] = await store.get('documents', [settingsDocument(version)])
  return row && readSettings(row)
}
