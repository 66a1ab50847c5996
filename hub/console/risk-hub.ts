import type { ModelState } from '#protocol/hub-api/risk-model.ts'
import type { DryRunShown, ListedKind, ListedWord, RulesState } from '#protocol/hub-api/risk-rules.ts'
import type { RiskRule } from '#protocol/risk/rules.ts'
import { ask, post, type Answer } from './hub.ts'

/** As it is written here: what the expression means is the hub's to say. */
export type WrittenRule = Pick<RiskRule, 'id' | 'says' | 'saysZh' | 'cel' | 'outcome'>
/** `by`: where nobody signs in. */
type By = { readonly by?: string }

export const fetchRules = (): Promise<Answer<RulesState>> => ask('/api/risk/rules')
export const tryRules = (rules: readonly WrittenRule[]): Promise<Answer<DryRunShown>> => post('/api/risk/rules/try', { rules })
export const putRules = (said: By & { readonly digest: string; readonly note: string }): Promise<Answer<RulesState>> => post('/api/risk/rules/put', said)
export const takeRulesBack = (said: By & { readonly version: number; readonly note: string }): Promise<Answer<RulesState>> => post('/api/risk/rules/back', said)

type Key = { readonly kind: ListedKind; readonly key: string }
export const sayListed = (said: By & Key & { readonly word: ListedWord; readonly reason: string; readonly days: number }): Promise<Answer<RulesState>> =>
  post('/api/risk/lists', said)
export const endListed = (said: By & Key): Promise<Answer<RulesState>> => post('/api/risk/lists/end', said)

export const fetchModel = (): Promise<Answer<ModelState>> => ask('/api/risk/model')
export const trainModel = (by: By): Promise<Answer<ModelState>> => post('/api/risk/model/train', by)
export const putModel = (said: By & { readonly version: number }): Promise<Answer<ModelState>> => post('/api/risk/model/put', said)
export const holdModel = (said: By & { readonly isHeld: boolean }): Promise<Answer<ModelState>> => post('/api/risk/model/hold', said)
