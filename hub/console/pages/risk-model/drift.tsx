import type { DriftState } from '#protocol/hub-api/risk-model.ts'
import { locale } from '../../language/chosen.ts'
import { Chip } from '../../parts/chip.tsx'
import { LineChart } from '../../parts/line-chart.tsx'
import { Section } from '../../parts/section.tsx'
import { riskModelWords } from '../../risk-rule-words.ts'

const words = riskModelWords.drift
const MOST_SHOWN = 12
const index = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
const fine = new Intl.NumberFormat(locale, { style: 'percent', maximumSignificantDigits: 2 })
const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** Whether payments are still what the model has learned: what has to be looked at first, then the pictures, then the numbers. */
export function Drift({ drift }: { readonly drift: DriftState }) {
  const { alerts, payments, days, score, labels } = drift
  return (
    <Section id="risk-drift" title={words.title} {...(alerts.length > 0 ? { tone: 'attention' as const } : {})}>
      <div className="risk-model">
        <p className="muted">{words.hint}</p>
        {payments === 0 && <p>{words.none}</p>}
        {payments > 0 && alerts.length === 0 && <p role="status">{words.steady(payments)}</p>}
        <ul className="risk-model-alerts">
          {alerts.map(({ what, feature = '', value }) => (
            <li key={`${what} ${feature}`}>
              <Chip tone="attention">{words.alerts[what](feature)}</Chip> <span className="muted">{index.format(value)}</span>
            </li>
          ))}
        </ul>
        {labels.frauds > 0 && <p>{words.labels(labels.frauds, decimal.format(labels.medianDays), decimal.format(labels.most90Days))}</p>}
        {days.length > 1 && (
          <LineChart
            name={words.daily}
            figures={{
              places: days.map((one) => one.day),
              lines: [
                { label: words.score, look: 'accent', values: days.map(({ scorePsi }) => scorePsi) },
                { label: words.mean, look: 'muted', values: days.map(({ meanPsi }) => meanPsi) },
              ],
            }}
            placeText={(at) => day.format(at)}
            valueText={(value) => index.format(value)}
          />
        )}
        {score !== undefined && (
          <LineChart
            name={words.spread}
            figures={{
              places: score.before.map((_, bin) => bin + 1),
              lines: [
                { label: words.before, look: 'dashed', values: score.before },
                { label: words.now, look: 'accent', values: score.now },
              ],
            }}
            placeText={(bin) => binText(score.edges, bin)}
            valueText={(value) => share.format(value)}
          />
        )}
        {payments > 0 && <Moved drift={drift} />}
      </div>
    </Section>
  )
}

/** Bins are numbered from 1; uPlot asks about places between them, too. */
function binText(edges: readonly number[], bin: number): string {
  const edge = edges[bin - 1]
  if (edge !== undefined) return `≤ ${fine.format(edge)}`
  return bin === edges.length + 1 ? `> ${fine.format(edges.at(-1) ?? 0)}` : ''
}

const Moved = ({ drift: { features, days } }: { readonly drift: DriftState }) => (
  <details>
    <summary>{words.table}</summary>
    <div className="risk-model-scroll" role="group" aria-label={words.table} tabIndex={0}>
      <table className="risk-model-table">
        <thead>
          <tr>
            <th scope="col">{words.feature}</th>
            <th scope="col">{words.psi}</th>
            <th scope="col">{words.missing}</th>
          </tr>
        </thead>
        <tbody>
          {features
            .toSorted((a, b) => b.psi - a.psi)
            .slice(0, MOST_SHOWN)
            .map(({ feature, psi, level, missing, missingThen }) => (
              <tr key={feature}>
                <th scope="row" className="mono">
                  {feature}
                </th>
                <td>
                  {index.format(psi)} <span className="muted">{words.levels[level]}</span>
                </td>
                <td>
                  {share.format(missing)} <span className="muted">{`${words.before} ${share.format(missingThen)}`}</span>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      <table className="risk-model-table">
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            <th scope="col">{words.score}</th>
            <th scope="col">{words.mean}</th>
          </tr>
        </thead>
        <tbody>
          {days.map((one) => (
            <tr key={one.day}>
              <th scope="row">{day.format(one.day)}</th>
              <td>{index.format(one.scorePsi)}</td>
              <td>{index.format(one.meanPsi)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
)
