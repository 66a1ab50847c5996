import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tcpTransport } from './tcp.ts'

let server: Server
let port: number

beforeEach(async () => {
  server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  server.close()
})

async function open() {
  const received: number[] = []
  const closed = Promise.withResolvers<string>()
  const [opened, [peer]] = await Promise.all([
    tcpTransport({ host: '127.0.0.1', port }).open({ bytes: (bytes) => received.push(...bytes), closed: closed.resolve }),
    once(server, 'connection') as Promise<[Socket]>,
  ])
  if (!opened.ok) throw new Error(opened.detail)
  return { line: opened.value, peer, received, closed: closed.promise }
}

describe('TCP', () => {
  it('carries bytes both ways and tells when the device hangs up', async () => {
    const { line, peer, received, closed } = await open()
    line.write(Uint8Array.of(0, 255, 10))
    expect([...((await once(peer, 'data')) as [Buffer])[0]]).toEqual([0, 255, 10])
    peer.end(Uint8Array.of(13, 0))
    expect(await closed).toBe('closed by the other side')
    expect(received).toEqual([13, 0])
  })

  it('says why when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve))
    const opened = await tcpTransport({ host: '127.0.0.1', port }).open({ bytes: () => {}, closed: () => {} })
    expect(opened).toMatchObject({ ok: false, code: 'device.absent' })
    expect(opened.ok || opened.detail).toContain('ECONNREFUSED')
  })

  it('can be hung up from here', async () => {
    const { line, peer, closed } = await open()
    line.close()
    await once(peer, 'close')
    expect(await closed).toBeTypeOf('string')
  })
})
