import { useMemo } from 'react'
import { encode } from 'uqr'

/** Four modules of light around a symbol (ISO/IEC 18004 §6.3.8). */
const QUIET_ZONE = 4

/** Dark on white in both colour schemes: many scanners do not read the inverse. Error correction L: see `protocol/payment-code/code.ts`. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => draw(text), [text])
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img" aria-label={label}>
      <path d={path} />
    </svg>
  )
}

/** One run of dark modules after the other. */
function draw(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET_ZONE })
  const runs: string[] = []
  data.forEach((row, y) => {
    for (let x = 0; x < size; x++) {
      if (row[x] !== true) continue
      const from = x
      while (row[x + 1] === true) x++
      runs.push(`M${from} ${y}h${x - from + 1}v1H${from}z`)
    }
  })
  return { path: runs.join(''), size }
}
