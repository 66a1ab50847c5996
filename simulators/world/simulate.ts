import { systemClock } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import { readOptions, readWhole } from '../measure/options.ts'
import { printReport } from '../measure/report.ts'
import { allMoves, runWorld } from './world.ts'

const HELP = `Simulates whole shops: production tills and a production hub on simulated clocks, disks, networks and people. For some time everything goes
wrong (messages are lost, doubled and late, cables are pulled, machines crash in the middle of a commit, disks are full, clocks are wrong, tills
lie), then nothing does, and everything must come right. The same seed is the same world, event by event.

  npm run simulate -- [--seed N] [--seeds M] [--steps S] [--json]
  npm run simulate -- --replay N [--steps S]

  --seed N     the first seed (default 1)
  --seeds M    how many seeds (default 100)
  --steps S    steps of each world before it must come right (default 100)
  --json       one object on stdout: metrics, and in "failing" each seed that failed, with the command that replays it
  --replay N   runs seed N alone and prints everything that happens in it

  Exit code 1 if a promise did not hold.
`

const { values: args } = readOptions({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '100' },
    steps: { type: 'string', default: '100' },
    replay: { type: 'string' },
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
const seeds = readWhole('--seeds', args.seeds, 1)
const steps = readWhole('--steps', args.steps, 0)
const replay = readWhole('--replay', args.replay ?? '0', 0)

type Failing = { readonly seed: number; readonly invariant: number; readonly what: string; readonly replay: string }
const failing: Failing[] = []
let current = replay

function fails(invariant: number, what: string): void {
  const command = `npm run simulate -- --replay ${current} --steps ${steps}`
  failing.push({ seed: current, invariant, what, replay: command })
  say(`seed ${current}: ${what}\n  ${command}`)
}
// The hub lets broken invariants go unhandled, so that its process ends; here they end one seed.
process.on('unhandledRejection', (reason) => fails(0, reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)))

async function run(number: number, listener?: (line: string) => void): Promise<ReadonlySet<string>> {
  current = number
  const { violations, moves } = await runWorld({ seed: number, steps, ...(listener === undefined ? {} : { listener }) })
  const [first] = violations
  if (first !== undefined) fails(first.invariant, first.what)
  return moves
}

async function replayOne(): Promise<void> {
  await run(replay, (line) => void process.stdout.write(`${line}\n`))
}

async function runMany(): Promise<void> {
  const reached = new Set<string>()
  const started = systemClock.monotonic()
  let told = started
  for (let done = 1; done <= seeds; done++) {
    for (const move of await run(seed + done - 1)) reached.add(move)
    const now = systemClock.monotonic()
    if (now - told < 5 * SECOND) continue
    told = now
    const rate = (done * SECOND) / (now - started)
    say(`${done} of ${seeds} seeds, ${rate.toFixed(1)} a second, about ${Math.ceil((seeds - done) / rate)} s left`)
  }
  report(reached, systemClock.monotonic() - started)
}

function report(reached: ReadonlySet<string>, elapsed: DurationMs): void {
  const failures = new Set(failing.map((failure) => failure.seed)).size
  const missed = allMoves.filter((move) => !reached.has(move))
  const metrics = {
    seeds,
    steps,
    failures,
    seeds_per_s: Number(((seeds * SECOND) / elapsed).toFixed(2)),
    transitions: allMoves.length,
    transitions_reached: allMoves.length - missed.length,
  }
  if (missed.length > 0) say(`never happened: ${missed.join(', ')}`)
  if (args.json) printReport({ name: 'simulate', metrics, ok: failures === 0, ...(failures === 0 ? {} : { failing }) })
  else
    say(
      `${seeds} seeds of ${steps} steps: ${failures} failed; ${metrics.transitions_reached} of ${metrics.transitions} transitions happened; ${metrics.seeds_per_s} seeds a second`,
    )
}

await (args.replay === undefined ? runMany() : replayOne())
process.exitCode = failing.length === 0 ? 0 : 1
