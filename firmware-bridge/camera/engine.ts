import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import type { ReadBarcodes } from '#protocol/barcode/wasm-engine.ts'

/** Gives the library its bytes from the disk: left alone, it would download them. To be called once in a thread, before the first picture. */
export async function loadReader(): Promise<ReadBarcodes> {
  const wasm = readFileSync(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')))
  await prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer }, fireImmediately: true })
  return readBarcodes
}
