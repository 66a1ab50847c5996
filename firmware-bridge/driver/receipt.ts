import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder'
import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { unreachable } from '#protocol/outcome.ts'
import { paginate, printable, wrap } from './printable.ts'

/** UTF-8 bytes of the largest QR code that fits the narrowest paper (58 mm, 384 dots) with modules that a phone still reads. */
export const MAX_QR_BYTES = 1024

/** Characters of font A on a line: 32 on 58 mm paper, the others on 80 mm. The encoder knows these. */
export const columnCounts = [32, 35, 42, 44, 48] as const
export type Columns = (typeof columnCounts)[number]

/** Paper fed before the cut: the head sits below the cutter. */
const LINES_TO_CUTTER = 4

type Block<Kind extends PrintBlock['kind']> = Extract<PrintBlock, { kind: Kind }>

/**
 * A receipt in ESC/POS, cut at its end. Text is reduced to what a receipt printer can show
 * (`printable`), which also keeps a product's name from carrying commands. Whether a QR block can be printed: `canPrint`.
 */
export function encodeReceipt(document: PrintDocument, columns: Columns): Uint8Array {
  const encoder = new ReceiptPrinterEncoder({
    language: 'esc-pos',
    columns,
    codepageMapping: 'epson/legacy',
    newline: '\n',
    feedBeforeCut: LINES_TO_CUTTER,
  }).initialize()
  for (const block of document) {
    switch (block.kind) {
      case 'text':
        addText(encoder, block, columns)
        break
      case 'pair':
        addPair(encoder, block, columns)
        break
      case 'rule':
        encoder.rule()
        break
      case 'feed':
        encoder.newline(block.lines)
        break
      case 'qr':
        addQr(encoder, block)
        break
      default:
        unreachable(block)
    }
  }
  return encoder.cut('partial').encode()
}

/** False for a QR block that is too large, or whose control characters a printer would obey even in the middle of data (DLE EOT, DLE DC4). */
export const canPrint = (document: PrintDocument): boolean =>
  document.every((block) => {
    if (block.kind !== 'qr') return true
    const bytes = Buffer.from(block.data)
    return bytes.length <= MAX_QR_BYTES && bytes.every((byte) => byte >= 0x20)
  })

function addText(encoder: ReceiptPrinterEncoder, { text, align = 'left', bold = false, size = 'normal' }: Block<'text'>, columns: number): void {
  const scale = size === 'double' ? 2 : 1
  encoder.align(align).bold(bold).width(scale).height(scale)
  for (const line of wrap(printable(text), Math.floor(columns / scale))) addLine(encoder, line)
  encoder.align('left').bold(false).width(1).height(1)
}

function addPair(encoder: ReceiptPrinterEncoder, { left, right, bold = false }: Block<'pair'>, columns: number): void {
  const amount = printable(right).replaceAll('\n', ' ').slice(0, columns)
  const beside = columns - amount.length - 1
  const lines = wrap(printable(left), beside >= columns / 3 ? beside : columns)
  // The amount stands beside the last line of a long text, or below it where there is no room.
  const last = beside >= columns / 3 ? (lines.pop() ?? '') : ''
  encoder.bold(bold)
  for (const line of lines) addLine(encoder, line)
  addLine(encoder, last + amount.padStart(columns - last.length))
  encoder.bold(false)
}

function addLine(encoder: ReceiptPrinterEncoder, line: string): void {
  for (const { codepage, text } of paginate(line)) encoder.codepage(codepage).text(text)
  encoder.newline()
}

function addQr(encoder: ReceiptPrinterEncoder, { data }: Block<'qr'>): void {
  const bytes = Buffer.from(data)
  // The encoder writes one byte a character, as ISO 8859-1; phones read a QR code's bytes as UTF-8.
  encoder
    .align('center')
    .qrcode(bytes.toString('latin1'), { model: 2, size: moduleDots(bytes.length), errorlevel: 'm' })
    .align('left')
}

/** Keeps the code between 2 and 4 cm wide at 203 dpi: version 9 holds 180 bytes at level M, version 18 560, version 23 1,091 (ISO/IEC 18004 table 7). */
function moduleDots(bytes: number): number {
  if (bytes <= 180) return 6
  return bytes <= 560 ? 4 : 3
}
