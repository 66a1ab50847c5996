import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeId } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { SECOND } from '#protocol/time.ts'
import { compare, type Place } from './outbox.ts'
import { isOpen, keptOf, Payments, riskOf, type PaymentRecord } from './payments.ts'
import { projected } from './projection.ts'
import { openSqliteStore } from './store-sqlite.ts'
import { APPLE, openTestTill, POLICY, testWallet, type TestTill } from './test-till.ts'

/** What the payments of a journal add up to, by going through all of it: the truth that sums, rows and records are held against. */
function recomputed(entries: readonly Entry[], safe: Place, settled: Place) {
  const records = new Map<string, PaymentRecord>()
  for (const entry of entries) {
    const record = projected((id) => records.get(id), entry)
    if (record !== undefined) records.set(record.id, record)
  }
  const all = [...records.values()]
  const atRisk = all.filter((record) => isOpen(record) || compare(record.last, settled) > 0)
  const exposureOf = new Map<string, number>()
  for (const record of atRisk) exposureOf.set(record.wallet, (exposureOf.get(record.wallet) ?? 0) + riskOf(record))
  const kept = all.filter(({ last }) => compare(last, safe) > 0).map(keptOf)
  return {
    records,
    exposureOf,
    exposure: atRisk.reduce((sum, record) => sum + riskOf(record), 0),
    waiting: { payments: kept.filter((minor) => minor > 0).length, amountMinor: kept.reduce((sum, minor) => sum + minor, 0) },
  }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'till-payments-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const policy = { ...POLICY, offline: { ...POLICY.offline, perTillMinor: 2 ** 40, perInstrumentMinor: 2 ** 40 } }
const acts = [
  'sell offline',
  'sell offline',
  'sell online',
  'declined',
  'given up',
  'refund',
  'refund all',
  'void',
  'ack received',
  'ack safe',
  'ack settled',
  'hub restored',
  'restart',
] as const

/** One step of a till's day. Acknowledgements say what `hub` holds. */
function act(
  t: TestTill,
  what: (typeof acts)[number],
  hub: { received: number; safe: number; settled: number; epoch: number },
  wallets: ReturnType<typeof testWallet>[],
): TestTill {
  const wallet = wallets[t.head() % wallets.length]
  const ack = () => {
    t.time.advance(SECOND)
    t.till.connected()
    t.till.received('ack', t.ack(hub.received, { safe: hub.safe, settled: hub.settled, hubEpoch: hub.epoch }))
  }
  if (what === 'restart') return t.reopen()
  if (what === 'refund' || what === 'refund all' || what === 'void') {
    const sold = t.view().sold.at(-1)
    if (sold === undefined) return t
    const { receiptNumber, totalMinor, refundedMinor } = sold
    const amountMinor = what === 'refund' ? 300 : Math.max(1, totalMinor - refundedMinor)
    if (what === 'void') t.till.command({ type: 'voidSale', receiptNumber })
    else t.till.command({ type: 'refund', refundId: makeId(t.time.now(), nodeCrypto.randomBytes(10)), receiptNumber, amountMinor })
    return t
  }
  if (what === 'ack received' || what === 'ack settled') hub.received = t.head()
  if (what === 'ack safe') hub.safe = hub.received
  if (what === 'ack settled') hub.settled = Math.max(hub.settled, hub.received - 1)
  if (what === 'hub restored') Object.assign(hub, { received: hub.safe, settled: Math.min(hub.settled, hub.safe), epoch: hub.epoch + 1 })
  if (what.startsWith('ack') || what === 'hub restored') ack()
  else {
    if (what === 'sell offline') t.till.disconnected()
    else {
      hub.received = t.head()
      ack()
    }
    t.till.command({ type: 'clearSale' })
    t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    t.till.scanned(wallet?.show(t.time.now()) ?? '')
    if (what === 'sell online') t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + SECOND }))
    if (what === 'declined') t.till.received('decision', t.decide({ type: 'declined', code: 'hub.insufficient_funds' }))
    t.till.command({ type: 'continue' })
  }
  return t
}

test('sums, rows and records are what the journal says, whatever happened, before and after a restart', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...acts), { minLength: 1, maxLength: 14 }), (day) => {
      let t = openTestTill({ folder: mkdtempSync(join(folder, 'day-')), policy })
      const wallets = [
        testWallet(t, { wallet: 'aa'.repeat(16), totalLimitMinor: 2 ** 40 }),
        testWallet(t, { wallet: 'bb'.repeat(16), totalLimitMinor: 2 ** 40 }),
      ]
      const hub = { received: 0, safe: 0, settled: 0, epoch: 1 }
      for (const what of day) t = act(t, what, hub, wallets)
      const { waiting: shown, allowance } = t.view().link
      const entries = t.entries()
      t.close()
      const store = openSqliteStore(join(t.folder, 'journal.sqlite'))
      const { safe, settled } = JSON.parse(store.records('outbox').get('outbox') ?? '{"safe":{"epoch":1,"n":0},"settled":{"epoch":1,"n":0}}') as Record<
        'safe' | 'settled',
        Place
      >
      const truth = recomputed(entries, safe, settled)
      const payments = new Payments(store, safe, settled)
      for (const [id, record] of truth.records) expect(store.payments.get(id)).toEqual(record)
      expect(payments.exposureMinor).toBe(truth.exposure)
      expect(allowance.tillLeftMinor).toBe(policy.offline.perTillMinor - truth.exposure)
      for (const [wallet, minor] of truth.exposureOf) expect(payments.exposureOf(wallet)).toBe(minor)
      expect(payments.waiting).toEqual(truth.waiting)
      expect({ payments: shown.payments, amountMinor: shown.amountMinor }).toEqual(truth.waiting)
      store.close()
    }),
    { numRuns: 50 },
  )
})
