import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#protocol/node/clock.ts'
import type { HubTrace } from '#protocol/hub-api/trace.ts'
import { receiptNumberOf } from '#protocol/till-api/receipt-number.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { createOverview } from '../../hub/overview.ts'
import { answerOf, HOW_TO_BE_LET_IN, hubAt, runningHubIn, type RunningHub } from '../../hub/running-hub.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { traceAtHub } from '../../hub/trace.ts'
import { readIdentity } from '../../terminal/core/identity.ts'
import { searchJournal } from '../../terminal/core/journal-search.ts'
import { readOptions } from '../measure/options.ts'
import { histories, printed, type TillSide } from './history.ts'

const HELP = `Everything that happened to a payment: at its till, at the hub, in the ledger.

  npm run trace -- KEY [--data DIR] [--hub URL] [--till DIR]... [--json]

  KEY         a payment id, a refund id, the number on a receipt, or a serial or batch number of something sold
  --data DIR  a shop's folder, as npm start has it (default .data/demo), running or stopped: its hub and its till
  --hub URL   a hub that runs elsewhere, such as http://127.0.0.1:7430; without --data only it is asked. Where people sign in,
              STILLPOINT_COMMAND_KEY in the environment has what its file command-key says
  --till DIR  a till's folder besides
  --json      { key, hub, tills, payments, strayRefunds } instead of tables
`

const { values, positionals } = readOptions({
  options: {
    data: { type: 'string' },
    hub: { type: 'string' },
    till: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [asked] = positionals
if (values.help || asked === undefined) {
  process.stdout.write(HELP)
  process.exit(values.help ? 0 : 2)
}
const warn = (line: string): void => void process.stderr.write(`${line}\n`)
const data = values.data ?? (values.hub === undefined && values.till.length === 0 ? '.data/demo' : undefined)

type HubDesk = { readonly from: string; trace(key: string): Promise<HubTrace>; close(): Promise<void> }

/** Undefined, with a word, when there is no hub to ask. */
function openHub(): HubDesk | undefined {
  if (values.hub !== undefined) return overHttp(hubAt(values.hub))
  if (data === undefined) return undefined
  const database = join(data, 'hub/hub.db')
  if (!existsSync(database)) return void warn(`There is no hub in ${data}.`)
  const opened = openSqliteStore(database)
  if (opened.ok) return inFile(database, opened.value)
  const running = runningHubIn(join(data, 'hub'))
  if (opened.code === 'till.busy' && running !== undefined) return overHttp(running)
  return void warn(`The hub in ${data} cannot be asked: ${opened.code}.`)
}

const overHttp = (hub: RunningHub): HubDesk => ({
  from: hub.url,
  async trace(key) {
    const response = await answerOf(hub, `/api/trace/${encodeURIComponent(key)}`, { signal: AbortSignal.timeout(15_000) })
    if (response === undefined) throw new Error('nobody answers there')
    if (response.status === 401) throw new Error(HOW_TO_BE_LET_IN)
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    return (await response.json()) as HubTrace
  },
  close: () => Promise.resolve(),
})

function inFile(database: string, store: HubStore): HubDesk {
  // What its second copy has, a hub that is stopped cannot say; its tills can.
  const safeOf = (): Promise<number> => Promise.resolve(0)
  const views = createOverview({ store, clock: systemClock, shop: demoShop, version: '', startedAt: 0, safeOf, linkOf: () => undefined })
  return { from: database, trace: (key) => traceAtHub({ store, views, safeOf }, key), close: () => store.close() }
}

/** Asks by the key itself, and where only a till knows that, by the payments that it belongs to there. */
async function askHub(hub: HubDesk, key: string, tills: readonly TillSide[]): Promise<HubTrace | undefined> {
  try {
    const direct = await hub.trace(key)
    if (direct.payments.length > 0) return direct
    const ids = [...new Set(tills.flatMap(({ found }) => found.payments))].filter((id) => id !== key)
    const others = await Promise.all(ids.map((id) => hub.trace(id)))
    return { payments: others.flatMap(({ payments }) => payments), strayRefunds: direct.strayRefunds, ...(direct.unclaimed && { unclaimed: direct.unclaimed }) }
  } catch (error) {
    return void warn(`The hub at ${hub.from} cannot be asked: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await hub.close()
  }
}

function readTills(key: string): TillSide[] {
  return [...(data === undefined ? [] : [join(data, 'till')]), ...values.till].flatMap((folder) => {
    const journal = join(folder, 'journal.sqlite')
    try {
      const identity = readIdentity(folder)
      if (identity === undefined || !existsSync(journal)) throw new Error('no till was enrolled there')
      return [{ till: identity.till, name: identity.name, found: searchJournal(journal, identity.till, key) }]
    } catch (error) {
      warn(`The till in ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      return []
    }
  })
}

const key = receiptNumberOf(asked) ?? asked.trim()
const tills = readTills(key)
const hub = openHub()
const trace = hub && (await askHub(hub, key, tills))
const payments = histories(key, trace, tills)
const strayRefunds = trace?.strayRefunds ?? []
const unclaimed = trace?.unclaimed
const isKnown = payments.length + strayRefunds.length > 0 || unclaimed !== undefined
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ key, hub: hub?.from ?? null, tills: tills.map(({ till, name }) => ({ till, name })), payments, strayRefunds, ...(unclaimed && { unclaimed }) })}\n`,
  )
} else {
  for (const history of payments) process.stdout.write(`${printed(history)}\n`)
  for (const { id, till, amountMinor, currency, verdict } of strayRefunds) {
    process.stdout.write(`Refund ${id} of ${amountMinor} minor units ${currency}, asked for at ${till}, belongs to no payment: ${verdict}\n`)
  }
  if (unclaimed !== undefined) {
    const end = unclaimed.state === 'open' ? `goes back on ${new Date(unclaimed.until).toISOString()} if none does` : 'is back with the wallet'
    process.stdout.write(`A phone paid ${unclaimed.amountMinor} minor units ${unclaimed.currency} for it at the hub, no till has claimed that, and it ${end}\n`)
  }
  if (!isKnown) warn(`Nobody here knows ${key}: ${trace === undefined ? 'no hub' : 'the hub'} and ${tills.length} till(s) were asked.`)
}
if (!isKnown) process.exitCode = 1
