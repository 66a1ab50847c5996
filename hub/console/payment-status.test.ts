import { describe, expect, it } from 'vitest'
import type { PaymentView } from '#protocol/hub-api/overview.ts'
import { passes, statusOf } from './payment-status.ts'

const payment = (change: Partial<PaymentView>): PaymentView => ({
  id: '01900000-0000-7000-8000-000000000001',
  till: 'Till 1',
  amountMinor: 100,
  currency: 'EUR',
  wallet: '53be9baf',
  profile: 'show',
  state: 'CAPTURED',
  settled: true,
  refundedMinor: 0,
  at: 1,
  ...change,
})

describe('statusOf', () => {
  it('says settled only when the money moved', () => {
    expect(statusOf(payment({}))).toEqual({ word: 'Settled', tone: 'done' })
    expect(statusOf(payment({ settled: false }))).toEqual({ word: 'Captured', tone: 'open' })
    expect(statusOf(payment({ state: 'ACCEPTED_OFFLINE', settled: false })).tone).toBe('open')
  })

  it('says what became of the money after its capture', () => {
    expect(statusOf(payment({ state: 'RETRY', settled: false, exception: 'hub.insufficient_funds' }))).toEqual({
      word: 'Trying again',
      tone: 'open',
      why: 'The wallet has not enough money.',
    })
    expect(statusOf(payment({ state: 'RECOVERY', settled: false, exception: 'hub.insufficient_funds' }))).toMatchObject({
      word: 'To recover',
      tone: 'attention',
    })
    expect(statusOf(payment({ state: 'RECOVERED' }))).toEqual({ word: 'Recovered', tone: 'done' })
    expect(statusOf(payment({ state: 'WRITTEN_OFF', settled: false }))).toEqual({ word: 'Written off', tone: 'ended' })
    // The money moved, and moved back.
    expect(statusOf(payment({ state: 'REFUNDED', refundedMinor: 100 }))).toEqual({ word: 'Refunded', tone: 'ended' })
    expect(statusOf(payment({ state: 'VOIDED' }))).toEqual({ word: 'Voided', tone: 'ended' })
    expect(statusOf(payment({ refundedMinor: 40 }))).toEqual({ word: 'Settled', tone: 'done' })
  })

  it('calls a person for an exception, with the reason, but not for a refusal', () => {
    expect(statusOf(payment({ settled: false, exception: 'entry.conflict' }))).toMatchObject({ tone: 'attention', why: 'Two different payments carry one id.' })
    expect(statusOf(payment({ state: 'DECLINED', settled: false, exception: 'hub.insufficient_funds' }))).toEqual({
      word: 'Declined',
      tone: 'refused',
      why: 'The wallet has not enough money.',
    })
  })
})

it('filters by what somebody looks for', () => {
  const all = [
    payment({}),
    payment({ state: 'HELD', settled: false }),
    payment({ exception: 'entry.conflict' }),
    payment({ state: 'REJECTED', settled: false }),
  ]
  const shown = (filter: Parameters<typeof passes>[0]) => all.map((one) => passes(filter, one))
  expect(shown('all')).toEqual([true, true, true, true])
  expect(shown('settled')).toEqual([true, false, false, false])
  expect(shown('open')).toEqual([false, true, true, false])
  expect(shown('declined')).toEqual([false, false, false, true])
})
