import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { isGtin } from '#protocol/barcode/gtin.ts'
import { unreachable } from '#protocol/outcome.ts'
import * as escpos from '../codec/escpos.ts'
import { columnsOf, singleByte, type CharacterSet } from './code-pages.ts'
import { paginate, printable, wrap } from './printable.ts'

/** UTF-8 bytes of the largest QR code that fits the narrowest paper (58 mm, 384 dots) with modules that a phone still reads. */
export const MAX_QR_BYTES = 1024

/** Characters of font A on a line: 32 on 58 mm paper, the others on 80 mm. */
export const columnCounts = [32, 35, 42, 44, 48] as const
export type Columns = (typeof columnCounts)[number]

export type Paper = { readonly columns: Columns; readonly codePages: CharacterSet }

/** Width of a character of font A. */
const CHAR_DOTS = 12

/** Above and below a code or a picture. */
const GAP_DOTS = 8

/** A line of letters of double height: as far apart as the others, in proportion. */
const DOUBLE_LINE_DOTS = 60

/** Paper fed before the cut: the head sits below the cutter. */
const LINES_TO_CUTTER = 4

type Block<Kind extends PrintBlock['kind']> = Extract<PrintBlock, { kind: Kind }>

/** `replaced`: characters that this printer has not and shows as `?`. */
export type EncodedReceipt = { readonly bytes: Uint8Array; readonly replaced: number }

/**
 * A receipt in ESC/POS, cut at its end. Text is reduced to what the printer can show (`printable`), which also keeps a product's name from
 * carrying commands; a picture's dots are changed where they would be one. Which blocks can be printed at all: `canPrint`.
 */
export function encodeReceipt(document: PrintDocument, paper: Paper): EncodedReceipt {
  const receipt = new ReceiptBytes(paper)
  for (const block of document) {
    switch (block.kind) {
      case 'text':
        addText(receipt, block)
        break
      case 'pair':
        addPair(receipt, block)
        break
      case 'rule':
        receipt.line('─'.repeat(paper.columns))
        break
      case 'feed':
        receipt.add(escpos.feed(block.lines))
        break
      case 'qr':
        addQr(receipt, block)
        break
      case 'barcode':
        receipt.centered(escpos.barcode(block.symbology, block.data, moduleDotsOf(block, paper.columns) ?? 2))
        break
      case 'image':
        receipt.centered(escpos.raster(block.width, rowsOf(block)))
        break
      default:
        unreachable(block)
    }
  }
  receipt.add(escpos.feed(LINES_TO_CUTTER), escpos.cut)
  return receipt.encoded()
}

/**
 * False for a QR block that is too large, or whose control characters a printer would obey even in the middle of data (DLE EOT, DLE DC4); for a
 * linear code or a picture that is wider than the paper, a wrong check digit, and a picture whose last row is not whole.
 */
export const canPrint = (document: PrintDocument, columns: Columns): boolean =>
  document.every((block) => {
    if (block.kind === 'qr') {
      const bytes = Buffer.from(block.data)
      return bytes.length <= MAX_QR_BYTES && bytes.every((byte) => byte >= 0x20)
    }
    if (block.kind === 'barcode')
      return moduleDotsOf(block, columns) !== undefined && (block.data.length !== 13 || block.symbology !== 'ean13' || isGtin(block.data))
    return block.kind !== 'image' || (block.width <= columns * CHAR_DOTS && rowsOf(block).length % Math.ceil(block.width / 8) === 0)
  })

/** A receipt in the making. Every setting is taken back by whoever made it, so that blocks do not know of each other. */
class ReceiptBytes {
  readonly columns: Columns
  readonly #set: CharacterSet
  readonly #parts: Uint8Array[] = [escpos.initialize]
  #codePage: number | undefined
  #replaced = 0

  constructor({ columns, codePages }: Paper) {
    this.columns = columns
    this.#set = codePages
  }

  add(...commands: readonly Uint8Array[]): void {
    this.#parts.push(...commands)
  }

  /** With a gap above and below. */
  centered(commands: readonly Uint8Array[]): void {
    this.add(escpos.feedDots(GAP_DOTS), escpos.align('center'), ...commands, escpos.align('left'), escpos.feedDots(GAP_DOTS))
  }

  /** Text reduced to what this printer can show. */
  shown(text: string): string {
    const shown = printable(text, this.#set)
    this.#replaced += shown.replaced
    return shown.text
  }

  /** One line of printable text. */
  line(text: string): void {
    for (const { page, bytes } of paginate(text, this.#set)) {
      if (page === 'gb18030') this.add(escpos.doubleByte(true), Uint8Array.from(bytes), escpos.doubleByte(false))
      else {
        this.#selectCodePage(singleByte[page])
        this.add(Uint8Array.from(bytes))
      }
    }
    this.add(Uint8Array.of(escpos.LINE_FEED))
  }

  #selectCodePage(n: number): void {
    if (n === this.#codePage) return
    this.#codePage = n
    this.add(escpos.selectCodePage(n))
  }

  encoded(): EncodedReceipt {
    return { bytes: Buffer.concat(this.#parts), replaced: this.#replaced }
  }
}

function addText(receipt: ReceiptBytes, { text, align = 'left', bold = false, size = 'normal' }: Block<'text'>): void {
  const scale = size === 'double' ? 2 : 1
  if (align !== 'left') receipt.add(escpos.align(align))
  if (bold) receipt.add(escpos.bold(true))
  if (scale === 2) receipt.add(escpos.size(2), escpos.lineSpacing(DOUBLE_LINE_DOTS))
  for (const line of wrap(receipt.shown(text), Math.floor(receipt.columns / scale))) receipt.line(line)
  if (scale === 2) receipt.add(escpos.size(1), escpos.lineSpacing('default'))
  if (bold) receipt.add(escpos.bold(false))
  if (align !== 'left') receipt.add(escpos.align('left'))
}

function addPair(receipt: ReceiptBytes, { left, right, bold = false }: Block<'pair'>): void {
  const { columns } = receipt
  const [amount = '', ...more] = wrap(receipt.shown(right).replaceAll('\n', ' '), columns)
  const beside = columns - columnsOf(amount) - 1
  const hasRoom = beside >= columns / 3
  const lines = wrap(receipt.shown(left), hasRoom ? beside : columns)
  // The amount stands beside the last line of a long text, or below it where there is no room.
  const last = hasRoom ? (lines.pop() ?? '') : ''
  const atRight = (text: string, after = ''): string => after + ' '.repeat(columns - columnsOf(after) - columnsOf(text)) + text
  if (bold) receipt.add(escpos.bold(true))
  for (const line of lines) receipt.line(line)
  receipt.line(atRight(amount, last))
  for (const line of more) receipt.line(atRight(line))
  if (bold) receipt.add(escpos.bold(false))
}

function addQr(receipt: ReceiptBytes, { data }: Block<'qr'>): void {
  // Phones read a QR code's bytes as UTF-8.
  const bytes = Buffer.from(data)
  receipt.centered(escpos.qr(bytes, qrModuleDots(bytes.length)))
}

/** Keeps the code between 2 and 4 cm wide at 203 dpi: version 9 holds 180 bytes at level M, version 18 560, version 23 1,091 (ISO/IEC 18004 table 7). */
function qrModuleDots(bytes: number): number {
  if (bytes <= 180) return 6
  return bytes <= 560 ? 4 : 3
}

/** The quiet zones of CODE128, ten modules each (ISO/IEC 15417); EAN-13 needs less. */
const QUIET_MODULES = 20

/** The widest bars that fit the paper; undefined when none do. */
function moduleDotsOf({ symbology, data }: Block<'barcode'>, columns: Columns): 2 | 3 | undefined {
  const modules = escpos.barcodeModules(symbology, data) + QUIET_MODULES
  return ([3, 2] as const).find((dots) => modules * dots <= columns * CHAR_DOTS)
}

const rowsOf = ({ rows }: Block<'image'>): Uint8Array => Buffer.from(rows, 'base64')
