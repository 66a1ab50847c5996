import { parentPort } from 'node:worker_threads'
import { invariant } from '#protocol/outcome.ts'
import type { ArtifactLines } from './artifacts.ts'
import { lanePlants } from './lane-plants.ts'
import { runLaneWorld } from './lane-world.ts'
import { planted } from './planted.ts'
import type { Violation } from './trace.ts'
import { runWorld } from './world.ts'

/** Pool → worker. `world`: one seed. `lanes`: one of the worlds of a store's lanes. `hunt`: seeds from 1 on with a planted bug, until one of them finds it. */
export type SeedJob =
  | { readonly type: 'lanes'; readonly seed: number; readonly steps: number }
  | { readonly type: 'world'; readonly seed: number; readonly steps: number; readonly artifacts: boolean }
  | { readonly type: 'hunt'; readonly bug: string; readonly steps: number; readonly most: number }

/** Worker → pool. */
export type SeedAnswer =
  | { readonly type: 'world'; readonly violation: Violation | undefined; readonly moves: readonly string[]; readonly artifacts: ArtifactLines | undefined }
  | { readonly type: 'lanes'; readonly violation: Violation | undefined; readonly moves: readonly string[] }
  /** `seeds`: how many it took; undefined when none of them found it. */
  | { readonly type: 'hunt'; readonly seeds: number | undefined; readonly violation: Violation | undefined }

/** A store's lanes have all their troubles in few steps. */
const LANE_HUNT_STEPS = 60

const thrown = (reason: unknown): Violation => ({ invariant: 0, what: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason), at: 0 })

/** The hub lets broken invariants go unhandled, so that its process ends; here they end one world. */
let unhandled: Violation | undefined
process.on('unhandledRejection', (reason) => {
  unhandled ??= thrown(reason)
})

/** A world that throws has failed: without an answer its pool would wait for ever. */
async function judged<R extends { readonly violations: readonly Violation[] }>(run: () => Promise<R>) {
  unhandled = undefined
  try {
    const result = await run()
    return { result, violation: result.violations[0] ?? unhandled }
  } catch (reason) {
    return { result: undefined, violation: thrown(reason) }
  }
}

async function world(seed: number, steps: number, also: { readonly bug?: string; readonly artifacts?: boolean }) {
  const bug = also.bug === undefined ? undefined : planted[also.bug]
  return await judged(() => runWorld({ seed, steps, ...(bug === undefined ? {} : { bug: bug.bug }), ...(also.artifacts === true ? { artifacts: true } : {}) }))
}

const laneWorld = (seed: number, steps: number, plant?: (typeof lanePlants)[string]) =>
  judged(() => runLaneWorld({ seed, steps, ...(plant?.bug && { bug: plant.bug }), ...(plant?.terms && { terms: plant.terms }) }))

async function answer(job: SeedJob): Promise<SeedAnswer> {
  if (job.type === 'lanes') {
    const { result, violation } = await laneWorld(job.seed, job.steps)
    return { type: 'lanes', violation, moves: [...(result?.moves ?? [])] }
  }
  if (job.type === 'world') {
    const { result, violation } = await world(job.seed, job.steps, { artifacts: job.artifacts })
    return { type: 'world', violation, moves: [...(result?.moves ?? [])], artifacts: result?.artifacts }
  }
  for (let seed = 1; seed <= job.most; seed++) {
    const plant = lanePlants[job.bug]
    const { violation } = plant === undefined ? await world(seed, job.steps, { bug: job.bug }) : await laneWorld(seed, LANE_HUNT_STEPS, plant)
    if (violation !== undefined && (plant ?? planted[job.bug])?.breaks.includes(violation.invariant) === true) return { type: 'hunt', seeds: seed, violation }
  }
  return { type: 'hunt', seeds: undefined, violation: undefined }
}

invariant(parentPort !== null, 'this file runs as a worker')
const port = parentPort
port.on('message', (job: SeedJob) => void answer(job).then((result) => port.postMessage(result)))
