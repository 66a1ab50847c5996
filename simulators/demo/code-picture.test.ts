import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, expect, it } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { codePicture } from './code-picture.ts'

beforeAll(() => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } })
})

it.each([
  ['a product’s number', '9520000000011', 'EAN13'],
  ['a number whose check digit is wrong, as text', '9520000000012', 'QRCode'],
  ['a payment code', `SP1:${'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'.repeat(14)}`, 'QRCode'],
])('draws %s so that it reads as what it was', async (_what, text, format) => {
  const [read] = await readBarcodes(new Uint8Array(await codePicture(text)))
  expect(read).toMatchObject({ text, format })
})
