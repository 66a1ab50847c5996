import { LINE_DOTS, type Align, type Printed, type QrLevel, type Receipt, type Span, type Style } from './receipt.ts'

/** A printer told to print for ever runs out of paper; this one tears. */
const MAX_LINES = 5000
const TAB_STOP = 8

/** Bytes of QR data by level at version 40 (ISO/IEC 18004 table 7). A printer prints nothing for more. */
const QR_CAPACITY: Readonly<Record<QrLevel, number>> = { L: 2953, M: 2331, Q: 1663, H: 1273 }

const PLAIN: Style = { bold: false, underline: false, invert: false, width: 1, height: 1 }
const NO_QR = { data: new Uint8Array(0), moduleDots: 3, level: 'L' } as const

type Qr = { readonly data: Uint8Array; readonly moduleDots: number; readonly level: QrLevel }

export type RollEvents = {
  /** Characters of font A on a line. */
  readonly columns: number
  readonly onReceipt: (receipt: Receipt) => void
  /** One more line, or QR code, is on the paper. */
  readonly onLine: () => void
}

/** The print buffer and the paper under the head: collects characters to lines and lines to receipts, as the printer's settings are. */
export class PaperRoll {
  align: Align = 'left'
  /** ESC t n. */
  codePage = 0
  /** GS ( k: what is stored for the next print. */
  qr: Qr = NO_QR
  readonly #events: RollEvents
  #style = PLAIN
  #lines: Printed[] = []
  #spans: Span[] = []
  #used = 0

  constructor(events: RollEvents) {
    this.#events = events
  }

  /** ESC @: settings and the print buffer go; what is on paper stays. */
  reset(): void {
    this.#style = PLAIN
    this.align = 'left'
    this.codePage = 0
    this.qr = NO_QR
    this.#spans = []
    this.#used = 0
  }

  setStyle(change: Partial<Style>): void {
    this.#style = { ...this.#style, ...change }
  }

  char(text: string): void {
    if (this.#used + this.#style.width > this.#events.columns) this.#printBuffer()
    this.#used += this.#style.width
    const last = this.#spans.at(-1)
    if (last && sameStyle(last, this.#style)) this.#spans[this.#spans.length - 1] = { ...last, text: last.text + text }
    else this.#spans.push({ ...this.#style, text })
  }

  tab(): void {
    const stop = Math.min(this.#events.columns, this.#used - (this.#used % TAB_STOP) + TAB_STOP)
    while (this.#used < stop) this.char(' ')
  }

  lineFeed(): void {
    if (this.#spans.length > 0) this.#printBuffer()
    else this.feed(LINE_DOTS)
  }

  feed(dots: number): void {
    this.#printBuffer()
    if (dots > 0) this.#print({ kind: 'feed', dots })
  }

  printQr(): void {
    this.#printBuffer()
    const { data, level } = this.qr
    if (data.length === 0 || data.length > QR_CAPACITY[level]) return
    this.#print({ kind: 'qr', align: this.align, ...this.qr })
    this.#events.onLine()
  }

  cut(kind: 'full' | 'partial'): void {
    this.#printBuffer()
    const receipt = this.hanging(kind)
    this.#lines = []
    this.#events.onReceipt(receipt)
  }

  /** What hangs out of the printer, cut or not. */
  hanging(cut: Receipt['cut'] = 'none'): Receipt {
    return { columns: this.#events.columns, lines: [...this.#lines], cut }
  }

  #printBuffer(): void {
    if (this.#spans.length === 0) return
    const spans = this.#spans
    this.#spans = []
    this.#used = 0
    this.#print({ kind: 'text', align: this.align, spans })
    this.#events.onLine()
  }

  #print(printed: Printed): void {
    this.#lines.push(printed)
    if (this.#lines.length >= MAX_LINES) this.cut('full')
  }
}

const sameStyle = (a: Style, b: Style): boolean =>
  a.bold === b.bold && a.underline === b.underline && a.invert === b.invert && a.width === b.width && a.height === b.height
