import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { SavedEngine } from './engine.ts'
import { FEATURE_SET } from './record.ts'
import type { HubStore } from '../store/hub-store.ts'
import { invariant } from '#protocol/outcome.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'

/** What the engine remembers, kept beside the store: only so that a start need not read the whole log. Gone or torn: it reads the whole log. */
export type RiskKeeping = {
  read(): Uint8Array | undefined
  /** Durable and whole, or as before. */
  write(bytes: Uint8Array): void
  /** While payments are judged: brings what is kept up to the log's end and answers where that was. Nothing waits for it. */
  behind(store: Pick<HubStore, 'riskLog'>): Promise<number>
}

const SHARE = 500

/** Beside the store, in the hub's folder. Whoever takes it away costs the next start some time and nothing else. */
export function riskKeptIn(data: string): RiskKeeping {
  const path = join(data, 'risk.kept')
  return {
    read: () => (existsSync(path) ? readFileSync(path) : undefined),
    write: (bytes) => writeDurably(path, bytes, 0o600),
    behind: (store) => keepBehind(data, store),
  }
}

/**
 * In a thread: to write down all that an engine remembers takes a tenth of a second for ten thousand wallets, in which no payment would be judged. The thread has what was
 * kept last and is given the log's rows since, a few at a time.
 */
async function keepBehind(data: string, store: Pick<HubStore, 'riskLog'>): Promise<number> {
  const worker = new Worker(new URL('./keeping-worker.ts', import.meta.url), { workerData: data })
  worker.unref()
  const heard = async (): Promise<number> => {
    const [seq] = (await once(worker, 'message')) as unknown[]
    invariant(typeof seq === 'number', 'the thread says how far it is')
    return seq
  }
  try {
    let seq = await heard()
    for (;;) {
      const rows = await store.riskLog(seq, SHARE)
      if (rows.length === 0) break
      worker.postMessage(rows)
      seq = await heard()
    }
    worker.postMessage('write')
    return await heard()
  } finally {
    await worker.terminate()
  }
}

/** Undefined: nothing that this program could go on from. */
export function readKept(bytes: Uint8Array | undefined): SavedEngine | undefined {
  if (bytes === undefined) return undefined
  try {
    const saved = deserialize(bytes) as SavedEngine
    return saved.v === 1 && saved.featureSet === FEATURE_SET ? saved : undefined
  } catch {
    return undefined
  }
}
