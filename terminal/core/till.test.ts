import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import { openSqliteStore } from './store-sqlite.ts'
import { APPLE, openTestTill, POLICY, START, TILL, testWallet, type TestTill } from './test-till.ts'

const sellApple = (t: TestTill): void => {
  expect(t.till.scanned(APPLE).ok).toBe(true)
  expect(t.till.command({ type: 'takePayment' }).ok).toBe(true)
}
const request = (t: TestTill): string => {
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`no request while ${tender.stage}`)
  return tender.request
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

describe('selling', () => {
  it('puts a scanned product in the basket with price and tax', () => {
    const t = offline()
    t.till.scanned(APPLE)
    t.till.scanned(`0${APPLE}`)
    expect(t.view().sale).toMatchObject({ totalMinor: 2000, itemCount: 2, taxes: [{ ratePpm: 70_000, netMinor: 1869, taxMinor: 131 }] })
  })

  it('says what it does not know, and changes nothing', () => {
    const t = offline()
    expect(t.till.scanned('4006381333931')).toMatchObject({ ok: false, code: 'sale.unknown_product' })
    expect(t.till.scanned('0000')).toMatchObject({ ok: false, code: 'sale.unknown_product' })
    expect(t.view().notices.map((notice) => notice.code)).toEqual(['sale.unknown_product'])
    expect(t.view().sale.lines).toEqual([])
  })

  it('does not take a payment for an empty basket, nor a payment code without an open payment', () => {
    const t = offline()
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'sale.empty' })
    t.till.scanned(APPLE)
    expect(t.till.scanned(testWallet(t).show())).toMatchObject({ ok: false, code: 'sale.not_paying' })
  })

  it('keeps the basket through a restart and says so', () => {
    const t = offline()
    t.till.scanned(APPLE)
    const again = t.reopen()
    expect(again.view().sale.lines).toHaveLength(1)
    expect(again.view().till.recovered).toBe(true)
  })

  it('takes a product scanned while a code is awaited, and asks for the new amount', () => {
    const t = offline()
    sellApple(t)
    const before = request(t)
    t.till.scanned(APPLE)
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', amountMinor: 2000 })
    expect(request(t)).not.toBe(before)
  })
})

describe('paying offline', () => {
  it('approves by policy, with intent, acceptance, capture and sale in the journal before anybody hears of it', () => {
    const t = offline()
    sellApple(t)
    expect(t.till.scanned(testWallet(t).show())).toEqual({ ok: true, value: null })
    expect(t.kinds()).toEqual(['epoch.opened', 'payment.intended', 'payment.accepted_offline', 'payment.captured', 'sale.completed'])
    expect(t.chainIsWhole()).toBe(true)
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'policy', amountMinor: 1000, receipt: 'printing' })
    expect(t.view().link).toMatchObject({ state: 'offline', waiting: { payments: 1, amountMinor: 1000 } })
    expect(t.view().sale.lines).toEqual([])
    expect(t.printed).toHaveLength(1)
  })

  it('remembers through a restart what became of the receipt, and can print a copy', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const unknown = t.reopen()
    expect(unknown.view().tender).toMatchObject({ stage: 'approved', receipt: 'unknown' })
    expect(unknown.printed).toHaveLength(0)
    unknown.till.command({ type: 'reprint' })
    expect(JSON.stringify(unknown.printed)).toContain('COPY')
    unknown.till.printed(unknown.printed[0]?.job ?? '', 'printed')
    unknown.till.scanned(APPLE)
    const again = unknown.reopen()
    expect(again.view()).toMatchObject({ tender: { stage: 'none' }, lastReceipt: { number: '0000AA-1-000001' } })
    again.till.command({ type: 'reprint' })
    expect(again.printed).toHaveLength(1)
  })

  it('is ready for the next customer with the next scan', () => {
    const t = offline()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.scanned(APPLE)
    expect(t.view().tender).toEqual({ stage: 'none' })
    expect(t.view().sale.totalMinor).toBe(1000)
  })

  it.each([
    ['expired', (t: TestTill) => testWallet(t).show(t.time.wall - 3 * MINUTE), 'code.expired'],
    ['from a phone an hour ahead', (t: TestTill) => testWallet(t).show(t.time.wall + HOUR), 'code.from_the_future'],
    ['forged', (t: TestTill) => testWallet(t, { issuerSeed: 9 }).show(), 'code.unknown_issuer'],
    ['in another currency', (t: TestTill) => testWallet(t, { currency: 'CNY' }).show(), 'code.wrong_currency'],
    ['over the credential’s limit', (t: TestTill) => testWallet(t, { perPaymentLimitMinor: 500 }).show(), 'code.over_credential_limit'],
    ['garbage', () => 'SP1:!!!', 'code.malformed'],
  ] as const)('refuses a code that is %s, keeps the payment open and journals the refusal without the code', (_, make, code) => {
    const t = offline()
    sellApple(t)
    const text = make(t)
    expect(t.till.scanned(text)).toMatchObject({ ok: false, code })
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code, n: 1 } })
    expect(t.entries().at(-1)).toMatchObject({ kind: 'payment.rejected', body: { code, amountMinor: 1000 } })
    expect(JSON.stringify(t.entries())).not.toContain(text)
    expect(t.till.scanned(testWallet(t).show()).ok).toBe(true)
  })

  it('refuses a replayed code, also after a restart', () => {
    const t = offline()
    const wallet = testWallet(t)
    const code = wallet.show()
    sellApple(t)
    t.till.scanned(code)
    sellApple(t)
    expect(t.till.scanned(code)).toMatchObject({ ok: false, code: 'code.replayed' })
    const again = t.reopen()
    again.till.command({ type: 'takePayment' })
    expect(again.till.scanned(code)).toMatchObject({ ok: false, code: 'code.replayed' })
  })

  it('asks for a bound code above the cap of a shown one, and takes the phone’s answer to exactly this request', () => {
    const t = offline()
    t.till.scanned('9520000000028')
    t.till.command({ type: 'takePayment' })
    expect(t.view().tender).toMatchObject({ boundRequired: true })
    const wallet = testWallet(t)
    expect(t.till.scanned(wallet.show())).toMatchObject({ ok: false, code: 'code.bound_required' })
    const stale = request(t)
    t.till.command({ type: 'cancelPayment' })
    t.till.command({ type: 'takePayment' })
    expect(t.till.scanned(wallet.answer(stale))).toMatchObject({ ok: false, code: 'code.wrong_request' })
    expect(t.till.scanned(wallet.answer(request(t))).ok).toBe(true)
    expect(t.entries().find(({ kind }) => kind === 'payment.intended')).toMatchObject({ body: { instrument: { request: expect.any(String) as string } } })
  })

  it('holds the caps of payment, wallet and till, pending ones counted (invariant 3)', () => {
    const t = offline()
    const rich = testWallet(t)
    const pay = (apples: number, code: (t: TestTill) => string) => {
      for (let i = 0; i < apples; i++) t.till.scanned(APPLE)
      t.till.command({ type: 'takePayment' })
      const outcome = t.till.scanned(code(t))
      if (!outcome.ok) {
        t.till.command({ type: 'cancelPayment' })
        t.till.command({ type: 'clearSale' })
      }
      return outcome.ok ? 'approved' : outcome.code
    }
    expect(pay(16, (s) => rich.answer(request(s)))).toBe('policy.payment_cap')
    expect(pay(15, (s) => rich.answer(request(s)))).toBe('approved')
    expect(pay(6, (s) => rich.answer(request(s)))).toBe('policy.instrument_cap')
    expect(pay(5, (s) => rich.answer(request(s)))).toBe('approved')
    const other = testWallet(t)
    expect(pay(11, (s) => other.answer(request(s)))).toBe('policy.till_cap')
    expect(pay(10, (s) => other.answer(request(s)))).toBe('approved')
    expect(t.view().link).toMatchObject({ allowance: { tillLeftMinor: 0 }, urgent: 'policy.till_cap' })
    // The caps are about what the hub has not heard of: its acknowledgement makes room.
    t.goOnline()
    expect(t.view().link.allowance.tillLeftMinor).toBe(30_000)
    t.till.disconnected()
    expect(pay(5, (s) => rich.answer(request(s)))).toBe('approved')
  })

  it('stops when the rules are stale, the till was alone too long, or its clock is in doubt', () => {
    const stale = offline()
    stale.time.skip(31 * DAY)
    sellApple(stale)
    expect(stale.till.scanned(testWallet(stale).show())).toMatchObject({ ok: false })
    expect(stale.view().link.urgent).toBe('policy.stale')

    const lonely = offline()
    lonely.time.skip(25 * HOUR)
    sellApple(lonely)
    expect(lonely.till.scanned(testWallet(lonely).show())).toMatchObject({ ok: false, code: 'policy.too_long_offline' })

    const doubtful = offline()
    doubtful.time.wall -= HOUR
    const again = doubtful.reopen()
    sellApple(again)
    expect(again.till.scanned(testWallet(again).show(START))).toMatchObject({ ok: false, code: 'policy.clock_doubtful' })
    expect(again.kinds()).toContain('incident.recorded')
  })
})

describe('paying online', () => {
  it('writes the intent, sends it, and captures on the hub’s signed answer', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    expect(t.view().tender.stage).toBe('deciding')
    expect(t.kinds().at(-1)).toBe('payment.intended')
    expect(t.lastBatch().entries).toHaveLength(1)
    expect(t.printed).toHaveLength(0)
    t.till.received('decision', t.decide({ type: 'held', until: START + DAY }))
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'hub' })
    expect(t.kinds().slice(-4)).toEqual(['payment.intended', 'payment.held', 'payment.captured', 'sale.completed'])
  })

  it('shows the hub’s refusal and keeps the basket', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.received('decision', t.decide({ type: 'declined', code: 'hub.insufficient_funds' }))
    expect(t.view().tender).toMatchObject({ stage: 'refused', code: 'hub.insufficient_funds' })
    expect(t.view().sale.totalMinor).toBe(1000)
    expect(t.kinds().at(-1)).toBe('payment.declined')
  })

  it('understands a refusal whose reason only a later version knows, and keys of roles to come', () => {
    const t = online()
    const later = { ...t.keySet, version: 2, keys: [...t.keySet.keys, { ...t.keySet.keys[0], role: 'log' }] }
    t.till.received('keys', encodeSigned(t.keys.root, signedTypes.keySet, later as typeof t.keySet))
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.received('decision', t.decide({ type: 'declined', code: 'hub.reason_of_2031' }))
    expect(t.view().tender).toMatchObject({ stage: 'refused', code: 'hub.refused' })
    expect(t.entries().at(-1)).toMatchObject({ kind: 'payment.declined', body: { code: 'hub.reason_of_2031' } })
    t.till.received('ack', t.ack(t.head(), { exceptions: [{ n: 1, code: 'entry.reason_of_2031' }] }))
    expect(t.view().link.waiting.entries).toBe(0)
  })

  it('falls back to the policy under the same id when the hub is silent, and ignores its late answer', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const late = t.decide({ type: 'held', until: START + DAY })
    t.time.advance(POLICY.holdWaitMs)
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'policy' })
    const ids = t.entries().flatMap((entry) => ('paymentId' in entry.body ? [entry.body.paymentId] : []))
    expect(new Set(ids).size).toBe(1)
    const before = t.head()
    t.till.received('decision', late)
    expect(t.head()).toBe(before)
    expect(t.view().link.state).toBe('connecting')
  })

  it('voids an intent that neither hub nor policy accepts, so that a late hold is released', () => {
    const t = online()
    for (let i = 0; i < 16; i++) t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    t.till.scanned(testWallet(t, { perPaymentLimitMinor: 99_999 }).answer(request(t)))
    expect(t.view().tender.stage).toBe('deciding')
    t.till.disconnected()
    expect(t.view().tender).toMatchObject({ stage: 'refused', code: 'policy.payment_cap' })
    expect(t.entries().at(-1)).toMatchObject({ kind: 'payment.voided', body: { code: 'policy.payment_cap' } })
  })

  it('believes no decision that is unsigned, for another till or about another intent', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const genuine = t.decide({ type: 'held', until: START + DAY })
    const bent = Uint8Array.from(genuine)
    bent[bent.length - 1] = (bent.at(-1) ?? 0) ^ 1
    t.till.received('decision', bent)
    expect(t.view().tender.stage).toBe('deciding')
    expect(t.entries().at(-1)).toMatchObject({ kind: 'incident.recorded', body: { code: 'wire.bad_signature' } })
    expect(t.view().notices.map((notice) => notice.code)).toContain('wire.bad_signature')
    t.till.received('decision', t.decide({ type: 'held', until: START + DAY }, 'ab'.repeat(32)))
    expect(t.view().tender.stage).toBe('deciding')
    t.till.received('decision', Uint8Array.of(1, 2, 3))
    expect(t.view().tender.stage).toBe('deciding')
    t.till.received('decision', genuine)
    expect(t.view().tender.stage).toBe('approved')
  })

  it('takes an interrupted payment up again after a restart, under its id', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const again = t.reopen()
    expect(again.view().tender.stage).toBe('deciding')
    again.till.connected()
    again.till.received('decision', again.decide({ type: 'held', until: START + DAY }))
    expect(again.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'hub' })
    expect(again.entries().filter(({ kind }) => kind === 'payment.intended')).toHaveLength(1)
  })

  it('gives an interrupted payment up when nobody can be standing there any more', () => {
    const t = online()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.stop()
    t.time.wall += HOUR
    const again = t.reopen()
    expect(again.view().tender.stage).toBe('none')
    expect(again.kinds().at(-1)).toBe('payment.voided')
    expect(again.view().sale.totalMinor).toBe(1000)
  })
})

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

  it('refuses an acknowledgement of a head that this till never wrote', () => {
    const t = online()
    t.till.received('ack', t.ack(1, { received: { n: 1, head: 'cd'.repeat(32) } }))
    expect(t.entries().at(-1)).toMatchObject({ kind: 'incident.recorded', body: { code: 'custody.fork' } })
  })

  it('writes at most one incident a minute of a kind, however much garbage arrives', () => {
    const t = online()
    for (let i = 0; i < 50; i++) t.till.received('ack', Uint8Array.of(i))
    expect(t.kinds().filter((kind) => kind === 'incident.recorded')).toHaveLength(1)
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

  it('refuses a journal whose chain does not hold', () => {
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
    expect(() => openTestTill({ folder: t.folder, time: t.time })).toThrow(/till\.journal_corrupt/)
  })

  it('refuses a file that is not a database', () => {
    const t = offline()
    t.close()
    const path = join(t.folder, 'journal.sqlite')
    writeFileSync(path, 'x'.repeat(8192))
    appendFileSync(path, 'more')
    expect(() => openSqliteStore(path)).toThrow(/till\.journal_corrupt/)
  })
})
