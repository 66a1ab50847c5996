import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '#protocol/node/clock.ts'
import { readOptions, readWhole } from '../measure/options.ts'
import { printReport } from '../measure/report.ts'
import { torture } from './run.ts'

const HELP = `Real processes under torture: three tills, a hub and a broker, killed (SIGKILL) at random moments while people buy, on lines that are cut, stalled
and truncated. Then everything must drain, and what was approved is counted again from files alone. And crash images: the files of the
till's and the hub's store, as a power cut between any two system calls could leave them, opened with the production stores.

  npm run torture -- [--kills N] [--images M] [--seed S] [--artifacts DIR] [--json] [--verbose]

  --kills N        how many (default 200; that takes about seven minutes)
  --images M       crash images of each of the two stores (default 300). They need strace; without it they are not made, and that is a failure.
  --seed S         what is killed, when, and what people buy (default: another one each time; it is printed)
  --artifacts DIR  what docs/artifacts.md describes, to count again with other tools
  --json           one object on stdout
  --verbose        what the processes say

  Exit code 1 if a promise did not hold.
`

const { values: args } = readOptions({
  options: {
    kills: { type: 'string', default: '200' },
    images: { type: 'string', default: '300' },
    seed: { type: 'string' },
    artifacts: { type: 'string' },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (args.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const kills = readWhole('--kills', args.kills, 0)
const images = readWhole('--images', args.images, 0)
const seed = args.seed === undefined ? systemClock.now() % 1_000_000 : readWhole('--seed', args.seed, 0)
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const scratch = mkdtempSync(join(tmpdir(), 'torture-'))
say(`torture: seed ${seed}, ${kills} kills, in ${scratch}`)

const { metrics, faults } = await torture({
  seed,
  kills,
  images,
  tills: 3,
  scratch,
  artifacts: args.artifacts === undefined ? join(scratch, 'artifacts') : resolve(args.artifacts),
  say,
  log: args.verbose ? say : () => {},
})
const ok = faults.length === 0
for (const fault of faults) say(`FAULT: ${fault}`)
// What went wrong can be looked at.
if (ok) rmSync(scratch, { recursive: true })
else say(`everything is still in ${scratch}`)
if (args.json) printReport({ name: 'torture', metrics, ok, ...(ok ? {} : { faults }) })
else say(`${ok ? 'Fine' : 'NOT fine'}: ${JSON.stringify(metrics)}`)
process.exit(ok ? 0 : 1)
