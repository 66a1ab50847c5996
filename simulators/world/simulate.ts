import { systemClock } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import { readOptions, readWhole } from '../measure/options.ts'
import { printReport } from '../measure/report.ts'
import { artifactFiles, type ArtifactFiles } from './artifacts.ts'
import { allMoves, coverageOf, ENOUGH, impossibleSteps } from './coverage.ts'
import { lanePlants } from './lane-plants.ts'
import { runLaneWorld } from './lane-world.ts'
import { planted } from './planted.ts'
import { seedPool, type SeedPool } from './seed-pool.ts'
import { runWorld } from './world.ts'

const HELP = `Simulates whole shops: production tills and a production hub on simulated clocks, disks, networks and people. For some time everything goes
wrong (messages are lost, doubled and late, cables are pulled, machines crash in the middle of a commit, disks fill up, lie or come back from a backup,
clocks are wrong, keys and policies change, tills lie and are stolen, lanes lose each other and their edge), then nothing does, and everything must come right. The same seed is the same world, event by event.

  npm run simulate -- [--seeds M] [--seed N] [--steps S] [--artifacts DIR] [--json]
  npm run simulate -- --planted [--json]
  npm run simulate -- --replay N [--steps S] [--lanes]

  --seeds M        how many seeds (default 100), over all cores; each fourth also runs a store of three lanes with an edge between them
  --seed N         the first seed (default 1)
  --steps S        steps of each world before it must come right (default 500)
  --artifacts DIR  writes approved.jsonl, ledger.jsonl and acks.jsonl of all worlds there, as docs/artifacts.md says
  --planted        no seeds: only plants each known bug, and tells how many seeds it takes to find it. Every run does so before its seeds (a minute or two)
  --json           one object on stdout: metrics; "failing": each seed that failed, with the command that replays it; "planted": seeds to find each bug
  --replay N       runs seed N alone and prints everything that happens in it; with --lanes the store of lanes of this seed

  Exit code 1 if a promise did not hold, a planted bug was not found, or (with at least ${ENOUGH.seeds} seeds of ${ENOUGH.steps} steps) something that can
  happen never did.
`

const { values: args } = readOptions({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '100' },
    steps: { type: 'string', default: '500' },
    replay: { type: 'string' },
    artifacts: { type: 'string' },
    planted: { type: 'boolean', default: false },
    lanes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (line: string): void => void process.stderr.write(`${line}\n`)
if (args.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const seed = readWhole('--seed', args.seed, 0)
const seeds = args.planted ? 0 : readWhole('--seeds', args.seeds, 1)
const steps = readWhole('--steps', args.steps, 0)
const replay = readWhole('--replay', args.replay ?? '0', 0)

/** So many seeds have one world of a store's lanes besides: it is as long, and says less that is new with each. */
const LANES_EVERY = 4

/** Planted bugs are hunted in shorter worlds, each in at most so many. */
const HUNT_STEPS = 250
const MOST_SEEDS_OF_HUNT = 400

type Failing = { readonly seed: number; readonly invariant: number; readonly what: string; readonly replay: string }
type Found = { readonly bug: string; readonly seeds: number | undefined; readonly invariant: number | undefined }

function failureOf(number: number, { invariant, what }: { readonly invariant: number; readonly what: string }, lanes = false): Failing {
  const failing = { seed: number, invariant, what, replay: `npm run simulate -- --replay ${number} --steps ${steps}${lanes ? ' --lanes' : ''}` }
  say(`seed ${number}: ${what}\n  ${failing.replay}`)
  return failing
}

async function replayOne(): Promise<void> {
  process.on('unhandledRejection', (reason) => {
    failureOf(replay, { invariant: 0, what: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) })
    process.exitCode = 1
  })
  const listener = (line: string): void => void process.stdout.write(`${line}\n`)
  const { violations } = await (args.lanes ? runLaneWorld : runWorld)({ seed: replay, steps, listener })
  for (const violation of violations.slice(0, 1)) failureOf(replay, violation, args.lanes)
  if (violations.length > 0) process.exitCode = 1
}

type Run = { readonly failing: readonly Failing[]; readonly laneWorlds: number; readonly moves: ReadonlySet<string>; readonly elapsed: DurationMs }

async function runSeeds(pool: SeedPool, files: ArtifactFiles | undefined): Promise<Run> {
  const failing: Failing[] = []
  const moves = new Set<string>()
  const started = systemClock.monotonic()
  let told = started
  let done = 0
  const runOne = async (number: number): Promise<void> => {
    const answer = await pool.run({ type: 'world', seed: number, steps, artifacts: files !== undefined })
    if (answer.violation !== undefined) failing.push(failureOf(number, answer.violation))
    for (const move of answer.moves) moves.add(move)
    if (answer.artifacts !== undefined) files?.write(answer.artifacts)
    done += 1
    const now = systemClock.monotonic()
    if (now - told < 5 * SECOND) return
    told = now
    const rate = (done * SECOND) / (now - started)
    say(`${done} of ${seeds} seeds, ${rate.toFixed(1)} a second, about ${Math.ceil((seeds - done) / rate)} s left`)
  }
  const runLanes = async (number: number): Promise<void> => {
    const answer = await pool.run({ type: 'lanes', seed: number, steps })
    if (answer.violation !== undefined) failing.push(failureOf(number, answer.violation, true))
    for (const move of answer.moves) moves.add(`lanes ${move}`)
  }
  const numbers = Array.from({ length: seeds }, (_, index) => seed + index)
  const withLanes = numbers.filter((number) => number % LANES_EVERY === 0)
  await Promise.all([...numbers.map(runOne), ...withLanes.map(runLanes)])
  return { laneWorlds: withLanes.length, failing, moves, elapsed: systemClock.monotonic() - started }
}

/** It bites: each bug that somebody could write must be found. */
async function hunt(pool: SeedPool): Promise<Found[]> {
  const hunts = [...Object.keys(planted), ...Object.keys(lanePlants)].map(async (bug): Promise<Found> => {
    const { seeds: took, violation } = await pool.run({ type: 'hunt', bug, steps: HUNT_STEPS, most: MOST_SEEDS_OF_HUNT })
    say(took === undefined ? `NOT FOUND in ${MOST_SEEDS_OF_HUNT} seeds: ${bug}` : `found after ${took} seed${took === 1 ? '' : 's'}: ${bug}`)
    return { bug, seeds: took, invariant: violation?.invariant }
  })
  return await Promise.all(hunts)
}

function report({ failing, laneWorlds, moves, elapsed }: Run, found: readonly Found[]): boolean {
  const { reached, missed, impossible } = coverageOf(moves)
  const enough = seeds >= ENOUGH.seeds && steps >= ENOUGH.steps
  const metrics = {
    seeds,
    steps,
    lane_worlds: laneWorlds,
    failures: failing.length,
    seeds_per_s: seeds === 0 ? 0 : Number(((seeds * SECOND) / elapsed).toFixed(2)),
    planted_bugs: found.length,
    planted_found: found.filter(({ seeds: took }) => took !== undefined).length,
    transitions: allMoves.length,
    transitions_reached: reached,
  }
  if (missed.length > 0 && seeds > 0) say(`never happened${enough ? '' : ' (with so few seeds that proves nothing)'}: ${missed.join(', ')}`)
  for (const step of impossible) say(`cannot happen, and did: ${step}, although ${impossibleSteps[step]}`)
  const ok = failing.length === 0 && metrics.planted_found === metrics.planted_bugs && impossible.length === 0 && (!enough || missed.length === 0)
  if (args.json)
    printReport({ name: 'simulate', metrics, ok, planted: found, ...(failing.length === 0 ? {} : { failing }), ...(missed.length === 0 ? {} : { missed }) })
  else
    say(
      `${seeds} seeds of ${steps} steps, ${laneWorlds} worlds of lanes: ${failing.length} failed; ${reached} of ${allMoves.length} transitions happened; ` +
        `${metrics.planted_found} of ${found.length} planted bugs found; ${metrics.seeds_per_s} seeds a second`,
    )
  return ok
}

async function runMany(): Promise<void> {
  const pool = seedPool()
  const files = args.artifacts === undefined ? undefined : artifactFiles(args.artifacts)
  const found = await hunt(pool)
  const run = await runSeeds(pool, files)
  files?.close()
  if (!report(run, found)) process.exitCode = 1
  await pool.close()
}

await (args.replay === undefined ? runMany() : replayOne())
