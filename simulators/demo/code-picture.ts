import bwip from 'bwip-js/node'
import { ean13 } from '../bench/ean13.ts'

/** A code as a label or a phone shows it, as PNG: an EAN-13 for a product's number, else a QR code. Rejects a text that no QR code can hold. */
export function codePicture(text: string): Promise<Uint8Array> {
  const quiet = { backgroundcolor: 'FFFFFF', paddingwidth: 12, paddingheight: 12 }
  if (ean13(text) !== undefined) return bwip.toBuffer({ bcid: 'ean13', text: text.padStart(13, '0'), scale: 3, height: 20, includetext: true, ...quiet })
  return bwip.toBuffer({ bcid: 'qrcode', text, scale: text.length > 300 ? 3 : 4, ...quiet })
}
