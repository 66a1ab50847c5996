import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_CABLE_LINES, startCable, type Cable } from './cable.ts'

/** A hub that echoes and remembers what reached it and how its connections ended. */
type Hub = { readonly server: Server; readonly sockets: Socket[]; heard: string; ends: number; resets: number }

async function startHub(): Promise<Hub> {
  const hub: Hub = { server: createServer({ allowHalfOpen: true }), sockets: [], heard: '', ends: 0, resets: 0 }
  hub.server.on('connection', (socket: Socket) => {
    hub.sockets.push(socket)
    socket.on('data', (bytes: Buffer) => {
      hub.heard += bytes.toString()
      socket.write(bytes)
    })
    socket.on('end', () => {
      hub.ends++
      socket.end()
    })
    socket.on('error', () => hub.resets++)
  })
  hub.server.listen(0, '127.0.0.1')
  await once(hub.server, 'listening')
  return hub
}

type Till = { readonly socket: Socket; heard: string; ended: boolean; reset: boolean }

let hub: Hub
let cable: Cable
const tills: Socket[] = []

async function connectTill(): Promise<Till> {
  const socket = connect({ host: '127.0.0.1', port: cable.port })
  tills.push(socket)
  const till: Till = { socket, heard: '', ended: false, reset: false }
  socket.on('data', (bytes: Buffer) => (till.heard += bytes.toString()))
  socket.on('end', () => (till.ended = true))
  socket.on('error', () => (till.reset = true))
  await once(socket, 'connect')
  return till
}

/** A round trip through a connection of its own: whatever was under way before has arrived or never will. */
async function settled(): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const probe = connect((server.address() as AddressInfo).port, '127.0.0.1')
  for (let round = 0; round < 3; round++) {
    probe.write('?')
    await once(probe, 'data')
  }
  probe.destroy()
  server.close()
}

beforeEach(async () => {
  hub = await startHub()
  cable = await startCable({ to: { host: '127.0.0.1', port: (hub.server.address() as AddressInfo).port } })
})

afterEach(async () => {
  for (const till of tills.splice(0)) till.destroy()
  for (const socket of hub.sockets) socket.destroy()
  await cable.close()
  hub.server.close()
})

describe('plugged in', () => {
  it('carries bytes both ways, and the end of a connection', async () => {
    const till = await connectTill()
    till.socket.write('hello')
    await vi.waitFor(() => expect(till.heard).toBe('hello'))
    till.socket.end()
    await vi.waitFor(() => expect(hub.ends).toBe(1))
    await vi.waitFor(() => expect(till.ended).toBe(true))
  })

  it('carries more than any buffer holds, with back-pressure', async () => {
    const till = await connectTill()
    const sent = 'x'.repeat(8 * 1024 * 1024)
    till.socket.write(sent)
    await vi.waitFor(() => expect(till.heard.length).toBe(sent.length), 10_000)
  })

  it('refuses for a hub that is down', async () => {
    hub.server.close()
    const till = await connectTill()
    await vi.waitFor(() => expect(till.reset).toBe(true))
  })
})

describe('pulled', () => {
  it('swallows bytes both ways, and neither end hears of it', async () => {
    const till = await connectTill()
    till.socket.write('before;')
    await vi.waitFor(() => expect(till.heard).toBe('before;'))
    cable.pull()
    till.socket.write('lost')
    hub.sockets[0]?.write('lost too')
    await settled()
    expect({ hub: hub.heard, till: till.heard }).toEqual({ hub: 'before;', till: 'before;' })
    expect({ ended: till.ended, reset: till.reset, ends: hub.ends, resets: hub.resets }).toEqual({ ended: false, reset: false, ends: 0, resets: 0 })
  })

  it('hides from one end that the other hung up or died', async () => {
    const [hangsUp, dies, stays] = await Promise.all([connectTill(), connectTill(), connectTill()])
    for (const { socket } of [hangsUp, dies, stays]) socket.write('.')
    await vi.waitFor(() => expect(hangsUp.heard + dies.heard + stays.heard).toBe('...'))
    cable.pull()
    hangsUp.socket.destroy()
    dies.socket.resetAndDestroy()
    for (const socket of hub.sockets) socket.end()
    await settled()
    expect({ ends: hub.ends, resets: hub.resets, ended: stays.ended, reset: stays.reset }).toEqual({ ends: 0, resets: 0, ended: false, reset: false })
  })

  it('lets new connections hang, and drops what is said on them', async () => {
    cable.pull()
    const till = await connectTill()
    till.socket.write('is anybody there?')
    await settled()
    expect({ heard: till.heard, ended: till.ended, reset: till.reset, hub: hub.sockets.length }).toEqual({ heard: '', ended: false, reset: false, hub: 0 })
  })

  it('holds a bounded number of them', async () => {
    cable.pull()
    const first = await connectTill()
    const rest = await Promise.all(Array.from({ length: MAX_CABLE_LINES }, connectTill))
    await vi.waitFor(() => expect(first.reset).toBe(true))
    expect(rest.some((till) => till.reset || till.ended)).toBe(false)
  })

  it('swallows any amount, also from an end that had been held back', async () => {
    const till = await connectTill()
    await vi.waitFor(() => expect(hub.sockets.length).toBe(1))
    hub.sockets[0]?.removeAllListeners('data').pause()
    let flushed = false
    till.socket.write(Buffer.alloc(32 * 1024 * 1024), () => (flushed = true))
    await settled()
    expect(flushed).toBe(false)
    cable.pull()
    await vi.waitFor(() => expect(flushed).toBe(true), 10_000)
  })
})

describe('plugged in again', () => {
  it('resets what lost bytes, at both ends, and carries new connections', async () => {
    const till = await connectTill()
    till.socket.write('before;')
    await vi.waitFor(() => expect(till.heard).toBe('before;'))
    cable.pull()
    till.socket.write('lost;')
    const hanging = await connectTill()
    cable.plug()
    await vi.waitFor(() => expect([till.reset, hanging.reset, hub.resets]).toEqual([true, true, 1]))
    const again = await connectTill()
    again.socket.write('after')
    await vi.waitFor(() => expect(again.heard).toBe('after'))
    expect(hub.heard).toBe('before;after')
  })

  it('tells every change once', async () => {
    const told: boolean[] = []
    await cable.close()
    cable = await startCable({ to: { host: '127.0.0.1', port: (hub.server.address() as AddressInfo).port }, onChange: (pulled) => told.push(pulled) })
    cable.plug()
    cable.pull()
    cable.pull()
    cable.plug()
    expect(told).toEqual([true, false])
    expect(cable.pulled).toBe(false)
  })
})
