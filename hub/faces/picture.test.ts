import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { MAX_PICTURE_BYTES } from '#protocol/faces/messages.ts'
import { decodePicture } from './picture.ts'

/** Red on the left, blue on the right. */
const halves = (width: number, height: number) =>
  sharp(Buffer.from(Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? [255, 0, 0] : [0, 0, 255])).flat()), {
    raw: { width, height, channels: 3 },
  })

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
/** A PNG that says to be so large, with so few bytes of pixels in it. */
function png(width: number, height: number, pixels = Buffer.alloc(100)): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))])
}
const codeOf = async (bytes: Uint8Array): Promise<string> => {
  const decoded = await decodePicture(bytes)
  return decoded.ok ? `${decoded.value.width}x${decoded.value.height}` : decoded.code
}

test('JPEG, PNG and WebP become the same upright pixels', async () => {
  for (const file of [halves(96, 64).jpeg({ quality: 95 }), halves(96, 64).png(), halves(96, 64).webp({ quality: 95 }), halves(96, 64).ensureAlpha().png()]) {
    const decoded = await decodePicture(await file.toBuffer())
    if (!decoded.ok) throw new Error(decoded.code)
    const { data, width, height } = decoded.value
    expect([width, height, data.length]).toEqual([96, 64, 96 * 64 * 3])
    expect([data[0], data[1], data[2]].map((value) => Math.round((value ?? 0) / 64))).toEqual([4, 0, 0])
  }
  const grey = await decodePicture(await halves(96, 64).greyscale().png().toBuffer())
  expect(grey.ok && grey.value.data.length).toBe(96 * 64 * 3)
})

test('whatever a file says about its orientation, up is up', async () => {
  const turned = await decodePicture(await halves(96, 64).withMetadata({ orientation: 6 }).jpeg().toBuffer())
  if (!turned.ok) throw new Error(turned.code)
  expect([turned.value.width, turned.value.height]).toEqual([64, 96])
  // A quarter to the right: what was left is on top.
  expect(turned.value.data[0]).toBeGreaterThan(200)
  expect(turned.value.data[(64 * 95 + 63) * 3 + 2]).toBeGreaterThan(200)
  // Orientations that there are not.
  const jpeg = await halves(96, 64).withMetadata({ orientation: 6 }).jpeg().toBuffer()
  const at = jpeg.indexOf(Buffer.from('12010300', 'hex'))
  expect(at).toBeGreaterThan(0)
  for (const wrong of [0, 9, 255])
    expect(await codeOf(Buffer.concat([jpeg.subarray(0, at + 8), Buffer.of(wrong, wrong), jpeg.subarray(at + 10)]))).toMatch(/^(?:\d+x\d+|face\.)/)
})

test('a large one is scaled down, and one that is too large is refused by its header', async () => {
  expect(
    await codeOf(
      await sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#888' } })
        .jpeg()
        .toBuffer(),
    ),
  ).toBe('800x600')
  expect(await codeOf(png(60_000, 60_000))).toBe('face.image_too_large')
  expect(await codeOf(png(2_000_000_000, 2))).toMatch(/^face\./)
  expect(await codeOf(new Uint8Array(MAX_PICTURE_BYTES + 1).fill(0xff))).toBe('face.image_too_large')
})

test('what is no picture of a camera is refused: cut off, of no size, of another kind', async () => {
  const jpeg = await halves(640, 480).jpeg().toBuffer()
  const bad = {
    nothing: Buffer.alloc(0),
    cut: jpeg.subarray(0, jpeg.length / 2),
    'cut in its header': jpeg.subarray(0, 30),
    'of no size': png(0, 0),
    'of no width': png(0, 40),
    'of few bytes': png(640, 480),
    tiny: await halves(8, 8).png().toBuffer(),
    gif: await halves(64, 64).gif().toBuffer(),
    tiff: await halves(64, 64).tiff().toBuffer(),
    drawing: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>'),
    'a drawing after the beginning of a JPEG': Buffer.concat([Buffer.from('ffd8ff', 'hex'), Buffer.from('<svg/>')]),
    moving: await sharp([await halves(64, 64).png().toBuffer(), await halves(64, 64).negate().png().toBuffer()], { join: { animated: true } })
      .webp()
      .toBuffer(),
  }
  for (const [what, bytes] of Object.entries(bad)) expect(`${what}: ${await codeOf(bytes)}`).toBe(`${what}: face.image_unreadable`)
})

test('bytes that are nearly a picture end in a picture or in one clear code, and take no memory that stays', async () => {
  const samples = [await halves(96, 64).jpeg().toBuffer(), await halves(96, 64).png().toBuffer(), await halves(96, 64).webp().toBuffer()]
  const before = process.memoryUsage().rss
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 24 }), fc.boolean(), async (sample, place, put, isCut) => {
      const at = place % sample.length
      const bytes = isCut ? Buffer.concat([sample.subarray(0, at), put]) : Buffer.concat([sample.subarray(0, at), put, sample.subarray(at + put.length)])
      expect(await codeOf(bytes)).toMatch(/^(?:\d+x\d+|face\.image_unreadable|face\.image_too_large)$/)
    }),
    { numRuns: 120 },
  )
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
})
