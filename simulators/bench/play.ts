import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemTimers } from '#protocol/node/clock.ts'
import { SECOND } from '#protocol/time.ts'
import { readOptions, refuse } from '../measure/options.ts'
import { actAtBench, playScenario } from './scenario-play.ts'
import { parseScenario, sentences } from './scenario.ts'

const HELP = `Plays a scenario at the counter of a running shop (npm start), as a person at the bench would.

  npm run scenario -- FILE [--data DIR] [--bench URL] [--speed N] [--check]

  FILE         plain text, one act a line; # begins a remark. Examples are in simulators/bench/scenarios.
  --data DIR   the shop's folder (default .data/demo): its bench is found by itself
  --bench URL  a bench that runs elsewhere, such as http://127.0.0.1:7420/
  --speed N    times as fast, 0.1 to 1000 (default 1)
  --check      only read the file and say what is wrong with it

What a line can say:
${sentences.map((sentence) => `  at 2 s ${sentence}`).join('\n')}
`

const { values, positionals } = readOptions({
  options: {
    data: { type: 'string', default: '.data/demo' },
    bench: { type: 'string' },
    speed: { type: 'string', default: '1' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [file] = positionals
if (values.help || file === undefined) {
  process.stdout.write(HELP)
  process.exit(values.help ? 0 : 2)
}
const speed = Number(values.speed)
if (!(speed >= 0.1 && speed <= 1000)) refuse({ complaint: `--speed ${values.speed}: it takes a number from 0.1 to 1000.` })

const scenario = parseScenario(readText(file))
if (!scenario.ok) {
  for (const { line, say } of scenario.errors) process.stderr.write(`${file}:${line}: ${say}\n`)
  process.exit(2)
}
if (values.check) {
  process.stdout.write(`${file}: ${scenario.steps.length} acts, ${(scenario.steps.at(-1)?.at ?? 0) / SECOND} s\n`)
  process.exit(0)
}

const bench = values.bench ?? findBench(values.data)
try {
  const { done, refused } = await playScenario(scenario.steps, {
    timers: systemTimers,
    speed,
    perform: actAtBench(bench),
    told: ({ at }, sentence, refusal) =>
      process.stdout.write(`${(at / SECOND).toFixed(1).padStart(7)} s  ${sentence}${refusal === undefined ? '' : `\n           ✗ ${refusal.say}`}\n`),
  })
  process.stdout.write(`${done} acts done${refused === 0 ? '' : `, ${refused} refused`}.\n`)
} catch (error) {
  refuse({ complaint: `The bench at ${bench} cannot be reached: ${error instanceof Error ? error.message : String(error)}. Is the shop open (npm start)?` })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return refuse({ complaint: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}` })
  }
}

/** The running shop writes its bench's address into its folder. */
function findBench(data: string): string {
  try {
    return readFileSync(join(data, 'bench-address'), 'utf8').trim()
  } catch {
    return refuse({ complaint: `No shop runs in ${data}. Start one with npm start, or name its bench with --bench URL.` })
  }
}
