import { encode } from 'uqr'
import { CHAR_DOTS, LINE_DOTS, receiptText, type Align, type Printed, type Receipt, type Span } from './receipt.ts'

/** Dots. */
const MARGIN = 36
const GLYPH_DOTS = LINE_DOTS - 6
const TOOTH = 9
const SHADOW = 28
const INK = '#24272c'
const PAPER = '#fffefb'

/**
 * A receipt as a picture: the paper as it lies on the counter, every character in its column, QR codes as modules that a phone can read. One
 * dot of the printer is one unit of the picture; it is shown at half that size. Whatever text was printed, it is text in the picture too.
 */
export function receiptSvg(receipt: Receipt): string {
  const width = receipt.columns * CHAR_DOTS + 2 * MARGIN
  let y = MARGIN
  const drawn: string[] = []
  for (const line of receipt.lines) {
    const { svg, height } = drawLine(line, y, receipt.columns)
    drawn.push(svg)
    y += height
  }
  const height = y + (receipt.cut === 'none' ? 0 : MARGIN)
  const full = { width: width + 2 * SHADOW, height: height + 2 * SHADOW }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-SHADOW} ${-SHADOW} ${full.width} ${full.height}" width="${full.width / 2}" height="${full.height / 2}" role="img">`,
    `<title>${escape(receiptText(receipt))}</title>`,
    DEFINITIONS,
    `<path d="${paperEdge(width, height, receipt.cut)}" fill="url(#receipt-paper)" filter="url(#receipt-shadow)"/>`,
    `<g fill="${INK}" stroke="none" font-family="ui-monospace, 'SF Mono', 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace" font-size="20">`,
    ...drawn,
    '</g></svg>',
  ].join('\n')
}

/** Thermal paper curls a little towards its edges and is a shade warmer than white. */
const DEFINITIONS = `<defs>
<linearGradient id="receipt-paper"><stop offset="0" stop-color="#efece4"/><stop offset=".06" stop-color="#fbfaf6"/><stop offset=".5" stop-color="${PAPER}"/><stop offset=".94" stop-color="#fbfaf6"/><stop offset="1" stop-color="#ece9e0"/></linearGradient>
<filter id="receipt-shadow" x="-10%" y="-10%" width="120%" height="120%"><feDropShadow dx="0" dy="5" stdDeviation="7" flood-color="#1c2330" flood-opacity=".28"/></filter>
</defs>`

/** The last cut's teeth at the top; at the bottom teeth where it was cut off, a straight edge where it is still in the printer. */
function paperEdge(width: number, height: number, cut: Receipt['cut']): string {
  const teeth = Math.round(width / (2 * TOOTH))
  const half = width / teeth / 2
  const top = `l${half} ${-TOOTH}l${half} ${TOOTH}`.repeat(teeth)
  const bottom = cut === 'none' ? `H0` : `l${-half} ${TOOTH}l${-half} ${-TOOTH}`.repeat(teeth)
  return `M0 0${top}V${height}${bottom}Z`
}

function drawLine(line: Printed, y: number, columns: number): { readonly svg: string; readonly height: number } {
  switch (line.kind) {
    case 'feed':
      return { svg: '', height: line.dots }
    case 'qr':
      return drawQr(line, y, columns)
    case 'text':
      return drawText(line, y, columns)
  }
}

const leftOf = (align: Align, used: number, columns: number): number =>
  MARGIN + { left: 0, center: Math.floor((columns * CHAR_DOTS - used) / 2), right: columns * CHAR_DOTS - used }[align]

function drawText({ align, spans }: Extract<Printed, { kind: 'text' }>, y: number, columns: number): { svg: string; height: number } {
  const widthOf = (span: Span) => span.text.length * CHAR_DOTS * span.width
  const tallest = Math.max(...spans.map(({ height }) => height))
  const height = tallest * GLYPH_DOTS + LINE_DOTS - GLYPH_DOTS
  let x = leftOf(
    align,
    spans.reduce((sum, span) => sum + widthOf(span), 0),
    columns,
  )
  // Letters of all sizes stand on one line, about a fifth of the tallest above its foot.
  const baseline = y + tallest * (GLYPH_DOTS - 5)
  const svg = spans.map((span) => {
    const drawn = drawSpan(span, x, baseline)
    x += widthOf(span)
    return drawn
  })
  return { svg: svg.join(''), height }
}

function drawSpan(span: Span, x: number, baseline: number): string {
  const width = span.text.length * CHAR_DOTS
  const shapes: string[] = []
  if (span.invert) shapes.push(`<path d="M0 -19h${width}v24H0z"/>`)
  if (span.underline) shapes.push(`<path d="M0 3h${width}v1.5H0z"/>`)
  // A printer's rule has no gaps between its characters; a font's may.
  if (/^[─═]+$/.test(span.text)) shapes.push(`<path d="M0 -7h${width}v2H0z"/>`)
  else shapes.push(...words(span.text, span.invert ? ` fill="${PAPER}"` : ''))
  if (shapes.length === 0) return ''
  const style = span.bold ? ' font-weight="700"' : ''
  return `<g transform="translate(${x} ${baseline}) scale(${span.width} ${span.height})"${style}>${shapes.join('')}</g>`
}

/** Each word in its own place and exactly as wide as its columns, whatever font is found and however a page treats spaces. */
const words = (text: string, ink: string): readonly string[] =>
  [...text.matchAll(/[^\s]+/g)].map(
    ({ 0: word, index }) =>
      `<text x="${index * CHAR_DOTS}" textLength="${word.length * CHAR_DOTS}" lengthAdjust="spacingAndGlyphs"${ink}>${escape(word)}</text>`,
  )

function drawQr({ align, data, moduleDots, level }: Extract<Printed, { kind: 'qr' }>, y: number, columns: number): { svg: string; height: number } {
  const { data: modules, size } = encode([...data], { ecc: level, border: 0 })
  const path = modules
    .map((row, at) =>
      runs(row)
        .map(({ from, length }) => `M${from} ${at}h${length}v1h-${length}z`)
        .join(''),
    )
    .join('')
  const x = leftOf(align, size * moduleDots, columns)
  return {
    svg: `<path class="qr" data-modules="${size}" d="${path}" transform="translate(${x} ${y}) scale(${moduleDots})" shape-rendering="crispEdges"/>`,
    height: size * moduleDots,
  }
}

/** Neighbouring dark modules as one rectangle: smaller, and no hairlines between them. */
function runs(row: readonly boolean[]): readonly { readonly from: number; readonly length: number }[] {
  const found: { from: number; length: number }[] = []
  row.forEach((dark, at) => {
    const last = found.at(-1)
    if (dark && last && last.from + last.length === at) last.length++
    else if (dark) found.push({ from: at, length: 1 })
  })
  return found
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '')
