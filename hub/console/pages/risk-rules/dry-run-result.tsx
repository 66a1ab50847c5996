import type { DryRunShown, OutcomeTally, RuleTally } from '#protocol/hub-api/risk-rules.ts'
import { formatCount } from '../../language/chosen.ts'
import { formatMoney } from '../../money.ts'
import { riskRuleWords as words, ruleSays } from '../../risk-rule-words.ts'

/** What the rules would have said of the last weeks: first what would have been done, then rule by rule, each beside the rules in force. */
export function DryRunResult({ shown: { rules, proposed, now } }: { readonly shown: DryRunShown }) {
  if (proposed.payments === 0) return <p className="section-empty">{words.nothingTried}</p>
  const money = (minor: number) => formatMoney(minor, proposed.currency)
  const row = (key: string, name: string, tally: Omit<RuleTally, 'id'>, before: Omit<RuleTally, 'id'> | undefined) => (
    <tr key={key}>
      <th scope="row">{name}</th>
      <td>
        {formatCount(tally.fired)}
        {before !== undefined && <span className="muted"> {words.table.now(formatCount(before.fired))}</span>}
      </td>
      <td>{money(tally.sumMinor)}</td>
      <td>
        {formatCount(tally.frauds)} ({money(tally.fraudMinor)})
        {before !== undefined && <span className="muted"> {words.table.now(formatCount(before.frauds))}</span>}
      </td>
      <td>
        {formatCount(tally.legitimate)} ({money(tally.legitimateMinor)})
        {before !== undefined && <span className="muted"> {words.table.now(formatCount(before.legitimate))}</span>}
      </td>
    </tr>
  )
  const outcomeNow = ({ outcome }: OutcomeTally) => now.outcomes.find((one) => one.outcome === outcome)
  return (
    <div className="risk-rules-result">
      <p role="status">{words.tried(proposed.payments, proposed.labelled, proposed.frauds, money(proposed.fraudMinor))}</p>
      <div className="risk-rules-scroll" role="group" aria-label={words.tryOut} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.table.what}</th>
              <th scope="col">{words.table.fired}</th>
              <th scope="col">{words.table.sum}</th>
              <th scope="col">{words.table.caught}</th>
              <th scope="col">{words.table.alarms}</th>
            </tr>
          </thead>
          <tbody>{proposed.outcomes.map((tally) => row(tally.outcome, words.outcomes[tally.outcome], tally, outcomeNow(tally)))}</tbody>
          <tbody>
            {proposed.rules.map((tally, at) =>
              row(
                tally.id,
                ruleSays(rules[at] ?? { says: tally.id }),
                tally,
                now.rules.find(({ id }) => id === tally.id),
              ),
            )}
          </tbody>
        </table>
      </div>
    </div>
  )
}
