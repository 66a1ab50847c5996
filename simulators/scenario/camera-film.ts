import bwipjs from 'bwip-js/node'
import sharp from 'sharp'

/**
 * A second of film for Chromium's `--use-file-for-fake-video-capture` (a `.mjpeg` file: one JPEG after the other): an EAN-13 before a grey counter,
 * moved a little from picture to picture as a hand moves it.
 */
export async function filmOf(gtin: string): Promise<Buffer> {
  const code = await bwipjs.toBuffer({ bcid: 'ean13', text: gtin, scale: 3, height: 22, padding: 8, backgroundcolor: 'FFFFFF', includetext: true })
  const counter = { create: { width: 640, height: 480, channels: 3, background: { r: 96, g: 88, b: 80 } } } as const
  const pictures = Array.from({ length: 30 }, (_, n) =>
    sharp(counter)
      .composite([{ input: code, left: 140 + (n % 8), top: 130 + (n % 5) }])
      .jpeg()
      .toBuffer(),
  )
  return Buffer.concat(await Promise.all(pictures))
}
