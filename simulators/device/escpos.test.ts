import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PrintBlock } from '#protocol/device/messages.ts'
import { printable } from '../../firmware-bridge/driver/printable.ts'
import { encodeReceipt } from '../../firmware-bridge/driver/receipt.ts'
import { escPosInterpreter } from './escpos.ts'
import { isBlack, receiptText, type Bitmap, type Piece, type Printed, type Receipt, type Style } from './receipt.ts'

/** Bytes from text in which every character stands for one byte. */
const raw = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

function run(bytes: Uint8Array, columns = 42) {
  const receipts: Receipt[] = []
  const events = { lines: 0, pulses: [] as number[], statuses: [] as number[], automatic: [] as number[] }
  const interpreter = escPosInterpreter({
    columns,
    onReceipt: (receipt) => receipts.push(receipt),
    onLine: () => events.lines++,
    onPulse: (m) => events.pulses.push(m),
    onStatusRequest: (n) => events.statuses.push(n),
    onAutomaticStatus: (n) => events.automatic.push(n),
  })
  for (const byte of bytes) interpreter.feed(byte)
  return { receipts, uncut: interpreter.uncut(), counters: interpreter.counters, events }
}

/** The lines of what was printed from `text`. */
const printed = (text: string): readonly Printed[] => run(raw(text)).uncut.lines
type Kind = Piece['kind']
const piecesOf = <Of extends Kind>(text: string, kind: Of): readonly Extract<Piece, { kind: Of }>[] =>
  printed(text).flatMap(({ pieces }) => pieces.filter((piece): piece is Extract<Piece, { kind: Of }> => piece.kind === kind))
const textsOf = (text: string) => piecesOf(text, 'text')

const PLAIN: Style = { font: 'A', bold: false, underline: 0, invert: false, width: 1, height: 1 }
/** Where each text begins. */
const xOf = (text: string): readonly number[] => textsOf(text).map(({ x }) => x)
/** A picture's dots as lines of # and spaces. */
const dotsOf = (bitmap: Bitmap): readonly string[] =>
  Array.from({ length: bitmap.height }, (_, y) => Array.from({ length: bitmap.width }, (__, x) => (isBlack(bitmap, x, y) ? '#' : ' ')).join(''))

describe('commands of the manual', () => {
  it.each<[string, string, Partial<Style>]>([
    ['ESC E', '\x1bE\x01A\n', { bold: true }],
    ['ESC G', '\x1bG\x01A\n', { bold: true }],
    ['ESC -', '\x1b-\x02A\n', { underline: 2 }],
    ['ESC M', '\x1bM\x01A\n', { font: 'B' }],
    ['GS B', '\x1dB\x01A\n', { invert: true }],
    ['GS !', '\x1d!\x21A\n', { width: 3, height: 2 }],
    ['ESC !', '\x1b!\xb9A\n', { font: 'B', bold: true, underline: 1, width: 2, height: 2 }],
    ['FS W', '\x1cW\x01A\n', { width: 2, height: 2 }],
    ['ESC @ takes all of it back', '\x1bE\x01\x1d!\x11\x1bt\x10\x1bM\x01\x1b@A\n', {}],
  ])('%s sets how characters look', (_, text, style) => {
    expect(textsOf(text)).toMatchObject([{ text: 'A', style: { ...PLAIN, ...style } }])
  })

  it('put a line together from what looks different', () => {
    expect(textsOf('a\x1bE\x01b\x1bE\x00c\n').map(({ text, x, style }) => [text, x, style.bold])).toEqual([
      ['a', 0, false],
      ['b', 12, true],
      ['c', 24, false],
    ])
  })

  it('stand letters of all sizes on one line, and feed what the tallest needs', () => {
    const [line] = printed('\x1d!\x11A\x1d!\x00b\n')
    expect(line).toMatchObject({
      height: 48,
      pieces: [
        { text: 'A', y: 0 },
        { text: 'b', y: 24 },
      ],
    })
  })

  it.each([
    [0, 0],
    [49, 246],
    [2, 492],
  ])('ESC a %i aligns', (n, x) => {
    expect(xOf(`\x1ba${String.fromCharCode(n)}x\n`)).toEqual([x])
  })

  it('GS L, GS W, ESC $ and ESC \\ place text; ESC SP spaces it; ESC D sets tabs', () => {
    expect(xOf('\x1dL\x40\x00a\n')).toEqual([64])
    expect(xOf('\x1dW\x40\x00\x1ba\x02a\n')).toEqual([52])
    expect(xOf('ab\x1b$\x80\x00c\x1b\\\xf4\xffd\n')).toEqual([0, 128, 128])
    expect(textsOf('\x1b \x05ab\n')).toMatchObject([{ text: 'ab', advance: 17 }])
    expect(xOf('a\tb\tc\n')).toEqual([0, 96, 192])
    expect(xOf('\x1bD\x03\x0a\x00a\tb\tc\n')).toEqual([0, 36, 120])
  })

  it('ESC t chooses what the upper bytes are', () => {
    const text = '\x1bt\x00\x82 \x1bt\x10\x80\xe9 \x1bt\x12\xe7 \x1bt\x11\xaa \x1bt\x13\xd5 \x1bt\x2d\x9c \x1bt\x63\x9c\n'
    expect(textsOf(text).map((piece) => piece.text)).toEqual(['é €é š к € ś ś'])
  })

  it('FS & makes two bytes, or four, one character of GB 18030, twice as wide', () => {
    // 中 D6D0, 文 CEC4 (GB 2312), 㐀 8139EE39 (GB 18030).
    expect(textsOf('a\x1c&\xd6\xd0\xce\xc4\x81\x39\xee\x39b\x1c.\x82\n')).toMatchObject([
      { text: 'a', x: 0, advance: 12 },
      { text: '中文㐀', x: 12, advance: 24 },
      { text: 'bé', x: 84, advance: 12 },
    ])
  })

  it('LF, ESC d, ESC J and ESC 3 move the paper; a full line wraps', () => {
    expect(printed('\n\x1bd\x02\x1bJ\x07\x1b3\x28\n\x1b2\n').map(({ height }) => height)).toEqual([30, 60, 7, 40, 30])
    expect(printed('a\x1bJ\x40').map(({ height }) => height)).toEqual([64])
    expect(receiptText(run(raw(`${'x'.repeat(43)}\n`)).uncut)).toBe(`${'x'.repeat(42)}\nx`)
    expect(receiptText(run(raw('a\tb\n')).uncut)).toBe('a       b')
  })

  it('GS V and ESC i cut, fully or not', () => {
    const { receipts } = run(raw('a\n\x1dV\x00b\n\x1dV\x01c\n\x1dVB\x10d\n\x1bi'))
    expect(receipts.map((receipt) => [receiptText(receipt), receipt.cut])).toEqual([
      ['a', 'full'],
      ['b', 'partial'],
      ['c', 'partial'],
      ['d', 'full'],
    ])
  })

  it('GS ( k stores and prints QR and PDF417', () => {
    const text = '\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E2\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0'
    expect(piecesOf(text, 'picture')).toMatchObject([{ wide: 5, high: 5, bitmap: { width: 21, height: 21 }, code: { symbology: 'QR', text: 'abc' } }])
    expect(printed('\x1d(k\x03\x001Q0')).toEqual([])
    const stacked = '\x1d(k\x03\x000C\x02\x1d(k\x06\x000P0abc\x1d(k\x03\x000Q0'
    expect(piecesOf(stacked, 'picture')).toMatchObject([{ wide: 2, high: 6, code: { symbology: 'PDF417', text: 'abc' } }])
  })

  it('ESC p kicks a drawer, GS r asks in its turn, GS a asks for ever', () => {
    const { events } = run(raw('a\n\x1bp\x01\x19\xfa\x1dr\x01\x1da\xff'))
    expect(events).toEqual({ lines: 1, pulses: [1], statuses: [1], automatic: [255] })
  })

  it.each([
    ['GS v 0', '\x1dv0\x00\x01\x00\x02\x00\x81\x18', 1, 1, ['#      #', '   ##   ']],
    ['GS v 0 twice as large', '\x1dv0\x03\x01\x00\x01\x00\xf0', 2, 2, ['####    ']],
    ['GS ( L', '\x1d(L\x0c\x000p0\x01\x021\x08\x00\x02\x00\x81\x18\x1d(L\x02\x0002', 1, 2, ['#      #', '   ##   ']],
    ['GS 8 L', '\x1d8L\x0b\x00\x00\x000p0\x01\x011\x03\x00\x01\x00\xa0\x1d(L\x02\x0002', 1, 1, ['# #']],
    ['ESC * in 8 dots', '\x1b*\x01\x02\x00\x80\x41\n', 1, 3, ['# ', ' #', '  ', '  ', '  ', '  ', '  ', ' #']],
    ['GS * and GS /', `\x1d*\x01\x01${'\x80'.repeat(8)}\x1d/\x00`, 1, 1, ['########', ...Array.from({ length: 7 }, () => '        ')]],
  ])('%s is a picture', (_, text, wide, high, dots) => {
    const [picture] = piecesOf(text, 'picture')
    expect(picture).toMatchObject({ wide, high })
    expect(picture && dotsOf(picture.bitmap)).toEqual(dots)
  })

  it('ESC * prints in a line, in 24 dots and half the density as well', () => {
    expect(piecesOf('\x1b*\x20\x02\x00ABCDEF\x1b*\x21\x01\x00GHI\n', 'picture')).toMatchObject([
      { x: 0, wide: 2, high: 1, bitmap: { width: 2, height: 24 } },
      { x: 4, wide: 1, high: 1, bitmap: { width: 1, height: 24 } },
    ])
  })

  it.each([
    ['UPC-A', '\x1dkA\x0b01234567890', 'UPCA', '012345678905', 95],
    ['UPC-E', '\x1dk\x01012345\x00', 'UPCE', '00123457', 51],
    ['EAN-13 with NUL', '\x1dk\x02952000000001\x00', 'EAN13', '9520000000011', 95],
    ['EAN-8', '\x1dkD\x079638507', 'EAN8', '96385074', 67],
    ['CODE39', '\x1dkE\x03AB1', 'CODE39', 'AB1', undefined],
    ['ITF', '\x1dkF\x041234', 'ITF', '1234', undefined],
    ['CODABAR', '\x1dkG\x05A123B', 'CODABAR', 'A123B', undefined],
    ['CODE128', '\x1dkI\x06{BNo.1', 'CODE128', 'No.1', 79],
    ['CODE128 in pairs', '\x1dkI\x04{C\x0c\x22', 'CODE128', '1234', 57],
  ])('%s is printed with its text', (_, command, symbology, text, modules) => {
    const [code] = piecesOf(`\x1dH\x02\x1dh\x50\x1dw\x02${command}`, 'picture')
    expect(code).toMatchObject({ wide: 2, high: 80, bitmap: { height: 1, ...(modules ? { width: modules } : {}) }, code: { symbology, text } })
    expect(textsOf(`\x1dH\x02${command}`).map((caption) => caption.text)).toEqual([text])
  })

  it.each([
    ['a code that cannot be', '\x1dk\x029520\x00'],
    ['page mode', '\x1bL'],
    ['another 2D code', '\x1d(k\x03\x002Q0'],
    ['a picture in memory', '\x1cp\x01\x00'],
    ['pictures for the memory', '\x1cq\x01\x01\x00\x01\x00ABCDEFGH'],
    ['characters of its own', '\x1b&\x03AB\x01abc\x02abcdef'],
    ['a character of two bytes of its own', `\x1c2\xfe\xa1${'x'.repeat(72)}`],
  ])('%s is skipped whole and counted', (_, text) => {
    const { uncut, counters } = run(raw(`${text}after\n`))
    expect(receiptText(uncut)).toBe('after')
    expect(counters).toMatchObject({ unsupported: 1, unknown: 0 })
  })

  it('an unknown command is counted and does not stop the printer', () => {
    const { uncut, counters } = run(raw('\x1b\x7eafter\n'))
    expect(receiptText(uncut)).toBe('after')
    expect(counters.unknown).toBe(1)
  })
})

it('survives any bytes', () => {
  const bytes = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0x1b, 0x1d, 0x1c, 0x0a, 0x28, 0x6b, 0x56)), { maxLength: 400 })
  fc.assert(
    fc.property(bytes, (list) => {
      const { receipts, uncut } = run(Uint8Array.from(list))
      for (const receipt of [...receipts, uncut])
        expect(
          receiptText(receipt)
            .split('\n')
            .every((line) => line.length <= Math.max(42, list.length + 5)),
        ).toBe(true)
    }),
    { numRuns: 500 },
  )
})

describe('what the bridge sends', () => {
  const paper = { columns: 42, codePages: 'western' } as const

  it('reads as what was asked for: two independent sets of tables agree', () => {
    const letters = Array.from({ length: 0x2600 - 0xa0 }, (_, i) => String.fromCharCode(0xa0 + i)).filter((char) => printable(char).text === char)
    expect(letters.length).toBeGreaterThan(300)
    // A few a line, so that every line fits.
    for (let at = 0; at < letters.length; at += 30) {
      const text = letters.slice(at, at + 30).join('')
      const { receipts } = run(encodeReceipt([{ kind: 'text', text }], paper).bytes)
      expect(receipts.map(receiptText)).toEqual([text])
    }
  })

  it('looks as asked', () => {
    const document: PrintBlock[] = [
      { kind: 'text', text: 'Shop', align: 'center', bold: true, size: 'double' },
      { kind: 'pair', left: 'Coffee', right: '3,50 €' },
      { kind: 'rule' },
      { kind: 'feed', lines: 2 },
      { kind: 'qr', data: 'SP1:Ü' },
      { kind: 'barcode', symbology: 'ean13', data: '952000000001' },
      { kind: 'barcode', symbology: 'code128', data: 'R{1' },
      { kind: 'image', width: 9, rows: Buffer.from([0xff, 0x80]).toString('base64') },
    ]
    const { receipts, counters } = run(encodeReceipt(document, paper).bytes)
    expect(counters).toMatchObject({ unsupported: 0, unknown: 0 })
    expect(receipts).toHaveLength(1)
    const [title, item, rule, feed, ...codes] = receipts[0]?.lines ?? []
    const [qr, ean, code128, image] = codes.filter(({ pieces }) => pieces.length > 0)
    expect(title?.height).toBe(60)
    expect(title?.pieces).toMatchObject([{ text: 'Shop', x: 204, advance: 24, style: { bold: true, width: 2, height: 2 } }])
    expect(item?.pieces).toMatchObject([{ text: `Coffee${' '.repeat(30)}3,50 €`, style: PLAIN }])
    expect(rule?.pieces).toMatchObject([{ text: '─'.repeat(42) }])
    expect(feed).toEqual({ pieces: [], height: 60 })
    expect(qr?.pieces).toMatchObject([{ wide: 6, code: { symbology: 'QR', text: 'SP1:Ü' } }])
    expect(ean?.pieces).toMatchObject([{ code: { symbology: 'EAN13', text: '9520000000011' } }, { text: '9520000000011' }])
    expect(code128?.pieces[0]).toMatchObject({ code: { text: 'R{1' } })
    expect(image?.pieces).toMatchObject([{ x: 244, wide: 1, high: 1 }])
  })

  it('is Chinese where the printer is', () => {
    const document: PrintBlock[] = [
      { kind: 'text', text: '静点小店', align: 'center', size: 'double' },
      { kind: 'pair', left: '可口可乐 Café', right: '¥3.50' },
    ]
    const { receipts, counters } = run(encodeReceipt(document, { columns: 32, codePages: 'chinese' }).bytes, 32)
    expect(receipts.map(receiptText)).toEqual([`静点小店\n可口可乐 Café${' '.repeat(14)}¥3.50`])
    expect(counters).toMatchObject({ unsupported: 0, unknown: 0 })
  })
})
