import type { RiskExplanation } from '#protocol/hub-api/risk-cases.ts'
import { formatShare, reasonText } from '../../reason-text.ts'
import { ruleSays } from '../../risk-rule-words.ts'
import { riskCaseWords as words } from '../../risk-case-words.ts'
import './cases.css'

const MOST_SHOWN = 5

/** A decision in words: what it was, what spoke for it, and whether it comes out the same when it is made again. */
export function Reasons({ explanation }: { readonly explanation: RiskExplanation }) {
  const { currency, probability, fired, listed, reasons, thresholds, versions, differs } = explanation
  const { challenge, review, decline } = thresholds
  return (
    <>
      <h3 className="case-part">{words.why}</h3>
      {probability === undefined ? (
        <p className="muted">{words.noModel}</p>
      ) : (
        <p>
          <strong>{words.likely(formatShare(probability))}.</strong> {words.limits(formatShare(challenge), formatShare(review), formatShare(decline))}
        </p>
      )}
      {listed !== undefined && <p>{words.listed[listed]}</p>}
      {fired.length > 0 && (
        <ul className="case-reasons">
          {fired.map((rule) => (
            <li key={rule.id}>
              {words.rule}: {ruleSays(rule)} <span className="muted">({rule.id})</span>
            </li>
          ))}
        </ul>
      )}
      {reasons.length > 0 && (
        <>
          <p className="muted">{words.strongest}</p>
          <ul className="case-reasons">
            {reasons.slice(0, MOST_SHOWN).map(({ feature, value }) => (
              <li key={feature}>{reasonText(feature, value, currency)}</li>
            ))}
          </ul>
        </>
      )}
      {fired.length + reasons.length === 0 && listed === undefined && <p className="muted">{words.noReasons}</p>}
      <p className="muted">
        {words.versions(versions.rules, versions.model)}. {differs.length === 0 ? words.same : words.differs}
      </p>
      {differs.length > 0 && (
        <ul>
          {differs.map((difference) => (
            <li key={difference}>{difference}</li>
          ))}
        </ul>
      )}
    </>
  )
}
