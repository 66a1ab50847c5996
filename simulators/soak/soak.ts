import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#protocol/node/clock.ts'
import { readOptions, readWhole } from '../measure/options.ts'
import { printReport } from '../measure/report.ts'
import { COMPRESSION, soak } from './run.ts'

const HELP = `A busy counter for a long time: a serial and a USB scanner, a camera, a card reader, a printer with its drawer, a scale and a customer display, all on
real lines of the real bridge process. People scan, swipe, print, weigh; cables are pulled, frames break off, noise comes, paper ends, devices freeze and
flood. People pause ${COMPRESSION} times shorter than they would; the devices and the bridge take the time that they take.

Then it is counted: every code and card that was sent in full arrived once and in order; no part of a code that broke off was taken for one; what is
printed lies on the counter once, what failed not at all, what is unknown at most once; every order was answered once; every device is well again; the
bridge's memory did not grow.

  npm run soak -- [--minutes N] [--seed S] [--json]

  --minutes N   of the counter's time (default 30, which take about a minute)
  --seed S      who does what when, and what fails (default: another one each time; it is printed)
  --json        one object on stdout

  STILLPOINT_UMOCKDEV=PATH  libumockdev-preload.so.0 (Debian: umockdev): USB devices are then hidraw devices that hidapi finds and opens. Without it
                            their reports come over TCP.

  Exit code 1 if a promise did not hold.
`

const { values: args } = readOptions({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (args.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const minutes = readWhole('--minutes', args.minutes, 1, 10_000)
const seed = args.seed === undefined ? systemClock.now() % 1_000_000 : readWhole('--seed', args.seed, 0)
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const folder = mkdtempSync(join(tmpdir(), 'soak-'))
say(`soak: seed ${seed}, ${minutes} minutes in ${Math.round((60 * minutes) / COMPRESSION)} seconds and what recovery takes`)

const { metrics, broken } = await soak({ minutes, seed, folder, preload: process.env['STILLPOINT_UMOCKDEV'] })
rmSync(folder, { recursive: true, force: true })
const ok = broken.length === 0
for (const what of broken) say(`BROKEN: ${what}`)
if (args.json) printReport({ name: 'soak', metrics, ok, ...(ok ? {} : { broken }) })
else say(`${ok ? 'Fine' : 'NOT fine'}: ${JSON.stringify(metrics)}`)
process.exit(ok ? 0 : 1)
