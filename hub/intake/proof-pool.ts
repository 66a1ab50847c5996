import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { HubKeys } from '../keys.ts'
import type { ProofClaim, Prove, Proven } from './proof.ts'
import type { ProofAnswer, ProofJob } from './proof-worker.ts'

export interface ProofPool {
  readonly prove: Prove
  close(): Promise<void>
}

type Waiting = { resolve(proven: readonly Proven[]): void; reject(reason: unknown): void }

/** Verifies proofs beside the main thread, which has commits to make: two Ed25519 verifications for each payment are nearly all that settling costs. */
export function proofPool(keys: Pick<HubKeys, 'issuerKeys'>, size: number = availableParallelism()): ProofPool {
  const waiting = new Map<number, Waiting>()
  let jobs = 0
  let next = 0

  /** A worker that dies has met a broken invariant: those who wait for it must not wait for ever. */
  const broken = (reason: unknown) => {
    for (const { reject } of waiting.values()) reject(reason)
    waiting.clear()
  }
  const workers = Array.from({ length: size }, () => {
    const worker = new Worker(new URL('./proof-worker.ts', import.meta.url))
    worker.on('message', ({ job, proven }: ProofAnswer) => {
      waiting.get(job)?.resolve(proven)
      waiting.delete(job)
    })
    worker.on('error', broken)
    worker.unref()
    return worker
  })

  const ask = (claims: readonly ProofClaim[]): Promise<readonly Proven[]> =>
    new Promise((resolve, reject) => {
      const job: ProofJob = { job: ++jobs, issuers: keys.issuerKeys(), claims }
      waiting.set(job.job, { resolve, reject })
      workers[next++ % size]?.postMessage(job)
    })

  return {
    async prove(claims) {
      const share = Math.ceil(claims.length / size)
      const shares = Array.from({ length: share === 0 ? 0 : Math.ceil(claims.length / share) }, (_, index) => claims.slice(index * share, (index + 1) * share))
      return (await Promise.all(shares.map(ask))).flat()
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
