import { describe, expect, it } from 'vitest'
import type { EntryView, HubStepView } from '#protocol/hub-api/overview.ts'
import { paymentStates } from '#protocol/journal/payment.ts'
import { postingWord, traceOf } from './trace.ts'
import { words } from './words.ts'

const till = '01900000-0000-7000-8000-000000000001'
const entry = (n: number, kind: string, receivedAt: number, more: Partial<EntryView> = {}): EntryView => ({
  till,
  epoch: 1,
  n,
  at: 10 * n,
  kind,
  hash: 'ab'.repeat(32),
  raw: '{}',
  receivedAt,
  ...more,
})
const trace = (entries: EntryView[], steps: HubStepView[] = []) => traceOf({ entries, steps }, () => 'Till 1')

describe('trace of a payment', () => {
  it('says where, when there, when the hub heard of it and why', () => {
    const [first] = trace([entry(3, 'payment.voided', 500, { code: 'policy.stale', detail: 'by hand' })])
    expect(first).toEqual({
      key: `${till} 1 3`,
      what: 'Voided',
      kind: 'payment.voided',
      where: 'till',
      place: { till: 'Till 1', epoch: 1, n: 3, hash: 'ab'.repeat(32) },
      at: 30,
      receivedAt: 500,
      raw: '{}',
      why: 'This till has no valid rules for payments while offline.',
      detail: 'by hand',
    })
  })

  it('puts what the hub did after the entries that it had by then, whatever the clock of the till said', () => {
    const entries = [entry(1, 'payment.intended', 500), entry(2, 'payment.accepted_offline', 500), entry(3, 'payment.captured', 500, { at: 9_999 })]
    const late = { at: 500, event: 'hub.declined_late', detail: 'hub.insufficient_funds' } as const
    const shown = trace([...entries, entry(9, 'payment.refunded', 900, { at: 1 })], [late, { at: 700, event: 'hub.wrote_off', detail: 'customer gone' }])
    expect(shown.map(({ kind }) => kind)).toEqual([
      'payment.intended',
      'payment.accepted_offline',
      'payment.captured',
      'hub.declined_late',
      'hub.wrote_off',
      'payment.refunded',
    ])
    expect(shown.map(({ why }) => why).filter((why) => why !== undefined)).toEqual(['The wallet has not enough money.', 'customer gone'])
  })

  it('shows a kind of a newer till as it is called there', () => {
    expect(trace([entry(1, 'payment.teleported', 1)])[0]?.what).toBe('payment.teleported')
  })
})

it('tells a refund and a return from a payment by the name of the transfer', () => {
  expect(postingWord('single', 'a/refund')).toBe('Refunded')
  expect(postingWord('single', 'a/return')).toBe('Returned')
  expect(postingWord('single', 'a/pay')).toBe('Posted at once')
  expect(postingWord('post', 'a/post')).toBe('Posted')
  expect(postingWord('split', 'a/split')).toBe('split')
})

it('has a word of its own for every state', () => {
  const said = paymentStates.map((state) => words.payments.states[state])
  expect(new Set(said).size).toBe(paymentStates.length)
})
