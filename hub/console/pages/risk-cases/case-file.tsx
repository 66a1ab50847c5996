import { useCallback } from 'react'
import type { RiskCaseView } from '#protocol/hub-api/risk-cases.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { Reasons } from './reasons.tsx'
import { formatMoney } from '../../money.ts'
import { riskCaseWords as words } from '../../risk-case-words.ts'
import { fetchCase } from '../../risk-cases-hub.ts'
import { useAsked } from '../../parts/asked.ts'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'

type Props = { readonly payment: Id; readonly steps: RiskCaseView['steps']; readonly now: EpochMs; readonly onOpen: (payment: Id) => void }

/** Everything about one case: why risk thought so, what the customer did before, and what was said. */
export function CaseFile({ payment, steps, now, onOpen }: Props) {
  const fetch = useCallback(() => fetchCase(payment), [payment])
  const answer = useAsked(fetch, () => steps.length)
  if (answer === undefined) return null
  if (!answer.ok) return <p className="muted">{answer.told?.say ?? words.failed}</p>
  const { explanation, before } = answer.value
  return (
    <>
      {explanation === undefined ? <p className="muted">{words.unknown}</p> : <Reasons explanation={explanation} />}
      <h3 className="case-part">{words.before}</h3>
      {before.length === 0 && <p className="muted">{words.nothingBefore}</p>}
      <ul>
        {before.map((one) => (
          <li key={one.payment}>
            <Button look="quiet" onClick={() => onOpen(one.payment)}>
              {formatMoney(one.amountMinor, one.currency)}
            </Button>{' '}
            <Time at={one.at} now={now} />
            {one.outcome !== undefined && one.outcome !== 'approve' && ` · ${words.outcomes[one.outcome]}`}
          </li>
        ))}
      </ul>
      <h3 className="case-part">{words.happened}</h3>
      <ol className="case-reasons">
        {steps.map(({ event, by, at, words: said, outcome, to }) => (
          <li key={`${at} ${event} ${said ?? ''}`}>
            <Time at={at} now={now} /> · {to ?? by}: {words.steps[event]}
            {outcome !== undefined && ` (${words.found[outcome]})`}
            {said !== undefined && `: ${said}`}
          </li>
        ))}
      </ol>
    </>
  )
}
