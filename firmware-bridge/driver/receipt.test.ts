import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PrintBlock } from '#protocol/device/messages.ts'
import { characterSets, type CharacterSet } from './code-pages.ts'
import { printable, wrap } from './printable.ts'
import { canPrint, columnCounts, encodeReceipt, MAX_QR_BYTES, type Columns } from './receipt.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'

/** The bytes with everything that is no visible ASCII in angle brackets. */
const shown = (document: readonly PrintBlock[], columns: Columns = 42, codePages: CharacterSet = 'western'): string =>
  [...encodeReceipt(document, { columns, codePages }).bytes]
    .map((byte) => (byte === 10 ? '\n' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `<${byte.toString(16)}>`))
    .join('')

const START = '<1b>@<1c>.'
const END = '<1b>d<4><1d>V<1>'

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
    expect(first).toBe(`${START}<1b>a<1><1b>E<1><1d>!<11><1b>3<<1b>t<10>Shop`)
    expect(second).toBe('<1d>!<0><1b>2<1b>E<0><1b>a<0>x')
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
    ['漢字 😀 ♥?', '?? ? ??', 4],
  ])('%j is printable as %j', (text, expected, replaced = 0) => {
    expect(printable(text)).toEqual({ text: expected, replaced })
  })

  it('says how many characters it had to replace', () => {
    expect(encodeReceipt([{ kind: 'pair', left: '漢字?', right: '☃' }], { columns: 42, codePages: 'western' }).replaced).toBe(3)
  })
})

describe('Chinese', () => {
  it('is two bytes of GB 18030 a character, and only that: letters keep their width', () => {
    // The bytes of GB 2312: 中 D6D0, 文 CEC4, ， A3AC.
    expect(shown([{ kind: 'text', text: '中文，Café €1' }], 42, 'chinese')).toBe(`${START}<1c>&<d6><d0><ce><c4><a3><ac>Caf<1c>.<1b>t<10><e9> <80>1\n${END}`)
    expect(printable('漢字 😀 é', 'chinese')).toEqual({ text: '漢字 ? é', replaced: 1 })
  })

  it('takes two columns a character', () => {
    const [line] = shown([{ kind: 'pair', left: '可口可乐 330ml', right: '3.50' }], 32, 'chinese').split('\n')
    expect(line).toBe(`${START}<1c>&<bf><c9><bf><da><bf><c9><c0><d6> 330ml              3.50<1c>.`)
    expect(wrap('可口可乐 water 可乐', 8)).toEqual(['可口可乐', 'water 可', '乐'])
    expect(wrap('可口可乐', 5)).toEqual(['可口', '可乐'])
  })
})

describe('pairs', () => {
  it('put the amount at the right edge', () => {
    expect(shown([{ kind: 'pair', left: 'Coffee', right: '3.50', bold: true }], 32)).toContain('Coffee                      3.50\n<1b>E<0>')
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
    expect(canPrint([{ kind: 'qr', data: 'x'.repeat(MAX_QR_BYTES) }], 42)).toBe(true)
    expect(canPrint([{ kind: 'qr', data: 'é'.repeat(MAX_QR_BYTES / 2 + 1) }], 42)).toBe(false)
    expect(canPrint([{ kind: 'qr', data: 'a\u0010\u0014\u0001' }], 42)).toBe(false)
  })
})

describe('linear codes', () => {
  const code128 = (data: string): PrintBlock => ({ kind: 'barcode', symbology: 'code128', data })
  const ean13 = (data: string): PrintBlock => ({ kind: 'barcode', symbology: 'ean13', data })

  it('are GS k commands that say their length, with the text below', () => {
    const settings = '<1b>a<1><1d>hP<1d>w<3><1d>H<2>'
    expect(shown([ean13('9520000000011')])).toContain(`${settings}<1d>kC<d>9520000000011<1b>a<0>`)
    expect(shown([code128('R{1')])).toContain(`${settings}<1d>kI<6>{BR{{1<1b>a<0>`)
    expect(shown([code128('1234')])).toContain(`${settings}<1d>kI<4>{C<c>"<1b>a<0>`)
  })

  it('make no real-time command of their digits', () => {
    expect(shown([code128('1604')])).toContain('{B1604')
    expect(shown([code128('160600')])).toContain('{C<10><6><0>')
  })

  it('are printed as wide as they fit, or refused', () => {
    expect(shown([code128('x'.repeat(12))], 32)).toContain('<1d>w<2>')
    expect(canPrint([code128('x'.repeat(12))], 32)).toBe(true)
    expect(canPrint([code128('x'.repeat(13))], 32)).toBe(false)
    expect(canPrint([ean13('952000000001')], 32)).toBe(true)
    expect(canPrint([ean13('9520000000012')], 32)).toBe(false)
  })
})

describe('pictures', () => {
  const image = (width: number, ...rows: number[]): PrintBlock => ({ kind: 'image', width, rows: Buffer.from(rows).toString('base64') })

  it('are GS v 0 commands of bounded size', () => {
    expect(shown([image(12, 0xff, 0xf0, 0x80, 0x10)])).toContain('<1b>a<1><1d>v0<0><2><0><2><0><ff><f0><80><10><1b>a<0>')
    const bands = shown([image(512, ...Array.from({ length: 64 * 40 }, () => 0x55))])
      .split('<1d>v0')
      .slice(1)
    expect(bands.map((band) => band.slice(0, 15))).toEqual(['<0>@<0><10><0>U', '<0>@<0><10><0>U', '<0>@<0><8><0>UU'])
  })

  it('lose a dot rather than carry a real-time command', () => {
    expect(shown([image(24, 0x10, 0x04, 0x01, 0x10, 0x14, 0x01)])).toContain('<10><c><1><10><1c><1>')
  })

  it('are refused when they are too wide or not whole', () => {
    expect(canPrint([image(384, ...new Uint8Array(48))], 32)).toBe(true)
    expect(canPrint([image(392, ...new Uint8Array(49))], 32)).toBe(false)
    expect(canPrint([image(16, 1, 2, 3)], 32)).toBe(false)
  })
})

const text = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 200 }))
const block: fc.Arbitrary<PrintBlock> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text,
    align: fc.constantFrom('left', 'center', 'right'),
    bold: fc.boolean(),
    size: fc.constantFrom('normal', 'double'),
  }),
  fc.record({ kind: fc.constant('pair' as const), left: text, right: fc.string({ unit: anyCharacter, maxLength: 64 }), bold: fc.boolean() }),
  fc.record({ kind: fc.constant('qr' as const), data: fc.string({ minLength: 1, maxLength: 300 }) }),
  fc.record({
    kind: fc.constant('barcode' as const),
    symbology: fc.constant('code128' as const),
    data: fc.oneof(fc.stringMatching(/^[ -~]{1,20}$/), fc.stringMatching(/^(?:16|04|05|20){1,16}$/)),
  }),
  fc.uint8Array({ minLength: 8, maxLength: 800 }).map((bytes): PrintBlock => ({
    kind: 'image',
    width: 32,
    rows: Buffer.from(bytes.map((byte) => [0x10, 0x04, 0x05, 0x14, byte][byte % 5] ?? 0).subarray(bytes.length % 4)).toString('base64'),
  })),
  fc.constant<PrintBlock>({ kind: 'rule' }),
  fc.record({ kind: fc.constant('feed' as const), lines: fc.integer({ min: 1, max: 8 }) }),
)

describe('any document', () => {
  it('is encoded, and holds no command that a printer would obey at once', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), fc.constantFrom(...columnCounts), fc.constantFrom(...characterSets), (document, columns, codePages) => {
        const printableBlocks = document.filter((one) => canPrint([one], columns))
        const bytes = [...encodeReceipt(printableBlocks, { columns, codePages }).bytes]
        const realTime = bytes.some((byte, at) => byte === 0x10 && [0x04, 0x05, 0x14].includes(bytes[at + 1] ?? 0))
        expect(realTime).toBe(false)
        expect(bytes.slice(-3)).toEqual([0x1d, 0x56, 0x01])
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
