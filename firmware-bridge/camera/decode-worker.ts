import { parentPort } from 'node:worker_threads'
import { decode } from '#protocol/barcode/decode.ts'
import type { Code } from '#protocol/barcode/engine.ts'
import { wasmEngine } from '#protocol/barcode/wasm-engine.ts'
import { invariant } from '#protocol/outcome.ts'
import { loadReader } from './engine.ts'

/** Eye → worker: one picture at a time, as the camera encoded it. Worker → eye: its codes; undefined where it is no picture. */
export type Look = { readonly jpeg: Uint8Array }
export type Looked = { readonly codes: readonly Code[] | undefined }

invariant(parentPort !== null, 'this file runs as a worker')
const port = parentPort

let unreadable = false
const read = await loadReader()
const engine = wasmEngine(async (picture, options) => {
  const results = await read(picture, options)
  // One result that is not valid and has no place is how the library says that it cannot read the file.
  unreadable = results.length === 1 && results[0]?.isValid === false
  return results
})

const look = async ({ jpeg }: Look): Promise<void> => {
  const codes = await decode(engine, jpeg)
  const answer: Looked = { codes: unreadable ? undefined : codes }
  port.postMessage(answer)
}

port.on('message', (message: Look) => void look(message))
