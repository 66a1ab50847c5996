/** What came out of a printer, as it lies on the counter. Sizes are in dots: font A is 12 x 24, a line is 30 high. */
export const CHAR_DOTS = 12
export const LINE_DOTS = 30

export type Align = 'left' | 'center' | 'right'

export type Style = {
  readonly bold: boolean
  readonly underline: boolean
  /** White on black. */
  readonly invert: boolean
  /** Multiples of the font's size, 1 to 8. */
  readonly width: number
  readonly height: number
}

export type Span = Style & { readonly text: string }

export type QrLevel = 'L' | 'M' | 'Q' | 'H'

export type Printed =
  | { readonly kind: 'text'; readonly align: Align; readonly spans: readonly Span[] }
  | { readonly kind: 'qr'; readonly align: Align; readonly data: Uint8Array; readonly moduleDots: number; readonly level: QrLevel }
  | { readonly kind: 'feed'; readonly dots: number }

export type Receipt = {
  /** Characters of font A on a line. */
  readonly columns: number
  readonly lines: readonly Printed[]
  /** `none`: still hanging out of the printer. */
  readonly cut: 'full' | 'partial' | 'none'
}

/** The text as one would read it out: a line per printed line, QR codes as `[QR …]`. */
export const receiptText = ({ lines }: Receipt): string =>
  lines
    .flatMap((line) => {
      if (line.kind === 'text') return [line.spans.map(({ text }) => text).join('')]
      return line.kind === 'qr' ? [`[QR ${new TextDecoder().decode(line.data)}]`] : []
    })
    .join('\n')
