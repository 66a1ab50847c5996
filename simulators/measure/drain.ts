import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { hex } from '#protocol/bytes.ts'
import { packed } from '#protocol/hub/messages.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { invariant } from '#protocol/outcome.ts'
import { parseTopic } from '#protocol/topics.ts'
import { certificateAuthority } from '../../hub/certificates.ts'
import { isEnrolledTill } from '../../hub/enrolment.ts'
import { openCopyFile } from '../../hub/intake/copy.ts'
import type { ProofClaim } from '../../hub/intake/proof.ts'
import { proofPool, type ProofPool } from '../../hub/intake/proof-pool.ts'
import { hubKeys, memoryVault } from '../../hub/keys.ts'
import type { Carrier } from '../../hub/link/carrier.ts'
import { LOOPBACK_NAMES, openEmbeddedCarrier } from '../../hub/link/embedded.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { enrolmentRequest, makeRig, testSeed, type Rig } from '../../hub/test-rig.ts'
import { answer, processorMs, type Answer, type Order, type Phone, type TillOrder } from './drain-orders.ts'
import { percentile, rounded } from './percentile.ts'

const MEBIBYTE = 1024 * 1024

export const drainHelp = `drain [--payments N] [--tills T]  N payments queued on T tills that were alone → in custody and acknowledged → settled (default 100000 on 10).
                         Production tills, each a process, over TLS. The floor: one worker a core proving the same payments, nothing else.`

const TILL = new URL('./drain-till.ts', import.meta.url)
const COUNTER = new URL('./drain-accept.ts', import.meta.url)
const PHONES_A_TILL = 400
const ACCEPT_EVERY_MS = 20
const FLOOR_CLAIMS = 10_000
const FLOOR_JOB = 250

export async function drain(payments: number, tills: number, scratch: string): Promise<Record<string, number>> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'drain-'))
  const hub = await openHub(folder)
  const children: Child[] = []
  try {
    const orders = await Promise.all(Array.from({ length: tills }, (_, index) => tillOrder(hub, join(folder, `till-${index}`), Math.ceil(payments / tills))))
    const queued = orders.reduce((sum, order) => sum + order.payments, 0)
    await fillAll(orders)
    const draining = await Promise.all(orders.map((order) => started(TILL, { do: 'open', till: order })))
    const counter = await started(COUNTER, { do: 'accept', folder: join(folder, 'counter'), everyMs: ACCEPT_EVERY_MS })
    children.push(...draining, counter)

    const drained = draining.map((child) => child.answer('drain'))
    const cpuBefore = process.cpuUsage()
    for (const child of draining) child.tell({ do: 'go' })
    const tillsDone = await Promise.all(drained)
    const custodyS = (Math.max(...tillsDone.map(({ lastReceivedAt }) => lastReceivedAt)) - Math.min(...tillsDone.map(({ firstSentAt }) => firstSentAt))) / 1000
    const hubCpuMs = processorMs(cpuBefore)
    const before = await hub.rig.ports.store.standing()
    const settlingStarted = performance.now()
    counter.tell({ do: 'stop' })
    const accepted = await counter.answer('accept')
    await hub.rig.hub.idle()
    const settlingS = (performance.now() - settlingStarted) / 1000
    const left = (queued * (before.lastSeq - before.settledSeq)) / before.lastSeq
    const hubRssMb = process.resourceUsage().maxRSS / 1024
    for (const child of children) child.end()

    const verifyFloor = await verifyFloorPerS(hub.rig.ports.store, hub.pool)
    const seen = await hub.rig.hub.overview()
    const { wireBytes } = hub
    await hub.close()
    const { lost, doubled } = recount(join(folder, 'hub.db'), queued)
    return {
      payments: queued,
      tills,
      custody_per_s: Math.round(queued / custodyS),
      settled_per_s: Math.round(left / settlingS),
      settled_meanwhile: Math.round(queued - left),
      verify_floor_per_s: Math.round(verifyFloor),
      ratio_settled_to_verify_floor: rounded(left / settlingS / verifyFloor, 2),
      // Of the processors, whoever else uses them: what `custody_per_s` comes to when nobody else does. The hub's includes what it settled meanwhile.
      custody_hub_cpu_us: rounded((hubCpuMs * 1000) / queued, 1),
      custody_till_cpu_us: rounded((tillsDone.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000) / queued, 1),
      wire_bytes_per_payment: Math.round(wireBytes() / queued),
      peak_rss_till_mb: Math.round(Math.max(...tillsDone.map(({ rssMb }) => rssMb))),
      peak_rss_hub_mb: Math.round(hubRssMb),
      accept_ratio_p99_during: rounded(percentile(accepted.times, 0.99) / percentile(accepted.floors, 0.99), 2),
      accept_p99_ms_during: rounded(percentile(accepted.times, 0.99)),
      accepted_during: accepted.times.length,
      lost,
      doubled,
      exceptions: seen.counts.exceptions,
      balanced: seen.money.balanced ? 1 : 0,
    }
  } finally {
    for (const child of children) child.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

// ---------------------------------------------------------------- the hub, in this process

type BenchHub = { readonly rig: Rig; readonly pool: ProofPool; wireBytes(): number; close(): Promise<void> }

async function openHub(folder: string): Promise<BenchHub> {
  const opened = openSqliteStore(join(folder, 'hub.db'))
  invariant(opened.ok, 'a new database opens')
  const store = opened.value
  const vault = memoryVault(testSeed)
  const keys = hubKeys(vault, systemClock)
  const copy = await openCopyFile(join(folder, 'entries.log'), { warn, pause: () => Promise.resolve() })
  const pool = proofPool(keys)
  const tls = { authority: certificateAuthority(vault.root, nodeCrypto), hosts: LOOPBACK_NAMES }
  const embedded = await openEmbeddedCarrier({ port: 0, tls, warn, isTill: (claim) => isEnrolledTill({ store, crypto: nodeCrypto }, claim) })
  let bytes = 0
  const carrier: Carrier = {
    ...embedded,
    onMessage: (listener) =>
      embedded.onMessage((topic, payload) => {
        if (parseTopic(topic)?.channel === 'up') bytes += payload.length
        listener(topic, payload)
      }),
  }
  const rig = await makeRig({ clock: systemClock, timers: systemTimers, store, copy, keys, prove: pool.prove, carrier, warn })
  return {
    rig,
    pool,
    wireBytes: () => bytes,
    async close() {
      await rig.hub.stop()
      await embedded.close()
      await pool.close()
      await copy.close()
      await store.close()
    },
  }
}

const warn = (line: string): void => void process.stderr.write(`hub: ${line}\n`)

/** Enrols a till and funds phones for it. */
async function tillOrder({ rig }: BenchHub, folder: string, payments: number): Promise<TillOrder> {
  mkdirSync(folder, { recursive: true })
  const seed = freshSeed()
  const registered = await rig.hub.registerTill('Till')
  invariant(registered.ok, 'a till registers')
  const enrolled = await rig.hub.enrol(enrolmentRequest(signerFromSeed(seed), registered.value.code))
  invariant(enrolled.ok, 'a till enrols')
  const phones: Phone[] = []
  for (let i = 0; i < PHONES_A_TILL; i++) {
    const phoneSeed = freshSeed()
    const opened = await rig.wallets.open(hex(signerFromSeed(phoneSeed).publicKey), 'Phone')
    invariant(opened.ok, 'a wallet opens')
    phones.push({ seed: hex(phoneSeed), wallet: opened.value.wallet, credential: packed.text(Buffer.from(opened.value.credential, 'hex')) })
  }
  return { folder, till: registered.value.till, seed: hex(seed), answer: enrolled.value.answer, payments, phones }
}

/** Two Ed25519 verifications a payment and what is around them: the hub’s own workers on the hub’s own claims, with nothing else to do. */
async function verifyFloorPerS(store: HubStore, pool: ProofPool): Promise<number> {
  const claims: ProofClaim[] = []
  for (let seq = 0; claims.length < FLOOR_CLAIMS;) {
    const entries = await store.entries(seq, 2000, MEBIBYTE)
    if (entries.length === 0) break
    for (const stored of entries) {
      const entry = decodeEntry(stored.bytes, stored)
      if (!entry.ok || entry.value.kind !== 'payment.intended') continue
      const { instrument, amountMinor, currency } = entry.value.body
      if (instrument.type !== 'wallet') continue
      claims.push({ code: instrument.code, request: instrument.request, till: stored.till, amountMinor, currency, at: entry.value.at })
    }
    seq = entries.at(-1)?.seq ?? seq
  }
  const jobs = Array.from({ length: Math.ceil(claims.length / FLOOR_JOB) }, (_, index) => claims.slice(index * FLOOR_JOB, (index + 1) * FLOOR_JOB))
  const started = performance.now()
  const proven = (await Promise.all(jobs.map((job) => pool.prove(job)))).flat()
  const seconds = (performance.now() - started) / 1000
  invariant(
    proven.every(({ ok }) => ok),
    'every code is genuine',
  )
  return claims.length / seconds
}

/** From the file, without the hub’s code. */
function recount(path: string, queued: number): { readonly lost: number; readonly doubled: number } {
  const db = new Database(path, { readonly: true })
  const counted = db
    .prepare<[], { postings: number; payments: number }>(
      "SELECT count(*) AS postings, count(DISTINCT payment) AS payments FROM transfers WHERE kind IN ('single', 'post') AND payment IS NOT NULL",
    )
    .get()
  db.close()
  const { postings = 0, payments = 0 } = counted ?? {}
  return { lost: queued - payments, doubled: postings - payments }
}

// ---------------------------------------------------------------- tills, in processes of their own

type Did<D extends Answer['did']> = Extract<Answer, { did: D }>
type Child = { tell(order: Order): void; answer<D extends Answer['did']>(did: D): Promise<Did<D>>; end(): void }

function spawn(script: URL): Child {
  const child: ChildProcess = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return {
    tell: (order) => void child.send(order),
    answer: (did) =>
      new Promise((resolve, reject) => {
        child.on('message', (message) => {
          const said = answer.parse(message)
          if (said.did === did) resolve(said as Did<typeof did>)
        })
        child.once('exit', (code) => reject(new Error(`${script.pathname} ended with ${code} before it was done`)))
      }),
    end: () => void (child.connected && child.disconnect()),
  }
}

async function started(script: URL, order: Order): Promise<Child> {
  const child = spawn(script)
  const open = child.answer('open')
  child.tell(order)
  await open
  return child
}

/** A share of the tills for each core. */
async function fillAll(orders: readonly TillOrder[]): Promise<void> {
  const cores = availableParallelism()
  await Promise.all(
    Array.from({ length: cores }, async (_, core) => {
      const child = spawn(TILL)
      const filled = child.answer('fill')
      child.tell({ do: 'fill', tills: orders.filter((_order, index) => index % cores === core) })
      await filled
      child.end()
    }),
  )
}
