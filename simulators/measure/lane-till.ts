import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, readBatch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { laneMark, readLaneMessage } from '#protocol/lanes/messages.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { zstd } from '#protocol/node/packing.ts'
import { ok } from '#protocol/outcome.ts'
import { signProof } from '#protocol/payment-code/code.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import type { View } from '#protocol/till-api/api.ts'
import { DAY, HOUR } from '#protocol/time.ts'
import type { HubTls } from '../../terminal/core/hub-access.ts'
import { openLaneLink } from '../../terminal/core/lane-link.ts'
import { openSqliteStore } from '../../terminal/core/store-sqlite.ts'
import { APPLE, CATALOGUE, POLICY } from '../../terminal/core/test-till.ts'
import { Till } from '../../terminal/core/till.ts'
import { openFloor } from './accept.ts'

/** One till of the bench `lanes`, as a process of its own: the production core on a real disk, on a real link to the edge, without a hub. Started by `lanes.ts`. */

export type LaneOrders = {
  readonly till: Id
  readonly folder: string
  readonly payments: number
  /** Hex. */
  readonly seeds: { readonly till: string; readonly issuer: string; readonly policy: string; readonly ack: string }
  readonly rootPublicKey: string
  /** Base64url. */
  readonly keySet: string
  readonly lanes: string
  readonly tls: HubTls
  readonly others: number
  /** Public keys of all lanes, hex. */
  readonly members: Readonly<Record<Id, string>>
}

/** Times in milliseconds; points in time as all processes of this machine count them. `scanned` and `heard` by credential and counter. */
export type LaneResults = {
  readonly times: readonly number[]
  readonly floors: readonly number[]
  readonly scanned: Readonly<Record<string, number>>
  readonly heard: readonly (readonly [string, number])[]
  readonly copied: readonly number[]
}

const UNLIMITED = 2 ** 50
const WARM_UP = 20
/** A till at which a payment comes every so many milliseconds is a busy one. */
const BETWEEN = 60
const SETTLES = 3000

const bytesOf = (text: string): Uint8Array => unhex(text) ?? new Uint8Array(0)
const now = (): number => performance.timeOrigin + performance.now()
const pause = (ms: number): Promise<void> => new Promise((resolve) => void systemTimers.after(ms, resolve))

process.once('message', (orders: LaneOrders) => void run(orders).then((results) => process.send?.(results, () => process.exit(0))))

async function run(orders: LaneOrders): Promise<LaneResults> {
  const { till: id, folder, seeds, others } = orders
  mkdirSync(folder, { recursive: true })
  const store = openSqliteStore(join(folder, 'journal.sqlite'))
  const [issuer, policyKey, ackKey] = [seeds.issuer, seeds.policy, seeds.ack].map((seed) => signerFromSeed(bytesOf(seed)))
  if (issuer === undefined || policyKey === undefined || ackKey === undefined) throw new Error('a key is missing')
  const sent: Uint8Array[] = []
  const heard: (readonly [string, number])[] = []
  /** Who has confirmed up to which entry. */
  const kept = new Map<Id, number>()
  const awaited: { readonly n: number; readonly since: number }[] = []
  const copied: number[] = []
  let view: View | undefined
  let up = false

  const look = (): void => {
    const everywhere = kept.size < others ? 0 : Math.min(...kept.values())
    while (awaited[0] !== undefined && awaited[0].n <= everywhere) copied.push(now() - (awaited.shift()?.since ?? 0))
  }
  const link = openLaneLink({
    till: id,
    tls: orders.tls,
    url: undefined,
    timers: systemTimers,
    random: () => 0.5,
    log: () => {},
    connected() {
      up = true
      till.laneConnected()
    },
    disconnected: () => till.laneDisconnected(),
    heard(channel, bytes) {
      till.laneHeard(channel, bytes)
      if (channel !== 'lane') return
      const read = readLaneMessage(nodeCrypto, bytes, (from) => unhex(orders.members[from] ?? ''))
      if (!read.ok) return
      const { from, says } = read.value
      if (says.kind === 'spent') heard.push([`${says.credential}/${says.counter}`, now()])
      if (says.kind === 'kept' && says.of === id) {
        kept.set(from, says.n)
        look()
      }
    },
  })
  const till = new Till(
    { till: id, name: 'A lane', signer: signerFromSeed(bytesOf(seeds.till)), rootPublicKey: bytesOf(orders.rootPublicKey) },
    {
      clock: systemClock,
      timers: systemTimers,
      crypto: nodeCrypto,
      packing: zstd,
      store,
      link: { send: (batch) => void sent.push(batch), reconnect: () => {} },
      printer: { print: () => true },
      devices: { order: () => true },
      exporter: { exportJournal: () => ok({ file: '', entries: 0 }) },
      lanes: link,
      leave: () => {},
      show: (message) => {
        if (message.type === 'view') view = message.view
      },
      log: () => {},
    },
  )
  till.start()
  const at = systemClock.now()
  const offline = { ...POLICY.offline, perTillMinor: UNLIMITED, perInstrumentMinor: UNLIMITED }
  till.received('keys', unbase64url(orders.keySet) ?? new Uint8Array(0))
  till.received('policy', encodeSigned(policyKey, signedTypes.policy, { ...POLICY, till: id, issuedAt: at, validUntil: at + DAY, offline }))
  till.received('catalogue', encodeSigned(policyKey, signedTypes.catalogue, CATALOGUE))
  till.connected()
  const batch = sent.findLast((bytes) => readBatch(bytes, zstd).ok) ?? new Uint8Array(0)
  const head = store.head()
  till.received(
    'ack',
    encodeSigned(ackKey, signedTypes.ack, {
      v: 1,
      till: id,
      epoch: 1,
      received: { n: head?.n ?? 0, head: hex(head?.hash ?? new Uint8Array(32)) },
      safe: head?.n ?? 0,
      settled: head?.n ?? 0,
      answers: hex(nodeCrypto.sha256(batch)),
      exceptions: [],
      hubEpoch: 1,
      hubTime: at,
    }),
  )
  till.disconnected()
  till.received('lanes', unbase64url(orders.lanes) ?? new Uint8Array(0))
  while (!up) await pause(20)
  await pause(SETTLES)

  const wallets = Array.from({ length: 20 }, () => walletOf(issuer, at))
  const floor = openFloor(folder)
  const [times, floors]: [number[], number[]] = [[], []]
  const scanned: Record<string, number> = {}
  for (let i = 0; i < WARM_UP + orders.payments; i++) {
    const wallet = wallets[i % wallets.length]
    till.scanned(APPLE)
    till.command({ type: 'takePayment' })
    const code = wallet?.show(systemClock.now())
    const since = now()
    const started = performance.now()
    till.scanned(code?.text ?? '')
    const took = performance.now() - started
    if (view?.tender.stage !== 'approved') throw new Error(`payment ${i} was not approved: ${JSON.stringify(view?.tender)}`)
    const floorStarted = performance.now()
    floor.once(1900)
    const floorTook = performance.now() - floorStarted
    if (i >= WARM_UP) {
      times.push(took)
      floors.push(floorTook)
      scanned[code?.key ?? ''] = since
      awaited.push({ n: store.head()?.n ?? 0, since })
    }
    await pause(BETWEEN)
  }
  await pause(SETTLES)
  floor.close()
  return { times, floors, scanned, heard, copied }
}

function walletOf(issuer: ReturnType<typeof signerFromSeed>, now: number) {
  const device = signerFromSeed(freshSeed())
  const credentialId = hex(nodeCrypto.randomBytes(8))
  const credential = issueCredential(issuer, {
    wallet: hex(nodeCrypto.randomBytes(16)),
    credentialId,
    devicePublicKey: hex(device.publicKey),
    currency: 'EUR',
    perPaymentLimitMinor: 15_000,
    totalLimitMinor: UNLIMITED,
    issuedAtMs: now - HOUR,
    expiresAtMs: now + DAY,
  })
  let counter = 0
  return {
    show(at: number) {
      counter += 1
      const text = signProof(device, { credential, now: at, counter, profile: 'show', nonce: nodeCrypto.randomBytes(8) })
      return { text, key: `${laneMark(nodeCrypto, CATALOGUE.store.id, 'credential', credentialId)}/${counter}` }
    },
  }
}
