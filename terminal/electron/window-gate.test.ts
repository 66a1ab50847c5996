import { expect, test } from 'vitest'
import type { View } from '#protocol/till-api/api.ts'
import { createWindowGate } from './window-gate.ts'

const viewWith = (payments: number): View => ({
  revision: 1,
  till: { id: 't', name: 'Till 1', merchant: 'Shop', currency: 'EUR', recovered: false, signedOut: false },
  sale: { id: 's', lines: [], taxes: [], totalMinor: 0, itemCount: 0 },
  tender: { stage: 'none' },
  link: {
    state: 'offline',
    since: 0,
    waiting: { payments, amountMinor: 100 * payments, entries: payments },
    allowance: { perPaymentMinor: 0, tillLeftMinor: 0, until: 0 },
  },
  devices: [],
  notices: [],
  sold: [],
  refunds: [],
  shift: { floatMinor: 0, movedInMinor: 0, movedOutMinor: 0, sales: 0, returns: 0 },
})

function setUp(kiosk: boolean) {
  let told = 0
  const gate = createWindowGate({ kiosk, tellScreen: () => (told += 1) })
  return { gate, told: () => told }
}

test('payments that wait keep the window open, and the screen says so', () => {
  const { gate, told } = setUp(false)
  expect(gate.mayClose()).toBe(true)
  gate.told({ type: 'view', view: viewWith(2) })
  expect([gate.mayClose(), told()]).toEqual([false, 1])
  gate.told({ type: 'view', view: viewWith(0) })
  expect([gate.mayClose(), told()]).toEqual([true, 1])
})

test('a core that is away keeps no window open', () => {
  const { gate } = setUp(false)
  gate.told({ type: 'view', view: viewWith(2) })
  gate.told({ type: 'core', state: 'restarting' })
  expect(gate.mayClose()).toBe(true)
  gate.told({ type: 'core', state: 'up' })
  gate.told({ type: 'view', view: viewWith(2) })
  expect(gate.mayClose()).toBe(false)
})

test('a kiosk is never closed from in front of it, and says nothing about it', () => {
  const { gate, told } = setUp(true)
  gate.told({ type: 'view', view: viewWith(0) })
  expect([gate.mayClose(), told()]).toEqual([false, 0])
})
