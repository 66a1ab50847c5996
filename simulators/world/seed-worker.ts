import { parentPort } from 'node:worker_threads'
import { invariant } from '#protocol/outcome.ts'
import type { ArtifactLines } from './artifacts.ts'
import { planted } from './planted.ts'
import type { Violation } from './trace.ts'
import { runWorld } from './world.ts'

/** Pool → worker. `world`: one seed. `hunt`: seeds from 1 on with a planted bug, until one of them finds it. */
export type SeedJob =
  | { readonly type: 'world'; readonly seed: number; readonly steps: number; readonly artifacts: boolean }
  | { readonly type: 'hunt'; readonly bug: string; readonly steps: number; readonly most: number }

/** Worker → pool. */
export type SeedAnswer =
  | { readonly type: 'world'; readonly violation: Violation | undefined; readonly moves: readonly string[]; readonly artifacts: ArtifactLines | undefined }
  /** `seeds`: how many it took; undefined when none of them found it. */
  | { readonly type: 'hunt'; readonly seeds: number | undefined; readonly violation: Violation | undefined }

/** The hub lets broken invariants go unhandled, so that its process ends; here they end one world. */
let unhandled: Violation | undefined
process.on('unhandledRejection', (reason) => {
  unhandled ??= { invariant: 0, what: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason), at: 0 }
})

async function world(seed: number, steps: number, also: { readonly bug?: string; readonly artifacts?: boolean }) {
  unhandled = undefined
  const bug = also.bug === undefined ? undefined : planted[also.bug]
  const result = await runWorld({ seed, steps, ...(bug === undefined ? {} : { bug: bug.bug }), ...(also.artifacts === true ? { artifacts: true } : {}) })
  return { ...result, violation: result.violations[0] ?? unhandled }
}

async function answer(job: SeedJob): Promise<SeedAnswer> {
  if (job.type === 'world') {
    const { violation, moves, artifacts } = await world(job.seed, job.steps, { artifacts: job.artifacts })
    return { type: 'world', violation, moves: [...moves], artifacts }
  }
  for (let seed = 1; seed <= job.most; seed++) {
    const { violation } = await world(seed, job.steps, { bug: job.bug })
    if (violation !== undefined && planted[job.bug]?.breaks.includes(violation.invariant) === true) return { type: 'hunt', seeds: seed, violation }
  }
  return { type: 'hunt', seeds: undefined, violation: undefined }
}

invariant(parentPort !== null, 'this file runs as a worker')
const port = parentPort
port.on('message', (job: SeedJob) => void answer(job).then((result) => port.postMessage(result)))
