import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import bwipjs from 'bwip-js/node'
import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { decode } from '#protocol/barcode/decode.ts'
import type { Engine } from '#protocol/barcode/engine.ts'
import { wasmEngine } from '#protocol/barcode/wasm-engine.ts'
import { loadReader } from '../../firmware-bridge/camera/engine.ts'
import { fullSize, isRight, labelledPictures, pixelsOf } from './labelled-pictures.ts'

let engine: Engine

beforeAll(async () => {
  engine = wasmEngine(await loadReader())
})

const GREY = { r: 140, g: 134, b: 126 }
const drawn = (bcid: string, text: string, scale = 3) => bwipjs.toBuffer({ bcid, text, scale, padding: 12, backgroundcolor: 'FFFFFF', parsefnc: true })

/** In a picture of 640x480, as a camera gives it. */
const photo = async (code: Uint8Array, change: (image: Sharp) => Sharp = (image) => image) =>
  pixelsOf(sharp(await change(sharp(code)).resize(640, 480, { fit: 'contain', background: GREY, withoutEnlargement: true }).png().toBuffer()))

const read = async (pixels: Parameters<typeof decode>[1]) => (await decode(engine, pixels)).map(({ text, aim }) => `${aim}${text}`)

describe('codes of our own', () => {
  const codes = [
    ['ean13', '9520000000011', ']E09520000000011'],
    ['ean8', '96385074', ']E496385074'],
    ['upca', '036000291452', ']E00036000291452'],
    ['code128', 'TILL-7', ']C0TILL-7'],
    ['qrcode', 'https://example.com/pay?id=1', ']Q1https://example.com/pay?id=1'],
    ['datamatrix', 'A1B2C3', ']d1A1B2C3'],
  ] as const

  it.each(codes)('%s is read upright, on its head, blurred and noisy', async (bcid, text, expected) => {
    const code = await drawn(bcid, text)
    const noise = { create: { width: 64, height: 64, channels: 3, background: GREY, noise: { type: 'gaussian', mean: 128, sigma: 30 } } } as const
    const grain = await sharp(noise).png().toBuffer()
    expect(await read(await photo(code))).toEqual([expected])
    expect(await read(await photo(code, (image) => image.rotate(180)))).toEqual([expected])
    expect(await read(await photo(code, (image) => image.blur(1.2)))).toEqual([expected])
    expect(
      await read(await photo(code, (image) => image.flatten({ background: '#fff' }).composite([{ input: grain, tile: true, blend: 'soft-light' }]))),
    ).toEqual([expected])
  })

  it('reads an EAN that the library alone does not, because it is out of focus', async () => {
    const blurred = await photo(await drawn('ean13', '4006381333931', 4), (image) => image.flatten({ background: '#fff' }).blur(2))
    expect(await engine.read(blurred, 'thorough')).toEqual([])
    expect(await read(blurred)).toEqual([']E04006381333931'])
  })

  it('reads several in one picture', async () => {
    const [ean, qr] = [await drawn('ean13', '9520000000011', 2), await drawn('qrcode', 'two', 4)]
    const both = sharp({ create: { width: 640, height: 480, channels: 3, background: GREY } }).composite([
      { input: ean, left: 20, top: 40 },
      { input: qr, left: 420, top: 220 },
    ])
    expect((await read(await pixelsOf(sharp(await both.png().toBuffer())))).toSorted()).toEqual([']E09520000000011', ']Q1two'])
  })

  it('keeps the separators of a GS1 code', async () => {
    const code = await bwipjs.toBuffer({ bcid: 'gs1-128', text: '(01)09521234543213(10)AB-1(17)271231', scale: 2, padding: 12, backgroundcolor: 'FFFFFF' })
    expect(await read(await photo(code))).toEqual([']C1010952123454321310AB-1\u001d17271231'])
  })

  it('reads nothing in an empty picture, and takes a file as a camera sends it', async () => {
    expect(await read(await pixelsOf(sharp({ create: { width: 640, height: 480, channels: 3, background: GREY } })))).toEqual([])
    const jpeg = await sharp(await drawn('ean13', '9520000000011'))
      .flatten({ background: '#fff' })
      .jpeg()
      .toBuffer()
    expect(await read(new Uint8Array(jpeg))).toEqual([']E09520000000011'])
    expect(await read(new Uint8Array(jpeg.subarray(0, 20)))).toEqual([])
  })
})

const shared = join(resolve(import.meta.dirname, '../..'), process.env['STILLPOINT_SHARED'] ?? '../shared', 'data/barcodes')
const hasShared = existsSync(shared)
if (!hasShared) console.error(`The photographed codes are left out: there is no ${shared}. STILLPOINT_SHARED names the folder that holds data/barcodes.`)

/** Every fifth: the whole lot is what `npm run evaluate -- barcodes` is for. */
const SAMPLE = 5

describe('photographed codes', () => {
  it.skipIf(!hasShared)('are found, and hardly one is read wrong', async () => {
    const sample = labelledPictures(shared).filter((_, index) => index % SAMPLE === 0)
    const counts = { found: 0, wrong: 0, labelled: 0, invented: 0 }
    for (const picture of sample) {
      const { truth, set } = picture
      const codes = await decode(engine, await fullSize(picture))
      if (truth === undefined) counts.invented += set.startsWith('falsepositives') ? codes.length : 0
      else {
        const found = codes.some((code) => isRight(truth, { ...code, bytes: undefined }))
        counts.labelled++
        if (found) counts.found++
        else if (codes.length > 0) counts.wrong++
      }
    }
    expect(counts.invented).toBe(0)
    expect(counts.wrong).toBeLessThanOrEqual(1)
    expect(counts.found / counts.labelled).toBeGreaterThan(0.85)
  })
})
