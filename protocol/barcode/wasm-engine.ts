import type { Code, Effort, Engine, Picture } from './engine.ts'

/** What zxing-wasm is asked. Formats: all that it knows, since a shop's own labels may be of any. */
export type WasmOptions = {
  tryHarder: boolean
  tryRotate: boolean
  tryInvert: boolean
  tryDownscale: boolean
  /** Reading the two or five digits beside an EAN invents some where there are none. */
  eanAddOnSymbol: 'Ignore'
  textMode: 'Plain'
  formats: 'EANUPC'[]
  /** How many scan lines must agree on a code that is made of bars. */
  minLineCount: number
}

/** The part of its answer that counts here. */
export type WasmResult = { readonly isValid: boolean; readonly text: string; readonly symbologyIdentifier: string; readonly symbology: string }

/** `readBarcodes` of zxing-wasm, once it was given its bytes: left alone it would ask the network for them. */
export type ReadBarcodes = (picture: Picture, options: WasmOptions) => Promise<readonly WasmResult[]>

const all = { eanAddOnSymbol: 'Ignore', textMode: 'Plain' } as const
export const wasmOptions: Readonly<Record<Effort, WasmOptions>> = {
  fast: { ...all, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false, formats: [], minLineCount: 2 },
  thorough: { ...all, tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true, formats: [], minLineCount: 2 },
  // Sharpening makes bars out of noise, too: four lines, not two, read none wrong on the images where two did.
  products: { ...all, tryHarder: true, tryRotate: true, tryInvert: false, tryDownscale: false, formats: ['EANUPC'], minLineCount: 4 },
}

const CORRECTING: ReadonlySet<string> = new Set(['QRCode', 'DataMatrix', 'Aztec', 'PDF417', 'MaxiCode'])

/** ZXing-C++ in WebAssembly. */
export const wasmEngine = (readBarcodes: ReadBarcodes): Engine => ({
  async read(picture, effort) {
    const codes = new Map<string, Code>()
    for (const { isValid, text, symbologyIdentifier, symbology } of await readBarcodes(picture, wasmOptions[effort])) {
      if (isValid) codes.set(`${symbologyIdentifier}${text}`, { text, aim: symbologyIdentifier, corrects: CORRECTING.has(symbology) })
    }
    return [...codes.values()]
  },
})
