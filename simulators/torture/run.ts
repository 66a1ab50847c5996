import { join } from 'node:path'
import { systemClock } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { Random } from '../world/random.ts'
import {
  accountLine,
  artifactNames,
  ledgerLine,
  lineFile,
  readLines,
  type AccountLine,
  type ApprovedLine,
  type CodeLine,
  type LedgerLine,
} from './artifacts.ts'
import { crashImages } from './crash/crash-images.ts'
import { killMany, spoilLines } from './killer.ts'
import { recount, type Recount } from './recount.ts'
import { openTortureShop } from './shop.ts'

export type TortureOptions = {
  readonly seed: number
  readonly kills: number
  /** Of each store. 0: none, and then none are missed either. */
  readonly images: number
  readonly tills: number
  readonly scratch: string
  readonly artifacts: string
  /** Progress. */
  readonly say: (line: string) => void
  /** What the processes say. */
  readonly log: (line: string) => void
}

export type TortureReport = {
  readonly metrics: Recount & { readonly kills: number; readonly crash_images: number; readonly seed: number; readonly seconds: number }
  /** Sentences. Empty: every promise held. */
  readonly faults: readonly string[]
}

const DRAIN_PATIENCE: DurationMs = 90 * SECOND
const TELL_EVERY = 10
const ROWS = 1000

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { seed, images, scratch, artifacts, say } = options
  const started = systemClock.monotonic()
  const { kills, faults } = await sellAndKill(options)
  await writeBooks(join(scratch, 'shop/hub/hub.db'), artifacts)
  const counted = recount(readBooks(artifacts), (line) => faults.push(line))
  if (counted.approved === 0) faults.push('nothing was approved: this torture shows nothing')

  if (images > 0) say(`cutting the power ${images} times on each store`)
  const crash = images > 0 ? await crashImages({ seed, images, scratch: join(scratch, 'crash') }) : { images: 0, faults: [], why: undefined }
  if (crash.why !== undefined) faults.push(`the crash images did not run: ${crash.why}`)
  for (const fault of crash.faults) faults.push(`crash image ${JSON.stringify(fault)}`)
  const seconds = Number(((systemClock.monotonic() - started) / SECOND).toFixed(1))
  return { metrics: { kills, ...counted, crash_images: crash.images, seed, seconds }, faults }
}

/** Everything with processes: when it returns they are gone and only their files are left. */
async function sellAndKill({ seed, kills, tills, scratch, artifacts, say, log }: TortureOptions): Promise<{ kills: number; faults: string[] }> {
  const random = new Random(`torture ${seed}`)
  const shop = await openTortureShop({ data: join(scratch, 'shop'), artifacts, tills, random: random.split('shop'), log })
  const faults: string[] = []
  let killed = 0
  try {
    await shop.startSelling()
    const spoiling = spoilLines(shop.lines, random.split('lines'))
    await killMany(shop.victims, kills, random.split('kills'), (done, what) => {
      killed = done
      log(`killed ${what}`)
      if (done % TELL_EVERY === 0) say(`${done} of ${kills} killed, ${shop.approved} payments approved`)
    })
    await spoiling.stop()
    say('calm: the shop closes, everything has to drain')
    await shop.stopSelling()
    await shop.drained(DRAIN_PATIENCE)
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  } finally {
    await shop.stop()
  }
  return { kills: killed, faults: [...faults, ...shop.ends] }
}

/** The hub's books as lines, from its database alone. */
async function writeBooks(database: string, folder: string): Promise<void> {
  const opened = openSqliteStore(database)
  if (!opened.ok) throw new Error(`${opened.code} ${opened.detail ?? ''}`)
  const store = opened.value
  const ledger = lineFile<LedgerLine>(folder, artifactNames.ledger)
  for (let seq = 0, rows = await store.transfersAfter(seq, ROWS); rows.length > 0; rows = await store.transfersAfter(seq, ROWS)) {
    for (const row of rows) ledger.write(ledgerLine(row))
    seq = rows.at(-1)?.seq ?? seq
  }
  ledger.close()
  await writeAccounts(store, folder)
  await store.close()
}

async function writeAccounts(store: HubStore, folder: string): Promise<void> {
  const accounts = lineFile<AccountLine>(folder, artifactNames.accounts)
  for (const account of await store.accounts(Number.MAX_SAFE_INTEGER)) accounts.write(accountLine(account))
  accounts.close()
}

const readBooks = (folder: string) => ({
  approved: readLines<ApprovedLine>(folder, artifactNames.approved),
  codes: readLines<CodeLine>(folder, artifactNames.codes),
  ledger: readLines<LedgerLine>(folder, artifactNames.ledger),
  accounts: readLines<AccountLine>(folder, artifactNames.accounts),
})
