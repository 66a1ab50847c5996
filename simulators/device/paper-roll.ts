import {
  CHAR_DOTS,
  FONT_DOTS,
  LINE_DOTS,
  WIDE_DOTS,
  type Align,
  type Bitmap,
  type Font,
  type Piece,
  type Printed,
  type Receipt,
  type Style,
} from './receipt.ts'

/** A printer told to print for ever runs out of paper; this one tears. */
const MAX_LINES = 5000
const TAB_COLUMNS = 8

const PLAIN: Style = { font: 'A', bold: false, underline: 0, invert: false, width: 1, height: 1 }

/** A bar code or 2D code, ready to print. `caption` is its text, above or below it. */
export type Code = {
  readonly symbology: string
  readonly text: string
  readonly bitmap: Bitmap
  readonly wide: number
  readonly high: number
  readonly caption?: { readonly text: string; readonly font: Font; readonly above: boolean; readonly below: boolean }
}

export type RollEvents = {
  /** Characters of font A on a line. */
  readonly columns: number
  readonly onReceipt: (receipt: Receipt) => void
  /** One more line, code or picture is on the paper. */
  readonly onLine: () => void
}

/** What ESC @ sets back. */
const SETTINGS = {
  align: 'left' as Align,
  style: PLAIN,
  /** ESC 3, in dots. */
  lineSpacing: LINE_DOTS,
  /** ESC SP, in dots to the right of each character. */
  charSpacing: 0,
  /** GS L. */
  leftMargin: 0,
  /** GS W; what is left of the paper if undefined. */
  areaWidth: undefined as number | undefined,
  /** ESC D, in columns; every eighth if undefined. */
  tabs: undefined as readonly number[] | undefined,
}

/** The print buffer and the paper under the head: collects characters to lines and lines to receipts, as the printer's settings are. */
export class PaperRoll {
  settings = SETTINGS
  readonly #events: RollEvents
  #lines: Printed[] = []
  /** Of the line in the print buffer; x from the margin. */
  #pieces: Piece[] = []
  #x = 0

  constructor(events: RollEvents) {
    this.#events = events
  }

  /** ESC @: settings and the print buffer go; what is on paper stays. */
  reset(): void {
    this.settings = SETTINGS
    this.#pieces = []
    this.#x = 0
  }

  set(change: Partial<typeof SETTINGS>): void {
    this.settings = { ...this.settings, ...change }
  }

  setStyle(change: Partial<Style>): void {
    this.set({ style: { ...this.settings.style, ...change } })
  }

  get #width(): number {
    const left = this.#events.columns * CHAR_DOTS - this.settings.leftMargin
    return Math.max(CHAR_DOTS, Math.min(this.settings.areaWidth ?? left, left))
  }

  /** `isWide`: a double-byte character. */
  char(text: string, isWide = false): void {
    const { style, charSpacing } = this.settings
    const advance = ((isWide ? WIDE_DOTS : FONT_DOTS[style.font][0]) + charSpacing) * style.width
    if (this.#x + advance > this.#width && this.#x > 0) this.#printBuffer()
    const last = this.#pieces.at(-1)
    const joins =
      last?.kind === 'text' && last.advance === advance && sameStyle(last.style, style) && last.x + Array.from(last.text).length * advance === this.#x
    if (joins) this.#pieces[this.#pieces.length - 1] = { ...last, text: last.text + text }
    else this.#pieces.push({ kind: 'text', x: this.#x, y: 0, text, advance, style })
    this.#x += advance
  }

  /** ESC *: a strip of picture in the line, as a character is. */
  strip(bitmap: Bitmap, wide: number, high: number): void {
    this.#pieces.push({ kind: 'picture', x: this.#x, y: 0, bitmap, wide, high })
    this.#x += bitmap.width * wide
  }

  tab(): void {
    const column = this.#x / CHAR_DOTS
    const next = this.settings.tabs ? this.settings.tabs.find((stop) => stop > column) : (Math.floor(column / TAB_COLUMNS) + 1) * TAB_COLUMNS
    if (next !== undefined) this.moveTo(next * CHAR_DOTS)
  }

  /** ESC $ and ESC \: from the margin. */
  moveTo(x: number): void {
    if (x >= 0 && x <= this.#width) this.#x = x
  }

  moveBy(dots: number): void {
    this.moveTo(this.#x + dots)
  }

  lineFeed(): void {
    if (this.#pieces.length > 0) this.#printBuffer()
    else this.feed(this.settings.lineSpacing)
  }

  /** Prints the buffer and feeds so many dots in all: a line that is higher needs its height. */
  feed(dots: number): void {
    if (this.#pieces.length > 0) this.#printBuffer(dots)
    else if (dots > 0) this.#print({ pieces: [], height: dots })
    this.#x = 0
  }

  code({ symbology, text, bitmap, wide, high, caption }: Code): void {
    this.#flush()
    const width = bitmap.width * wide
    if (bitmap.width === 0 || width > this.#width) return
    const x = this.#aligned(width)
    const captionHeight = caption ? FONT_DOTS[caption.font][1] + 2 : 0
    const top = caption?.above ? captionHeight : 0
    const bottom = top + bitmap.height * high
    const captions = [...(caption?.above ? [0] : []), ...(caption?.below ? [bottom + 2] : [])].map((y) =>
      this.#caption(caption?.text ?? '', caption?.font ?? 'A', x, width, y),
    )
    const picture: Piece = { kind: 'picture', x, y: top, bitmap, wide, high, code: { symbology, text } }
    this.#print({ pieces: [picture, ...captions], height: bottom + (caption?.below ? captionHeight : 0) })
    this.#events.onLine()
  }

  /** GS v 0, GS ( L: a picture on paper of its own. */
  picture(bitmap: Bitmap, wide: number, high: number): void {
    this.#flush()
    if (bitmap.width === 0 || bitmap.height === 0) return
    this.#print({ pieces: [{ kind: 'picture', x: this.#aligned(bitmap.width * wide), y: 0, bitmap, wide, high }], height: bitmap.height * high })
    this.#events.onLine()
  }

  cut(kind: 'full' | 'partial'): void {
    this.#flush()
    const receipt = this.hanging(kind)
    this.#lines = []
    this.#events.onReceipt(receipt)
  }

  /** What hangs out of the printer, cut or not. */
  hanging(cut: Receipt['cut'] = 'none'): Receipt {
    return { columns: this.#events.columns, lines: [...this.#lines], cut }
  }

  #caption(text: string, font: Font, x: number, width: number, y: number): Piece {
    const [advance] = FONT_DOTS[font]
    return { kind: 'text', x: Math.max(0, x + Math.round((width - text.length * advance) / 2)), y, text, advance, style: { ...PLAIN, font } }
  }

  /** Where something so wide begins. */
  #aligned(width: number): number {
    const room = Math.max(0, this.#width - width)
    return this.settings.leftMargin + { left: 0, center: Math.floor(room / 2), right: room }[this.settings.align]
  }

  #flush(): void {
    if (this.#pieces.length > 0) this.#printBuffer()
  }

  #printBuffer(feed: number = this.settings.lineSpacing): void {
    const pieces = this.#pieces
    const from = this.#aligned(this.#x)
    this.#pieces = []
    this.#x = 0
    const tallest = Math.max(...pieces.map(heightOf))
    // Letters of all sizes stand on one line.
    const placed = pieces.map((piece) => ({ ...piece, x: from + piece.x, y: tallest - heightOf(piece) }))
    this.#print({ pieces: placed, height: Math.max(feed, tallest) })
    this.#events.onLine()
  }

  #print(printed: Printed): void {
    this.#lines.push(printed)
    if (this.#lines.length >= MAX_LINES) this.cut('full')
  }
}

const heightOf = (piece: Piece): number => (piece.kind === 'text' ? FONT_DOTS[piece.style.font][1] * piece.style.height : piece.bitmap.height * piece.high)

const sameStyle = (a: Style, b: Style): boolean =>
  a.font === b.font && a.bold === b.bold && a.underline === b.underline && a.invert === b.invert && a.width === b.width && a.height === b.height
