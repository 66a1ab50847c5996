import {
  BarcodeFormat,
  BinaryBitmap,
  DataMatrixReader,
  DecodeHintType,
  HybridBinarizer,
  MultiFormatOneDReader,
  QRCodeReader,
  RGBLuminanceSource,
  type Reader,
} from '@zxing/library'
import type { ReadOne } from '#protocol/barcode/script-engine.ts'

// Not its MultiFormatReader, which writes a warning for every picture without a code and looks for symbologies that no shop has.
const readers: readonly Reader[] = [new MultiFormatOneDReader(new Map()), new QRCodeReader(), new DataMatrixReader()]

/** @zxing/library, for a browser without WebAssembly. */
export const readOne: ReadOne = (grey, width, height, harder) => {
  const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(grey, width, height)))
  const hints = new Map(harder ? [[DecodeHintType.TRY_HARDER, true]] : [])
  for (const reader of readers) {
    try {
      const result = reader.decode(bitmap, hints)
      return { text: result.getText(), format: BarcodeFormat[result.getBarcodeFormat()] }
    } catch {
      // How it says that there is no such code.
    } finally {
      // Or its DataBar reader finds in this picture what it saw in the last.
      reader.reset()
    }
  }
  return undefined
}
