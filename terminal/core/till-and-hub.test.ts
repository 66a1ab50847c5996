import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { HOUR, SECOND } from '#protocol/time.ts'
import { openSqliteStore } from './store-sqlite.ts'
import { APPLE, openTestTill, POLICY, TILL, testWallet, type TestTill } from './test-till.ts'

const sellApple = (t: TestTill): void => {
  expect(t.till.scanned(APPLE).ok).toBe(true)
  expect(t.till.command({ type: 'takePayment' }).ok).toBe(true)
}
const online = (): TestTill => {
  const t = openTestTill()
  t.goOnline()
  return t
}
/** Heard from the hub, then lost it. */
const offline = (): TestTill => {
  const t = online()
  t.till.disconnected()
  return t
}

describe('draining', () => {
  it('forgets nothing before the hub’s signed acknowledgement, and shows what is on this till alone', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.connected()
    expect(t.view().link.waiting.payments).toBe(1)
    const forged = encodeSigned(t.keys.policy, signedTypes.ack, {
      v: 1,
      till: TILL,
      epoch: 1,
      received: { n: t.head(), head: t.hashAt(t.head()) },
      safe: t.head(),
      settled: t.head(),
      answers: '00'.repeat(32),
      exceptions: [],
      hubEpoch: 1,
      hubTime: t.time.now(),
    })
    t.till.received('ack', forged)
    expect(t.view().link.waiting.payments).toBe(1)
    t.till.received('ack', t.ack(t.head() - 1, { safe: 1 }))
    expect(t.view().link.waiting.payments).toBe(1)
    t.till.received('ack', t.ack(t.head()))
    expect(t.view().link.waiting).toMatchObject({ payments: 0, amountMinor: 0, entries: 0 })
  })

  it('goes on after a restart where the hub stood, and again from there when the hub was restored', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.connected()
    t.till.received('ack', t.ack(3))
    const again = t.reopen()
    again.till.connected()
    expect(again.lastBatch()).toMatchObject({ from: 4 })
    again.time.advance(SECOND)
    again.till.received('ack', again.ack(1, { hubEpoch: 2 }))
    expect(again.lastBatch()).toMatchObject({ from: 2 })
  })

  it('is not turned back by a late acknowledgement', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.connected()
    const early = t.ack(1)
    t.time.advance(SECOND)
    t.till.received('ack', t.ack(t.head()))
    const sent = t.sent.length
    t.till.received('ack', early)
    expect(t.sent.length).toBe(sent)
    expect(t.view().link.waiting.entries).toBe(0)
  })

  const foreign = (t: TestTill, epoch: number) => {
    t.time.advance(SECOND)
    t.till.received('ack', t.ack(1, { epoch, received: { n: 3, head: 'cd'.repeat(32) } }))
  }

  it('goes on in a new epoch when the hub has entries that this journal lacks: it was restored from a backup', () => {
    const t = online()
    foreign(t, 1)
    expect(t.entries().at(-2)).toMatchObject({ epoch: 2, n: 1, kind: 'epoch.opened', body: { reason: 'restored', previous: { epoch: 1, n: 3 } } })
    expect(t.view().notices.map(({ code }) => code)).toContain('till.restored')
    sellApple(t)
    expect(t.view().tender.stage).toBe('awaiting_code')
    expect(t.lastBatch()).toMatchObject({ epoch: 2, from: 1 })
  })

  it('writes at most one incident a minute of a kind, however much garbage arrives', () => {
    const t = online()
    for (let i = 0; i < 50; i++) t.till.received('ack', Uint8Array.of(i))
    expect(t.kinds().filter((kind) => kind === 'incident.recorded')).toHaveLength(1)
  })

  it('does nothing at the hundredth copy of an acknowledgement', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.connected()
    const old = t.ack(1)
    t.till.received('ack', old)
    const sent = t.sent.length
    for (let i = 0; i < 100; i++) t.till.received('ack', old)
    expect(t.sent.length).toBe(sent)
    t.till.received('ack', t.ack(t.head()))
    expect(t.view().link.waiting.entries).toBe(0)
  })

  it('sells nothing more when the hub contradicts it again and again: two tills live under one name', () => {
    const t = online()
    for (const epoch of [1, 5, 9]) foreign(t, epoch)
    expect(t.view().till.blocked).toBe('custody.fork')
    expect(t.till.scanned(APPLE)).toMatchObject({ ok: false, code: 'custody.fork' })
  })

  it('drops a connection on which nothing comes back', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.time.advance(10 * SECOND)
    expect(t.reconnects()).toBe(1)
  })
})

describe('what the hub may tell a till', () => {
  it('takes a newer policy and never an older one, even if signed', () => {
    const t = online()
    const policy = (version: number, perTillMinor: number) =>
      encodeSigned(t.keys.policy, signedTypes.policy, { ...POLICY, version, offline: { ...POLICY.offline, perTillMinor } })
    t.till.received('policy', policy(3, 777))
    expect(t.view().link.allowance.tillLeftMinor).toBe(777)
    t.till.received('policy', policy(2, 99_999))
    expect(t.view().link.allowance.tillLeftMinor).toBe(777)
    expect(t.entries().at(-1)).toMatchObject({ kind: 'incident.recorded', body: { code: 'wire.lower_version' } })
    expect(t.reopen().view().link.allowance.tillLeftMinor).toBe(777)
  })

  it('refuses a key set that the pinned root did not sign', () => {
    const t = online()
    t.till.received('keys', encodeSigned(t.keys.policy, signedTypes.keySet, { ...t.keySet, version: 2 }))
    expect(t.entries().at(-1)).toMatchObject({ body: { code: 'wire.bad_signature' } })
  })

  it('believes no hub time that was held back: only the answer to what it sent last', () => {
    const t = online()
    const held = t.ack(t.head(), { hubTime: t.time.now() + SECOND })
    t.time.advance(25 * SECOND)
    const before = t.time.now()
    t.till.received('ack', held)
    sellApple(t)
    t.till.disconnected()
    expect(t.till.scanned(testWallet(t).show(before)).ok).toBe(true)
    expect(t.entries().at(-1)?.at).toBeGreaterThanOrEqual(before)
  })

  it('follows the machine’s clock after a sleep, and takes nothing alone until the hub has spoken', () => {
    const t = offline()
    t.time.wall += 5 * HOUR
    t.time.advance(SECOND)
    sellApple(t)
    expect(t.till.scanned(testWallet(t).show(t.time.wall - 5 * HOUR))).toMatchObject({ ok: false, code: 'code.expired' })
    expect(t.till.scanned(testWallet(t).show())).toMatchObject({ ok: false, code: 'policy.clock_doubtful' })
    t.goOnline()
    t.till.disconnected()
    expect(t.till.scanned(testWallet(t).show()).ok).toBe(true)
  })

  it('is set right by hub-signed time when its clock is an hour off, and says so', () => {
    const t = offline()
    t.time.wall += HOUR
    const again = t.reopen()
    again.till.connected()
    again.time.advance(SECOND)
    again.till.received('ack', again.ack(again.head(), { hubTime: again.time.now() - HOUR }))
    expect(again.entries().at(-1)).toMatchObject({ kind: 'incident.recorded', body: { code: 'policy.clock_doubtful' } })
    sellApple(again)
    expect(again.till.scanned(testWallet(again).show(again.time.now() - HOUR)).ok).toBe(true)
  })
})

describe('a disk that fails', () => {
  it('sells nothing while it is full, loses nothing, and goes on when there is room', () => {
    const t = offline()
    sellApple(t)
    t.disk.full = true
    expect(t.till.scanned(testWallet(t).show())).toMatchObject({ ok: false, code: 'till.disk_full' })
    expect(t.printed).toHaveLength(0)
    expect(t.view().till.blocked).toBe('till.disk_full')
    expect(t.kinds()).toEqual(['epoch.opened'])
    t.disk.full = false
    t.time.advance(SECOND)
    expect(t.view().till.blocked).toBeUndefined()
    expect(t.view().sale.totalMinor).toBe(1000)
    expect(t.till.scanned(testWallet(t).show()).ok).toBe(true)
    expect(t.view().tender).toMatchObject({ stage: 'approved', receiptNumber: '0000AA-1-000001' })
  })

  it('does not take back what is written because it cannot be read to be sent: one intent, one capture', () => {
    const t = online()
    sellApple(t)
    t.disk.breaksAfterCommit = true
    t.till.scanned(testWallet(t).show())
    expect(t.view().tender.stage).toBe('deciding')
    t.disk.breaksAfterCommit = false
    t.disk.unreadable = false
    t.time.advance(SECOND + POLICY.holdWaitMs)
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'policy' })
    expect(t.kinds().slice(1)).toEqual(['payment.intended', 'payment.accepted_offline', 'payment.captured', 'sale.completed'])
    expect(t.chainIsWhole()).toBe(true)
  })

  it('takes a payment that the full disk interrupted up again as soon as there is room', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.disk.full = true
    t.time.advance(POLICY.holdWaitMs)
    expect(t.view()).toMatchObject({ tender: { stage: 'deciding' }, till: { blocked: 'till.disk_full' } })
    t.disk.full = false
    t.time.advance(SECOND + POLICY.holdWaitMs)
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'policy' })
    expect(t.kinds().filter((kind) => kind === 'payment.intended')).toHaveLength(1)
  })

  it('goes on in a new epoch when the chain of its journal does not hold', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.close()
    const path = join(t.folder, 'journal.sqlite')
    const store = openSqliteStore(path)
    const [entry] = store.readAfter({ epoch: 1, n: 2 }, 1, 1)
    if (entry === undefined) throw new Error('entry 3 exists')
    store.commit({ entries: [{ ...entry, n: 99 }] })
    store.close()
    const again = openTestTill({ folder: t.folder, time: t.time })
    expect(again.view().notices.map(({ code }) => code)).toContain('till.journal_salvaged')
    expect(again.view().link.waiting).toMatchObject({ payments: 1, amountMinor: 1000 })
    again.till.connected()
    expect(again.lastBatch()).toMatchObject({ epoch: 1, from: 2 })
    expect(again.lastBatch().entries).toHaveLength(4)
  })

  it('keeps a file that is no database aside, and accepts nothing offline until the hub has given it its rules again', () => {
    const t = offline()
    t.close()
    const path = join(t.folder, 'journal.sqlite')
    writeFileSync(path, 'x'.repeat(8192))
    const store = openSqliteStore(path)
    expect(store.records('authority/')).toEqual(new Map())
    store.close()
    expect(readFileSync(`${path}-damaged-1`, 'utf8')).toBe('x'.repeat(8192))
  })
})
