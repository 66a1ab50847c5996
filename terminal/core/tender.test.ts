import { describe, expect, it } from 'vitest'
import { DAY, HOUR, SECOND } from '#protocol/time.ts'
import { readBatch } from '#protocol/hub/messages.ts'
import { ASKING_LIFETIME } from './tender-stage.ts'
import { APPLE, onlineTill, POLICY, START, testWallet, type TestTill } from './test-till.ts'

/** A payment that the policy would refuse is intended, and the hub is silent for as long as a till waits. */
function silence(): TestTill {
  const t = onlineTill()
  for (let i = 0; i < 16; i++) t.till.scanned(APPLE)
  t.till.command({ type: 'takePayment' })
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error('the payment is open')
  t.till.scanned(testWallet(t, { perPaymentLimitMinor: 99_999 }).answer(tender.request))
  t.time.advance(POLICY.holdWaitMs)
  return t
}
const held = (t: TestTill) => t.decide({ type: 'held', until: START + DAY })
const afterIntent = (t: TestTill) => t.kinds().slice(t.kinds().indexOf('payment.intended') + 1)

describe('a payment of which nobody here knows', () => {
  it('is shown as such with its end and the reason, and nothing else can be begun', () => {
    const t = silence()
    expect(t.view().tender).toEqual({
      stage: 'unknown',
      amountMinor: 16_000,
      since: START,
      until: START + ASKING_LIFETIME,
      code: 'policy.payment_cap',
    })
    expect(t.entries().at(-1)).toMatchObject({ kind: 'payment.unknown', body: { code: 'policy.payment_cap' } })
    expect(t.till.scanned(APPLE)).toMatchObject({ ok: false, code: 'sale.payment_in_flight' })
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'sale.payment_in_flight' })
    expect(t.till.scanned(testWallet(t).show())).toMatchObject({ ok: false, code: 'sale.payment_in_flight' })
    expect(t.printed).toEqual([])
  })

  it('completes when the hub says in time that it holds the money', () => {
    const t = silence()
    t.time.advance(5 * SECOND)
    t.till.received('decision', held(t))
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'hub', amountMinor: 16_000 })
    expect(afterIntent(t)).toEqual(['payment.unknown', 'payment.held', 'payment.captured', 'sale.completed'])
    t.time.advance(ASKING_LIFETIME)
    expect(t.view().tender.stage).toBe('approved')
    expect(t.kinds()).not.toContain('payment.reversed')
  })

  it('is over when the hub declines it', () => {
    const t = silence()
    t.till.received('decision', t.decide({ type: 'declined', code: 'hub.insufficient_funds' }))
    expect(t.view().tender).toMatchObject({ stage: 'refused', code: 'hub.insufficient_funds' })
    expect(afterIntent(t)).toEqual(['payment.unknown', 'payment.declined'])
  })

  it('is asked about until its time is over and then reversed; a later approval is ignored', () => {
    const t = silence()
    const late = held(t)
    t.till.received('ack', t.ack(t.head()))
    const sent = t.sent.length
    t.time.advance(8 * SECOND)
    const asked = t.sent.slice(sent).map((bytes) => readBatch(bytes))
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.every((read) => read.ok && read.value.batch.entries.length === 0)).toBe(true)
    t.time.advance(ASKING_LIFETIME)
    expect(t.view()).toMatchObject({ tender: { stage: 'refused', code: 'policy.payment_cap' }, sale: { totalMinor: 16_000 } })
    expect(afterIntent(t)).toEqual(['payment.unknown', 'payment.reversed'])
    const before = t.head()
    t.till.received('decision', late)
    expect(t.head()).toBe(before)
    expect(t.view().tender.stage).toBe('refused')
    expect(t.printed).toEqual([])
  })

  it('is reversed when the cashier cancels, and the basket stays', () => {
    const t = silence()
    expect(t.till.command({ type: 'cancelPayment' })).toEqual({ ok: true, value: null })
    expect(t.view()).toMatchObject({ tender: { stage: 'none' }, sale: { totalMinor: 16_000 } })
    expect(afterIntent(t)).toEqual(['payment.unknown', 'payment.reversed'])
    t.time.advance(2 * ASKING_LIFETIME)
    expect(afterIntent(t)).toEqual(['payment.unknown', 'payment.reversed'])
  })

  it('counts against the caps until it is reversed', () => {
    const t = silence()
    expect(t.view().link.allowance.tillLeftMinor).toBe(30_000 - 16_000)
    t.till.command({ type: 'cancelPayment' })
    expect(t.view().link.allowance.tillLeftMinor).toBe(30_000)
  })

  it('stays so when the link goes and comes back', () => {
    const t = silence()
    t.till.disconnected()
    expect(t.view().tender.stage).toBe('unknown')
    t.till.connected()
    t.till.received('decision', held(t))
    expect(t.view().tender.stage).toBe('approved')
  })

  it('is asked about again after a restart, with its end unmoved', () => {
    const t = silence()
    t.time.advance(5 * SECOND)
    const again = t.reopen()
    expect(again.view().tender).toMatchObject({ stage: 'unknown', until: START + ASKING_LIFETIME, code: 'payment.unresolved' })
    again.till.received('decision', held(again))
    expect(again.view().tender).toMatchObject({ stage: 'approved', amountMinor: 16_000 })
  })

  it('is reversed after a restart when nobody can be standing there any more', () => {
    const t = silence()
    t.till.stop()
    t.time.wall += HOUR
    const again = t.reopen()
    expect(afterIntent(again)).toEqual(['payment.unknown', 'payment.reversed'])
    expect(again.view()).toMatchObject({ tender: { stage: 'none' }, sale: { totalMinor: 16_000 } })
  })

  it('whose reversal the full disk refused is reversed as soon as there is room', () => {
    const t = silence()
    t.disk.full = true
    t.time.advance(2 * ASKING_LIFETIME)
    expect(t.view()).toMatchObject({ tender: { stage: 'unknown' }, till: { blocked: 'till.disk_full' } })
    t.disk.full = false
    t.time.advance(ASKING_LIFETIME)
    expect(t.view().tender.stage).toBe('refused')
    expect(afterIntent(t)).toEqual(['payment.unknown', 'payment.reversed'])
  })

  it('whose reversal a full disk refused at the start is reversed as soon as there is room', () => {
    const t = silence()
    t.till.stop()
    t.time.wall += HOUR
    t.disk.full = true
    const again = t.reopen()
    expect(again.view().till.blocked).toBe('till.disk_full')
    again.disk.full = false
    again.time.advance(5 * SECOND)
    expect(again.view().till.blocked).toBeUndefined()
    expect(afterIntent(again)).toEqual(['payment.unknown', 'payment.reversed'])
  })

  it('ends in time also when the clock is set back meanwhile', () => {
    const t = silence()
    t.till.received('ack', t.ack(t.head(), { hubTime: START - 2 * HOUR }))
    t.time.advance(ASKING_LIFETIME)
    expect(t.view().tender.stage).toBe('refused')
  })
})

describe('a disk with little room', () => {
  it('begins no payment, and can end the open one', () => {
    const t = onlineTill()
    t.till.scanned(APPLE)
    t.disk.roomBytes = 1024 * 1024
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'till.disk_nearly_full' })
    expect(t.view()).toMatchObject({ tender: { stage: 'none' }, notices: [{ code: 'till.disk_nearly_full' }] })
    t.disk.roomBytes = 2 ** 40
    t.till.command({ type: 'takePayment' })
    t.till.scanned(testWallet(t).show())
    t.disk.roomBytes = 1024 * 1024
    t.till.received('decision', held(t))
    expect(t.view().tender.stage).toBe('approved')
  })
})
