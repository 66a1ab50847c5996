import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PrintBlock } from '#protocol/device/messages.ts'
import { printable } from '../../firmware-bridge/driver/printable.ts'
import { encodeReceipt } from '../../firmware-bridge/driver/receipt.ts'
import { escPosInterpreter } from './escpos.ts'
import { receiptText, type Printed, type Receipt } from './receipt.ts'

/** Bytes from text in which every character stands for one byte. */
const raw = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

function run(bytes: Uint8Array, columns = 42) {
  const receipts: Receipt[] = []
  const events = { lines: 0, pulses: 0, statuses: [] as number[] }
  const interpreter = escPosInterpreter({
    columns,
    onReceipt: (receipt) => receipts.push(receipt),
    onLine: () => events.lines++,
    onPulse: () => events.pulses++,
    onStatusRequest: (n) => events.statuses.push(n),
  })
  for (const byte of bytes) interpreter.feed(byte)
  return { receipts, uncut: interpreter.uncut(), counters: interpreter.counters, events }
}

/** The lines of what was printed from `text`. */
const printed = (text: string): readonly Printed[] => run(raw(text)).uncut.lines
const spansOf = (text: string) => printed(text).flatMap((line) => (line.kind === 'text' ? line.spans : []))

const PLAIN = { bold: false, underline: false, invert: false, width: 1, height: 1 }

describe('commands of the manual', () => {
  it.each<[string, string, object]>([
    ['ESC E', '\x1bE\x01A\n', { bold: true }],
    ['ESC G', '\x1bG\x01A\n', { bold: true }],
    ['ESC -', '\x1b-\x02A\n', { underline: true }],
    ['GS B', '\x1dB\x01A\n', { invert: true }],
    ['GS !', '\x1d!\x21A\n', { width: 3, height: 2 }],
    ['ESC !', '\x1b!\xb8A\n', { bold: true, underline: true, width: 2, height: 2 }],
    ['ESC @ takes all of it back', '\x1bE\x01\x1d!\x11\x1bt\x10\x1b@A\n', {}],
  ])('%s sets how characters look', (_, text, style) => {
    expect(spansOf(text)).toEqual([{ ...PLAIN, ...style, text: 'A' }])
  })

  it('put a line together from what looks different', () => {
    expect(spansOf('a\x1bE\x01b\x1bE\x00c\n').map(({ text, bold }) => [text, bold])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ])
  })

  it.each([
    [0, 'left'],
    [49, 'center'],
    [2, 'right'],
  ])('ESC a %i aligns', (n, align) => {
    expect(printed(`\x1ba${String.fromCharCode(n)}x\n`)).toMatchObject([{ kind: 'text', align }])
  })

  it('ESC t chooses what the upper bytes are', () => {
    const text = '\x1bt\x00\x82 \x1bt\x10\x80\xe9 \x1bt\x12\xe7 \x1bt\x11\xaa \x1bt\x13\xd5 \x1bt\x63\xd5\n'
    expect(spansOf(text).map((span) => span.text)).toEqual(['é €é š к € €'])
  })

  it('LF, ESC d and ESC J move the paper; a full line wraps', () => {
    expect(printed('\n\x1bd\x02\x1bJ\x07')).toEqual([
      { kind: 'feed', dots: 30 },
      { kind: 'feed', dots: 60 },
      { kind: 'feed', dots: 7 },
    ])
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

  it('GS ( k stores and prints a QR code', () => {
    const text = '\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E2\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0'
    expect(printed(text)).toEqual([{ kind: 'qr', align: 'left', data: raw('abc'), moduleDots: 5, level: 'Q' }])
    expect(printed('\x1d(k\x03\x001Q0')).toEqual([])
  })

  it('ESC p kicks the drawer, GS r asks in its turn', () => {
    const { events } = run(raw('a\n\x1bp\x00\x19\xfa\x1dr\x01'))
    expect(events).toEqual({ lines: 1, pulses: 1, statuses: [1] })
  })

  it.each([
    ['GS v 0 raster image', '\x1dv0\x00\x02\x00\x03\x00ABCDEF'],
    ['ESC * bit image', '\x1b*\x21\x02\x00ABCDEF'],
    ['GS ( L graphics', '\x1d(L\x04\x00ABCD'],
    ['GS 8 L graphics', '\x1d8L\x03\x00\x00\x00ABC'],
    ['GS k barcode with NUL', '\x1dk\x02012345678901\x00'],
    ['GS k barcode with length', '\x1dk\x49\x03{BA'],
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
  it('reads as what was asked for: two independent sets of tables agree', () => {
    const letters = Array.from({ length: 0x2600 - 0xa0 }, (_, i) => String.fromCharCode(0xa0 + i)).filter((char) => printable(char) === char)
    expect(letters.length).toBeGreaterThan(300)
    // A few a line, so that every line fits.
    for (let at = 0; at < letters.length; at += 30) {
      const text = letters.slice(at, at + 30).join('')
      const { receipts } = run(encodeReceipt([{ kind: 'text', text }], 42))
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
    ]
    const { receipts, counters } = run(encodeReceipt(document, 42))
    expect(counters).toMatchObject({ unsupported: 0, unknown: 0 })
    expect(receipts).toHaveLength(1)
    const [title, item, rule] = receipts[0]?.lines ?? []
    expect(title).toMatchObject({ kind: 'text', spans: [{ text: ' '.repeat(17) }, { text: 'Shop', bold: true, width: 2, height: 2 }] })
    expect(item).toMatchObject({ kind: 'text', spans: [{ ...PLAIN, text: `Coffee${' '.repeat(30)}3,50 €` }] })
    expect(rule).toMatchObject({ kind: 'text', spans: [{ text: '─'.repeat(42) }] })
    expect(receipts[0]?.lines).toContainEqual({ kind: 'qr', align: 'center', data: new TextEncoder().encode('SP1:Ü'), moduleDots: 6, level: 'M' })
  })
})
