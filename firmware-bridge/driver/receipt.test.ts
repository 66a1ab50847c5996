import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PrintBlock } from '#protocol/device/messages.ts'
import { printable, wrap } from './printable.ts'
import { canPrint, columnCounts, encodeReceipt, MAX_QR_BYTES, type Columns } from './receipt.ts'

/** The bytes with everything that is no visible ASCII in angle brackets. */
const shown = (document: readonly PrintBlock[], columns: Columns = 42): string =>
  [...encodeReceipt(document, columns)]
    .map((byte) => (byte === 10 ? '\n' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `<${byte.toString(16)}>`))
    .join('')

const START = '<1b>@<1c>.<1b>M<0>'
const END = '\n\n\n\n<1d>V<1>\n'

describe('text', () => {
  it('goes through code pages, the euro sign included, changed as seldom as possible', () => {
    expect(shown([{ kind: 'text', text: 'Café €1 ě кот' }])).toBe(`${START}<1b>t<10>Caf<e9> <80>1 <1b>t<12><d8> <1b>t<11><aa><ae><e2>\n${END}`)
  })

  it('is aligned, bold and double as asked, and plain again after', () => {
    const document: PrintBlock[] = [
      { kind: 'text', text: 'Shop', align: 'center', bold: true, size: 'double' },
      { kind: 'text', text: 'x' },
    ]
    const [first, second] = shown(document, 32).split('\n')
    expect(first).toBe(`${START}            <1b>E<1><1d>!<11><1b>t<10>Shop<1b>E<0><1d>!<0>`)
    expect(second).toMatch(/<1b>E<0><1d>!<0>x$/)
  })

  it('cannot carry commands', () => {
    expect(shown([{ kind: 'text', text: 'a\u001b@\u001dV\u0000\u0010\u0004\u0001b' }])).toContain('a @ V    b\n')
  })

  it.each([
    ['1\u202f234,50\u00a0€', '1 234,50 €'],
    ['−5 ‑ 6', '-5 - 6'],
    ['\u200eabc\u200f', 'abc'],
    ['Brașov', 'Brasov'],
    ['e\u0301', 'é'],
    ['漢字 😀 ♥', '?? ? ?'],
  ])('%j is printable as %j', (text, expected) => {
    expect(printable(text)).toBe(expected)
  })
})

describe('pairs', () => {
  it('put the amount at the right edge', () => {
    expect(shown([{ kind: 'pair', left: 'Coffee', right: '3.50', bold: true }], 32)).toContain('Coffee                      3.50<1b>E<0>\n')
  })

  it('wrap a long text and put the amount beside its last line, or below where there is no room', () => {
    expect(shown([{ kind: 'pair', left: 'A coffee with very much hot milk', right: '3.50' }], 32)).toContain(
      'A coffee with very much hot\nmilk                        3.50\n',
    )
    expect(shown([{ kind: 'pair', left: 'Coffee', right: '1 234 567 890.50 US dollars' }], 32)).toContain('Coffee\n     1 234 567 890.50 US dollars\n')
  })
})

describe('QR codes', () => {
  it('are GS ( k commands with the bytes in UTF-8', () => {
    const expected = '<1d>(k<4><0>1A2<0><1d>(k<3><0>1C<6><1d>(k<3><0>1E1<1d>(k<5><0>1P0<c3><a9><1d>(k<3><0>1Q0'
    expect(shown([{ kind: 'qr', data: 'é' }])).toContain(expected)
  })

  it('are refused when a printer could not print them, or would obey them', () => {
    expect(canPrint([{ kind: 'qr', data: 'x'.repeat(MAX_QR_BYTES) }])).toBe(true)
    expect(canPrint([{ kind: 'qr', data: 'é'.repeat(MAX_QR_BYTES / 2 + 1) }])).toBe(false)
    expect(canPrint([{ kind: 'qr', data: 'a\u0010\u0014\u0001' }])).toBe(false)
  })
})

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 200 }))
const block: fc.Arbitrary<PrintBlock> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text,
    align: fc.constantFrom('left', 'center', 'right'),
    bold: fc.boolean(),
    size: fc.constantFrom('normal', 'double'),
  }),
  fc.record({ kind: fc.constant('pair' as const), left: text, right: fc.string({ unit: 'binary', maxLength: 64 }), bold: fc.boolean() }),
  fc.record({ kind: fc.constant('qr' as const), data: fc.string({ minLength: 1, maxLength: 300 }) }),
  fc.constant<PrintBlock>({ kind: 'rule' }),
  fc.record({ kind: fc.constant('feed' as const), lines: fc.integer({ min: 1, max: 8 }) }),
)

describe('any document', () => {
  it('is encoded, and holds no command that a printer would obey at once', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), fc.constantFrom(...columnCounts), (document, columns) => {
        const bytes = [
          ...encodeReceipt(
            document.filter((one) => canPrint([one])),
            columns,
          ),
        ]
        const realTime = bytes.some((byte, at) => byte === 0x10 && [0x04, 0x05, 0x14].includes(bytes[at + 1] ?? 0))
        expect(realTime).toBe(false)
        expect(bytes.slice(-4)).toEqual([0x1d, 0x56, 0x01, 0x0a])
      }),
      { numRuns: 150 },
    )
  })

  it('wraps without losing a word, and no line is too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', ' ', '\n') }), fc.integer({ min: 1, max: 20 }), (words, width) => {
        const lines = wrap(words, width)
        expect(lines.every((line) => line.length <= width)).toBe(true)
        expect(lines.join('').replaceAll(/\s/g, '')).toBe(words.replaceAll(/\s/g, ''))
      }),
    )
  })
})
