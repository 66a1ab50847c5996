import type { Calibration } from './calibration.ts'
import type { RiskModel } from './learning.ts'
import type { ListedKind, ListedWord } from '#protocol/hub-api/risk-rules.ts'
import type { CompiledRules, RiskRule } from '#protocol/risk/rules.ts'
import type { EpochMs } from '#protocol/time.ts'

/** A set of rules as it was signed, ready to be asked. Version 0: nobody has signed any. */
export type RulesInForce = { readonly version: number; readonly rules: readonly RiskRule[]; readonly fire: CompiledRules }

/** A model with what makes probabilities of its logits. */
export type ModelInForce = { readonly version: number; readonly model: RiskModel; readonly calibration: Calibration }

/**
 * What payments are judged by at this moment. Each part is a value that is never changed: another set or model takes its place as a whole between two payments, so
 * one decision is made by one version of each, which it names.
 */
export interface Judgement {
  readonly rules: RulesInForce
  readonly model: ModelInForce | undefined
  /** What people have said about a card or terminal themselves, unless it has ended by `at`. */
  listed(kind: ListedKind, key: string, at: EpochMs): ListedWord | undefined
}

/** Those of before, for replays. */
export interface EarlierJudgements {
  rules(version: number): Promise<RulesInForce | undefined>
  model(version: number): Promise<ModelInForce | undefined>
}
