import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openCopyFile } from '../../hub/intake/copy.ts'
import { proofPool } from '../../hub/intake/proof-pool.ts'
import { hubKeys, memoryVault } from '../../hub/keys.ts'
import { demoTerms } from '../../hub/merchants/terms.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { recountSettlement } from '../../hub/settlement/recount.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { makeRig, sale, TestCarrier, testSeed, type TestTill } from '../../hub/test-rig.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { invariant } from '#protocol/outcome.ts'
import { HOUR, type Clock } from '#protocol/time.ts'
import { downTopic, upTopic } from '#protocol/topics.ts'
import { percentile, rounded } from './percentile.ts'
import { storePayments } from './stored-payments.ts'

export const closeHelp = `close [--payments N]    N payments in the open windows of 1,000 merchants (default 1,000,000): how long it takes to close all of them, each into a payout, and
                         how long a till waits for the hub's answer to an intent (99th percentile) before and meanwhile. Then everything is counted again from its postings.`

const MERCHANTS = 1000
const BEFORE_MS = 5000

export async function close(payments: number, scratch: string): Promise<Record<string, number>> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'close-'))
  const store = openSqliteStore(join(folder, 'hub.db'))
  invariant(store.ok, 'a new database opens')
  // The day ends when the bench says so.
  let later = 0
  const clock: Clock = { now: () => systemClock.now() + later, monotonic: () => systemClock.monotonic() }
  await storePayments(store.value, { payments, merchants: MERCHANTS, now: clock.now(), endsAt: clock.now() + HOUR })

  const keys = hubKeys(memoryVault(testSeed), clock)
  const copy = await openCopyFile(join(folder, 'entries.log'), { warn, pause: () => Promise.resolve() })
  const pool = proofPool(keys)
  const carrier = new TestCarrier()
  const rig = await makeRig({ clock, timers: systemTimers, store: store.value, copy, keys, prove: pool.prove, carrier, firstTerms: demoTerms(demoShop) })
  const asked = await asking(rig, carrier, clock)

  const before: number[] = []
  const until = performance.now() + BEFORE_MS
  while (performance.now() < until) before.push(await asked())

  const during: number[] = []
  later = 2 * HOUR
  const started = performance.now()
  rig.hub.settlement.wake()
  while ((await store.value.documentsDue('window/', clock.now(), 1)).length > 0) during.push(await asked())
  const seconds = (performance.now() - started) / 1000

  await rig.hub.stop()
  const { differences, payouts } = await recountSettlement(store.value)
  for (const difference of differences.slice(0, 5)) warn(difference)
  await copy.close()
  await pool.close()
  await store.value.close()
  rmSync(folder, { recursive: true })
  const [p99Before, p99During] = [percentile(before, 0.99), percentile(during, 0.99)]
  return {
    payments,
    merchants: MERCHANTS,
    seconds: rounded(seconds, 2),
    intake_p99_before_ms: rounded(p99Before, 2),
    intake_p99_during_ms: rounded(p99During, 2),
    ratio_during_to_before: rounded(p99During / p99Before, 2),
    asked_before: before.length,
    asked_during: during.length,
    payouts,
    differences: differences.length,
  }
}

/** One payment after the other, as a till with the network makes them. Answers with the milliseconds from the intent to the hub's decision. */
async function asking(rig: Awaited<ReturnType<typeof makeRig>>, carrier: TestCarrier, clock: Clock): Promise<() => Promise<number>> {
  const till: TestTill = await rig.till()
  const wallets = await Promise.all(Array.from({ length: 50 }, () => rig.wallet()))
  let sent = 0
  let made = 0
  const deliver = (): void => {
    carrier.deliver(upTopic(till.id), till.batch(sent + 1))
    sent = till.entries.length
  }
  const heard = async (kind: 'ack' | 'decision'): Promise<void> => {
    const topic = downTopic(till.id, kind)
    while (!carrier.sent.some((message) => message.topic === topic)) await new Promise(setImmediate)
  }
  return async () => {
    const one = sale(1, wallets[made++ % wallets.length]?.show(clock.now()) ?? '')
    carrier.sent.length = 0
    till.write(one.intended, clock.now())
    const started = performance.now()
    deliver()
    await heard('decision')
    const waited = performance.now() - started
    carrier.sent.length = 0
    for (const fact of [one.held, one.captured, one.completed]) till.write(fact, clock.now())
    deliver()
    await heard('ack')
    return waited
  }
}

const warn = (line: string): void => void process.stderr.write(`hub: ${line}\n`)
