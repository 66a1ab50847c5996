import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { accept, acceptHelp } from './accept.ts'
import { api, apiHelp } from './api.ts'
import { close, closeHelp } from './close.ts'
import { devices, devicesHelp } from './devices.ts'
import { drain, drainHelp } from './drain.ts'
import { facesHelp } from './faces-help.ts'
import { ingest, ingestHelp } from './ingest.ts'
import { lanes, lanesHelp } from './lanes.ts'
import { readOptions, readWhole, refuse } from './options.ts'
import { printReport } from './report.ts'
import { risk, riskHelp } from './risk.ts'
import { policy, policyHelp } from './policy.ts'
import { search, searchHelp } from './search.ts'
import { startup, startupHelp } from './startup.ts'
import { till, tillHelp, tillParts } from './till.ts'

const HELP = `Measures one thing next to its floor, in one run.

  npm run bench -- NAME [--payments N] [--quick] [--json]

  ${acceptHelp}
  ${apiHelp}
  ${ingestHelp}
  ${closeHelp}
  ${drainHelp}
  ${startupHelp}
  ${devicesHelp}
  ${searchHelp}
  ${facesHelp}
  ${riskHelp}
  ${policyHelp}
  ${lanesHelp}
  ${tillHelp}
`

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: {
    payments: { type: 'string' },
    tills: { type: 'string' },
    stored: { type: 'string' },
    kept: { type: 'string' },
    quick: { type: 'boolean', default: false },
    part: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const [name = ''] = positionals
/** On the disk that a shop would use, not in a folder that may live in memory. */
const scratch = join(resolve(import.meta.dirname, '../..'), '.data/bench')
const tills = values.tills === undefined ? undefined : readWhole('--tills', values.tills, 1, 10_000)
const stored = values.stored === undefined ? 0 : readWhole('--stored', values.stored, 0)
const payments = values.payments === undefined ? undefined : readWhole('--payments', values.payments, 100)

const part = tillParts.find((one) => one === values.part)
if (values.part !== undefined && part === undefined) refuse({ complaint: `--part ${values.part}: there are ${tillParts.join(', ')}.` })

/** What a bench found; `detail` is a table of what a metric is made of. */
type Found = { readonly metrics: Readonly<Record<string, number>>; readonly detail?: unknown }

const benches: Readonly<Record<string, () => Promise<Found>>> = {
  accept: async () => ({ metrics: accept(payments ?? 2000, scratch) }),
  api: async () => ({ metrics: await api(payments ?? 1_000_000, scratch) }),
  ingest: async () => ({ metrics: await ingest(payments ?? 5000, scratch, { stored, tills: tills ?? 1, kept: values.kept }) }),
  close: async () => ({ metrics: await close(payments ?? 1_000_000, scratch) }),
  startup: async () => ({ metrics: await startup() }),
  drain: async () => ({ metrics: await drain(payments ?? 100_000, tills ?? 10, scratch) }),
  devices: () => devices(scratch),
  risk,
  search: async () => ({ metrics: search(scratch) }),
  // The nets are loaded for this alone.
  faces: async () => ({ metrics: await (await import('./faces.ts')).faces(scratch) }),
  lanes: async () => ({ metrics: await lanes(payments ?? 300, scratch) }),
  policy: async () => ({ metrics: await policy() }),
  till: () => till(scratch, values.quick, part),
}
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
if (bench === undefined)
  refuse({ complaint: `${name === '' ? 'A name is missing' : `There is no bench “${name}”`}: there are ${Object.keys(benches).join(', ')}.` })

try {
  const { metrics, ...tables } = await bench()
  if (values.json) printReport({ name, metrics, ...tables, ok: (metrics['lost'] ?? 0) === 0 && (metrics['doubled'] ?? 0) === 0 })
  else
    process.stdout.write(
      `${Object.entries(metrics)
        .map(([metric, value]) => `${metric.padEnd(28)} ${value}`)
        .join('\n')}\n`,
    )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
