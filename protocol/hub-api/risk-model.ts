import type { EpochMs } from '../time.ts'

/** How good probabilities are: of payments in this bin so many were said to be fraud, and so many were. Shares of one. */
export type CalibrationBin = { readonly payments: number; readonly said: number; readonly was: number }

/** What is measured, and where it lies in 95 of 100 resamples of the same payments. */
export type Measured = { readonly value: number; readonly from: number; readonly to: number }

/** Everything that is said about a model, made with it and never changed. */
export type ModelCard = {
  readonly version: number
  readonly madeAt: EpochMs
  readonly seed: number
  readonly recipe: {
    readonly trees: number
    readonly depth: number
    readonly rate: number
    readonly lambda: number
    readonly members: number
    readonly sampledOneIn: number
  }
  readonly features: readonly string[]
  /** What the model itself has learned from; the rows of legitimate payments stand for `sampledOneIn` each. */
  readonly learned: { readonly from: EpochMs; readonly until: EpochMs; readonly rows: number; readonly frauds: number }
  /** The newest payments with known labels: a twin that has not seen them was measured on them. */
  readonly heldOut: { readonly from: EpochMs; readonly until: EpochMs; readonly rows: number; readonly frauds: number }
  readonly auc: Measured
  readonly ap: Measured
  readonly brier: number
  /** The mean difference of what was said and what was, over bins of the same size. */
  readonly ece: number
  readonly calibration: readonly CalibrationBin[]
  /** By the mean of their contributions to held-out payments, in logits. */
  readonly strongest: readonly { readonly feature: string; readonly logits: number }[]
  /** Against the model in force then; missing: there was none. `better`: in which share of resamples. */
  readonly against?: { readonly version: number; readonly ap: number; readonly better: number } | undefined
  readonly wasPromoted: boolean
  /** It has learned from payments that nobody made: there were none yet. */
  readonly isInvented?: true | undefined
  readonly limits: readonly string[]
}

export type ModelSummary = Pick<ModelCard, 'version' | 'madeAt' | 'wasPromoted'> & { readonly ap: number }

/** How a feature, or the score, lies now against how it lay when the model learned. */
export type DriftView = {
  readonly feature: string
  /** Population stability index: sum over bins of (now − then) · ln(now / then). */
  readonly psi: number
  readonly level: 'steady' | 'moved' | 'changed'
  /** Never anything but one value lately. */
  readonly isConstant: boolean
  /** Share of payments for which there is nothing to say. */
  readonly missing: number
  readonly missingThen: number
  /** Between the bins, rising. */
  readonly edges: readonly number[]
  /** Shares by bin, when it was measured and now. */
  readonly before: readonly number[]
  readonly now: readonly number[]
}
export type DriftState = {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly payments: number
  readonly score: DriftView | undefined
  readonly features: readonly DriftView[]
  /** How long after a fraud it is heard of, in days: half and nine of ten are by then. */
  readonly labels: { readonly frauds: number; readonly medianDays: number; readonly most90Days: number }
  /** By day: payments, and the mean probability of fraud that was said. */
  readonly days: readonly { readonly day: EpochMs; readonly payments: number; readonly meanPsi: number; readonly scorePsi: number }[]
  readonly alerts: readonly DriftAlert[]
}
export type DriftAlert = { readonly what: 'score' | 'feature' | 'constant' | 'missing' | 'labels'; readonly feature?: string; readonly value: number }

export type TrainingEnd = { readonly at: EpochMs; readonly outcome: 'promoted' | 'kept' | 'nothing_to_learn' | 'failed' }

/** `GET /api/risk/model`. */
export type ModelState = {
  readonly who?: string
  readonly champion: ModelCard | undefined
  /** The newest that was made and is not the champion. */
  readonly challenger: ModelCard | undefined
  readonly versions: readonly ModelSummary[]
  /** Since a person said so, no challenger takes the champion's place by itself. */
  readonly isHeld: boolean
  readonly lastTraining: TrainingEnd | undefined
  readonly isTraining: boolean
  readonly drift: DriftState | undefined
}
