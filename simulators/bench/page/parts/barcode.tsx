import { memo } from 'react'
import { bars, ean13, EAN13_MODULES, QUIET } from '../../ean13.ts'
import './barcode.css'

const WIDTH = QUIET.left + EAN13_MODULES + QUIET.right
const BAR_HEIGHT = 40
/** Guards reach five modules further down, between the digits (GS1 5.2.3.2). */
const GUARD_HEIGHT = BAR_HEIGHT + 5
const BASELINE = BAR_HEIGHT + 10

/** A product's EAN-13 as a label has it: black on white, whatever the page's colours are, so that a real scanner reads it off the screen. */
export const Barcode = memo(({ gtin }: { readonly gtin: string }) => {
  const modules = ean13(gtin)
  if (modules === undefined) return <span className="barcode-number">{gtin}</span>
  const digits = gtin.padStart(13, '0')
  return (
    <svg className="barcode" viewBox={`0 0 ${WIDTH} ${BASELINE + 2}`} aria-hidden="true" focusable="false">
      <path d={bars(modules).map(drawBar).join('')} />
      <text x={QUIET.left - 9} y={BASELINE}>
        {digits.slice(0, 1)}
      </text>
      <text x={QUIET.left + 4} y={BASELINE} textLength="40">
        {digits.slice(1, 7)}
      </text>
      <text x={QUIET.left + 51} y={BASELINE} textLength="40">
        {digits.slice(7)}
      </text>
    </svg>
  )
})

const drawBar = ({ x, width, guard }: ReturnType<typeof bars>[number]): string =>
  `M${QUIET.left + x} 2h${width}v${guard ? GUARD_HEIGHT : BAR_HEIGHT}h${-width}z`
