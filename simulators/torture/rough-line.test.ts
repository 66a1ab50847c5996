import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Random } from '../world/random.ts'
import { roughLine, type RoughLine } from './rough-line.ts'

let server: Server
let line: RoughLine
let heard = ''
let passed = ''
const sockets: Socket[] = []

beforeEach(async () => {
  ;[heard, passed] = ['', '']
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tap = () => ({ up: (chunk: Uint8Array) => void (passed += Buffer.from(chunk).toString()), down: () => {} })
  line = await roughLine((server.address() as AddressInfo).port, new Random('line'), tap)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await line.close()
  server.close()
})

async function dial(): Promise<{ socket: Socket; closed: boolean }> {
  const socket = connect(line.port, '127.0.0.1')
  const end = { socket, closed: false }
  sockets.push(socket)
  socket.on('error', () => {})
  socket.on('close', () => (end.closed = true))
  await once(socket, 'connect')
  return end
}

test('carries bytes, and shows them to the tap', async () => {
  const { socket } = await dial()
  socket.write('hello')
  await vi.waitFor(() => expect([heard, passed]).toEqual(['hello', 'hello']))
})

test('cuts: both ends see the end, and new connections work', async () => {
  const first = await dial()
  first.socket.write('one')
  await vi.waitFor(() => expect(heard).toBe('one'))
  line.cut()
  await vi.waitFor(() => expect(first.closed).toBe(true))
  const second = await dial()
  second.socket.write('two')
  await vi.waitFor(() => expect(heard).toBe('onetwo'))
})

test('stalls: nothing arrives, on new connections neither, and all of it when it flows again', async () => {
  const first = await dial()
  first.socket.write('a')
  await vi.waitFor(() => expect(heard).toBe('a'))
  line.stall()
  first.socket.write('b')
  const second = await dial()
  second.socket.write('c')
  // A round trip around the line: whatever would have passed has passed.
  for (let round = 0; round < 5; round++) await once(connect((server.address() as AddressInfo).port, '127.0.0.1'), 'connect')
  expect(heard).toBe('a')
  line.flow()
  await vi.waitFor(() => expect([...heard].toSorted().join('')).toBe('abc'))
  expect([first.closed, second.closed]).toEqual([false, false])
})

test('truncates: the beginning of a message arrives, the end of it never', async () => {
  const { socket } = await dial()
  socket.write('.')
  await vi.waitFor(() => expect(heard).toBe('.'))
  line.truncate()
  socket.write('0123456789')
  await once(socket, 'close')
  expect('.012345678'.startsWith(heard)).toBe(true)
  expect(passed).toBe(heard)
})
