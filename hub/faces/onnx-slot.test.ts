import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHIP } from '#protocol/faces/quality.ts'
import type { FaceEngine } from './engine.ts'
import { loadOnnxRuntime } from './onnx-runtime.ts'
import { arranged, readModel, withModel, type ModelManifest, type OnnxRuntime } from './onnx-slot.ts'

const bytes = Buffer.from('not really a model')
const eyesNoseMouth = [
  { x: 0.34, y: 0.46 },
  { x: 0.66, y: 0.46 },
  { x: 0.5, y: 0.64 },
  { x: 0.37, y: 0.82 },
  { x: 0.63, y: 0.82 },
]
const manifest: ModelManifest = {
  name: 'operator’s own',
  file: 'model.onnx',
  sha256: createHash('sha256').update(bytes).digest('hex'),
  license: 'Apache-2.0',
  trainedOn: 'volunteers who agreed to it',
  input: { name: 'data', side: 112, layout: 'nchw', order: 'bgr', mean: 127.5, scale: 127.5 },
  output: { name: 'embedding', dimensions: 512 },
  points: eyesNoseMouth,
}
const engine: FaceEngine = {
  name: 'ours',
  dimensions: 128,
  chipPoints: eyesNoseMouth.map(({ x, y }) => ({ x: 20 + 110 * x, y: 20 + 110 * y })),
  look: () => Promise.resolve([]),
  chip: () => new Float32Array(CHIP * CHIP * 3),
  embed: () => Promise.resolve(new Float32Array(128)),
}
/** Gives the first pixels of what it was asked, so that one sees what came in. */
const runtime = (inputs = ['data'], outputs = ['embedding']): OnnxRuntime => ({
  load: () =>
    Promise.resolve({
      inputs,
      outputs,
      run: (_input, pixels, shape) => {
        expect([shape, pixels.length]).toEqual([[1, 3, 112, 112], 3 * 112 * 112])
        return Promise.resolve(pixels.slice(0, 512))
      },
    }),
})

let folder = ''
const write = (value: unknown, model: Buffer | undefined = bytes): string => {
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(value))
  if (model) writeFileSync(join(folder, 'model.onnx'), model)
  return join(folder, 'manifest.json')
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'model-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a model with a whole manifest takes the place of ours, and has a name of its own', async () => {
  const loaded = await withModel(engine, write(manifest), runtime())
  if (!loaded.ok) throw new Error(loaded.detail)
  expect(loaded.value).toMatchObject({ name: `operator’s own ${manifest.sha256.slice(0, 16)}`, dimensions: 512, look: engine.look })
  const grey = new Float32Array(CHIP * CHIP * 3).fill(255)
  const embedding = await loaded.value.embed(grey)
  expect(Math.hypot(...embedding)).toBeCloseTo(1)
  expect(embedding[0]).toBeCloseTo(1 / Math.sqrt(512))
})

test.each([
  ['no licence', { ...manifest, license: '' }],
  ['nobody who says whose faces it learnt from', { ...manifest, trainedOn: ' ' }],
  ['no checksum', { ...manifest, sha256: undefined }],
  ['another checksum', { ...manifest, sha256: '0'.repeat(64) }],
  ['a file elsewhere', { ...manifest, file: '../model.onnx' }],
  ['no input', { ...manifest, input: undefined }],
  ['no output', { ...manifest, output: undefined }],
  ['a size that templates do not have', { ...manifest, output: { ...manifest.output, dimensions: 130 } }],
  ['more than we know', { ...manifest, run: 'this' }],
  ['four points', { ...manifest, points: eyesNoseMouth.slice(1) }],
])('one with %s is refused', async (_what, wrong) => {
  const refused = await withModel(engine, write(wrong), runtime())
  expect(refused).toMatchObject({ ok: false, code: 'face.bad_model' })
})

test('so is one that is not there, was changed, or has other inputs and outputs than it says', async () => {
  expect(readModel(join(folder, 'manifest.json'))).toMatchObject({ code: 'face.bad_model' })
  expect(readModel(write(manifest, Buffer.from('changed')))).toMatchObject({ code: 'face.bad_model' })
  expect(await withModel(engine, write(manifest), runtime(['pixels']))).toMatchObject({ code: 'face.bad_model' })
  expect(await withModel(engine, write(manifest), runtime(['data'], ['logits']))).toMatchObject({ code: 'face.bad_model' })
  expect(await withModel(engine, write(manifest), { load: () => Promise.reject(new Error('no model')) })).toMatchObject({ code: 'face.bad_model' })
  rmSync(join(folder, 'model.onnx'))
  expect(readModel(join(folder, 'manifest.json'))).toMatchObject({ code: 'face.bad_model' })
})

test('colours and planes are laid out as the manifest says', () => {
  const two = Float32Array.of(10, 20, 30, 40, 50, 60)
  const input = { ...manifest.input, mean: 0, scale: 10 }
  expect([...arranged(two, { ...input, layout: 'nhwc', order: 'rgb' })]).toEqual([1, 2, 3, 4, 5, 6])
  expect([...arranged(two, { ...input, layout: 'nhwc', order: 'bgr' })]).toEqual([3, 2, 1, 6, 5, 4])
  expect([...arranged(two, { ...input, layout: 'nchw', order: 'rgb' })]).toEqual([1, 4, 2, 5, 3, 6])
})

test('without the library, which does not ship, there is a word about it', async () => {
  expect(await loadOnnxRuntime()).toMatchObject({ ok: false, code: 'face.bad_model', detail: 'onnxruntime-node is not installed here' })
})
