import { useRef } from 'react'
import type uPlot from 'uplot'
import { usePlot } from './use-plot.ts'
import './line-chart.css'

export type ChartLine = {
  readonly label: string
  /** One for each place; null leaves a gap. */
  readonly values: readonly (number | null)[]
  readonly look: 'accent' | 'muted' | 'dashed'
}
export type ChartFigures = {
  /** Rising. */
  readonly places: readonly number[]
  readonly lines: readonly ChartLine[]
  /** Both axes by powers of ten: places and values above 0. */
  readonly isLogarithmic?: boolean
}
type Props = {
  readonly name: string
  readonly figures: ChartFigures
  placeText(place: number): string
  valueText(value: number): string
}

const HEIGHT = 200

/** Lines over places. What cannot be read off a picture stands in a table beside it, which is also what is left when it cannot be drawn. */
export function LineChart({ name, figures, placeText, valueText }: Props) {
  const room = useRef<HTMLDivElement>(null)
  const isDrawn = usePlot(room, JSON.stringify(figures), (drawnIn) => ({
    options: options(drawnIn, figures, { placeText, valueText }),
    data: [[...figures.places], ...figures.lines.map(({ values }) => [...values])],
  }))
  return (
    <figure className="line-chart" hidden={!isDrawn}>
      <figcaption>{name}</figcaption>
      <div ref={room} className="line-chart-room" role="img" aria-label={name} />
      <ul className="line-chart-legend">
        {figures.lines.map(({ label, look }) => (
          <li key={label} data-look={look}>
            {label}
          </li>
        ))}
      </ul>
    </figure>
  )
}

function options(
  room: HTMLElement,
  { lines, isLogarithmic = false }: ChartFigures,
  { placeText, valueText }: Pick<Props, 'placeText' | 'valueText'>,
): uPlot.Options {
  // A canvas knows nothing of CSS variables: they are read off the element, where light and dark are decided.
  const { color: text, borderTopColor: grid, outlineColor: accent, fontFamily } = getComputedStyle(room)
  const axis: uPlot.Axis = { stroke: text, font: `12px ${fontFamily}`, grid: { stroke: grid, width: 1 }, ticks: { show: false } }
  const scale: uPlot.Scale = isLogarithmic ? { time: false, distr: 3 } : { time: false }
  return {
    width: room.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: scale, y: isLogarithmic ? { distr: 3 } : { range: (_chart, _low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    series: [
      {},
      ...lines.map(({ look }): uPlot.Series => {
        const stroke = look === 'accent' ? accent : text
        return { stroke, width: 2, ...(look === 'dashed' ? { dash: [6, 4], points: { show: false } } : { points: { show: true, size: 6, fill: stroke } }) }
      }),
    ],
    axes: [
      { ...axis, size: 28, space: 64, values: (_chart, places) => places.map((place) => (place === null ? '' : placeText(place))) },
      { ...axis, size: 60, values: (_chart, values) => values.map((value) => (value === null ? '' : valueText(value))) },
    ],
  }
}
