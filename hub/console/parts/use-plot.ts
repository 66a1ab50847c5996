import { useEffect, useRef, useState, type RefObject } from 'react'
import type uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export type Plotted = { readonly options: uPlot.Options; readonly data: uPlot.AlignedData }

/**
 * A plot in `room`, as wide as that, made anew when `figures` (a text) has changed and not whenever the hub was asked. False where it cannot be drawn: the
 * library throws under some system languages, and what it shows is in a table as well.
 */
export function usePlot(room: RefObject<HTMLDivElement | null>, figures: string, plot: (room: HTMLElement, library: typeof uPlot) => Plotted): boolean {
  const [isDrawn, setDrawn] = useState(true)
  const latest = useRef(plot)
  useEffect(() => {
    latest.current = plot
  })
  useEffect(() => {
    const drawnIn = room.current
    if (drawnIn === null) return
    let chart: uPlot | undefined
    let isGone = false
    const follow = new ResizeObserver(() => chart?.setSize({ width: drawnIn.clientWidth, height: chart.height }))
    void import('uplot').then(
      ({ default: Plot }) => {
        if (isGone) return
        const { options, data } = latest.current(drawnIn, Plot)
        chart = new Plot(options, data, drawnIn)
        follow.observe(drawnIn)
      },
      () => setDrawn(false),
    )
    return () => {
      isGone = true
      follow.disconnect()
      chart?.destroy()
    }
  }, [room, figures])
  return isDrawn
}
