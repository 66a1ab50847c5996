import { z } from 'zod'
import type { DocumentRow } from '../store/documents.ts'
import type { RiskCosts, ThresholdBounds, Thresholds } from './thresholds.ts'
import { amount, epochMs } from '#protocol/journal/entry.ts'
import { DAY } from '#protocol/time.ts'

const share = z.number().min(0).max(1)
const bound = z.tuple([share, share]).refine(([least, most]) => least <= most, 'the least is not above the most')

const choices = {
  thresholds: z.strictObject({ challenge: share, review: share, decline: share }),
  bounds: z.strictObject({ challenge: bound, review: bound, decline: bound }),
  costs: z.strictObject({
    lossShare: share,
    marginShare: share,
    challengeLeaves: share,
    challengeStops: share,
    reviewMinor: z.int().nonnegative().max(1_000_000),
    reviewSaves: share,
    reviewsPerDay: z.int().nonnegative().max(100_000),
  }),
  /** How long money of a payment under review is kept from being paid out, and from which amount on two people decide. */
  holdForMs: z
    .int()
    .min(DAY)
    .max(30 * DAY),
  secondPersonAboveMinor: amount,
}
const isRising = ({ thresholds: { challenge, review, decline } }: { readonly thresholds: Thresholds }): boolean => challenge <= review && review <= decline
const RISING = 'challenge ≤ review ≤ decline'

/** As a person chooses them. */
export const chosenSettings = z.strictObject({ ...choices, by: z.string().trim().min(1).max(80).optional() }).refine(isRising, RISING)
/** What people have decided about risk, one version for each change: `by` is who, or `hub` where thresholds were tuned within the bounds. */
const riskSettings = z.strictObject({ version: z.int().nonnegative(), at: epochMs, by: z.string().min(1).max(100), ...choices }).refine(isRising, RISING)
export type RiskSettings = {
  readonly version: number
  readonly at: number
  readonly by: string
  readonly thresholds: Thresholds
  readonly bounds: ThresholdBounds
  readonly costs: RiskCosts
  readonly holdForMs: number
  readonly secondPersonAboveMinor: number
}

/** Until a person has said something: careful about declining, since an honest customer who is refused may not come back. */
export const firstSettings: RiskSettings = {
  version: 0,
  at: 0,
  by: 'hub',
  thresholds: { challenge: 0.15, review: 0.4, decline: 0.9 },
  bounds: { challenge: [0.02, 0.5], review: [0.1, 0.8], decline: [0.5, 0.99] },
  costs: { lossShare: 1, marginShare: 0.3, challengeLeaves: 0.1, challengeStops: 0.7, reviewMinor: 300, reviewSaves: 0.8, reviewsPerDay: 30 },
  holdForMs: 5 * DAY,
  secondPersonAboveMinor: 100_00,
}

export const SETTINGS = 'risk-settings/'
export const settingsDocument = (version: number): string => `${SETTINGS}${String(version).padStart(8, '0')}`
export const settingsRow = (settings: RiskSettings): DocumentRow => ({
  id: settingsDocument(settings.version),
  version: 0,
  dueAt: undefined,
  body: JSON.stringify(settings),
})
export const readSettings = ({ body }: DocumentRow): RiskSettings => riskSettings.parse(JSON.parse(body))
