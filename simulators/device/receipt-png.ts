import sharp from 'sharp'
import { receiptSvg } from './receipt-svg.ts'
import type { Receipt } from './receipt.ts'

/** The counter that it lies on. */
const COUNTER = '#e9e7e2'
/** The picture is laid out at half a pixel a dot at 72 to the inch; this makes it one pixel a dot. */
const DENSITY = 144

/** A receipt as a PNG, one pixel a dot. No font of the system is used. */
export async function receiptPng(receipt: Receipt): Promise<Uint8Array> {
  return await sharp(Buffer.from(receiptSvg(receipt)), { density: DENSITY, limitInputPixels: false })
    .flatten({ background: COUNTER })
    .png()
    .toBuffer()
}
