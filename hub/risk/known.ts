import type { Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { RuleOutcome } from '#protocol/risk/rules.ts'

/** A decision as it was written down, and what is known about its payment by now. */
export type KnownDecision = {
  readonly payment: string
  /** Event time: when the till took it. */
  readonly at: EpochMs
  readonly amountMinor: Minor
  readonly currency: string
  /** `FEATURES` numbers, as they were when it was decided. */
  readonly features: Float64Array
  /** What was done about it. */
  readonly outcome: 'approve' | RuleOutcome
  /** Undefined while nobody can know: a label's delay is not over. */
  readonly isFraud: boolean | undefined
  /** When it became known that it was fraud, for how late labels come. */
  readonly labelledAt?: EpochMs | undefined
}

/** What was decided before, a share at a time so that intake goes between two, oldest first. */
export interface PastDecisions {
  between(from: EpochMs, to: EpochMs): AsyncIterable<readonly KnownDecision[]>
}
