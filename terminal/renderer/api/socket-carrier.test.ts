import { describe, expect, test } from 'vitest'
import type { ToScreen } from '#protocol/till-api/api.ts'
import { handTimers } from '../test-view.ts'
import { retryDelay, type Dial } from './dialling.ts'
import { readMessage, socketCarrier } from './socket-carrier.ts'

function setUp() {
  const timers = handTimers()
  const dials: Parameters<Dial>[0][] = []
  const sent: string[] = []
  let closed = 0
  let shutOut = 0
  const carrier = socketCarrier({
    timers,
    onShutOut: () => (shutOut += 1),
    dial: (on) => {
      dials.push(on)
      return { send: (text) => sent.push(text), close: () => (closed += 1) }
    },
  })
  const heard: ToScreen[] = []
  const stop = carrier.onMessage((message) => heard.push(message))
  const last = () => dials.at(-1) ?? expect.fail('nothing was dialled')
  return { carrier, timers, dials, sent, heard, stop, last, closed: () => closed, shutOut: () => shutOut }
}

const catalogue = JSON.stringify({ type: 'catalogue', categories: [], products: [] })
const command = { type: 'command', id: 'a', command: { type: 'takePayment' } } as const

describe('socket carrier', () => {
  test('sends only over an open socket, and keeps nothing back', () => {
    const { carrier, last, sent } = setUp()
    expect(carrier.send(command)).toBe(false)
    last().opened()
    expect(sent).toEqual([])
    expect(carrier.send(command)).toBe(true)
    expect(sent).toEqual([JSON.stringify(command)])
    last().closed()
    expect(carrier.send(command)).toBe(false)
  })

  test('says once that the till is away, and dials again with growing pauses', () => {
    const { last, timers, heard, dials } = setUp()
    const pauses: number[] = []
    for (let i = 0; i < 7; i++) {
      last().closed()
      pauses.push(timers.delays[0] ?? Number.NaN)
      timers.runNext()
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])
    expect(heard).toEqual([{ type: 'core', state: 'restarting' }])
    expect(dials).toHaveLength(8)
  })

  test('a message, not a mere connection, ends an outage', () => {
    const { last, timers, heard } = setUp()
    last().closed()
    timers.runNext()
    last().opened()
    last().closed()
    expect(timers.delays).toEqual([retryDelay(1)])
    timers.runNext()
    last().opened()
    last().text(catalogue)
    last().closed()
    expect(timers.delays).toEqual([retryDelay(0)])
    expect(heard.map(({ type }) => type)).toEqual(['core', 'catalogue', 'core'])
  })

  test('says once that it is shut out when no attempt ever opened, and goes on dialling', () => {
    const { last, timers, shutOut, dials } = setUp()
    const told: number[] = []
    for (let i = 0; i < 5; i++) {
      last().closed()
      told.push(shutOut())
      timers.runNext()
    }
    expect(told).toEqual([0, 0, 1, 1, 1])
    expect(dials).toHaveLength(6)
  })

  test('a till that answered once does not shut out', () => {
    const { last, timers, shutOut } = setUp()
    last().opened()
    for (let i = 0; i < 5; i++) {
      last().closed()
      timers.runNext()
    }
    expect(shutOut()).toBe(0)
  })

  test('stops for good when told to', () => {
    const { stop, last, timers, closed } = setUp()
    stop()
    expect(closed()).toBe(1)
    last().closed()
    expect(timers.delays).toEqual([])
  })

  test('what is not a message is not delivered', () => {
    for (const text of ['', '{', 'null', '[]', '{"type":"elephant"}', '"view"', '17']) expect(readMessage(text)).toBeUndefined()
    expect(readMessage(catalogue)).toEqual({ type: 'catalogue', categories: [], products: [] })
  })
})
