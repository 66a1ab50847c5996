import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url'
import { decode } from '#protocol/barcode/decode.ts'
import { isEncoded, type Code, type Engine } from '#protocol/barcode/engine.ts'
import { scriptEngine } from '#protocol/barcode/script-engine.ts'
import { wasmEngine } from '#protocol/barcode/wasm-engine.ts'

/** Page → worker: one frame, which the worker closes. Worker → page: all codes in it. */
export type Frame = { readonly frame: ImageBitmap }
export type Decoded = { readonly codes: readonly Code[] }

/** Larger frames take longer and hold no more of a code that fills the guide. */
const LONGEST_SIDE = 1280

async function loadEngine(): Promise<Engine> {
  try {
    // From the till itself: left alone, the library would ask the network.
    const wasmBinary = await (await fetch(wasmUrl)).arrayBuffer()
    await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true })
    return wasmEngine((picture, options) => readBarcodes(isEncoded(picture) ? picture : new ImageData(picture.data, picture.width, picture.height), options))
  } catch {
    const { readOne } = await import('./script-reader.ts')
    return scriptEngine(readOne)
  }
}

const engine = loadEngine()
const canvas = new OffscreenCanvas(1, 1)
const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false })

async function codesIn(frame: ImageBitmap): Promise<readonly Code[]> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(frame.width, frame.height))
  const [width, height] = [Math.round(frame.width * scale), Math.round(frame.height * scale)]
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  context?.drawImage(frame, 0, 0, width, height)
  frame.close()
  const pixels = context?.getImageData(0, 0, width, height)
  return pixels === undefined ? [] : decode(await engine, { data: new Uint8ClampedArray(pixels.data), width, height })
}

const look = async ({ frame }: Frame): Promise<void> => {
  // A frame that cannot be read is one without a code: the next comes at once.
  const answer: Decoded = { codes: await codesIn(frame).catch(() => []) }
  self.postMessage(answer)
}

self.addEventListener('message', ({ data }: MessageEvent<Frame>) => void look(data))
