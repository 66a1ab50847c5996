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
import { decode } from '#protocol/barcode/decode.ts'
import type { Engine, Pixels } from '#protocol/barcode/engine.ts'
import { scriptEngine, type ReadOne } from '#protocol/barcode/script-engine.ts'
import { wasmEngine, wasmOptions, type ReadBarcodes, type WasmResult } from '#protocol/barcode/wasm-engine.ts'
import { loadReader } from '../../firmware-bridge/camera/engine.ts'
import { fullSize, isRight, kindOf, labelledPictures, vgaSize, type LabelledPicture, type Reading } from './labelled-pictures.ts'
import { percentile, rounded } from './percentile.ts'

/** `found`: its truth is among what was read. `wrong`: only something else is. `extra`: both, which is right where a picture shows two codes. */
type Counts = { images: number; found: number; wrong: number; missed: number; extra: number; false_positives: number }
export type Evaluation = {
  readonly metrics: Readonly<Record<string, number>>
  readonly sets: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Kinds of code that were read worse than by plain zxing-wasm: fewer found, or more read wrong. */
  readonly behind: readonly string[]
}

type Contender = { readonly prefix: string; readonly read: (pixels: Pixels) => Promise<readonly Reading[]> }
type Result = { readonly sets: ReadonlyMap<string, Counts>; readonly times: readonly number[] }

/** All contenders read the same pictures, one after the other, on one core. */
export async function evaluateBarcodes(folder: string, { fallback }: { readonly fallback: boolean }): Promise<Evaluation> {
  const pictures = labelledPictures(folder)
  const contenders = await contendersOf(fallback)
  const results = new Map<string, Result>()
  for (const contender of contenders) results.set(contender.prefix, await run(contender, pictures))

  const metrics: Record<string, number> = {}
  const sets: Record<string, Record<string, number>> = {}
  for (const [prefix, { sets: counts, times }] of results) {
    Object.assign(metrics, named(prefix, sum([...counts.values()])))
    metrics[`${prefix}ms_median`] = rounded(percentile(times, 0.5), 2)
    metrics[`${prefix}ms_p95`] = rounded(percentile(times, 0.95), 2)
    for (const [set, each] of counts) sets[set] = { ...sets[set], ...named(prefix, each) }
  }
  return { metrics, sets, behind: behindPlain(results.get('')?.sets ?? new Map(), results.get('plain_')?.sets ?? new Map()) }
}

async function contendersOf(fallback: boolean): Promise<readonly Contender[]> {
  const wasm = await loadReader()
  // What the engine hands on is text; a truth may be bytes.
  const bytes = new Map<string, Uint8Array>()
  const remembering: ReadBarcodes = async (picture, options) => {
    const results: readonly (WasmResult & { readonly bytes?: Uint8Array })[] = await wasm(picture, options)
    for (const result of results) if (result.bytes) bytes.set(result.text, result.bytes)
    return results
  }
  const telling = (read: (pixels: Pixels) => ReturnType<Engine['read']>) => async (pixels: Pixels) => {
    bytes.clear()
    return (await read(pixels)).map(({ text, aim }) => ({ text, aim, bytes: bytes.get(text) }))
  }
  const engine = wasmEngine(remembering)
  const plain = wasmEngine((picture) => remembering(picture, wasmOptions.thorough))
  const script = scriptEngine(readOne)
  return [
    { prefix: '', read: telling((pixels) => decode(engine, pixels)) },
    { prefix: 'plain_', read: telling((pixels) => plain.read(pixels, 'thorough')) },
    ...(fallback ? [{ prefix: 'fallback_', read: telling((pixels) => decode(script, pixels)) }] : []),
  ]
}

async function run({ read }: Contender, pictures: readonly LabelledPicture[]): Promise<Result> {
  const sets = new Map<string, Counts>()
  const times: number[] = []
  for (const picture of pictures) {
    const counts = sets.get(picture.set) ?? { images: 0, found: 0, wrong: 0, missed: 0, extra: 0, false_positives: 0 }
    sets.set(picture.set, counts)
    count(counts, picture, await read(await fullSize(picture)))
    const scaled = await vgaSize(picture)
    const from = performance.now()
    await read(scaled)
    times.push(performance.now() - from)
  }
  return { sets, times }
}

function count(counts: Counts, { set, truth }: LabelledPicture, readings: readonly Reading[]): void {
  if (truth === undefined) {
    if (set.startsWith('falsepositives') && readings.length > 0) counts.false_positives++
    return
  }
  const right = readings.filter((reading) => isRight(truth, reading)).length
  counts.images++
  if (right > 0) counts.found++
  else if (readings.length > 0) counts.wrong++
  else counts.missed++
  if (right > 0 && readings.length > right) counts.extra++
}

function sum(all: readonly Counts[]): Counts {
  const total: Counts = { images: 0, found: 0, wrong: 0, missed: 0, extra: 0, false_positives: 0 }
  for (const counts of all) for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += counts[name]
  return total
}

const named = (prefix: string, counts: Counts): Record<string, number> => {
  const { images, ...others } = counts
  const entries = Object.entries(others).map(([name, value]) => [`${prefix}${name}`, value] as const)
  return { images, ...Object.fromEntries(entries) }
}

function behindPlain(ours: ReadonlyMap<string, Counts>, plain: ReadonlyMap<string, Counts>): readonly string[] {
  const kinds = [...new Set([...ours.keys()].map(kindOf))]
  const of = (sets: ReadonlyMap<string, Counts>, kind: string) => sum([...sets].filter(([set]) => kindOf(set) === kind).map(([, counts]) => counts))
  return kinds.filter((kind) => {
    const [us, them] = [of(ours, kind), of(plain, kind)]
    return us.found < them.found || us.wrong > them.wrong || us.false_positives > them.false_positives
  })
}

// Not its MultiFormatReader, which writes a warning for every picture without a code and looks for symbologies that no shop has.
const readers: readonly Reader[] = [new MultiFormatOneDReader(new Map()), new QRCodeReader(), new DataMatrixReader()]

/** @zxing/library, as the page uses it where there is no WebAssembly. */
const readOne: ReadOne = (grey, width, height, harder) => {
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
