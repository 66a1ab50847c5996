import type { ErrorCode } from '../errors.ts'
import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { DuplicateBearer, LoneRisk, OfflineRules } from '../policy/bundle.ts'
import type { DeniedKind } from '../policy/deny-list.ts'
import type { DurationMs, EpochMs } from '../time.ts'

/** What a person decides about all tills of the store. Sums in minor units, durations in milliseconds. */
export type PolicyRulesView = {
  readonly validForMs: DurationMs
  readonly offline: OfflineRules
  readonly storeMinor?: Minor | undefined
  readonly denyListMaxAgeMs?: DurationMs | undefined
  readonly risk?: LoneRisk | undefined
  readonly holdWaitMs: DurationMs
  readonly duplicateBorneBy: DuplicateBearer
}

/** What a policy can cost at worst, each time that tills are cut off: `hub/policy/worst-case.ts` has the formula. Minor units. */
export type WorstCaseView = {
  readonly lossMinor: Minor
  readonly tillMinor: Minor
  readonly instrumentMinor: Minor
  readonly shownCodeMinor: Minor
  readonly instruments: number
  /** So much more until older policies, which tills may still hold, have ended. */
  readonly untilOldEndMinor: Minor
}

/** `GET /api/policy`. */
export type PolicyState = {
  readonly version: number
  readonly signedAt: EpochMs
  readonly currency: Currency
  readonly rules: PolicyRulesView
  readonly worst: WorstCaseView
  /** `sliceMinor`: what of the store's cap the till may have in hand. Missing where the store has none. */
  readonly tills: readonly { readonly id: Id; readonly name: string; readonly sliceMinor?: Minor }[]
  readonly denied: {
    readonly version: number
    readonly size: number
    readonly newest: readonly { readonly kind: DeniedKind; readonly id: string; readonly reason: string; readonly at: EpochMs }[]
  }
}

/** Payments that went one way, and their sum in minor units. */
export type Tally = { readonly payments: number; readonly sumMinor: Minor }

/** What rules would have done about payments that were made. */
export type Replayed = { readonly accepted: Tally; readonly refused: readonly (Tally & { readonly code: ErrorCode })[] }

/**
 * `POST /api/policy/preview` with a `PolicyRulesView`: nothing is signed. `alone` is about the payments of the last week that tills decided alone, `all`
 * about every payment of that week as if its till had just been cut off. `now`: the same by the rules that are in force.
 */
export type PolicyPreview = {
  readonly worst: WorstCaseView
  readonly since: EpochMs
  readonly alone: Replayed
  readonly all: Replayed
  readonly now: { readonly worst: WorstCaseView; readonly alone: Replayed; readonly all: Replayed }
}

/** What a threshold of the model would have done to payments that it had not learned from, had their tills been cut off: accepted and never paid, and good but refused. Minor units. */
export type LonePoint = { readonly refuseAbove: number; readonly lossMinor: Minor; readonly refused: number; readonly refusedMinor: Minor }

/**
 * `GET /api/policy/curve`: what lone tills can refuse beside their caps, from all that the caps accept to the most. The model was fitted for this answer, on payments before
 * `judgedFrom`; the points are of those from then on that the caps accept: so many, and so many of them bad.
 */
export type LoneCurve = {
  readonly model: string
  readonly bytes: number
  readonly points: readonly LonePoint[]
  readonly judgedFrom: EpochMs
  readonly judged: number
  readonly judgedMinor: Minor
  readonly bad: number
  readonly badMinor: Minor
  /** The shop has too few bad payments of its own: these are an invented shop's. */
  readonly invented: boolean
}

/** Without a curve: so many bad payments are known, and so many are needed. */
export type LoneCurveAnswer = { readonly curve?: LoneCurve; readonly bad: number; readonly needed: number }
