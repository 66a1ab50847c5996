import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes } from '#protocol/bytes.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { openSqliteStore } from '../../../terminal/core/store-sqlite.ts'
import { readIdentity } from '../../../terminal/core/identity.ts'
import { Random } from '../../world/random.ts'
import { artifactNames, readLines, type ApprovedLine } from '../artifacts.ts'
import { openTortureShop } from '../shop.ts'
import { checkComplete } from './recording.ts'
import { readTrace, STRACE_OPTIONS, type FileOp } from './system-calls.ts'

export type CoreRecordingOptions = { readonly seed: number; readonly payments: number; readonly scratch: string; readonly durable: boolean }

const POLL = 50
const PATIENCE = 60_000
const PAGE_BYTES = 4 * 1024 * 1024
const PAGE_COUNT = 1000

/** What the core says to its screen when a payment is approved, in the order in which `TenderView` is made. */
const approvalsIn = (said: string): string[] => [...said.matchAll(/"stage":"approved","paymentId":"([0-9a-f-]{36})"/g)].map((match) => match[1] ?? '')

/**
 * A real core, with its hub and broker, that sells to real screens while its system calls are recorded: both with the hub and, half of the time, without. A promise here is
 * the very write by which “approved” leaves the process.
 */
export async function recordCore({ seed, payments, scratch, durable }: CoreRecordingOptions): Promise<FileOp[]> {
  const folder = join(scratch, 'core-shop')
  const trace = join(scratch, 'core.trace')
  const artifacts = join(folder, 'artifacts')
  mkdirSync(folder)
  const shop = await openTortureShop({
    data: folder,
    artifacts,
    tills: 1,
    random: new Random(`recorded core ${seed}`),
    log: () => {},
    coresUnder: {
      // -D: the core is our child, and strace stands beside it.
      command: ['strace', '-D', ...STRACE_OPTIONS, '-o', trace],
      env: durable ? {} : { NODE_OPTIONS: `--import=${new URL('./without-durability.ts', import.meta.url).href}` },
    },
  })
  try {
    await shop.startSelling()
    await until('half of the payments', () => shop.approved >= payments / 2)
    for (const line of shop.lines) line.stall()
    await until('the other half', () => shop.approved >= payments)
    for (const line of shop.lines) line.flow()
  } finally {
    await shop.stop()
  }
  const traced = (): string => readFileSync(trace, 'latin1')
  await until('the end of the trace', () => /\n\+\+\+ [^\n]+ \+\+\+\n$/.test(traced()))
  const data = join(folder, 'till-1')
  const ops = readTrace(traced(), data, approvalsIn)
  checkComplete(ops, data)
  const promised = new Set(ops.flatMap((op) => (op.type === 'mark' ? [op.text] : [])))
  const missed = readLines<ApprovedLine>(artifacts, artifactNames.approved).filter(({ payment_id }) => !promised.has(payment_id))
  if (missed.length > 0) throw new Error(`${missed.length} approvals reached a screen, but are not in the trace`)
  return ops
}

async function until(what: string, fits: () => boolean): Promise<void> {
  for (let waited = 0; !fits(); waited += POLL) {
    if (waited > PATIENCE) throw new Error(`waited in vain for ${what}`)
    await new Promise<void>((done) => void systemTimers.after(POLL, done))
  }
}

/** What is wrong with the journal of an image: a chain that breaks, or a payment that a screen called approved and that is not captured in it. */
export function coreImageFault(folder: string, promises: readonly string[]): string | undefined {
  const till = readIdentity(folder)?.till
  if (till === undefined) return promises.length === 0 ? undefined : 'the till does not know who it is'
  const store = openSqliteStore(join(folder, 'journal.sqlite'))
  try {
    const captured = new Set<string>()
    let [previous, n] = [GENESIS, 0]
    for (
      let page = store.readAfter({ epoch: 1, n: 0 }, PAGE_BYTES, PAGE_COUNT);
      page.length > 0;
      page = store.readAfter({ epoch: 1, n }, PAGE_BYTES, PAGE_COUNT)
    ) {
      for (const stored of page) {
        const entry = decodeEntry(stored.bytes, { till, epoch: 1, n: n + 1 })
        if (!entry.ok || !equalBytes(stored.hash, chainHash(nodeCrypto, previous, stored.bytes))) return `the chain breaks at entry ${stored.n}`
        if (entry.value.kind === 'payment.captured') captured.add(entry.value.body.paymentId)
        previous = stored.hash
        n = stored.n
      }
    }
    const lost = promises.filter((payment) => !captured.has(payment))
    if (lost.length > 0) return `${lost.length} of ${new Set(promises).size} payments that were promised are not captured`
    store.commit({ put: { written: 'on' } })
    return store.records('written').get('written') === 'on' ? undefined : 'it cannot be written on'
  } finally {
    store.close()
  }
}
