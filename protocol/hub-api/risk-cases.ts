import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { RuleOutcome } from '../risk/rules.ts'
import type { EpochMs } from '../time.ts'

export type RiskOutcomeName = 'approve' | RuleOutcome

/** `GET /api/risk/payments/:id`: why it was decided so, made again from its record. */
export type RiskExplanation = {
  readonly payment: Id
  /** Its place in the risk log. */
  readonly seq: number
  /** When the till took it, and the hub judges it by. */
  readonly at: EpochMs
  readonly amountMinor: Minor
  readonly currency: Currency
  /** Pseudonyms. */
  readonly card: string
  readonly terminal: string
  readonly outcome: RiskOutcomeName
  /** The till had taken it alone by then. */
  readonly wasTaken: boolean
  /** The phone had confirmed the sum, or an acquirer was asked. */
  readonly wasConfirmed: boolean
  /** Of fraud, 0 to 1. Missing: no model was in force. */
  readonly probability?: number
  readonly listed?: 'blocked' | 'allowed'
  /** 0: there was none. */
  readonly versions: { readonly features: number; readonly rules: number; readonly model: number; readonly settings: number }
  readonly thresholds: { readonly challenge: number; readonly review: number; readonly decline: number }
  readonly fired: readonly { readonly id: string; readonly says: string; readonly saysZh?: string; readonly outcome: RuleOutcome }[]
  /** What spoke most for fraud, the strongest first; `contribution` in logits. */
  readonly reasons: readonly { readonly feature: string; readonly value: number; readonly contribution: number }[]
  /** The contributions of all features and the bias add up to the logit. */
  readonly bias?: number
  readonly logit?: number
  readonly features: Readonly<Record<string, number>>
  /** Empty: made again from its record it is the same. */
  readonly differs: readonly string[]
}

export type RiskCaseView = {
  readonly payment: Id
  readonly openedAt: EpochMs
  readonly outcome: RiskOutcomeName
  readonly wasTaken: boolean
  readonly probability?: number
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly card: string
  readonly till: string
  readonly state: 'open' | 'proposed' | 'closed'
  readonly assignee?: string
  readonly heldUntil?: EpochMs
  readonly heldMinor: Minor
  readonly refundedMinor?: Minor
  readonly decided?: { readonly outcome: 'legitimate' | 'fraud'; readonly by: string; readonly at: EpochMs }
  readonly proposed?: { readonly outcome: 'legitimate' | 'fraud'; readonly by: string; readonly words: string }
  readonly steps: readonly {
    readonly event: 'opened' | 'assign' | 'note' | 'evidence' | 'decide' | 'agree' | 'refuse' | 'expired'
    readonly by: string
    readonly at: EpochMs
    readonly words?: string
    readonly to?: string
    readonly outcome?: 'legitimate' | 'fraud'
  }[]
}

/**
 * `GET /api/risk/cases`: those that are open, the longest waiting first, and some that were closed lately. `POST /api/risk/cases/:payment/assign` `{to?, by?}`,
 * `…/note` and `…/evidence` `{words, by?}`, `…/decide` `{outcome, words, by?}`, `…/agree` `{outcome, by?}` (of the proposal that was shown), `…/refuse` `{words, by?}`
 * answer with the same. `settings`: by what is decided; `POST /api/risk/settings` changes them.
 */
export type RiskCasesState = {
  readonly who?: string
  readonly open: readonly RiskCaseView[]
  readonly closed: readonly RiskCaseView[]
  readonly settings: RiskSettingsView
}
export type RiskSettingsView = {
  readonly version: number
  readonly at: EpochMs
  readonly by: string
  readonly thresholds: { readonly challenge: number; readonly review: number; readonly decline: number }
  readonly bounds: { readonly challenge: readonly [number, number]; readonly review: readonly [number, number]; readonly decline: readonly [number, number] }
  readonly costs: {
    readonly lossShare: number
    readonly marginShare: number
    readonly challengeLeaves: number
    readonly challengeStops: number
    readonly reviewMinor: Minor
    readonly reviewSaves: number
    readonly reviewsPerDay: number
  }
  readonly holdForMs: number
  readonly secondPersonAboveMinor: Minor
}

/** `GET /api/risk/cases/:payment`: one case with its explanation, and what the same card or wallet did before. */
export type RiskCaseFile = {
  readonly case: RiskCaseView
  readonly explanation?: RiskExplanation
  readonly before: readonly {
    readonly payment: Id
    readonly at: EpochMs
    readonly amountMinor: Minor
    readonly currency: Currency
    readonly outcome?: RiskOutcomeName
    readonly state: string
  }[]
}
