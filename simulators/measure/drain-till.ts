import { join } from 'node:path'
import { unhex } from '#protocol/bytes.ts'
import { fail, invariant } from '#protocol/outcome.ts'
import { makeId } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { packed } from '#protocol/hub/messages.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { zstd } from '#protocol/node/packing.ts'
import { signProof } from '#protocol/payment-code/code.ts'
import { sale } from '../../hub/test-rig.ts'
import { Authority } from '../../terminal/core/authority.ts'
import { hubCarriers } from '../../terminal/core/hub-access.ts'
import { openHubLink } from '../../terminal/core/hub-link.ts'
import { openJournal } from '../../terminal/core/journal.ts'
import { intendedRecord, type PaymentRecord } from '../../terminal/core/payments.ts'
import { openSqliteStore } from '../../terminal/core/store-sqlite.ts'
import { Till } from '../../terminal/core/till.ts'
import { machineTime, order, processorMs, tell, type Phone, type TillOrder } from './drain-orders.ts'

/** A process of the drain bench: the journals of tills that sold alone for a long time are made here, and one of these tills drains. */

/** In one transaction, while a journal is made: a till that sells has one for each payment, and its disk has to be waited for each time. */
const PAYMENTS_A_COMMIT = 100
const AMOUNT_MINOR = 1

function keyOf(text: string): Uint8Array {
  const bytes = unhex(text)
  invariant(bytes !== undefined, 'a key in hex')
  return bytes
}

const identityOf = ({ till, seed, answer }: TillOrder) => ({
  till,
  name: 'Till',
  signer: signerFromSeed(keyOf(seed)),
  rootPublicKey: keyOf(answer.rootPublicKey),
})
const storeOf = ({ folder }: TillOrder) => openSqliteStore(join(folder, 'journal.sqlite'))

function fill(wanted: TillOrder): void {
  const identity = identityOf(wanted)
  const store = storeOf(wanted)
  const authority = new Authority(nodeCrypto, store, identity.till, identity.rootPublicKey)
  for (const [kind, document] of [
    ['keys', wanted.answer.keySet],
    ['policy', wanted.answer.policy],
    ['catalogue', wanted.answer.catalogue],
  ] as const) {
    invariant(authority.accept(kind, packed.bytes(document)).ok, `the hub’s ${kind} are taken`)
  }
  const journal = openJournal(identity, nodeCrypto, store, systemClock.now())
  const codes = wanted.phones.map(codesOf)
  for (let made = 0; made < wanted.payments;) {
    const facts: Fact[] = []
    const payments: PaymentRecord[] = []
    const at = systemClock.now()
    for (const end = Math.min(wanted.payments, made + PAYMENTS_A_COMMIT); made < end; made++) {
      const from = wanted.phones[made % wanted.phones.length]
      const code = codes[made % codes.length]?.(at)
      invariant(from !== undefined && code !== undefined, 'there is a phone')
      const one = sale(AMOUNT_MINOR, code, { paymentId: makeId(at, nodeCrypto.randomBytes(10)), saleId: makeId(at, nodeCrypto.randomBytes(10)) })
      const { epoch, n } = journal.head
      const place = { epoch, n: n + facts.length + 1 }
      facts.push(one.intended, one.acceptedOffline, one.captured, one.completed)
      payments.push(capturedRecord(one, from, at, place))
    }
    journal.append(at, facts, { payments })
  }
  journal.checkpoint()
  store.close()
}

function codesOf({ seed, credential }: Phone): (at: number) => string {
  const device = signerFromSeed(keyOf(seed))
  const bytes = packed.bytes(credential)
  let counter = 0
  return (now) => signProof(device, { credential: bytes, now, counter: ++counter, profile: 'show', nonce: nodeCrypto.randomBytes(8) })
}

function capturedRecord({ intended, captured }: ReturnType<typeof sale>, { wallet }: Phone, at: number, place: { epoch: number; n: number }): PaymentRecord {
  const limits = { perPaymentLimitMinor: AMOUNT_MINOR, totalLimitMinor: Number.MAX_SAFE_INTEGER }
  return {
    ...intendedRecord(intended.body, { wallet, profile: 'show', limits }, at, place),
    state: 'CAPTURED',
    capturedMinor: AMOUNT_MINOR,
    receiptNumber: captured.body.receiptNumber,
    capturedAt: at,
    last: { epoch: place.epoch, n: place.n + 2 },
  }
}

/** The production till on its production link: only the screen, the printer and the scanner are not there. */
function openTill(wanted: TillOrder): () => void {
  const identity = identityOf(wanted)
  const store = storeOf(wanted)
  const carriers = hubCarriers(wanted.answer.mqtt, { ...identity, seed: keyOf(wanted.seed), publicKey: identity.signer.publicKey })
  invariant(carriers.ok, 'the hub can be reached')
  const log = (line: string): void => void process.stderr.write(`till: ${line}\n`)
  let firstSentAt = 0
  let cpuBefore = process.cpuUsage()
  let done = false
  let link: ReturnType<typeof openHubLink> | undefined
  const till = new Till(identity, {
    clock: systemClock,
    timers: systemTimers,
    crypto: nodeCrypto,
    packing: zstd,
    store,
    link: {
      send(batch) {
        if (firstSentAt === 0) {
          firstSentAt = machineTime()
          cpuBefore = process.cpuUsage()
        }
        link?.send(batch)
      },
      reconnect: () => link?.reconnect(),
    },
    printer: { print: () => false },
    devices: { order: () => false },
    exporter: { exportJournal: () => fail('till.disk_full') },
    leave: () => undefined,
    show(message) {
      if (message.type !== 'view' || message.view.link.waiting.entries > 0 || firstSentAt === 0 || done) return
      done = true
      tell({ did: 'drain', firstSentAt, lastReceivedAt: machineTime(), cpuMs: processorMs(cpuBefore), rssMb: process.resourceUsage().maxRSS / 1024 })
    },
    log,
  })
  till.start()
  process.once('disconnect', () => {
    till.stop()
    link?.close()
    store.close()
    process.exit()
  })
  return () => {
    link = openHubLink({
      carriers: carriers.value,
      till: identity.till,
      password: wanted.answer.mqtt.password,
      timers: systemTimers,
      random: Math.random,
      log,
      connected: () => till.connected(),
      disconnected: () => till.disconnected(),
      received: (kind, bytes) => till.received(kind, bytes),
    })
  }
}

let go: () => void = () => undefined
process.on('message', (message: unknown) => {
  const wanted = order.parse(message)
  switch (wanted.do) {
    case 'fill':
      for (const till of wanted.tills) fill(till)
      return tell({ did: 'fill' })
    case 'open':
      go = openTill(wanted.till)
      return tell({ did: 'open' })
    case 'go':
      return go()
    default:
      return
  }
})
