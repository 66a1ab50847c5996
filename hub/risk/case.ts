import type { RiskOutcome } from './thresholds.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, type DurationMs, type EpochMs } from '#protocol/time.ts'

/**
 * A payment that people look at: one that was held for review, or one that a till took alone and risk would have stopped. Pure. `proposed`: somebody has decided
 * about more money than one person may, and a second one agrees or sends it back.
 */
export const caseStates = ['open', 'proposed', 'closed'] as const
export type CaseState = (typeof caseStates)[number]
export const caseOutcomes = ['legitimate', 'fraud'] as const
export type CaseOutcome = (typeof caseOutcomes)[number]

export type CaseStep = {
  readonly event: 'opened' | 'assign' | 'note' | 'evidence' | 'decide' | 'agree' | 'refuse' | 'expired'
  readonly by: string
  readonly at: EpochMs
  readonly words?: string
  /** Of an assignment: who looks at it from now on. */
  readonly to?: string
  readonly outcome?: CaseOutcome
}
export type RiskCase = {
  readonly payment: Id
  readonly riskSeq: number
  readonly openedAt: EpochMs
  readonly outcome: RiskOutcome
  readonly wasTaken: boolean
  readonly probability: number | undefined
  readonly amountMinor: Minor
  readonly currency: Currency
  /** Pseudonym of who paid. */
  readonly card: string
  readonly till: Id
  readonly state: CaseState
  readonly assignee?: string
  /** Its money is kept from the merchant's payouts until then at the longest. Missing: it is not held, and never will be. */
  readonly heldUntil?: EpochMs
  /** How much is held now; 0: nothing yet, or nothing any more. */
  readonly heldMinor: Minor
  /** How much went back to who paid. */
  readonly refundedMinor?: Minor
  readonly decided?: { readonly outcome: CaseOutcome; readonly by: string; readonly at: EpochMs }
  readonly steps: readonly CaseStep[]
}

export type CaseAct =
  | { readonly event: 'assign'; readonly by: string; readonly to: string }
  | { readonly event: 'note' | 'evidence' | 'refuse'; readonly by: string; readonly words: string }
  | { readonly event: 'decide'; readonly by: string; readonly words: string; readonly outcome: CaseOutcome }
  /** `outcome`: of the proposal that was shown. */
  | { readonly event: 'agree'; readonly by: string; readonly outcome: CaseOutcome }

export type CaseCode = 'case.unknown' | 'case.wrong_state' | 'case.same_person' | 'case.changed' | 'case.too_many'

/** What becomes of the money that is held. */
export type CaseEnd = 'release' | 'refund'
export type SteppedCase = { readonly case: RiskCase; readonly ends?: CaseEnd }

const MAX_STEPS = 200

export function stepCase(known: RiskCase, act: CaseAct, secondPersonAboveMinor: Minor, at: EpochMs): Outcome<SteppedCase, CaseCode> {
  if (isRepeated(known.steps.at(-1), act)) return ok({ case: known })
  if (known.state === 'closed') return fail('case.wrong_state', 'it is closed')
  if (known.steps.length >= MAX_STEPS) return fail('case.too_many', `${MAX_STEPS} steps`)
  const noted: RiskCase = { ...known, steps: [...known.steps, { ...act, at }] }
  switch (act.event) {
    case 'assign':
      return ok({ case: { ...noted, assignee: act.to } })
    case 'note':
    case 'evidence':
      return ok({ case: noted })
    case 'decide':
      if (known.state !== 'open') return fail('case.wrong_state', 'a decision waits for a second person')
      return atStake(known) >= secondPersonAboveMinor ? ok({ case: { ...noted, state: 'proposed' } }) : ok(closed(noted, act.outcome, act.by, at))
    case 'agree': {
      const proposal = proposalIn(known)
      if (proposal?.outcome === undefined) return fail('case.wrong_state', 'nobody has decided')
      if (proposal.by === act.by) return fail('case.same_person', act.by)
      if (proposal.outcome !== act.outcome) return fail('case.changed', proposal.outcome)
      return ok(closed(noted, act.outcome, act.by, at))
    }
    case 'refuse':
      return known.state === 'proposed' ? ok({ case: { ...noted, state: 'open' } }) : fail('case.wrong_state', 'nobody has decided')
  }
}

/** Before its capture it is what will be held: deciding early is no way past the second person. */
const atStake = ({ heldMinor, heldUntil, amountMinor }: RiskCase): Minor => (heldMinor === 0 && heldUntil !== undefined ? amountMinor : heldMinor)

const closed = (noted: RiskCase, outcome: CaseOutcome, by: string, at: EpochMs): SteppedCase => ({
  case: { ...noted, state: 'closed', decided: { outcome, by, at } },
  ...(noted.heldMinor > 0 && { ends: outcome === 'fraud' ? ('refund' as const) : ('release' as const) }),
})

/** The longest that money is held is over: it is the merchant's, whoever is still thinking. The case stays, since what it was is worth knowing. */
export const expireCase = (known: RiskCase, at: EpochMs): SteppedCase => {
  const { heldUntil: _over, ...rest } = known
  const state = known.state === 'closed' ? 'closed' : 'open'
  return {
    case: { ...rest, state, steps: [...known.steps, { event: 'expired', by: 'hub', at }] },
    ...(known.heldMinor > 0 && { ends: 'release' as const }),
  }
}

export const proposalIn = ({ state, steps }: Pick<RiskCase, 'state' | 'steps'>): CaseStep | undefined =>
  state === 'proposed' ? steps.findLast(({ event }) => event === 'decide') : undefined

const isRepeated = (last: CaseStep | undefined, act: CaseAct): boolean =>
  last?.event === act.event &&
  last.by === act.by &&
  last.words === ('words' in act ? act.words : undefined) &&
  last.to === ('to' in act ? act.to : undefined) &&
  last.outcome === ('outcome' in act ? act.outcome : undefined)

// ---------------------------------------------------------------- as documents

export const CASES = 'risk-case/'
export const caseDocument = (payment: Id): string => `${CASES}${payment}`
export const readCase = ({ body }: DocumentRow): RiskCase => JSON.parse(body) as RiskCase
/** A case without a hold waits for people for as long as it takes: due so late that it never is, so that what waits is found without what is closed. */
const NEVER: DurationMs = 36_500 * DAY
/** Looked at again when its hold ends. */
export const caseRow = (known: RiskCase, version: number): DocumentRow => ({
  id: caseDocument(known.payment),
  version,
  dueAt: known.state === 'closed' ? undefined : (known.heldUntil ?? known.openedAt + NEVER),
  body: JSON.stringify(known),
})
