import { useRef, useState } from 'react'
import type uPlot from 'uplot'
import type { LoneCurve, LoneCurveAnswer, LonePoint, PolicyRulesView } from '#protocol/hub-api/policy.ts'
import { fetchLoneCurve, type Answer } from '../../hub.ts'
import { locale } from '../../language/chosen.ts'
import { decimalOf, formatMoney } from '../../money.ts'
import { policyWords } from '../../policy-words.ts'
import { Button } from '../../parts/button.tsx'
import { usePlot } from '../../parts/use-plot.ts'

const words = policyWords.risk
const HEIGHT = 220
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 })

type Risk = PolicyRulesView['risk']
type Props = { readonly risk: Risk; readonly currency: string; readonly onChoose: (risk: Risk) => void }

/**
 * What lone tills lose against what they refuse, as a curve from the shop's own payments, of which a person picks the point. Nothing is in force before the policy that has it
 * is signed.
 */
export function RiskCurve({ risk, currency, onChoose }: Props) {
  const [asked, setAsked] = useState<'not yet' | 'asked' | Answer<LoneCurveAnswer>>('not yet')
  const ask = async () => {
    setAsked('asked')
    setAsked(await fetchLoneCurve())
  }
  const answer = typeof asked === 'string' || !asked.ok ? undefined : asked.value
  return (
    <fieldset className="policy-group risk-curve">
      <legend>{words.title}</legend>
      <p>{risk === undefined ? words.none : words.some}</p>
      <p className="risk-curve-acts">
        <Button onClick={() => void ask()} disabled={asked === 'asked'}>
          {asked === 'asked' ? words.asking : words.ask}
        </Button>
        {risk !== undefined && (
          <Button look="quiet" onClick={() => onChoose(undefined)}>
            {words.without}
          </Button>
        )}
      </p>
      {typeof asked !== 'string' && !asked.ok && (
        <p className="policy-bad" role="alert">
          {words.failed}
        </p>
      )}
      {answer !== undefined && answer.curve === undefined && <p role="status">{words.tooFew(answer.bad, answer.needed)}</p>}
      {answer?.curve !== undefined && <Choice curve={answer.curve} risk={risk} currency={currency} onChoose={onChoose} />}
    </fieldset>
  )
}

/** A point that was chosen from an earlier fit is not on this curve: then nothing is, until somebody chooses. */
const placeOf = ({ model, points }: LoneCurve, risk: Risk): number =>
  risk?.model === model
    ? Math.max(
        0,
        points.findIndex(({ refuseAbove }) => refuseAbove === risk.refuseAbove),
      )
    : 0

const refusedShare = ({ judged, bad }: LoneCurve, { refused }: LonePoint): number => refused / Math.max(1, judged - bad)

function Choice({ curve, risk, currency, onChoose }: Props & { readonly curve: LoneCurve }) {
  const { points, model, judged, bad, badMinor, bytes, invented } = curve
  const at = placeOf(curve, risk)
  const point = points[at]
  const money = (minor: number) => formatMoney(minor, currency)
  if (point === undefined) return null
  const told = words.point(percent.format(refusedShare(curve, point)), money(point.refusedMinor), money(point.lossMinor), money(badMinor))
  return (
    <>
      {invented && <p className="risk-curve-invented">{words.invented}</p>}
      <p className="muted">{words.from(judged, bad, bytes)}</p>
      <Chart curve={curve} at={at} currency={currency} />
      <label className="policy-field risk-curve-choice">
        <span>{words.choose}</span>
        <input
          type="range"
          min={0}
          max={points.length - 1}
          value={at}
          aria-valuetext={told}
          onChange={({ target }) => {
            const chosen = points[Number(target.value)]
            onChoose(chosen === undefined || Number(target.value) === 0 ? undefined : { model, refuseAbove: chosen.refuseAbove })
          }}
        />
      </label>
      <p className="risk-curve-told" role="status">
        {told}
      </p>
      <details>
        <summary>{words.table}</summary>
        <table className="risk-curve-table">
          <thead>
            <tr>
              <th scope="col">{words.refused}</th>
              <th scope="col">{words.refusedSum}</th>
              <th scope="col">{words.loss}</th>
            </tr>
          </thead>
          <tbody>
            {points.map((each, place) => (
              <tr key={each.refuseAbove} aria-current={place === at || undefined}>
                <td>{percent.format(refusedShare(curve, each))}</td>
                <td>{money(each.refusedMinor)}</td>
                <td>{money(each.lossMinor)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}

/** Shares that a person can choose lie side by side, since nearly all that matters is below one in a hundred. */
function Chart({ curve, at, currency }: { readonly curve: LoneCurve; readonly at: number; readonly currency: string }) {
  const room = useRef<HTMLDivElement>(null)
  // Without it there is the table, which says the same.
  const isDrawn = usePlot(room, JSON.stringify({ curve, at, currency }), (drawnIn) => ({ options: options(drawnIn, curve), data: dataOf(curve, at, currency) }))
  return (
    <figure className="risk-curve-figure" hidden={!isDrawn}>
      <figcaption>{words.chart(currency)}</figcaption>
      <div ref={room} className="risk-curve-room" role="img" aria-label={words.chart(currency)} />
    </figure>
  )
}

/** Places, what is lost at each, and the chosen one alone. */
function dataOf({ points }: LoneCurve, at: number, currency: string): uPlot.AlignedData {
  const loss = points.map(({ lossMinor }) => Number(decimalOf(String(lossMinor), currency)))
  return [points.map((_, place) => place), loss, loss.map((value, place) => (place === at ? value : null))]
}

const short = new Intl.NumberFormat(locale, { notation: 'compact' })

function options(room: HTMLElement, curve: LoneCurve): uPlot.Options {
  // A canvas knows nothing of CSS variables: they are read off the element, where light and dark are decided.
  const { color: text, borderTopColor: line, outlineColor: accent, fontFamily } = getComputedStyle(room)
  const axis: uPlot.Axis = { stroke: text, font: `12px ${fontFamily}`, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  const shareAt = (place: number): string => {
    const point = curve.points[place]
    return point === undefined ? '' : percent.format(refusedShare(curve, point))
  }
  return {
    width: room.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false, range: [-0.4, curve.points.length - 0.6] }, y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    series: [
      {},
      { stroke: accent, width: 2, points: { show: true, size: 5, fill: accent } },
      { stroke: accent, width: 0, points: { show: true, size: 13, width: 3, stroke: accent } },
    ],
    axes: [
      { ...axis, size: 28, space: 64, incrs: [1, 2, 4, 8], values: (_chart, places) => places.map(shareAt) },
      { ...axis, size: 56, values: (_chart, sums) => sums.map((sum) => short.format(sum)) },
    ],
  }
}
