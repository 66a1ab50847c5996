import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { receiptSvg } from './receipt-svg.ts'
import type { Printed, QrLevel, Receipt, Span } from './receipt.ts'

const PLAIN: Omit<Span, 'text'> = { bold: false, underline: false, invert: false, width: 1, height: 1 }
const text = (words: string, style: Partial<Span> = {}): Printed => ({ kind: 'text', align: 'left', spans: [{ ...PLAIN, ...style, text: words }] })
const receipt = (...lines: Printed[]): Receipt => ({ columns: 42, lines, cut: 'partial' })

beforeAll(() => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
  prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer } })
})

/** What a browser calls ImageData. */
type Pixels = { readonly data: Uint8ClampedArray<ArrayBuffer>; readonly width: number; readonly height: number; readonly colorSpace: 'srgb' }

/** Paints the picture's QR path as pixels, 4 a module with a quiet zone of 4 modules, as a camera would see it. */
function paintQr(svg: string): Pixels {
  const [, size = '', path = ''] = /data-modules="(\d+)" d="([^"]+)"/.exec(svg) ?? []
  const width = (Number(size) + 8) * 4
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x = '', y = '', length = ''] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = 0; row < 4; row++) {
      const from = (((Number(y) + 4) * 4 + row) * width + (Number(x) + 4) * 4) * 4
      for (let pixel = 0; pixel < Number(length) * 4; pixel++) data.fill(0, from + pixel * 4, from + pixel * 4 + 3)
    }
  }
  return { data, width, height: width, colorSpace: 'srgb' }
}

describe('a QR code on a receipt', () => {
  it.each<[string, QrLevel, string]>([
    ['a payment code', 'M', `SP1:${'6BFOXN%TSMAHN-HTIP3MN8J2V1PK7O-PP%A'.repeat(8)}`],
    ['a link', 'L', 'https://example.org/r/0198c4f2'],
    ['UTF-8', 'H', 'Grüße, 漢字'],
  ])('is read back by an independent engine: %s', async (_, level, words) => {
    const svg = receiptSvg(receipt({ kind: 'qr', align: 'center', data: new TextEncoder().encode(words), moduleDots: 4, level }))
    const [found] = await readBarcodes(paintQr(svg), { formats: ['QRCode'], textMode: 'Plain' })
    expect(found?.text).toBe(words)
  })
})

describe('the picture', () => {
  it('is well-formed whatever was printed, and carries no markup of it', () => {
    const evil = `<script>alert(1)</script> & "quotes" 'too' ]]>`
    const svg = receiptSvg(receipt(text(evil), text('<b>', { bold: true, underline: true, invert: true, width: 2, height: 3 })))
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

  it('puts every word in its column and grows with its lines', () => {
    const svg = receiptSvg(receipt(text('Coffee          3.50')))
    expect(svg).toContain('<text x="0" textLength="72"')
    expect(svg).toContain('<text x="192" textLength="48"')
    const heightOf = (picture: string) => Number(/ height="(\d+(?:\.\d+)?)"/.exec(picture)?.[1])
    expect(heightOf(receiptSvg(receipt(text('a'), text('b', { height: 2 }), { kind: 'feed', dots: 30 })))).toBeGreaterThan(heightOf(svg) + 30)
  })

  it('draws a rule as one line', () => {
    expect(receiptSvg(receipt(text('─'.repeat(42))))).not.toContain('─</text>')
  })
})
