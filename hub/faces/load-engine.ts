import { loadDlibEngine } from './dlib-engine.ts'
import type { FaceEngine } from './engine.ts'
import { loadOnnxRuntime } from './onnx-runtime.ts'
import { withModel } from './onnx-slot.ts'

/** The engine that ships, or with the recognition model whose manifest is at `model`. Throws, with the reason, rather than recognise people with another one. */
export async function loadEngine(model: string | undefined): Promise<FaceEngine> {
  const engine = await loadDlibEngine()
  if (model === undefined) return engine
  const runtime = await loadOnnxRuntime()
  const loaded = runtime.ok ? await withModel(engine, model, runtime.value) : runtime
  if (!loaded.ok) throw new Error(`the face model was refused: ${loaded.detail ?? loaded.code}`)
  return loaded.value
}
