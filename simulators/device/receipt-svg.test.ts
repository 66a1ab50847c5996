import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import type { PrintBlock } from '#protocol/device/messages.ts'
import { encodeReceipt } from '../../firmware-bridge/driver/receipt.ts'
import { escPosInterpreter } from './escpos.ts'
import { receiptPng } from './receipt-png.ts'
import { receiptSvg } from './receipt-svg.ts'
import { receiptText, type Piece, type Receipt, type Style } from './receipt.ts'

const PLAIN: Style = { font: 'A', bold: false, underline: 0, invert: false, width: 1, height: 1 }
const text = (words: string, style: Partial<Style> = {}, x = 0): Piece => ({ kind: 'text', x, y: 0, text: words, advance: 12, style: { ...PLAIN, ...style } })
const receipt = (...pieces: Piece[]): Receipt => ({ columns: 42, lines: pieces.map((piece) => ({ pieces: [piece], height: 30 })), cut: 'partial' })

/** All that a printer makes of some bytes. */
function printed(bytes: Uint8Array, columns = 42) {
  const receipts: Receipt[] = []
  const ignored = (): void => {}
  const events = { columns, onLine: ignored, onPulse: ignored, onStatusRequest: ignored, onAutomaticStatus: ignored }
  const interpreter = escPosInterpreter({ ...events, onReceipt: (one) => receipts.push(one) })
  for (const byte of bytes) interpreter.feed(byte)
  const uncut = interpreter.uncut()
  return { receipts: uncut.lines.length > 0 ? [...receipts, uncut] : receipts, counters: interpreter.counters }
}

beforeAll(() => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
  prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer } })
})

describe('codes that the driver prints', () => {
  const read = async (block: PrintBlock, columns: 32 | 42 = 42) => {
    const [one] = printed(encodeReceipt([{ kind: 'text', text: 'Shop' }, block, { kind: 'rule' }], { columns, codePages: 'western' }).bytes, columns).receipts
    if (!one) throw new Error('nothing came out')
    const found = await readBarcodes(await receiptPng(one), { textMode: 'Plain', tryHarder: true })
    return found.map((code) => [code.format, code.text])
  }

  it.each([
    ['a payment code', `SP1:${'6BFOXN%TSMAHN-HTIP3MN8J2V1PK7O-PP%A'.repeat(8)}`],
    ['a link', 'https://example.org/r/0198c4f2'],
    ['UTF-8', 'Grüße, 漢字'],
  ])('are read back from the picture by an independent engine: %s', async (_, data) => {
    expect(await read({ kind: 'qr', data })).toEqual([['QRCode', data]])
  })

  it.each([
    ['EAN-13', { kind: 'barcode', symbology: 'ean13', data: '9520000000011' }, ['EAN13', '9520000000011']],
    ['CODE128 in set B', { kind: 'barcode', symbology: 'code128', data: 'R{0042}-7' }, ['Code128', 'R{0042}-7']],
    ['CODE128 in set C', { kind: 'barcode', symbology: 'code128', data: '20261122000042' }, ['Code128', '20261122000042']],
  ] as const)('%s, too, on both papers', async (_, block, expected) => {
    expect(await read(block)).toEqual([expected])
    expect(await read(block, 32)).toEqual([expected])
  })
})

describe('the picture', () => {
  it('is well-formed whatever was printed, and carries no markup of it', () => {
    const evil = `<script>alert(1)</script> & "quotes" 'too' ]]>`
    const svg = receiptSvg(receipt(text(evil), text('<b>', { bold: true, underline: 1, invert: true, width: 2, height: 3 })))
    expect(svg).not.toContain('<script')
    expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    // Every tag that is opened is closed, in order: no text got out of its place.
    const open: string[] = []
    for (const [, end, name = '', alone] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
      if (end) expect(open.pop()).toBe(name)
      else if (!alone) open.push(name)
    }
    expect(open).toEqual([])
    expect(svg.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
  })

  it('draws each character once, and uses it in its column', () => {
    const svg = receiptSvg(receipt(text('noon'), text('n', {}, 24)))
    expect(svg.match(/<path id="/g)).toHaveLength(2)
    expect([...svg.matchAll(/<use href="#(\w+)"(?: x="(\d+)")?\/>/g)].map(([, id, x]) => [id, x])).toEqual([
      ['r6e', undefined],
      ['r6f', '12'],
      ['r6f', '24'],
      ['r6e', '36'],
      ['r6e', undefined],
    ])
  })

  it('needs no font of the machine, and stays small', () => {
    const items = Array.from({ length: 40 }, (_, n): PrintBlock => ({ kind: 'pair', left: `Product number ${n}, 可口可乐`, right: '1 234,50 €' }))
    const [one] = printed(encodeReceipt(items, { columns: 42, codePages: 'chinese' }).bytes).receipts
    const svg = receiptSvg(one ?? receipt())
    expect(svg).not.toContain('<text')
    expect(svg).not.toContain('font')
    expect(svg.length).toBeLessThan(120_000)
  })

  it('has a glyph for everything that a driver prints: no box', () => {
    const boxed = (words: string): boolean => receiptSvg(receipt(text(words))).includes('M1 3h10v18h-10z')
    expect(boxed('Aé€Жß─█±')).toBe(false)
    expect(boxed('\ufffe')).toBe(true)
  })
})

/** Bytes of other people's encoders, which are not part of this project. */
const SHARED = join(process.env['STILLPOINT_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'data/devices/escpos')
const shared = ((): readonly string[] => {
  try {
    return readdirSync(SHARED).filter((name) => name.endsWith('.bin'))
  } catch {
    console.error(`No receipts of other encoders in ${SHARED}: not tested with them.`)
    return []
  }
})()

describe.skipIf(shared.length === 0)('receipts of other encoders', () => {
  it.each(shared)('%s is printed without a command that is unknown', async (name) => {
    const { receipts, counters } = printed(readFileSync(join(SHARED, name)), 48)
    expect(counters.unknown).toBe(0)
    expect(receipts.map(receiptText).join('').length).toBeGreaterThan(0)
  })

  it.runIf(shared.includes('receipt-with-logo.bin'))('and a receipt reads as it was written', () => {
    const [one] = printed(readFileSync(join(SHARED, 'receipt-with-logo.bin')), 48).receipts
    expect(one && receiptText(one)).toContain('ExampleMart Ltd.')
    expect(one?.lines.some(({ pieces }) => pieces.some(({ kind }) => kind === 'picture'))).toBe(true)
  })
})
