import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type Catalogue } from '#protocol/hub/messages.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import {
  APPLE,
  CATALOGUE,
  offlineTill as offline,
  onlineTill as online,
  openTestTill,
  POLICY,
  sellAndPay,
  sellApple,
  START,
  testWallet,
  type TestTill,
} from './test-till.ts'

const request = (t: TestTill): string => {
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`no request while ${tender.stage}`)
  return tender.request
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

  it('shows no old refusal to the next customer, and no complaint of a device that works again', () => {
    const t = offline()
    t.till.scanned('281234567890123456')
    expect(t.view().notices.map(({ code }) => code)).toEqual(['sale.not_paying'])
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    expect(t.view().notices).toEqual([])
    t.till.printed(t.printed[0]?.job ?? '', 'failed', 'device.paper_out')
    expect(t.view()).toMatchObject({ tender: { receipt: 'failed', receiptCode: 'device.paper_out' }, notices: [{ code: 'device.paper_out' }] })
    t.till.device({ device: 'printer-1', kind: 'printer', state: 'ready', counters: {} })
    expect(t.view().notices).toEqual([])
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

  it('counts against the caps what the hub has in custody but has not settled: custody is not funds', () => {
    const t = offline()
    const rich = testWallet(t)
    const pay = (apples: number) => {
      for (let i = 0; i < apples; i++) t.till.scanned(APPLE)
      t.till.command({ type: 'takePayment' })
      return t.till.scanned(rich.answer(request(t)))
    }
    expect(pay(15).ok).toBe(true)
    t.till.connected()
    t.till.received('ack', t.ack(t.head(), { settled: 0 }))
    expect(t.view().link).toMatchObject({ waiting: { payments: 0 }, allowance: { tillLeftMinor: 15_000 } })
    t.till.disconnected()
    expect(pay(6)).toMatchObject({ ok: false, code: 'policy.instrument_cap' })
    const again = t.reopen()
    again.time.advance(SECOND)
    again.till.connected()
    again.till.received('ack', again.ack(again.head()))
    expect(again.view().link.allowance.tillLeftMinor).toBe(30_000)
  })

  it('takes no payment of nothing, and goes back to the basket when nothing is left to pay', () => {
    const t = offline()
    const free: Catalogue = { ...CATALOGUE, version: 2, products: CATALOGUE.products.map((product) => ({ ...product, priceMinor: 0 })) }
    t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, free))
    t.till.scanned(APPLE)
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'sale.nothing_to_pay' })
    const other = offline()
    sellApple(other)
    other.till.command({ type: 'clearSale' })
    expect(other.view().tender.stage).toBe('none')
  })

  it('journals a refused code once, however often a scanner reads it', () => {
    const t = offline()
    sellApple(t)
    const old = testWallet(t).show(t.time.wall - HOUR)
    for (let i = 0; i < 5; i++) t.till.scanned(old)
    expect(t.kinds().filter((kind) => kind === 'payment.rejected')).toHaveLength(1)
    expect(t.view().tender).toMatchObject({ refused: { n: 5 } })
  })

  it('stops when the rules are stale, the till was alone too long, or its clock is in doubt', () => {
    const stale = offline()
    stale.time.skip(31 * DAY)
    stale.time.advance(SECOND)
    sellApple(stale)
    expect(stale.till.scanned(testWallet(stale).show())).toMatchObject({ ok: false })
    expect(stale.view().link.urgent).toBe('policy.stale')

    const lonely = offline()
    lonely.time.skip(25 * HOUR)
    lonely.time.advance(SECOND)
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
    const before = t.head()
    t.till.received('decision', t.decide({ type: 'held', until: START + DAY }))
    expect(t.head()).toBe(before)
    expect(t.view().tender.stage).toBe('refused')
  })

  it('waits for no hub that has more than a little to catch up on: the policy decides at once, while the backlog drains', () => {
    const rich = { ...POLICY, offline: { ...POLICY.offline, perTillMinor: 1_000_000 } }
    const t = openTestTill({ policy: rich })
    t.goOnline()
    t.till.disconnected()
    const started = t.head()
    while (t.head() - started <= 200) sellAndPay(t)
    t.till.connected()
    t.till.received('ack', t.ack(started))
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    expect(t.view()).toMatchObject({ link: { state: 'online' }, tender: { stage: 'approved', decidedBy: 'policy' } })
    t.till.received('ack', t.ack(t.head() - 200))
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    expect(t.view().tender.stage).toBe('deciding')
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
    expect(again.kinds().slice(-2)).toEqual(['payment.unknown', 'payment.reversed'])
    expect(again.view().sale.totalMinor).toBe(1000)
  })
})
