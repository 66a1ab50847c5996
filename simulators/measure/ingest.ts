import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import mqtt from 'mqtt'
import { openSigned } from '#protocol/hub/messages.ts'
import { signedTypes } from '#protocol/cose.ts'
import { hex } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { downFilter, downTopic, upTopic } from '#protocol/topics.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { isEnrolledTill } from '../../hub/enrolment.ts'
import { openCopyFile } from '../../hub/intake/copy.ts'
import type { Prove } from '../../hub/intake/proof.ts'
import { proofPool } from '../../hub/intake/proof-pool.ts'
import { hubKeys, memoryVault } from '../../hub/keys.ts'
import type { Carrier } from '../../hub/link/carrier.ts'
import { openEmbeddedCarrier } from '../../hub/link/embedded.ts'
import { demoTerms } from '../../hub/merchants/terms.ts'
import type { HubStore, Till } from '../../hub/store/hub-store.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { enrolmentRequest, makeRig, nextId, sale, TestCarrier, TestTill, testSeed } from '../../hub/test-rig.ts'
import { percentile, rounded } from './percentile.ts'
import { storePayments } from './stored-payments.ts'
import { DAY } from '#protocol/time.ts'

export const ingestHelp = `ingest [--payments N] [--stored N] [--tills N]
                         batches of 100 payments → in custody and acknowledged → settled with fees and windows, over MQTT and in-process (default 5000).
                         --stored: so many are there already, --tills: so many tills take turns (only in-process then; defaults 0 and 1); --kept DIR: the database of those is made there once, and used again. The floors: one worker a core verifying proofs only, and the same bytes as rows in SQLite without logic.`

const BATCH_PAYMENTS = 100
const WALLETS = 50
const STORED_MERCHANTS = 100
const MOST_ACCOUNTS = 1_000_000
/** Batches under way at once over MQTT, as from several tills that drain together. */
const WINDOW = 4

export async function ingest(payments: number, scratch: string, { stored, tills, kept }: Crowd = { stored: 0, tills: 1 }): Promise<Record<string, number>> {
  mkdirSync(scratch, { recursive: true })
  const inProcess = await run({ payments, stored, tills, kept }, mkdtempSync(join(scratch, 'ingest-')), 'process')
  if (stored > 0 || tills > 1) return await crowded({ payments, stored, tills }, inProcess, scratch)
  const overMqtt = await run({ payments, stored, tills }, mkdtempSync(join(scratch, 'ingest-')), 'mqtt')
  const verifyFloor = await verifyFloorPerS(payments)
  const rowFloor = rowFloorPerS(payments, mkdtempSync(join(scratch, 'rows-')), overMqtt.bytesPerPayment)
  return {
    payments,
    custody_per_s: Math.round(overMqtt.custodyPerS),
    settled_per_s: Math.round(overMqtt.settledPerS),
    custody_in_process_per_s: Math.round(inProcess.custodyPerS),
    settled_in_process_per_s: Math.round(inProcess.settledPerS),
    verify_floor_per_s: Math.round(verifyFloor),
    floor_rows_per_s: Math.round(rowFloor),
    ratio_settled_to_verify_floor: rounded(overMqtt.settledPerS / verifyFloor, 2),
    ratio_custody_to_rows: rounded(overMqtt.custodyPerS / rowFloor, 2),
    ack_p99_ms: rounded(percentile(overMqtt.ackTimes, 0.99), 2),
    bytes_per_payment: Math.round(overMqtt.bytesPerPayment),
    proof_verifies_per_payment: rounded(overMqtt.proofs / payments, 2),
  }
}

/** How much there is beside what is measured. `kept`: a folder whose database has the stored ones already, or will. */
export type Crowd = { readonly stored: number; readonly tills: number; readonly kept?: string | undefined }
type Load = Crowd & { readonly payments: number }

async function crowded(
  { payments, stored, tills }: Load,
  { custodyPerS, settledPerS, bytesPerPayment }: Run,
  scratch: string,
): Promise<Record<string, number>> {
  const rowFloor = rowFloorPerS(payments, mkdtempSync(join(scratch, 'rows-')), bytesPerPayment)
  return {
    payments,
    stored,
    tills,
    custody_in_process_per_s: Math.round(custodyPerS),
    settled_in_process_per_s: Math.round(settledPerS),
    microseconds_per_payment: Math.round(1_000_000 / custodyPerS + 1_000_000 / settledPerS),
    floor_rows_per_s: Math.round(rowFloor),
    bytes_per_payment: Math.round(bytesPerPayment),
  }
}

type Run = { custodyPerS: number; settledPerS: number; ackTimes: number[]; bytesPerPayment: number; proofs: number }

/** Custody and settling, one after the other: settling waits at a gate until the last batch is acknowledged, so that each is measured alone. */
async function run({ payments, stored, tills, kept }: Load, folder: string, way: 'process' | 'mqtt'): Promise<Run> {
  if (kept !== undefined) mkdirSync(kept, { recursive: true })
  const path = join(kept ?? folder, 'hub.db')
  const isThere = existsSync(path)
  const store = openSqliteStore(path)
  invariant(store.ok, 'a new database opens')
  const now = systemClock.now()
  if (stored > 0 && !isThere) await storePayments(store.value, { payments: stored, merchants: Math.min(STORED_MERCHANTS, stored), now, endsAt: now + DAY })
  const keys = hubKeys(memoryVault(testSeed), systemClock)
  const copy = await openCopyFile(join(folder, 'entries.log'), { warn, pause: () => Promise.resolve() })
  const pool = proofPool(keys)
  const gate = openGate()
  let proofs = 0
  const prove: Prove = async (claims) => {
    await gate.opened
    proofs += claims.length
    return pool.prove(claims)
  }
  const crypto = nodeCrypto
  const carrier: Carrier =
    way === 'mqtt' ? await openEmbeddedCarrier({ port: 0, warn, isTill: (claim) => isEnrolledTill({ store: store.value, crypto }, claim) }) : new TestCarrier()
  const rig = await makeRig({ clock: systemClock, timers: systemTimers, store: store.value, copy, keys, prove, carrier, firstTerms: demoTerms(demoShop) })
  const { till, password } = await enrolled(rig)
  // They are rows to the hub that runs, which is not told of them: their policies would be another bench.
  const others = await storeTills(store.value, tills - 1)
  const { batches, ids } = await makeBatches(rig, [till, ...others], payments)
  const wire = carrier instanceof TestCarrier ? inProcessWire(carrier) : await mqttWire(carrier.url, till, password)

  const started = performance.now()
  const ackTimes = await wire.sendAll(batches, (ack) => receivedOf(keys, ack))
  const custodyS = (performance.now() - started) / 1000
  const settlingStarted = performance.now()
  gate.open()
  await rig.hub.idle()
  const settlingS = (performance.now() - settlingStarted) / 1000

  await allPosted(store.value, ids)
  await wire.close()
  await rig.hub.stop()
  await carrier.close()
  await pool.close()
  await copy.close()
  await store.value.close()
  rmSync(folder, { recursive: true })
  const bytesPerPayment = batches.reduce((sum, { bytes }) => sum + bytes.length, 0) / payments
  return { custodyPerS: payments / custodyS, settledPerS: payments / settlingS, ackTimes, bytesPerPayment, proofs }
}

type Rig = Awaited<ReturnType<typeof makeRig>>

async function enrolled(rig: Rig): Promise<{ till: TestTill; password: string }> {
  const signer = signerFromSeed(testSeed())
  const registered = await rig.hub.registerTill('Till 1')
  invariant(registered.ok, 'a till registers')
  const answer = await rig.hub.enrol(enrolmentRequest(signer, registered.value.code))
  invariant(answer.ok, 'a till enrols')
  const till = new TestTill(registered.value.till, signer)
  till.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, systemClock.now())
  return { till, password: answer.value.answer.mqtt.password }
}

/** Tills that the hub knows, as rows: to enrol thousands one by one would be another bench. */
async function storeTills(store: HubStore, count: number): Promise<TestTill[]> {
  const tills = Array.from({ length: count }, () => new TestTill(nextId(systemClock.now()), signerFromSeed(testSeed())))
  const at = systemClock.now()
  const none = { codeHash: undefined, codeExpiresAt: undefined, revokedAt: undefined }
  const rows = tills.map(({ id, signer }, index): Till => ({
    id,
    version: 0,
    name: `Till ${index + 2}`,
    registeredAt: at,
    publicKey: hex(signer.publicKey),
    passwordHash: '0'.repeat(64),
    enrolledAt: at,
    ...none,
  }))
  for (let from = 0; from < rows.length; from += BATCH_PAYMENTS)
    invariant((await store.commit({ tills: rows.slice(from, from + BATCH_PAYMENTS) })) === 'done', 'tills are stored')
  for (const till of tills) till.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, at)
  return tills
}

/** Every payment has its money, nothing was set aside, and the books balance. */
async function allPosted(store: HubStore, ids: readonly Id[]): Promise<void> {
  for (let from = 0; from < ids.length; from += BATCH_PAYMENTS) {
    const some = ids.slice(from, from + BATCH_PAYMENTS)
    const posted = (await store.get('payments', some)).filter(({ funds, state }) => funds === 'posted' && state === 'CAPTURED')
    invariant(posted.length === some.length, `all ${some.length} are settled: ${posted.length}`)
  }
  invariant((await store.newestExceptions(1)).length === 0, 'nothing is set aside')
  const sums = new Map<string, bigint>()
  for (const { currency, debitsPosted, creditsPosted } of await store.accounts(MOST_ACCOUNTS))
    sums.set(currency, (sums.get(currency) ?? 0n) + debitsPosted - creditsPosted)
  invariant(
    [...sums.values()].every((sum) => sum === 0n),
    'debits are credits',
  )
}

type OneBatch = { readonly till: TestTill; readonly bytes: Uint8Array; readonly through: number }

/** What tills that sold alone, `payments` times together, have to send: each a batch in its turn. */
async function makeBatches(
  rig: Rig,
  tills: readonly TestTill[],
  payments: number,
): Promise<{ readonly batches: readonly OneBatch[]; readonly ids: readonly Id[] }> {
  const wallets = await Promise.all(Array.from({ length: WALLETS }, () => rig.wallet()))
  const batches: OneBatch[] = []
  const ids: Id[] = []
  for (let made = 0; made < payments; made += BATCH_PAYMENTS) {
    const till = tills[batches.length % tills.length]
    invariant(till !== undefined, 'there is a till')
    const isFirst = till.entries.length === 1
    const from = isFirst ? 1 : till.entries.length + 1
    for (let i = made; i < Math.min(made + BATCH_PAYMENTS, payments); i++) {
      const now = systemClock.now()
      const one = sale(1, wallets[i % WALLETS]?.show(now) ?? '')
      for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact, now)
      ids.push(one.paymentId)
    }
    batches.push({ till, bytes: till.batch(from), through: till.entries.length })
  }
  return { batches, ids }
}

type Wire = { sendAll(batches: readonly OneBatch[], receivedOf: (ack: Uint8Array) => number): Promise<number[]>; close(): Promise<void> }

function inProcessWire(carrier: TestCarrier): Wire {
  return {
    async sendAll(batches, receivedOf) {
      const times: number[] = []
      for (const { till, bytes, through } of batches) {
        const started = performance.now()
        carrier.sent.length = 0
        carrier.deliver(upTopic(till.id), bytes)
        const acked = () => carrier.sent.find(({ topic }) => topic === downTopic(till.id, 'ack'))
        while (acked() === undefined) await new Promise(setImmediate)
        times.push(performance.now() - started)
        invariant(receivedOf(acked()?.payload ?? new Uint8Array(0)) === through, 'all entries are acknowledged')
      }
      return times
    },
    close: () => Promise.resolve(),
  }
}

async function mqttWire(url: string, till: TestTill, password: string): Promise<Wire> {
  const client = await mqtt.connectAsync(url, { clientId: till.id, username: till.id, password, clean: true })
  await client.subscribeAsync(downFilter(till.id), { qos: 1 })
  return {
    sendAll: (batches, receivedOf) =>
      new Promise((done) => {
        const times: number[] = []
        const sentAt: { through: number; at: number }[] = []
        let next = 0
        const send = (): void => {
          const batch = batches[next]
          if (batch === undefined) return
          next += 1
          sentAt.push({ through: batch.through, at: performance.now() })
          client.publish(upTopic(till.id), Buffer.from(batch.bytes), { qos: 1 })
        }
        client.on('message', (topic, payload) => {
          if (topic !== downTopic(till.id, 'ack')) return
          const received = receivedOf(payload)
          while ((sentAt[0]?.through ?? Infinity) <= received) {
            times.push(performance.now() - (sentAt.shift()?.at ?? 0))
            send()
          }
          if (times.length === batches.length) done(times)
        })
        for (let i = 0; i < WINDOW; i++) send()
      }),
    close: () => client.endAsync(true),
  }
}

function receivedOf(keys: ReturnType<typeof hubKeys>, bytes: Uint8Array): number {
  const signer = keys.signer('ack')
  const ack = openSigned(nodeCrypto, bytes, signedTypes.ack, (id) => (id === hex(signer.keyId) ? signer.publicKey : undefined))
  invariant(ack.ok, 'the hub signs what it says')
  return ack.value.received.n
}

function openGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** Two Ed25519 verifications a payment, one worker a core, nothing else. */
async function verifyFloorPerS(payments: number): Promise<number> {
  const cores = availableParallelism()
  const share = Math.ceil(payments / cores)
  const workers = Array.from({ length: cores }, () => new Worker(new URL('./verify-worker.ts', import.meta.url), { workerData: 2 * share }))
  await Promise.all(workers.map((worker) => new Promise((ready) => worker.once('message', ready))))
  const started = performance.now()
  await Promise.all(workers.map((worker) => new Promise((done) => (worker.once('message', done), worker.postMessage('go')))))
  const seconds = (performance.now() - started) / 1000
  await Promise.all(workers.map((worker) => worker.terminate()))
  return (share * cores) / seconds
}

/** The same bytes as the custody's rows, four a payment, in commits of one batch, durable, and no logic at all. */
function rowFloorPerS(payments: number, folder: string, bytesPerPayment: number): number {
  const db = new Database(join(folder, 'floor.db'))
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT')
  const insert = db.prepare('INSERT INTO entry (bytes) VALUES (?)')
  const row = Buffer.alloc(Math.round(bytesPerPayment / 4), 7)
  const commit = db.transaction(() => {
    for (let i = 0; i < BATCH_PAYMENTS * 4; i++) insert.run(row)
  })
  const started = performance.now()
  for (let i = 0; i < payments / BATCH_PAYMENTS; i++) commit()
  const seconds = (performance.now() - started) / 1000
  db.close()
  rmSync(folder, { recursive: true })
  return payments / seconds
}

const warn = (line: string): void => void process.stderr.write(`hub: ${line}\n`)
