import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FromBridge, Order } from '#protocol/device/messages.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { startBridge, type Bridge } from './bridge.ts'
import { readConfig } from './config.ts'

const eventually = (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 2 })

let stop: (() => void)[] = []
afterEach(() => {
  for (const end of stop.toReversed()) end()
  stop = []
})

/** Whatever listens and says nothing, such as a customer display. */
async function listen() {
  let bytes = 0
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (more) => (bytes += more.length))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stop.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { transport: { type: 'tcp', host: '127.0.0.1', port }, bytes: () => bytes }
}

function start(devices: readonly object[]): { bridge: Bridge; said: FromBridge[]; order: (order: string, what: Order) => void } {
  const config = readConfig(JSON.stringify({ devices }))
  if (!config.ok) throw new Error(config.detail)
  const said: FromBridge[] = []
  const bridge = startBridge(config.value, { timers: systemTimers, clock: systemClock, log: () => {}, send: (message) => said.push(message) })
  stop.push(() => bridge.close())
  return { bridge, said, order: (order, what) => bridge.handle({ type: 'order', order, what, deadlineMs: 1000 }) }
}

/** Of a CD5220: ESC @ CLR; ESC Q and a letter, 20 characters, CR, for each of two lines. */
const START_BYTES = 3
const SCREEN_BYTES = 2 * 24

const results = (said: readonly FromBridge[]) => said.filter(({ type }) => type === 'print_result' || type === 'order_result')

describe('what the till asks for', () => {
  it('fails where no such device is configured', () => {
    const { bridge, said, order } = start([])
    bridge.handle({ type: 'print', job: 'job-1', document: [], deadlineMs: 1000 })
    order('order-1', { do: 'open_drawer' })
    order('order-2', { do: 'show', lines: ['Hello'] })
    order('order-3', { do: 'tare' })
    expect(said).toEqual([
      { type: 'print_result', job: 'job-1', result: 'failed', code: 'device.absent' },
      { type: 'order_result', order: 'order-1', result: 'failed', code: 'device.absent' },
      { type: 'order_result', order: 'order-2', result: 'failed', code: 'device.absent' },
      { type: 'order_result', order: 'order-3', result: 'failed', code: 'device.absent' },
    ])
  })

  it('goes to the device that can do it, once: asked again, it is answered again and not done again', async () => {
    const display = await listen()
    const { bridge, said, order } = start([{ id: 'display-1', kind: 'display', protocol: 'cd5220', transport: display.transport }])
    await eventually(() => expect(bridge.devices()).toMatchObject([{ device: 'display-1', state: 'ready' }]))
    const show: Order = { do: 'show', lines: ['Apples', '€ 1.20'] }
    order('order-1', show)
    await eventually(() => expect(results(said)).toEqual([{ type: 'order_result', order: 'order-1', result: 'done' }]))
    order('order-2', { do: 'weigh', unitMinor: 0 })
    expect(results(said)[1]).toMatchObject({ order: 'order-2', result: 'failed', code: 'device.absent' })

    order('order-3', show)
    await eventually(() => expect(results(said)).toHaveLength(3))
    // The empty screen when the line opened, and two that were ordered.
    await eventually(() => expect(display.bytes()).toBe(START_BYTES + 3 * SCREEN_BYTES))
    order('order-1', show)
    expect(results(said)[3]).toEqual({ type: 'order_result', order: 'order-1', result: 'done' })
    order('order-4', { do: 'show', lines: [] })
    await eventually(() => expect(results(said)).toHaveLength(5))
    await eventually(() => expect(display.bytes(), 'no third time').toBe(START_BYTES + 4 * SCREEN_BYTES))
  })

  it('fails as malformed where a printer cannot print it, and keeps to it', async () => {
    const printer = await listen()
    const { bridge, said } = start([{ id: 'printer-1', kind: 'printer', transport: printer.transport }])
    const print = () => bridge.handle({ type: 'print', job: 'job-1', document: [{ kind: 'qr', data: '\u0010\u0004\u0001' }], deadlineMs: 1000 })
    print()
    print()
    const failed = { type: 'print_result', job: 'job-1', result: 'failed', code: 'wire.malformed' }
    expect(results(said)).toEqual([failed, failed])
  })
})

it('says why each device is not there, and since when it was last in trouble', async () => {
  const { bridge } = start([
    { id: 'printer-1', kind: 'printer', transport: { type: 'tcp', host: '127.0.0.1', port: 9 } },
    { id: 'scanner-1', kind: 'scanner', transport: { type: 'serial', path: '/dev/nothing-of-that-name' } },
  ])
  const trouble = (detail: string) => ({
    state: 'absent',
    code: 'device.absent',
    lastError: { code: 'device.absent', detail: expect.stringContaining(detail) as string },
  })
  await eventually(() => expect(bridge.devices()).toMatchObject([trouble('ECONNREFUSED'), trouble('No such file')]))
})
