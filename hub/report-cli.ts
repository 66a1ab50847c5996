import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { conserve } from './bank/conservation.ts'
import { openSqliteStore } from './store/sqlite.ts'
import type { Conservation } from '#protocol/hub-api/conservation.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { exponentOf, NO_CURRENCY } from '#protocol/money.ts'

const HELP = `npm run report -- conservation [--data HUB-DIR] [--json]

Where every minor unit is that ever came in, worked out from the raw postings and the raw entries of the tills' journals alone. Exit code 1 if anything is
not in exactly one place.

  --data HUB-DIR  the hub's folder (default .data/demo/hub); a hub that runs is asked, a stopped one is read
  --json          one line of JSON, amounts in minor units
`

class Refusal extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { data: { type: 'string', default: '.data/demo/hub' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (values.help) return void process.stdout.write(HELP)
  if (positionals.length !== 1 || positionals[0] !== 'conservation') throw new Refusal(HELP)
  if (!existsSync(join(values.data, 'hub.db'))) throw new Refusal(`${values.data} is not the folder of a hub`)
  const report = (await ofRunningHub(values.data)) ?? (await ofFolder(values.data))
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : told(report))
  if (report.faults.length > 0) process.exitCode = 1
}

/** Undefined when none answers. A hub that was killed leaves its address behind. */
async function ofRunningHub(data: string): Promise<Conservation | undefined> {
  const file = join(data, 'http-address')
  if (!existsSync(file)) return undefined
  const response = await fetch(new URL('/api/conservation', readFileSync(file, 'utf8').trim())).catch(() => undefined)
  if (response === undefined) return undefined
  if (!response.ok) throw new Refusal(`the hub that runs answered ${response.status}: look at its console, or stop it first`)
  return (await response.json()) as Conservation
}

async function ofFolder(data: string): Promise<Conservation> {
  const store = openSqliteStore(join(data, 'hub.db'))
  if (!store.ok) throw new Refusal(store.detail ?? store.code)
  try {
    return await conserve(store.value, systemClock.now())
  } finally {
    await store.value.close()
  }
}

/** Of any length: sums outgrow what numbers hold. */
function decimalOf(minor: string, currency: string): string {
  const digits = currency === NO_CURRENCY ? 0 : exponentOf(currency)
  const whole = minor.replace('-', '').padStart(digits + 1, '0')
  const sign = minor.startsWith('-') ? '-' : ''
  return digits === 0 ? sign + whole : `${sign}${whole.slice(0, -digits)}.${whole.slice(-digits)}`
}

function told({ currencies, postings, entries, faults }: Conservation): string {
  const lines = currencies.flatMap(({ currency, enteredMinor, places, differenceMinor, heldMinor, capturedMinor, unpaidMinor }) => [
    `${currency}  entered ${decimalOf(enteredMinor, currency)}`,
    ...places.map(({ place, minor, accounts }) => `  ${place.padEnd(16)} ${decimalOf(minor, currency).padStart(16)}   ${accounts} accounts`),
    `  difference       ${decimalOf(differenceMinor, currency).padStart(16)}`,
    `  held ${decimalOf(heldMinor, currency)}, captured by journals ${decimalOf(capturedMinor, currency)}, of which without money ${decimalOf(unpaidMinor, currency)}`,
  ])
  const verdict = faults.length === 0 ? ['every minor unit is in exactly one place'] : faults.map((fault) => `FAULT ${fault}`)
  return `${[...lines, `from ${postings} postings and ${entries} entries: ${verdict.join('\n')}`].join('\n')}\n`
}

main().catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
})
