import { z } from 'zod'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { OnnxRuntime } from './onnx-slot.ts'

/** Installed by the operator who brings a model (`ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`): nothing else here needs its hundreds of megabytes. */
const PACKAGE: string = 'onnxruntime-node'

type Tensor = { readonly data: unknown }
type Session = {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>
}
type Library = {
  readonly InferenceSession: { create(model: Uint8Array, options: { intraOpNumThreads: number }): Promise<Session> }
  readonly Tensor: new (type: 'float32', data: Float32Array, dimensions: readonly number[]) => Tensor
}
const libraryShape = z.custom<Library>((value) => {
  const library = z.object({
    InferenceSession: z.custom((one) => typeof one === 'function' || typeof one === 'object'),
    Tensor: z.custom((one) => typeof one === 'function'),
  })
  return library.safeParse(value).success
})

export async function loadOnnxRuntime(): Promise<Outcome<OnnxRuntime, 'face.bad_model'>> {
  const loaded: unknown = await import(PACKAGE).catch(() => undefined)
  const library = libraryShape.safeParse(loaded)
  if (!library.success) return fail('face.bad_model', `${PACKAGE} is not installed here`)
  const { InferenceSession, Tensor } = library.data
  return ok({
    async load(model) {
      // One core, as everything in a worker.
      const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
      return {
        inputs: session.inputNames,
        outputs: session.outputNames,
        async run(input, pixels, shape, output) {
          const data = (await session.run({ [input]: new Tensor('float32', pixels, shape) }))[output]?.data
          return data instanceof Float32Array ? data : new Float32Array(0)
        },
      }
    },
  })
}
