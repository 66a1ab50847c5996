import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { moved, similarityTo } from '#protocol/faces/geometry.ts'
import { CHIP } from '#protocol/faces/quality.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { FaceEngine } from './engine.ts'
import { warp } from './warp.ts'

/**
 * A place for an operator's own recognition model, in ONNX. None ships: of the free ones that we know, nobody can say on whose faces they were trained. Detection,
 * landmarks and alignment stay ours. A model comes with a manifest, and without one, or with one that does not fit its bytes, it is refused; so it is until
 * somebody has measured it (`npm run evaluate -- faces --model MANIFEST --calibrate`), since its distances mean something else.
 */
export const modelManifest = z.strictObject({
  name: z.string().min(1).max(80),
  /** A file beside the manifest. */
  file: z.string().regex(/^\w[\w.-]{0,99}\.onnx$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Under what it may be used for this: an SPDX identifier, or where the contract is. */
  license: z.string().trim().min(2).max(200),
  /** Whose faces it learnt from, and that they may be used for it: for the operator to answer. */
  trainedOn: z.string().trim().min(2).max(500),
  /** One picture of `side` x `side`: (value - mean) / scale of each of three colours from 0 to 255. */
  input: z.strictObject({
    name: z.string().min(1).max(80),
    side: z.int().min(96).max(256),
    layout: z.enum(['nchw', 'nhwc']),
    order: z.enum(['rgb', 'bgr']),
    mean: z.number().min(0).max(255),
    scale: z.number().positive().max(255),
  }),
  /** Its numbers are scaled to length 1 before they are compared. */
  output: z.strictObject({ name: z.string().min(1).max(80), dimensions: z.int().min(16).max(1024).multipleOf(4) }),
  /** Where it was taught to expect eyes, nose tip and mouth corners: shares of its side. */
  points: z.array(z.strictObject({ x: z.number().min(0).max(1), y: z.number().min(0).max(1) })).length(5),
})
export type ModelManifest = z.infer<typeof modelManifest>

/** What runs it, behind the little that is asked of it (`onnx-runtime.ts`). */
export interface OnnxRuntime {
  load(model: Uint8Array): Promise<OnnxModel>
}
export interface OnnxModel {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  run(input: string, pixels: Float32Array, shape: readonly number[], output: string): Promise<Float32Array>
}

const MAX_MODEL_BYTES = 512 * 1024 * 1024
type BadModel = 'face.bad_model'

/** The manifest at `path` and its model's bytes, if everything about them is as it says. */
export function readModel(path: string): Outcome<{ readonly manifest: ModelManifest; readonly model: Uint8Array }, BadModel> {
  const refuse = (why: string) => fail('face.bad_model' as const, `${basename(path)}: ${why}`)
  if (!existsSync(path)) return refuse('there is no such manifest')
  const read = modelManifest.safeParse(asJson(readFileSync(path, 'utf8')))
  if (!read.success) return refuse(read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  const file = join(dirname(path), read.data.file)
  if (!existsSync(file)) return refuse(`${read.data.file} is not beside it`)
  if (statSync(file).size > MAX_MODEL_BYTES) return refuse(`${read.data.file} is too large`)
  const model = readFileSync(file)
  if (createHash('sha256').update(model).digest('hex') !== read.data.sha256) return refuse(`${read.data.file} is not the file whose checksum it has`)
  return ok({ manifest: read.data, model })
}

/** `engine` with its recognition replaced by the model of the manifest at `path`. */
export async function withModel(engine: FaceEngine, path: string, runtime: OnnxRuntime): Promise<Outcome<FaceEngine, BadModel>> {
  const read = readModel(path)
  if (!read.ok) return read
  const { manifest, model } = read.value
  const { input, output } = manifest
  const session = await runtime.load(model).catch(() => undefined)
  if (session === undefined) return fail('face.bad_model', `${manifest.file} cannot be loaded`)
  if (!session.inputs.includes(input.name) || !session.outputs.includes(output.name))
    return fail('face.bad_model', `${manifest.file} has ${session.inputs.join()} → ${session.outputs.join()}`)
  const target = manifest.points.map((point) => moved(point, { a: input.side, b: 0, dx: 0, dy: 0 }))
  const map = similarityTo(engine.chipPoints, target)
  if (map === undefined) return fail('face.bad_model', 'its points are no face')
  const shape = input.layout === 'nchw' ? [1, 3, input.side, input.side] : [1, input.side, input.side, 3]
  return ok({
    ...engine,
    name: `${manifest.name} ${manifest.sha256.slice(0, 16)}`,
    dimensions: output.dimensions,
    async embed(chip) {
      const picture = warp({ data: chip, width: CHIP, height: CHIP }, map, input.side, 'nearest')
      const embedding = await session.run(input.name, arranged(picture, input), shape, output.name)
      invariant(embedding.length === output.dimensions, `${manifest.file} gives ${embedding.length} numbers, and its manifest says ${output.dimensions}`)
      const length = Math.hypot(...embedding)
      return embedding.map((value) => value / (length || 1))
    },
  })
}

/** RGB from 0 to 255, pixel by pixel, as the model wants it. */
export function arranged(picture: Float32Array, { layout, order, mean, scale }: ModelManifest['input']): Float32Array {
  const out = new Float32Array(picture.length)
  const pixels = picture.length / 3
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      const value = ((picture[3 * i + (order === 'rgb' ? c : 2 - c)] ?? 0) - mean) / scale
      out[layout === 'nchw' ? c * pixels + i : 3 * i + c] = value
    }
  }
  return out
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
