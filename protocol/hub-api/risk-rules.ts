import type { Currency, Minor } from '../money.ts'
import type { RiskRule, RuleOutcome } from '../risk/rules.ts'
import type { EpochMs } from '../time.ts'

export const listedKinds = ['card', 'terminal'] as const
/** Of a card or wallet by its pseudonym, or of a till. */
export type ListedKind = (typeof listedKinds)[number]
export const listedWords = ['blocked', 'allowed'] as const
/** `blocked`: declined whatever else is known. `allowed`: neither rules nor the model are heard. */
export type ListedWord = (typeof listedWords)[number]
export type ListedView = {
  readonly kind: ListedKind
  readonly key: string
  readonly word: ListedWord
  readonly reason: string
  readonly by: string
  readonly at: EpochMs
  readonly until: EpochMs
}

/** What a rule is about payments of before. Without a label: nobody knows yet, or nobody ever will. */
export type RuleTally = {
  readonly id: string
  /** All that it is true of. */
  readonly fired: number
  readonly sumMinor: Minor
  readonly frauds: number
  readonly fraudMinor: Minor
  /** Known to be legitimate: false alarms. */
  readonly legitimate: number
  readonly legitimateMinor: Minor
}

/** What a set of rules would have asked for: each payment counts once, for the hardest that any rule says. */
export type OutcomeTally = Omit<RuleTally, 'id'> & { readonly outcome: RuleOutcome }

export type DryRun = {
  readonly since: EpochMs
  readonly until: EpochMs
  readonly currency: Currency
  readonly payments: number
  readonly labelled: number
  readonly frauds: number
  readonly fraudMinor: Minor
  readonly rules: readonly RuleTally[]
  readonly outcomes: readonly OutcomeTally[]
}

/** Shown once nobody has changed the rules since: `digest` names exactly these over exactly that history. */
export type DryRunShown = { readonly rules: readonly RiskRule[]; readonly proposed: DryRun; readonly now: DryRun; readonly digest: string }

export type RuleSetView = { readonly version: number; readonly at: EpochMs; readonly by: string; readonly note: string; readonly rules: number }

/** `GET /api/risk/rules`. */
export type RulesState = {
  readonly who?: string
  readonly version: number
  readonly rules: readonly RiskRule[]
  readonly versions: readonly RuleSetView[]
  readonly lists: readonly ListedView[]
  readonly features: readonly string[]
}
