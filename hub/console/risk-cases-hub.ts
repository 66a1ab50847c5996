import type { RiskCaseFile, RiskCasesState, RiskExplanation } from '#protocol/hub-api/risk-cases.ts'
import type { Id } from '#protocol/ids.ts'
import { ask, post, type Answer } from './hub.ts'

export const fetchCases = (): Promise<Answer<RiskCasesState>> => ask('/api/risk/cases')
export const fetchCase = (payment: Id): Promise<Answer<RiskCaseFile>> => ask(`/api/risk/cases/${encodeURIComponent(payment)}`)
export const fetchExplanation = (payment: Id): Promise<Answer<RiskExplanation>> => ask(`/api/risk/payments/${encodeURIComponent(payment)}`)
export type CaseDeed = 'assign' | 'note' | 'evidence' | 'decide' | 'agree' | 'refuse'
/** `by`: where nobody signs in. */
export const actOnCase = (payment: Id, what: CaseDeed, said: Readonly<Record<string, unknown>>): Promise<Answer<RiskCasesState>> =>
  post(`/api/risk/cases/${encodeURIComponent(payment)}/${what}`, said)
