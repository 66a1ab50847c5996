import { parentPort } from 'node:worker_threads'
import { proveClaim, type ProofClaim, type Proven } from './proof.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { invariant } from '#protocol/outcome.ts'
import type { IssuerKey } from '#protocol/payment-code/verify.ts'

/** Pool → worker. The few issuer keys travel each time, so that a worker has no state that could be stale. */
export type ProofJob = { readonly job: number; readonly issuers: readonly (readonly [string, IssuerKey])[]; readonly claims: readonly ProofClaim[] }
/** Worker → pool. */
export type ProofAnswer = { readonly job: number; readonly proven: readonly Proven[] }

invariant(parentPort !== null, 'this file runs as a worker')
const port = parentPort

port.on('message', ({ job, issuers, claims }: ProofJob) => {
  const keys = new Map(issuers)
  const answer: ProofAnswer = { job, proven: claims.map((claim) => proveClaim(nodeCrypto, (keyId) => keys.get(keyId), claim)) }
  port.postMessage(answer)
})
