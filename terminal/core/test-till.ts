import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry, type Entry } from '#protocol/journal/entry.ts'
import { encodeSigned, readBatch, verifyBatch, type Ack, type Catalogue, type Decision, type Policy, type RefundDecision } from '#protocol/hub/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { addressContext, sealAddress } from '#protocol/node/sealed-address.ts'
import { exportKeyFromSecret } from '#protocol/node/sealed-journal.ts'
import { signProof } from '#protocol/payment-code/code.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import type { Order, PrintDocument } from '#protocol/device/messages.ts'
import type { ProductView, ToScreen, View } from '#protocol/till-api/api.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import { DAY, HOUR, type Clock, type Timers } from '#protocol/time.ts'
import { openSqliteStore } from './store-sqlite.ts'
import type { HealthReports } from './health.ts'
import { StoreError, type TillStore } from './store.ts'
import { Till } from './till.ts'

/** A till on a real SQLite file with everything else made by hand: for the tests beside the code. */

const START = 1_790_000_000_000
export const TILL: Id = '0198c0de-0000-7000-8000-0000000000aa'
const ID = '0198c0de-0000-7000-8000-000000000001'
export const APPLE = '9520000000011'
/** 2.99 for one kilogram. */
export const PEARS = '9520000000035'

const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n)

export const POLICY: Policy = {
  v: 1,
  version: 1,
  till: TILL,
  issuedAt: START,
  validUntil: START + 30 * DAY,
  currency: 'EUR',
  offline: { perPaymentMinor: 15_000, perShownCodeMinor: 5000, perInstrumentMinor: 20_000, perTillMinor: 30_000, maxOfflineMs: DAY },
  holdWaitMs: 1500,
  duplicateBorneBy: 'issuer',
}

export const CATALOGUE: Catalogue = {
  v: 1,
  version: 1,
  merchant: { id: ID, name: 'Corner Shop' },
  store: { id: ID, name: 'High Street' },
  currency: 'EUR',
  products: [
    { gtin: APPLE, name: 'Apple', category: 'Fruit', priceMinor: 1000, taxPpm: 70_000, symbol: '🍎' },
    { gtin: '9520000000028', name: 'Lamp', category: 'Home', priceMinor: 9900, taxPpm: 190_000, symbol: '💡' },
    { gtin: PEARS, name: 'Pears', category: 'Fruit', priceMinor: 299, taxPpm: 70_000, symbol: '🍐', soldBy: 'kg', plu: '101' },
  ],
  labels: ['20IIIIIVPPPPC', '21IIIIIWWWWWC'],
}

export class VirtualTime implements Clock, Timers {
  wall = START
  mono = 0
  #next = 0
  readonly #timers = new Map<number, { at: number; run: () => void }>()
  now(): number {
    return this.wall
  }
  monotonic(): number {
    return this.mono
  }
  after(delay: number, run: () => void): () => void {
    const id = this.#next++
    this.#timers.set(id, { at: this.mono + delay, run })
    return () => void this.#timers.delete(id)
  }
  /** Lets time pass while the process gets none of it, as in a suspended machine. */
  skip(ms: number): void {
    this.wall += ms
    this.mono += ms
  }
  advance(ms: number): void {
    const end = this.mono + ms
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).toSorted(([, a], [, b]) => a.at - b.at)[0]
      if (due === undefined) break
      const [id, timer] = due
      this.#timers.delete(id)
      // One that was due in a time that was skipped runs late.
      const waited = Math.max(0, timer.at - this.mono)
      this.wall += waited
      this.mono += waited
      timer.run()
    }
    this.wall += end - this.mono
    this.mono = end
  }
}

export type TestTill = ReturnType<typeof openTestTill>

export function openTestTill(
  options: {
    readonly folder?: string
    readonly time?: VirtualTime
    readonly policy?: Policy
    readonly full?: boolean
    readonly staff?: readonly StaffMember[]
    readonly kiosk?: true
    readonly health?: (of: { readonly time: VirtualTime; readonly keys: { readonly till: Signer }; readonly store: TillStore }) => HealthReports
  } = {},
) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'till-'))
  const time = options.time ?? new VirtualTime()
  const keys = {
    root: signerFromSeed(seed(1)),
    issuer: signerFromSeed(seed(2)),
    policy: signerFromSeed(seed(3)),
    ack: signerFromSeed(seed(4)),
    till: signerFromSeed(seed(5)),
    export: exportKeyFromSecret(seed(6)),
  }
  /** What is being sealed. */
  const sealing: Promise<void>[] = []
  const sent: Uint8Array[] = []
  /** `head`: of the journal on the disk, in the moment of printing. */
  const printed: { job: string; document: PrintDocument; head: number }[] = []
  const disk = { full: options.full ?? false, unreadable: false, breaksAfterCommit: false, roomBytes: 2 ** 40 }
  const printer = { absent: false }
  const ordered: { order: string; what: Order }[] = []
  const left: string[] = []
  const update = { ready: false }
  const exporting: { outcome: Outcome<{ file: string; entries: number }> } = { outcome: ok({ file: 'export.spj', entries: 7 }) }
  let view: View | undefined
  let products: readonly ProductView[] = []
  let found: Extract<ToScreen, { type: 'found' }> | undefined
  let reconnects = 0
  const inner = openSqliteStore(join(folder, 'journal.sqlite'))
  const store: TillStore = {
    ...inner,
    commit: (change) => {
      if (disk.full) throw new StoreError('till.disk_full', 'test')
      inner.commit(change)
      disk.unreadable ||= disk.breaksAfterCommit
    },
    readAfter: (...asked) => {
      if (disk.unreadable) throw new StoreError('till.disk_full', 'test')
      return inner.readAfter(...asked)
    },
    roomBytes: () => disk.roomBytes,
  }
  const health = options.health?.({ time, keys, store })
  const till = new Till(
    { till: TILL, name: 'Till 1', signer: keys.till, rootPublicKey: keys.root.publicKey },
    {
      clock: time,
      timers: time,
      crypto: nodeCrypto,
      store,
      link: { send: (batch) => void sent.push(batch), reconnect: () => void reconnects++ },
      printer: { print: (job, document) => (printed.push({ job, document, head: inner.head()?.n ?? 0 }), !printer.absent) },
      devices: { order: (order, what) => ordered.push({ order, what }) > 0 },
      exporter: { exportJournal: () => exporting.outcome },
      addresses: {
        seal: (key, of, requestId, address, done) => void sealing.push(sealAddress(key, addressContext(of, requestId), address).then(done)),
      },
      leave: (reason) => void left.push(reason),
      updateReady: () => update.ready,
      ...(options.kiosk && { kiosk: true }),
      ...(health && { health }),
      show: (message) => {
        if (message.type === 'view') {
          view = message.view
          health?.shown(view)
        }
        if (message.type === 'catalogue') products = message.products
        if (message.type === 'found') found = message
      },
      log: () => {},
    },
  )
  const keySet = {
    v: 1 as const,
    version: 1,
    keys: (['issuer', 'policy', 'ack', 'export'] as const).map((role) => ({
      role,
      keyId: hex(keys[role].keyId),
      publicKey: hex(keys[role].publicKey),
      notBefore: START - DAY,
      notAfter: START + 365 * DAY,
    })),
  }
  till.start()
  if (store.head()?.n === 1) {
    till.received('keys', encodeSigned(keys.root, signedTypes.keySet, keySet))
    till.received('policy', encodeSigned(keys.policy, signedTypes.policy, options.policy ?? POLICY))
    till.received('catalogue', encodeSigned(keys.policy, signedTypes.catalogue, { ...CATALOGUE, ...(options.staff && { staff: [...options.staff] }) }))
  }

  const entries = (): Entry[] => {
    const all: Entry[] = []
    for (let place = { epoch: 1, n: 0 }; ;) {
      const page = inner.readAfter(place, 1e9, 1000)
      if (page.length === 0) return all
      for (const stored of page) {
        const entry = decodeEntry(stored.bytes, { till: TILL, epoch: stored.epoch, n: stored.n })
        if (!entry.ok) throw new Error(entry.detail)
        all.push(entry.value)
        place = stored
      }
    }
  }
  const hashAt = (n: number): string => (n === 0 ? hex(GENESIS) : hex(inner.readAfter({ epoch: 1, n: n - 1 }, 1, 1)[0]?.hash ?? GENESIS))
  const ack = (n: number, more: Partial<Ack> = {}): Uint8Array =>
    encodeSigned(keys.ack, signedTypes.ack, {
      v: 1,
      till: TILL,
      epoch: 1,
      received: { n, head: hashAt(n) },
      safe: n,
      settled: n,
      answers: hex(nodeCrypto.sha256(sent.findLast((bytes) => readBatch(bytes).ok) ?? new Uint8Array(0))),
      exceptions: [],
      hubEpoch: 1,
      hubTime: time.now(),
      ...more,
    })

  return {
    till,
    time,
    folder,
    keys,
    keySet,
    sent,
    printed,
    ordered,
    disk,
    printer,
    left,
    update,
    exporting,
    entries,
    hashAt,
    sealed: async () => void (await Promise.all(sealing)),
    ack,
    kinds: () => entries().map((entry) => entry.kind),
    view: () => {
      if (view === undefined) throw new Error('nothing was shown')
      return view
    },
    products: () => products,
    found: () => found,
    reconnects: () => reconnects,
    head: () => inner.head()?.n ?? 0,
    goOnline: () => {
      till.connected()
      till.received('ack', ack(inner.head()?.n ?? 0))
    },
    decide: (verdict: Decision['verdict'], intended?: string) => {
      const entry = entries().findLast(({ kind }) => kind === 'payment.intended')
      if (entry?.kind !== 'payment.intended') throw new Error('nothing is intended')
      const decision: Decision = { v: 1, till: TILL, paymentId: entry.body.paymentId, intended: intended ?? hashAt(entry.n), verdict, hubTime: time.now() }
      return encodeSigned(keys.ack, signedTypes.decision, decision)
    },
    /** The hub's answer to the last request for a refund. */
    answerRefund: (verdict: 'approved' | ErrorCode, more: Partial<RefundDecision> = {}) => {
      const entry = entries().findLast(({ kind }) => kind === 'refund.requested')
      if (entry?.kind !== 'refund.requested') throw new Error('no refund was asked for')
      const { refundId, amountMinor, currency } = entry.body
      return encodeSigned(keys.ack, signedTypes.refund, {
        v: 1,
        till: TILL,
        refundId,
        requested: hashAt(entry.n),
        verdict: verdict === 'approved' ? { type: 'approved', paymentId: ID, amountMinor, currency } : { type: 'declined', code: verdict },
        hubTime: time.now(),
        ...more,
      })
    },
    lastBatch: () => {
      const bytes = sent.findLast((one) => readBatch(one).ok)
      const read = bytes === undefined ? undefined : readBatch(bytes)
      if (read === undefined || !read.ok) throw new Error('no batch')
      if (!verifyBatch(nodeCrypto, read.value.envelope, keys.till.publicKey)) throw new Error('batch signature')
      return read.value.batch
    },
    chainIsWhole: () => {
      let hash = GENESIS
      let expected = 1
      for (const stored of inner.readAfter({ epoch: 1, n: 0 }, 1e9, 100_000)) {
        hash = chainHash(nodeCrypto, hash, stored.bytes)
        if (stored.n !== expected++ || hex(hash) !== hex(stored.hash)) return false
      }
      return true
    },
    close: () => {
      till.stop()
      inner.close()
    },
    reopen: () => {
      till.stop()
      inner.close()
      return openTestTill({ folder, time, full: disk.full })
    },
  }
}

export function onlineTill(): TestTill {
  const t = openTestTill()
  t.goOnline()
  return t
}

/** Heard from the hub, then lost it. */
export function offlineTill(): TestTill {
  const t = onlineTill()
  t.till.disconnected()
  return t
}

/** A basket of one apple, 10.00, and an open payment for it. */
export function sellApple({ till }: TestTill): void {
  const opened = till.scanned(APPLE).ok && till.command({ type: 'takePayment' }).ok
  if (!opened) throw new Error('an apple can be sold')
}

/** Sells an apple to a phone; answers the number of its receipt. */
export function sellAndPay(t: TestTill): string {
  sellApple(t)
  t.till.scanned(testWallet(t).show())
  if (t.view().tender.stage === 'deciding') t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + DAY }))
  const { tender } = t.view()
  if (tender.stage !== 'approved') throw new Error(`the apple is ${tender.stage}`)
  return tender.receiptNumber
}

/** A phone made by hand: `show` and `answer` give texts of codes. */
export function testWallet(
  from: TestTill,
  more: {
    readonly currency?: string
    readonly perPaymentLimitMinor?: number
    readonly totalLimitMinor?: number
    readonly issuerSeed?: number
    readonly wallet?: string
  } = {},
) {
  const device = signerFromSeed(freshSeed())
  const credential = issueCredential(signerFromSeed(seed(more.issuerSeed ?? 2)), {
    wallet: more.wallet ?? hex(nodeCrypto.randomBytes(16)),
    credentialId: hex(nodeCrypto.randomBytes(8)),
    devicePublicKey: hex(device.publicKey),
    currency: more.currency ?? 'EUR',
    perPaymentLimitMinor: more.perPaymentLimitMinor ?? 15_000,
    totalLimitMinor: more.totalLimitMinor ?? 50_000,
    issuedAtMs: START - HOUR,
    expiresAtMs: START + 7 * DAY,
  })
  let counter = 0
  return {
    show: (now = from.time.wall) => signProof(device, { credential, now, counter: ++counter, profile: 'show', nonce: nodeCrypto.randomBytes(8) }),
    answer: (text: string, now = from.time.wall) => {
      const request = readShownRequest(text)
      if (!request.ok) throw new Error('not a request')
      return signProof(device, { credential, now, counter: ++counter, profile: 'bound', request: request.value.bytes })
    },
  }
}

export { START }
