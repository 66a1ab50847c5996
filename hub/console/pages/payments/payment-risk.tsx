import { useCallback } from 'react'
import type { RiskOutcomeName } from '#protocol/hub-api/risk-cases.ts'
import type { Id } from '#protocol/ids.ts'
import { riskCaseWords as words } from '../../risk-case-words.ts'
import { fetchExplanation } from '../../risk-cases-hub.ts'
import { useAsked } from '../../parts/asked.ts'
import { Reasons } from '../risk-cases/reasons.tsx'

/** What risk decided about a payment, or would have of one that a till took alone, and why. */
export function PaymentRisk({ payment, outcome, isAlone }: { readonly payment: Id; readonly outcome: RiskOutcomeName; readonly isAlone: boolean }) {
  const fetch = useCallback(() => fetchExplanation(payment), [payment])
  const answer = useAsked(fetch, () => 0)
  return (
    <details className="panel-risk">
      <summary>
        {words.panel}: {isAlone && outcome === 'decline' ? words.wouldDecline : isAlone && outcome === 'review' ? words.wouldReview : words.outcomes[outcome]}
      </summary>
      {answer?.ok === true && <Reasons explanation={answer.value} />}
      {answer?.ok === false && <p className="muted">{words.unknown}</p>}
    </details>
  )
}
