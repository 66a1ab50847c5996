import { createDemoWallets } from './demo-wallets.ts'
import { demoShop, demoWallet } from './demo-shop.ts'
import { worthIn } from './exchange/rates.ts'
import { createHub, type Hub, type HubPorts } from './hub.ts'
import { memoryCopy } from './intake/copy.ts'
import { proveHere } from './intake/proof.ts'
import { hubKeys, memoryVault, type HubKeys } from './keys.ts'
import type { Carrier } from './link/carrier.ts'
import { memoryDisk, openMemoryStore } from './store/memory.ts'
import { createWalletDesk } from './wallets/desk.ts'
import { createLender } from './wallets/lender.ts'
import { base64url, hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeBatch, encodeSigned, openSigned, readEnrolmentCode, type Ack, type Batch, type Decision, type RefundDecision } from '#protocol/hub/messages.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { encodeEntry, type EntryBody, type Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { signProof } from '#protocol/payment-code/code.ts'
import { makeRequest } from '#protocol/payment-code/request.ts'
import type { Currency } from '#protocol/money.ts'
import { DAY, type Clock, type Timers } from '#protocol/time.ts'
import { downTopic, linkTopic, upTopic } from '#protocol/topics.ts'

/** A hub in a bottle for tests: its own time, its own memory, and a carrier on which the test is the other end. */

export const START = 1_760_000_000_000

let seeds = 0
export const testSeed = (): Uint8Array => nodeCrypto.sha256(new TextEncoder().encode(`seed ${++seeds}`))
let ids = 0
export const nextId = (now = START): Id => makeId(now, testSeed().subarray(0, 10 + (ids++ % 2)))

export class TestClock implements Clock, Timers {
  time = START
  readonly #timers: { at: number; run: () => void }[] = []
  now(): number {
    return this.time
  }
  monotonic(): number {
    return this.time - START
  }
  after(delay: number, run: () => void): () => void {
    const timer = { at: this.time + delay, run }
    this.#timers.push(timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index >= 0) this.#timers.splice(index, 1)
    }
  }
  /** Runs what falls due, in order. */
  advance(ms: number): void {
    const until = this.time + ms
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.time = next.at
      next.run()
    }
    this.time = until
  }
}

export class TestCarrier implements Carrier {
  readonly url = 'mqtt://127.0.0.1:1'
  readonly sent: { topic: string; payload: Uint8Array; retain: boolean }[] = []
  #heard: (topic: string, payload: Uint8Array) => void = () => undefined
  publish(topic: string, payload: Uint8Array, retain: boolean): void {
    this.sent.push({ topic, payload, retain })
  }
  onMessage(listener: (topic: string, payload: Uint8Array) => void): void {
    this.#heard = listener
  }
  onConnect(listener: () => void): void {
    listener()
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
  deliver(topic: string, payload: Uint8Array): void {
    this.#heard(topic, payload)
  }
}

/** A till that writes a journal and nothing else. */
export class TestTill {
  readonly id: Id
  readonly signer: Signer
  readonly entries: { readonly bytes: Uint8Array; readonly hash: Uint8Array; readonly n: number }[] = []
  epoch = 1

  constructor(id: Id, signer: Signer = signerFromSeed(testSeed())) {
    this.id = id
    this.signer = signer
  }
  get head(): Uint8Array {
    return this.entries.at(-1)?.hash ?? GENESIS
  }
  write(fact: Fact, at = START): { readonly n: number; readonly hash: Uint8Array } {
    return this.writeBytes(encodeEntry({ till: this.id, epoch: this.epoch, n: this.entries.length + 1 }, at, fact))
  }
  writeBytes(bytes: Uint8Array): { readonly n: number; readonly hash: Uint8Array } {
    const entry = { bytes, hash: chainHash(nodeCrypto, this.head, bytes), n: this.entries.length + 1 }
    this.entries.push(entry)
    return entry
  }
  /** The old journal is gone; a new epoch names what it was told to name. */
  openEpoch(previous?: { epoch: number; n: number; head: string }): void {
    this.epoch += 1
    this.entries.length = 0
    this.write({ kind: 'epoch.opened', body: { reason: 'restored', ...(previous === undefined ? {} : { previous }) } })
  }
  batch(from = 1, to = this.entries.length, signer = this.signer, cites: Partial<Pick<Batch, 'lastAck' | 'waiting'>> = {}): Uint8Array {
    const previous = from === 1 ? GENESIS : (this.entries[from - 2]?.hash ?? GENESIS)
    const entries = this.entries.slice(from - 1, to).map(({ bytes }) => bytes)
    return encodeBatch(signer, { till: this.id, epoch: this.epoch, from, previous, lastAck: new Uint8Array(0), waiting: 0, ...cites, entries })
  }
}

/** A phone with a funded wallet. */
export class TestWallet {
  readonly device: Signer
  readonly wallet: string
  readonly credential: Uint8Array
  counter = 0
  constructor(device: Signer, wallet: string, credential: Uint8Array) {
    this.device = device
    this.wallet = wallet
    this.credential = credential
  }
  show(now = START, counter = ++this.counter): string {
    return signProof(this.device, { credential: this.credential, now, counter, profile: 'show', nonce: new Uint8Array(8).fill(counter) })
  }
  bound(request: Uint8Array, now = START): string {
    return signProof(this.device, { credential: this.credential, now, counter: ++this.counter, profile: 'bound', request })
  }
}

/** What a till asks a phone to confirm. */
export const requestOf = (till: Id, amountMinor: number, now = START) =>
  makeRequest({ till, amountMinor, currency: 'EUR', nonce: hex(testSeed().subarray(0, 16)), issuedAtMs: now, merchant: 'Harbour Corner' })

export type Rig = Awaited<ReturnType<typeof makeRig>>

export async function makeRig(over: Partial<HubPorts> & { readonly terms?: Partial<typeof demoWallet> } = {}) {
  const clock = new TestClock()
  const carrier = new TestCarrier()
  const disk = memoryDisk()
  const keys: HubKeys = over.keys ?? hubKeys(memoryVault(testSeed), clock)
  const warnings: string[] = []
  const { terms, ...replaced } = over
  const ports: HubPorts = {
    clock,
    timers: clock,
    crypto: nodeCrypto,
    store: openMemoryStore(disk),
    copy: memoryCopy(),
    keys,
    carrier,
    shop: demoShop,
    prove: proveHere(nodeCrypto, (keyId) => keys.issuerKey(keyId)),
    version: 'test',
    warn: (line) => warnings.push(line),
    ...replaced,
  }
  const hub = createHub(ports)
  await hub.start()
  const { fundsMinor, ...lent } = { ...demoWallet, credentialLifetimeMs: 3 * DAY, ...terms }
  const lender = createLender({ ...ports, terms: lent, currency: ports.shop.currency, silentSince: hub.silentSince })
  const wallets = createDemoWallets({ ...ports, lender, fundsMinor, worthOf: worthIn(ports.shop.currency, hub.rates), changed: hub.changed })
  const { policy, payByPhone, quoteForPhone, escrows } = hub
  const walletDesk = createWalletDesk({ ...ports, policy, lender, payByPhone, quoteForPhone, escrows, open: wallets.open })

  return {
    hub,
    ports,
    clock,
    carrier,
    disk,
    keys,
    warnings,
    wallets,
    lender,
    walletDesk,
    till: () => enrolTestTill(hub, clock),
    async wallet(currency?: Currency): Promise<TestWallet> {
      const device = signerFromSeed(testSeed())
      const opened = await wallets.open(hex(device.publicKey), 'Phone', currency)
      if (!opened.ok) throw new Error(opened.code)
      return new TestWallet(device, opened.value.wallet, unhex(opened.value.credential) ?? new Uint8Array(0))
    },
    /** Sends as the till would and waits until the hub has done all it does. */
    async send(till: TestTill, ...messages: Uint8Array[]) {
      for (const message of messages) carrier.deliver(upTopic(till.id), message)
      await hub.idle()
    },
    sayLink: (till: TestTill, state: string) => carrier.deliver(linkTopic(till.id), new TextEncoder().encode(state)),
    acks: (till: TestTill): Ack[] => received(carrier, till.id, 'ack').map((bytes) => opened(keys, bytes, signedTypes.ack)),
    decisions: (till: TestTill): Decision[] => received(carrier, till.id, 'decision').map((bytes) => opened(keys, bytes, signedTypes.decision)),
    refundDecisions: (till: TestTill): RefundDecision[] => received(carrier, till.id, 'refund').map((bytes) => opened(keys, bytes, signedTypes.refund)),
    async exceptions() {
      return (await ports.store.newestExceptions(100)).toReversed().map(({ epoch, n, code }) => [epoch, n, code])
    },
    async payment(id: Id) {
      return (await ports.store.get('payments', [id]))[0]
    },
    /** Balance and what is held of it. */
    async purse({ wallet }: TestWallet) {
      const statement = await wallets.statement(wallet)
      return statement.ok ? [statement.value.balanceMinor, statement.value.heldMinor] : []
    },
  }
}

function received(carrier: TestCarrier, till: Id, kind: 'ack' | 'decision' | 'refund'): Uint8Array[] {
  return carrier.sent.filter(({ topic }) => topic === downTopic(till, kind)).map(({ payload }) => payload)
}

function opened<T extends 'sp.ack' | 'sp.decision' | 'sp.refund'>(keys: HubKeys, bytes: Uint8Array, typ: T) {
  const signer = keys.signer('ack')
  const message = openSigned(nodeCrypto, bytes, typ, (keyId) => (keyId === hex(signer.keyId) ? signer.publicKey : undefined))
  if (!message.ok) throw new Error(`${typ}: ${message.code} ${message.detail ?? ''}`)
  return message.value
}

/** Registers a till, enrols it with a key of its own, and opens its first epoch. */
export async function enrolTestTill(hub: Hub, clock: Clock): Promise<TestTill> {
  const signer = signerFromSeed(testSeed())
  const registered = await hub.registerTill('Counter 1')
  if (!registered.ok) throw new Error(registered.code)
  const enrolled = await hub.enrol(enrolmentRequest(signer, registered.value.code))
  if (!enrolled.ok) throw new Error(`${enrolled.code} ${enrolled.detail ?? ''}`)
  const till = new TestTill(registered.value.till, signer)
  till.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, clock.now())
  return till
}

/** `code` as a person reads it off the console. */
export function enrolmentRequest(signer: Signer, code: string) {
  const read = readEnrolmentCode(code)
  const secret = read.ok ? read.value.secret : code
  return { v: 1, proof: base64url(encodeSigned(signer, signedTypes.enrolment, { v: 1, code: secret, publicKey: hex(signer.publicKey) })) }
}

/** A refund by the till that captured, and the request of another. */
export const refund = ({ paymentId, captured }: Pick<ReturnType<typeof sale>, 'paymentId' | 'captured'>, refundMinor: number, refundId = nextId()) =>
  ({
    refundId,
    made: { kind: 'payment.refunded', body: { refundId, paymentId, amountMinor: refundMinor, currency: 'EUR', receiptNumber: `G-${refundId.slice(-6)}` } },
    asked: { kind: 'refund.requested', body: { refundId, of: captured.body.receiptNumber, amountMinor: refundMinor, currency: 'EUR' } },
    answered: (approved: boolean) => ({ kind: 'refund.answered' as const, body: { refundId, approved, decision: 'AAAA' } }),
  }) satisfies Record<string, Fact | Id | ((approved: boolean) => Fact)>

/** One sale over one product: its facts in the order in which a till writes them. */
export function sale(amountMinor: number, code: string, over: { paymentId?: Id; saleId?: Id; request?: Uint8Array } = {}) {
  const [paymentId, saleId] = [over.paymentId ?? nextId(), over.saleId ?? nextId()]
  const receiptNumber = `R-${paymentId.slice(-6)}`
  const taxMinor = Math.round((amountMinor * 7) / 107)
  const request = over.request === undefined ? {} : { request: base64url(over.request) }
  const intended: EntryBody<'payment.intended'> = { paymentId, saleId, amountMinor, currency: 'EUR', instrument: { type: 'wallet', code, ...request } }
  return {
    paymentId,
    saleId,
    intended: { kind: 'payment.intended', body: intended },
    acceptedOffline: { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
    held: { kind: 'payment.held', body: { paymentId, decision: 'AAAA' } },
    declined: { kind: 'payment.declined', body: { paymentId, code: 'hub.insufficient_funds', decision: 'AAAA' } },
    voided: { kind: 'payment.voided', body: { paymentId, code: 'wire.no_answer' } },
    unknown: { kind: 'payment.unknown', body: { paymentId, code: 'policy.till_cap' } },
    reversed: { kind: 'payment.reversed', body: { paymentId, code: 'payment.unresolved' } },
    captured: { kind: 'payment.captured', body: { paymentId, amountMinor, currency: 'EUR', receiptNumber } },
    completed: {
      kind: 'sale.completed',
      body: {
        saleId,
        receiptNumber,
        currency: 'EUR',
        lines: [{ gtin: '9520000000019', name: 'Rye loaf', quantity: 1, unitMinor: amountMinor, taxPpm: 70_000, totalMinor: amountMinor }],
        taxes: [{ ratePpm: 70_000, netMinor: amountMinor - taxMinor, taxMinor }],
        totalMinor: amountMinor,
        payments: [{ paymentId, amountMinor }],
      },
    },
  } satisfies Record<string, Fact | Id>
}
