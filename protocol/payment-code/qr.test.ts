import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encode } from 'uqr'
import { beforeAll, describe, expect, test } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { unhex } from '../bytes.ts'
import { signerFromSeed } from '../node/crypto.ts'
import { MAX_CODE_CHARS, signProof } from './code.ts'
import { issueCredential } from './credential.ts'
import { golden } from './golden.ts'
import { makeRequest, MAX_MERCHANT_CHARS } from './request.ts'

/** How large the codes are as QR codes, and that the engine which reads a till's camera reads them at 200 x 200 pixels. */
type Correction = 'L' | 'M'
const QUIET_ZONE = 4

const symbol = (text: string, ecc: Correction) => encode(text, { ecc, border: 0 })

const phone = signerFromSeed(new Uint8Array(32).fill(2))
/** A wallet in yen that has paid a hundred thousand times: longer than any of today. */
const largeNumbers = signProof(phone, {
  profile: 'show',
  credential: issueCredential(phone, { ...golden.credential, currency: 'JPY', perPaymentLimitMinor: 50_000, totalLimitMinor: 200_000 }),
  now: golden.now,
  counter: 100_000,
  nonce: unhex(golden.show.nonce) ?? new Uint8Array(0),
})
const longName = makeRequest({ ...golden.request, amountMinor: 1_000_000_000, merchant: 'x'.repeat(MAX_MERCHANT_CHARS) }).text

describe('size', () => {
  test.each<[string, string, number, Correction, number, number]>([
    ['a shown code', golden.showText, 450, 'L', 11, 61],
    ['a shown code', golden.showText, 450, 'M', 13, 69],
    ['a bound code', golden.boundText, 450, 'L', 11, 61],
    ['a code with large numbers', largeNumbers, 457, 'L', 11, 61],
    ['a request', golden.requestText, 95, 'M', 5, 37],
    ['a request with a long name', longName, 142, 'M', 6, 41],
    ['the longest text that is read at all', '0'.repeat(3) + 'A'.repeat(MAX_CODE_CHARS - 3), 512, 'L', 12, 65],
  ])('%s', (_, text, characters, ecc, version, modules) => {
    expect(text).toHaveLength(characters)
    const qr = symbol(text, ecc)
    expect([qr.version, qr.size]).toEqual([version, modules])
  })
})

/** Draws as a screen does: dark on light with a quiet zone, each pixel taking the module that it falls on. */
function draw(text: string, ecc: Correction, pixels: number): { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number; colorSpace: 'srgb' } {
  const qr = symbol(text, ecc)
  const modules = qr.size + 2 * QUIET_ZONE
  const moduleAt = (pixel: number): number => Math.floor((pixel * modules) / pixels) - QUIET_ZONE
  const data = new Uint8ClampedArray(pixels * pixels * 4).fill(255)
  for (let y = 0; y < pixels; y++) {
    for (let x = 0; x < pixels; x++) {
      if (qr.data[moduleAt(y)]?.[moduleAt(x)] === true) data.fill(0, (y * pixels + x) * 4, (y * pixels + x) * 4 + 3)
    }
  }
  return { data, width: pixels, height: pixels, colorSpace: 'srgb' }
}

describe('a camera engine reads it at 200 x 200 pixels', () => {
  beforeAll(async () => {
    const wasm = readFileSync(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')))
    await prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer }, fireImmediately: true })
  })

  test.each<[string, string, Correction]>([
    ['a shown code', golden.showText, 'L'],
    ['a bound code', golden.boundText, 'L'],
    ['a code with large numbers', largeNumbers, 'L'],
    ['a shown code with more redundancy', golden.showText, 'M'],
    ['a request', golden.requestText, 'M'],
    ['a request with a long name', longName, 'M'],
  ])('%s', async (_, text, ecc) => {
    const results = await readBarcodes(draw(text, ecc, 200), { formats: ['QRCode'] })
    expect(results.map((result) => result.text)).toEqual([text])
  })
})
