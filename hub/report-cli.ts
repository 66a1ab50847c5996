import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { conserve } from './bank/conservation.ts'
import { decimalOf } from './decimal.ts'
import { answerOf, HOW_TO_BE_LET_IN, runningHubIn } from './running-hub.ts'
import { recountHeld, type HeldRecount } from './escrow/recount.ts'
import { recountSettlement, type SettlementRecount } from './settlement/recount.ts'
import type { HubStore } from './store/hub-store.ts'
import { openSqliteStore } from './store/sqlite.ts'
import type { Conservation } from '#protocol/hub-api/conservation.ts'
import { systemClock } from '#protocol/node/clock.ts'

const HELP = `npm run report -- conservation|settlement|held [--data HUB-DIR] [--json]

conservation: where every minor unit is that ever came in, worked out from the raw postings and the raw entries of the tills' journals alone.
settlement: windows, fees, payouts, reserves and claims, counted again from the raw postings.
held: what waits for deliveries, orders and chargebacks, counted again from the raw postings and the raw entries of the tills' journals.
Exit code 1 if anything is not in exactly one place, or was counted otherwise.

  --data HUB-DIR  the hub's folder (default .data/demo/hub); a hub that runs is asked, a stopped one is read
  --json          one line of JSON, amounts in minor units
`

class Refusal extends Error {}

type Report<T> = {
  readonly path: string
  read(store: HubStore): Promise<T>
  told(report: T): string
  faults(report: T): readonly string[]
}
const conservation: Report<Conservation> = {
  path: '/api/conservation',
  read: (store) => conserve(store, systemClock.now()),
  told,
  faults: ({ faults }) => faults,
}
const settlement: Report<SettlementRecount> = {
  path: '/api/settlement/recount',
  read: recountSettlement,
  told: ({ postings, windows, payouts, differences }) => {
    const verdict = differences.length === 0 ? ['everything is as it was counted'] : differences.map((difference) => `FAULT ${difference}`)
    return `from ${postings} postings, ${windows} windows and ${payouts} payouts: ${verdict.join('\n')}\n`
  },
  faults: ({ differences }) => differences,
}

const held: Report<HeldRecount> = {
  path: '/api/escrows/recount',
  read: recountHeld,
  told: ({ held: open, heldMinor, orders, chargebacks, differences }) => {
    const sums = Object.entries(heldMinor).map(([currency, minor]) => `, ${decimalOf(minor, currency)} ${currency}`)
    const verdict = differences.length === 0 ? ['everything is as it was counted'] : differences.map((difference) => `FAULT ${difference}`)
    return `${open} held${sums.join('')}; ${orders} orders and ${chargebacks} chargebacks: ${verdict.join('\n')}\n`
  },
  faults: ({ differences }) => differences,
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { data: { type: 'string', default: '.data/demo/hub' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (values.help) return void process.stdout.write(HELP)
  const [name] = positionals
  if (positionals.length !== 1 || (name !== 'conservation' && name !== 'settlement' && name !== 'held')) throw new Refusal(HELP)
  if (!existsSync(join(values.data, 'hub.db'))) throw new Refusal(`${values.data} is not the folder of a hub`)
  await (name === 'conservation' ? tell(conservation, values) : name === 'settlement' ? tell(settlement, values) : tell(held, values))
}

async function tell<T>(report: Report<T>, { data, json }: { readonly data: string; readonly json: boolean }): Promise<void> {
  const made = (await ofRunningHub(report, data)) ?? (await ofFolder(report, data))
  process.stdout.write(json ? `${JSON.stringify(made)}\n` : report.told(made))
  if (report.faults(made).length > 0) process.exitCode = 1
}

/** Undefined when none answers. A hub that was killed leaves its address behind. */
async function ofRunningHub<T>({ path }: Report<T>, data: string): Promise<T | undefined> {
  const hub = runningHubIn(data)
  const response = hub && (await answerOf(hub, path))
  if (response === undefined) return undefined
  if (response.status === 401) throw new Refusal(HOW_TO_BE_LET_IN)
  if (!response.ok) throw new Refusal(`the hub that runs answered ${response.status}: look at its console, or stop it first`)
  return (await response.json()) as T
}

async function ofFolder<T>({ read }: Report<T>, data: string): Promise<T> {
  const store = openSqliteStore(join(data, 'hub.db'))
  if (!store.ok) throw new Refusal(store.detail ?? store.code)
  try {
    return await read(store.value)
  } finally {
    await store.value.close()
  }
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
