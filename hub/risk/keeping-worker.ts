import { parentPort, workerData } from 'node:worker_threads'
import { serialize } from 'node:v8'
import { RiskEngine } from './engine.ts'
import { readKept, riskKeptIn } from './keeping.ts'
import { invariant } from '#protocol/outcome.ts'

/** The thread of `keepBehind`: goes on from what is kept by the rows that it is given, and keeps what that comes to. It judges nothing. */
const port = parentPort
invariant(port !== null && typeof workerData === 'string', 'this runs as a thread over a folder')
const nothingIsAsked = (): never => {
  throw new Error('this engine only remembers')
}
const kept = riskKeptIn(workerData)
const engine = new RiskEngine(nothingIsAsked, readKept(kept.read()))
port.on('message', (rows: readonly { readonly seq: number; readonly body: Uint8Array }[] | 'write') => {
  if (rows === 'write') kept.write(serialize(engine.save()))
  else for (const row of rows) engine.replay(row)
  port.postMessage(engine.seq)
})
port.postMessage(engine.seq)
