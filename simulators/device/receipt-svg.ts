import { glyphOf } from './glyphs.ts'
import { CHAR_DOTS, FONT_DOTS, isBlack, receiptText, WIDE_DOTS, type Bitmap, type Piece, type Receipt } from './receipt.ts'

/** Dots. */
const MARGIN = 36
const TOOTH = 9
const SHADOW = 28
const INK = '#24272c'
const PAPER = '#fffefb'

/**
 * A receipt as a picture: the paper as it lies on the counter, every dot where the printer's head put it. One dot of the printer is one unit of the
 * picture; it is shown at half that size. Characters are paths of its own, drawn once and used often, so that it looks the same everywhere.
 */
export function receiptSvg(receipt: Receipt): string {
  const width = receipt.columns * CHAR_DOTS + 2 * MARGIN
  const drawing = new Drawing()
  let y = MARGIN
  for (const line of receipt.lines) {
    for (const piece of line.pieces) drawing.add(piece, y)
    y += line.height
  }
  const height = y + (receipt.cut === 'none' ? 0 : MARGIN)
  const full = { width: width + 2 * SHADOW, height: height + 2 * SHADOW }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-SHADOW} ${-SHADOW} ${full.width} ${full.height}" width="${full.width / 2}" height="${full.height / 2}" role="img">`,
    `<title>${escape(receiptText(receipt))}</title>`,
    `<defs>${PAPER_AND_SHADOW}${drawing.glyphs()}</defs>`,
    `<path d="${paperEdge(width, height, receipt.cut)}" fill="url(#receipt-paper)" filter="url(#receipt-shadow)"/>`,
    `<g fill="${INK}" stroke="${INK}" stroke-width=".35" transform="translate(${MARGIN})">`,
    ...drawing.shapes,
    '</g></svg>',
  ].join('\n')
}

/** Thermal paper curls a little towards its edges and is a shade warmer than white. */
const PAPER_AND_SHADOW = `
<linearGradient id="receipt-paper"><stop offset="0" stop-color="#efece4"/><stop offset=".06" stop-color="#fbfaf6"/><stop offset=".5" stop-color="${PAPER}"/><stop offset=".94" stop-color="#fbfaf6"/><stop offset="1" stop-color="#ece9e0"/></linearGradient>
<filter id="receipt-shadow" x="-10%" y="-10%" width="120%" height="120%"><feDropShadow dx="0" dy="5" stdDeviation="7" flood-color="#1c2330" flood-opacity=".28"/></filter>
`

/** The last cut's teeth at the top; at the bottom teeth where it was cut off, a straight edge where it is still in the printer. */
function paperEdge(width: number, height: number, cut: Receipt['cut']): string {
  const teeth = Math.round(width / (2 * TOOTH))
  const half = width / teeth / 2
  const top = `l${half} ${-TOOTH}l${half} ${TOOTH}`.repeat(teeth)
  const bottom = cut === 'none' ? `H0` : `l${-half} ${TOOTH}l${-half} ${-TOOTH}`.repeat(teeth)
  return `M0 0${top}V${height}${bottom}Z`
}

type TextPiece = Extract<Piece, { kind: 'text' }>
type PicturePiece = Extract<Piece, { kind: 'picture' }>

/** The shapes on the paper, and the characters that they use. */
class Drawing {
  readonly shapes: string[] = []
  readonly #paths = new Map<string, string>()

  add(piece: Piece, y: number): void {
    const drawn = piece.kind === 'text' ? this.#text(piece, y + piece.y) : picture(piece, y + piece.y)
    if (drawn !== '') this.shapes.push(drawn)
  }

  glyphs(): string {
    return [...this.#paths].map(([id, path]) => `<path id="${id}" d="${path}"/>`).join('\n')
  }

  /** In the box of the font, which the style makes larger. Ink spreads a little, and more where it is bold. */
  #text({ x, text, advance, style }: TextPiece, y: number): string {
    const [boxWidth, boxHeight] = FONT_DOTS[style.font]
    const scale = { x: (boxWidth / CHAR_DOTS) * style.width, y: (boxHeight / FONT_DOTS.A[1]) * style.height }
    const chars = Array.from(text)
    const length = round((chars.length * advance) / scale.x)
    const uses = chars.map((char, at) => this.#use(char, (at * advance) / scale.x, advance / scale.x)).join('')
    const shapes = [
      ...(style.invert ? [`<path stroke="none" d="M0 0h${length}v24h${-length}z"/>`] : []),
      ...(style.invert && uses !== '' ? [`<g fill="${PAPER}">${uses}</g>`] : [uses]),
      ...(style.underline > 0 ? [`<path d="M0 ${24 - style.underline}h${length}v${style.underline}h${-length}z"/>`] : []),
    ].join('')
    if (shapes === '') return ''
    const colour = style.invert ? ` stroke="${PAPER}"` : ''
    const bold = style.bold ? `${colour} stroke-width="1.3"` : colour
    const sized = scale.x === 1 && scale.y === 1 ? '' : ` scale(${round(scale.x)} ${round(scale.y)})`
    return `<g transform="translate(${x} ${y})${sized}"${bold}>${shapes}</g>`
  }

  #use(char: string, x: number, room: number): string {
    const glyph = glyphOf(char)
    if (!glyph) return ''
    const id = `r${char.codePointAt(0)?.toString(16)}`
    this.#paths.set(id, glyph.path)
    // Where a double-byte printer gives a letter two columns, it stands in their middle; a wide character in one column is squeezed.
    const isSqueezed = glyph.isWide && room < WIDE_DOTS
    const at = round(x + (!glyph.isWide && room >= WIDE_DOTS ? CHAR_DOTS / 2 : 0))
    if (isSqueezed) return `<use href="#${id}" transform="translate(${at}) scale(.5 1)"/>`
    return `<use href="#${id}"${at === 0 ? '' : ` x="${at}"`}/>`
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000

function picture({ x, bitmap, wide, high, code }: PicturePiece, y: number): string {
  const named = code ? ` data-code="${escape(code.symbology)}"` : ''
  return `<path${named} stroke="none" d="${rectangles(bitmap)}" transform="translate(${x} ${y}) scale(${wide} ${high})" shape-rendering="crispEdges"/>`
}

/** Neighbouring dots as one rectangle, as far down as it goes: smaller, and no hairlines between them. */
function rectangles(bitmap: Bitmap): string {
  const parts: string[] = []
  let open = new Map<number, { readonly length: number; readonly from: number }>()
  for (let y = 0; y <= bitmap.height; y++) {
    const runs = y < bitmap.height ? runsOf(bitmap, y) : new Map<number, number>()
    const next = new Map<number, { readonly length: number; readonly from: number }>()
    for (const [x, length] of runs) {
      const above = open.get(x)
      next.set(x, above?.length === length ? above : { length, from: y })
    }
    for (const [x, run] of open) if (next.get(x) !== run) parts.push(`M${x} ${run.from}h${run.length}v${y - run.from}h${-run.length}z`)
    open = next
  }
  return parts.join('')
}

/** Of one row: where each run begins, and its length. */
function runsOf(bitmap: Bitmap, y: number): ReadonlyMap<number, number> {
  const runs = new Map<number, number>()
  let start = -1
  for (let x = 0; x <= bitmap.width; x++) {
    const black = x < bitmap.width && isBlack(bitmap, x, y)
    if (black && start < 0) start = x
    if (black || start < 0) continue
    runs.set(start, x - start)
    start = -1
  }
  return runs
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '')
