/** What came out of a printer, as it lies on the counter. Sizes are in dots, 203 to the inch. */
export const CHAR_DOTS = 12
export const LINE_DOTS = 30

/** A character's box by font: width, height. A double-byte character is 24 wide in either. */
export const FONT_DOTS = { A: [CHAR_DOTS, 24], B: [9, 17] } as const
export const WIDE_DOTS = 24
export type Font = keyof typeof FONT_DOTS

export type Align = 'left' | 'center' | 'right'

export type Style = {
  readonly font: Font
  readonly bold: boolean
  /** Its thickness. */
  readonly underline: 0 | 1 | 2
  /** White on black. */
  readonly invert: boolean
  /** Multiples of the font's size, 1 to 8. */
  readonly width: number
  readonly height: number
}

/** Rows from the top, each of ⌈width / 8⌉ bytes, the leftmost pixel in the highest bit, 1 is black. */
export type Bitmap = { readonly width: number; readonly height: number; readonly rows: Uint8Array }

export const isBlack = ({ width, rows }: Bitmap, x: number, y: number): boolean => ((rows[y * Math.ceil(width / 8) + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) !== 0

export type QrLevel = 'L' | 'M' | 'Q' | 'H'

/** Something at its place on a line, from the paper's left edge and the line's top. */
export type Piece =
  | {
      readonly kind: 'text'
      readonly x: number
      readonly y: number
      readonly text: string
      /** From one character to the next, as printed. */
      readonly advance: number
      readonly style: Style
    }
  | {
      readonly kind: 'picture'
      readonly x: number
      readonly y: number
      readonly bitmap: Bitmap
      /** Dots a pixel. */
      readonly wide: number
      readonly high: number
      /** What it says, if it is a code: `QR`, `EAN13` and so on. */
      readonly code?: { readonly symbology: string; readonly text: string }
    }

/** One line, or a feed when nothing is on it; the paper moves on by `height`. */
export type Printed = { readonly pieces: readonly Piece[]; readonly height: number }

export type Receipt = {
  /** Characters of font A on a line. */
  readonly columns: number
  readonly lines: readonly Printed[]
  /** `none`: still hanging out of the printer. */
  readonly cut: 'full' | 'partial' | 'none'
}

/** The text as one would read it out: a line per printed line, codes as `[QR …]`. */
export const receiptText = ({ lines }: Receipt): string =>
  lines
    .flatMap(({ pieces }) => {
      const codes = pieces.flatMap((piece) => (piece.kind === 'picture' && piece.code ? [`[${piece.code.symbology} ${piece.code.text}]`] : []))
      if (codes.length > 0) return codes
      const text = pieces.filter((piece) => piece.kind === 'text')
      return text.length > 0 ? [text.reduce(appended, { line: '', end: text[0]?.x ?? 0 }).line] : []
    })
    .join('\n')

type Line = { readonly line: string; readonly end: number }

/** A gap on the paper is spaces in the text. */
function appended({ line, end }: Line, { x, text, advance }: Extract<Piece, { kind: 'text' }>): Line {
  return { line: line + ' '.repeat(Math.max(0, Math.round((x - end) / CHAR_DOTS))) + text, end: x + Array.from(text).length * advance }
}
