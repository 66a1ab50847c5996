import { describe, expect, test } from 'vitest'
import type { TenderView, View } from './api.ts'
import { reasonsToStay } from './leaving.ts'

const view = (payments: number, tender: TenderView = { stage: 'none' }): Pick<View, 'tender' | 'link' | 'exported'> => ({
  tender,
  link: {
    state: 'offline',
    since: 0,
    waiting: { payments, amountMinor: 100 * payments, entries: 3 * payments },
    allowance: { perPaymentMinor: 0, tillLeftMinor: 0, until: 0 },
  },
})

describe('a window', () => {
  test('may be closed when nothing waits', () => {
    expect(reasonsToStay(view(0))).toEqual([])
    expect(reasonsToStay(view(0, { stage: 'refused', amountMinor: 1, code: 'policy.stale' }))).toEqual([])
  })

  test.each<TenderView>([
    { stage: 'awaiting_code', amountMinor: 1, request: 'r', boundRequired: false },
    { stage: 'deciding', amountMinor: 1, since: 0 },
    { stage: 'unknown', amountMinor: 1, since: 0, until: 1, code: 'policy.stale' },
  ])('stays while a payment is at $stage', (tender) => {
    expect(reasonsToStay(view(0, tender))).toEqual(['gate.open_payment'])
  })

  test('stays while payments wait, until an export has all of them', () => {
    const exported = { file: 'f', at: 1, entries: 3, covers: true }
    expect(reasonsToStay(view(1))).toEqual(['gate.outbox'])
    expect(reasonsToStay({ ...view(1), exported: { ...exported, covers: false } })).toEqual(['gate.outbox'])
    expect(reasonsToStay({ ...view(1), exported })).toEqual([])
  })
})
