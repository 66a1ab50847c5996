import { encode } from 'uqr'
import './qr-code.css'

/** ISO/IEC 18004 asks for four modules of white around the code. */
const QUIET_ZONE = 4

/** A code to print or to photograph; `name` is what a screen reader says. Always dark on white, whatever the console looks like. */
export function QrCode({ text, name }: { readonly text: string; readonly name: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg className="qr-code" role="img" aria-label={name} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <path d={dark.join('')} />
    </svg>
  )
}
