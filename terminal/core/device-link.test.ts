import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FromBridge } from '#protocol/device/messages.ts'
import { openDeviceLink } from './device-link.ts'

/** The till's end on a real socket, with the bridge's end made by hand. */

let folder: string
let server: Server
let bridge: Socket | undefined
let heard: unknown[]
let told: unknown[]
let waiting: { delay: number; run: () => void }[]
let link: ReturnType<typeof openDeviceLink>

const TOKEN = 'a token only these two know'
const say = (...messages: readonly (FromBridge | string)[]): void => {
  for (const message of messages) bridge?.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)
}
const ready = { device: 'printer-1', kind: 'printer', state: 'ready', counters: {} } as const
const reader = { device: 'card-1', kind: 'card_reader', state: 'ready', counters: {} } as const
const welcome: FromBridge = { type: 'welcome', version: 2, devices: [ready, reader] }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'link-'))
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replaceAll(/\W/g, '-')}` : join(folder, 'bridge.sock')
  heard = []
  // A link says its last words when the next test has already begun.
  const mine: unknown[] = []
  told = mine
  waiting = []
  server = createServer((connected) => {
    bridge = connected
    createInterface({ input: connected }).on('line', (line) => heard.push(JSON.parse(line)))
  })
  await new Promise<void>((listening) => server.listen(socket, listening))
  const hear =
    (what: string) =>
    (...said: readonly unknown[]): void =>
      void mine.push([what, ...said])
  link = openDeviceLink({
    socket,
    token: TOKEN,
    timers: {
      after: (delay, run) => {
        const timer = { delay, run }
        waiting.push(timer)
        return () => void (waiting = waiting.filter((other) => other !== timer))
      },
    },
    log: hear('log'),
    scan: hear('scan'),
    card: hear('card'),
    reading: hear('reading'),
    drawer: hear('drawer'),
    garbage: hear('garbage'),
    health: hear('health'),
    printed: hear('printed'),
    ordered: hear('ordered'),
  })
  await vi.waitUntil(() => heard.length === 1)
})

afterEach(() => {
  link.close()
  bridge?.destroy()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('passes on what the devices say', async () => {
  expect(heard).toEqual([{ type: 'hello', version: 2, token: TOKEN }])
  say(
    welcome,
    { type: 'scan', device: 'scanner-1', n: 1, text: '0109520000000028', aim: ']C1' },
    { type: 'reading', device: 'scale-1', reading: { state: 'unstable' } },
    { type: 'drawer', device: 'printer-1', open: true },
    { type: 'garbage', device: 'card-1', bytes: 3 },
    'this is no message',
    { type: 'card', device: 'card-1', n: 1, card: { maskedPan: '411111******1111' } },
  )
  await vi.waitFor(() => expect(told.at(-1)).toEqual(['card', { maskedPan: '411111******1111' }]))
  expect(told).toEqual([
    ['health', ready],
    ['health', reader],
    ['scan', '0109520000000028', ']C1'],
    ['reading', { state: 'unstable' }],
    ['drawer', true],
    ['garbage', 'card_reader'],
    ['log', 'bridge: a line that is not a message was ignored'],
    ['card', { maskedPan: '411111******1111' }],
  ])
})

test('takes no order while no bridge has said welcome', () => {
  expect(link.order('o1', { do: 'open_drawer' }, 3000)).toBe(false)
})

test('tells the end of an order once', async () => {
  say(welcome)
  await vi.waitFor(() => expect(told).toHaveLength(2))
  expect(link.order('o1', { do: 'open_drawer' }, 3000)).toBe(true)
  await vi.waitFor(() => expect(heard.at(-1)).toEqual({ type: 'order', order: 'o1', what: { do: 'open_drawer' }, deadlineMs: 3000 }))
  const result: FromBridge = { type: 'order_result', order: 'o1', result: 'failed', code: 'device.unsupported' }
  say(result, result, { type: 'drawer', device: 'printer-1', open: false })
  await vi.waitFor(() => expect(told.at(-1)).toEqual(['drawer', false]))
  expect(told.filter((each) => Array.isArray(each) && each[0] === 'ordered')).toEqual([['ordered', 'o1', 'failed', 'device.unsupported']])
  expect(waiting).toEqual([])
})

test('does not know what became of an order whose bridge is gone, or that nobody answers', async () => {
  say(welcome)
  await vi.waitFor(() => expect(told).toHaveLength(2))
  link.order('o1', { do: 'tare' }, 3000)
  expect(waiting.map(({ delay }) => delay)).toEqual([5000])
  waiting[0]?.run()
  expect(told.at(-1)).toEqual(['ordered', 'o1', 'unknown', 'device.timeout'])
  link.order('o2', { do: 'zero' }, 3000)
  bridge?.destroy()
  await vi.waitFor(() => expect(told.at(-1)).toEqual(['ordered', 'o2', 'unknown', 'device.absent']))
  expect(told).toContainEqual(['health', { ...ready, state: 'absent', code: 'device.absent' }])
  expect(link.order('o3', { do: 'zero' }, 3000)).toBe(false)
})
