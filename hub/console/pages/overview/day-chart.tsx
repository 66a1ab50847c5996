import { useRef } from 'react'
import type uPlot from 'uplot'
import type { Place } from '#protocol/hub-api/conservation.ts'
import type { PlacesView } from '#protocol/hub-api/watch.ts'
import { bankWords } from '../../bank-words.ts'
import { turned } from '../../concerns.ts'
import { locale } from '../../language/chosen.ts'
import { decimalOf, formatPlain } from '../../money.ts'
import { overviewWords as words } from '../../overview-words.ts'
import { usePlot } from '../../parts/use-plot.ts'
import './day-chart.css'

type Day = PlacesView['currencies'][number]['days'][number]
type DayChartProps = { readonly currency: string; readonly places: readonly Place[]; readonly days: readonly Day[] }

const HEIGHT = 180
const DAY_SECONDS = 86_400
/** As many colours as there are in day-chart.css. */
const COLOURS = 6

/** What is owed to whom, one upon the other, day by day. What cannot be read off a picture is in the table below it. */
export function DayChart({ currency, places, days }: DayChartProps) {
  const room = useRef<HTMLDivElement>(null)
  const legend = useRef<HTMLUListElement>(null)
  const name = words.chart(currency)
  const isDrawn = usePlot(room, JSON.stringify({ places, days, currency }), (drawnIn, { paths }) => ({
    options: options(drawnIn, legend.current ?? drawnIn, paths.bars),
    data: stacked({ places, days, currency }),
  }))
  return (
    <figure className="day-chart">
      <figcaption>{name}</figcaption>
      <div ref={room} className="day-chart-room" role="img" aria-label={name} hidden={!isDrawn} />
      <ul ref={legend} className="day-chart-legend" hidden={!isDrawn}>
        {places.map((place, index) => (
          <li key={place}>
            <span className="day-chart-swatch" data-colour={index % COLOURS} />
            {bankWords.conservation.places[place]}
          </li>
        ))}
      </ul>
      <details>
        <summary>{words.table}</summary>
        <div className="day-chart-table" role="group" aria-label={name} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.day}</th>
                {places.map((place) => (
                  <th key={place} scope="col" className="money">
                    {bankWords.conservation.places[place]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map(({ day, places: at }) => (
                <tr key={day}>
                  <th scope="row">{day}</th>
                  {places.map((place) => (
                    <td key={place} className="money">
                      {formatPlain(turned(at[place] ?? '0'), currency)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}

/** Seconds, then of each place what it and those before it come to: pixels, so floats do. What is below zero (somebody owes instead) has no height. */
function stacked({ places, days, currency }: DayChartProps): uPlot.AlignedData {
  const times = days.map(({ day }) => Date.parse(day) / 1000)
  const sums = days.map(() => 0)
  const layers = places.map((place) =>
    days.map(({ places: at }, index) => (sums[index] = (sums[index] ?? 0) + Math.max(0, Number(decimalOf(turned(at[place] ?? '0'), currency))))),
  )
  // The highest is drawn first, so that each covers all of it but its own part.
  return [times, ...layers.toReversed()]
}

const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const short = new Intl.NumberFormat(locale, { notation: 'compact' })

function options(room: HTMLElement, legend: HTMLElement, barsOf: typeof uPlot.paths.bars): uPlot.Options {
  // A canvas knows nothing of CSS variables: the colours are read off the legend, where light and dark are decided.
  const colours = [...legend.querySelectorAll('.day-chart-swatch')].map((swatch) => getComputedStyle(swatch).backgroundColor)
  const bars = barsOf?.({ size: [0.6, 48] })
  const { color: text, borderTopColor: line, fontFamily } = getComputedStyle(room)
  const axis: uPlot.Axis = { stroke: text, font: `12px ${fontFamily}`, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return {
    width: room.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    // Half a bar stands out on either side.
    scales: {
      x: { time: false, range: (_chart, low, high) => [low - DAY_SECONDS / 2, high + DAY_SECONDS / 2] },
      y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.05 : 1] },
    },
    series: [{}, ...colours.toReversed().map((colour) => ({ stroke: colour, fill: colour, width: 1, points: { show: false }, ...(bars && { paths: bars }) }))],
    axes: [
      {
        ...axis,
        size: 28,
        space: 70,
        incrs: [1, 2, 7].map((days) => days * DAY_SECONDS),
        values: (_chart, times) => times.map((time) => day.format(time * 1000)),
      },
      { ...axis, size: 60, values: (_chart, sums) => sums.map((sum) => short.format(sum)) },
    ],
  }
}
