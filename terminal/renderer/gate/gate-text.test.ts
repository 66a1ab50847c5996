import { describe, expect, test } from 'vitest'
import type { GateView } from '#protocol/till-api/api.ts'
import { testView } from '../test-view.ts'
import { gateOf, isTillName } from './gate-text.ts'

const view = testView()
const waiting = { payments: 2, amountMinor: 700, entries: 9 }
const withWaiting = { ...view, link: { ...view.link, waiting } }

describe('the gate', () => {
  test('is shown only when something was refused', () => {
    expect(gateOf(withWaiting, false)).toBeUndefined()
  })

  test('of the core comes before that of the window', () => {
    const gate: GateView = { action: 'signOut', reasons: ['gate.outbox'], waiting, canExport: true }
    expect(gateOf({ ...withWaiting, gate }, true)).toBe(gate)
  })

  test('of the window says what waits, offers an export, and opens once nothing waits', () => {
    expect(gateOf(withWaiting, true)).toEqual({ action: 'leaving', reasons: ['gate.outbox'], waiting, canExport: true })
    expect(gateOf(view, true)).toMatchObject({ reasons: [], canExport: false })
  })

  test('of the window offers no export for a payment that is not finished', () => {
    expect(gateOf({ ...view, tender: { stage: 'deciding', amountMinor: 100, since: 0 } }, true)).toMatchObject({
      reasons: ['gate.open_payment'],
      canExport: false,
    })
  })
})

test('the name of the till is typed in any case, but typed', () => {
  expect([isTillName(' till 1 ', 'Till 1'), isTillName('Till', 'Till 1'), isTillName('', ''), isTillName('  ', ' ')]).toEqual([true, false, false, false])
})
