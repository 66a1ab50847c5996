import { join } from 'node:path'
import Database from 'better-sqlite3'
import { hex, utf8 } from '#protocol/bytes.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { RECORD_CHECKPOINT, signCheckpoint } from '../../terminal/core/checkpoint.ts'
import { RECORD_OUTBOX, type Heard } from '../../terminal/core/draining.ts'
import { writeIdentity } from '../../terminal/core/identity.ts'
import { intendedRecord, recordAfter, type PaymentRecord } from '../../terminal/core/payments.ts'
import { paymentWriter } from '../../terminal/core/store-schema.ts'
import { APPLE, START, testWallet, TILL, type TestTill } from '../../terminal/core/test-till.ts'

/** As many wallets as a busy week of one till sees. */
const WALLETS = 1000
const AMOUNT = 1000

const id = (group: string, n: number): string => `0198c0de-0000-7000-8${group}-${n.toString(16).padStart(12, '0')}`

/** The four facts of a sale that was accepted offline, with a real code: as long as the real ones. */
function factsOf(n: number, code: string): readonly Fact[] {
  const [paymentId, saleId, receiptNumber, currency] = [id('001', n), id('002', n), `0000AA-1-${String(n).padStart(6, '0')}`, 'EUR']
  const line = { gtin: APPLE, name: 'Apple', quantity: 1, unitMinor: AMOUNT, taxPpm: 70_000, totalMinor: AMOUNT }
  const completed = { saleId, receiptNumber, currency, lines: [line], taxes: [{ ratePpm: 70_000, netMinor: 935, taxMinor: 65 }], totalMinor: AMOUNT }
  return [
    { kind: 'payment.intended', body: { paymentId, saleId, amountMinor: AMOUNT, currency, instrument: { type: 'wallet', code } } },
    { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
    { kind: 'payment.captured', body: { paymentId, amountMinor: AMOUNT, currency, receiptNumber } },
    { kind: 'sale.completed', body: { ...completed, payments: [{ paymentId, amountMinor: AMOUNT }] } },
  ]
}

function recordOf(n: number, facts: readonly Fact[], at: number, first: number): PaymentRecord {
  const limits = { perPaymentLimitMinor: 15_000, totalLimitMinor: 50_000 }
  const wallet = (n % WALLETS).toString(16).padStart(32, '0')
  let record: PaymentRecord | undefined
  facts.forEach((fact, i) => {
    const place = { epoch: 1, n: first + i }
    if (fact.kind === 'payment.intended') record = intendedRecord(fact.body, { wallet, profile: 'show', limits }, at, place)
    const after = record === undefined || fact.kind === 'payment.intended' ? undefined : recordAfter(record, fact, at, place)
    if (after?.ok) record = after.value
  })
  if (record === undefined) throw new Error('a sale begins with an intent')
  return record
}

/**
 * Fills the journal of a till that was opened with `open` and closed again: `synced` entries that the hub has and has settled, then `queued` ones that it
 * has never seen. Byte for byte what selling would have written, without waiting for the disk.
 */
export function fillJournal(folder: string, open: (folder: string) => TestTill, synced: number, queued: number): void {
  const first = open(folder)
  const code = testWallet(first).show()
  first.close()
  const db = new Database(join(folder, 'journal.sqlite'))
  db.pragma('synchronous = OFF')
  const insert = db.prepare('INSERT INTO entry (epoch, n, bytes, hash) VALUES (1, ?, ?, ?)')
  const put = db.prepare('INSERT INTO record (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const putPayment = paymentWriter(db)
  const [head] = [db.prepare<[], { n: number; hash: Uint8Array }>('SELECT n, hash FROM entry ORDER BY n DESC LIMIT 1').get()]
  let { n, hash } = head ?? { n: 0, hash: GENESIS }
  let received = { n, hash }
  db.transaction(() => {
    for (let sale = 1; n < synced + queued; sale++) {
      const at = START
      const facts = factsOf(sale, code)
      putPayment(recordOf(sale, facts, at, n + 1))
      for (const fact of facts) {
        n += 1
        const bytes = utf8(JSON.stringify({ v: 1, till: TILL, epoch: 1, n, at, kind: fact.kind, body: fact.body }))
        hash = chainHash(nodeCrypto, hash, bytes)
        insert.run(n, bytes, hash)
      }
      if (n <= synced) received = { n, hash }
    }
    const place = { epoch: 1, n: received.n }
    const heard: Heard = { received: place, receivedHead: hex(received.hash), safe: place, settled: place, hubEpoch: 1, hubTime: START, lastAck: '' }
    put.run(RECORD_OUTBOX, JSON.stringify(heard))
    put.run(RECORD_CHECKPOINT, signCheckpoint(signerFromSeed(TILL_SEED), TILL, { epoch: 1, n, hash }))
  })()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

/** Of the till that `openTestTill` opens. */
const TILL_SEED = new Uint8Array(32).fill(5)

/** So that the real core takes the folder for that of an enrolled till. Its hub is not there. */
export function enrolFolder(folder: string): void {
  const root = hex(signerFromSeed(new Uint8Array(32).fill(1)).publicKey)
  const mqtt = { url: 'mqtt://127.0.0.1:9', password: 'x'.repeat(32) }
  writeIdentity(folder, { v: 1, till: TILL, name: 'Till 1', seed: hex(TILL_SEED), rootPublicKey: root, certificate: '', mqtt })
}
