import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_LINE_BYTES } from '#protocol/device/messages.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import { HELLO_TIMEOUT, tillSocket, type TillMessage, type TillSocket } from './till-socket.ts'

const TOKEN = 'sixteen characters or more'
const HELLO = { type: 'hello', version: 2, token: TOKEN }

let folder: string
let path: string
let socket: TillSocket
let received: TillMessage[]
let log: string[]
let waits: { after: DurationMs; run: () => void }[]

/** Keeps what waits, so that a test can let the time pass without waiting. */
const timers: Timers = {
  after(after, run) {
    const wait = { after, run }
    waits.push(wait)
    return () => (waits = waits.filter((other) => other !== wait))
  },
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-socket-'))
  path = process.platform === 'win32' ? `\\\\.\\pipe\\${folder}` : join(folder, 'bridge.sock')
  received = []
  log = []
  waits = []
  socket = tillSocket({
    token: TOKEN,
    timers,
    log: (line) => log.push(line),
    welcome: () => ({ type: 'welcome', version: 2, devices: [] }),
    onMessage: (message) => received.push(message),
  })
  await socket.listen(path)
})

afterEach(() => {
  socket.close()
  rmSync(folder, { recursive: true, force: true })
})

type Peer = { readonly socket: Socket; readonly heard: string[]; send(message: unknown): void; readonly gone: Promise<unknown> }

async function visit(): Promise<Peer> {
  const peer = connect(path)
  peer.on('error', () => {})
  const heard: string[] = []
  createInterface({ input: peer }).on('line', (line) => heard.push(line))
  const gone = once(peer, 'close')
  await once(peer, 'connect')
  return { socket: peer, heard, send: (message) => void peer.write(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`), gone }
}

const eventually = (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 2 })
const PRINT = { type: 'print', job: 'job-1', document: [{ kind: 'rule' }], deadlineMs: 1000 }

describe('a till', () => {
  it('is welcomed after a right hello, heard, and told everything', async () => {
    const till = await visit()
    till.send(HELLO)
    await eventually(() => expect(till.heard).toEqual([JSON.stringify({ type: 'welcome', version: 2, devices: [] })]))
    till.send(PRINT)
    await eventually(() => expect(received).toEqual([PRINT]))
    socket.send({ type: 'garbage', device: 'scanner-1', bytes: 3 })
    await eventually(() => expect(till.heard[1]).toBe('{"type":"garbage","device":"scanner-1","bytes":3}'))
    expect(waits).toEqual([])
  })

  it('hears how the scale and the drawer stand, though it came later, and nothing of a device that is gone', async () => {
    socket.send({ type: 'reading', device: 'scale-1', reading: { state: 'unstable' } })
    socket.send({ type: 'reading', device: 'scale-1', reading: { state: 'zero' } })
    socket.send({ type: 'drawer', device: 'printer-1', open: false })
    socket.send({ type: 'health', health: { device: 'printer-1', kind: 'printer', state: 'absent', counters: {} } })
    const till = await visit()
    till.send(HELLO)
    await eventually(() => expect(till.heard[1]).toBe('{"type":"reading","device":"scale-1","reading":{"state":"zero"}}'))
    socket.send({ type: 'garbage', device: 'scanner-1', bytes: 3 })
    await eventually(() => expect(till.heard[2]).toContain('garbage'))
  })

  it('gets "failed" for a print that breaks the rules but names its job', async () => {
    const till = await visit()
    till.send(HELLO)
    till.send({ ...PRINT, document: [{ kind: 'video' }] })
    await eventually(() => expect(till.heard[1]).toBe('{"type":"print_result","job":"job-1","result":"failed","code":"wire.malformed"}'))
    till.send({ type: 'order', order: 'order-1', what: { do: 'dance' }, deadlineMs: 1000 })
    await eventually(() => expect(till.heard[2]).toBe('{"type":"order_result","order":"order-1","result":"failed","code":"wire.malformed"}'))
    expect(received).toEqual([])
  })
})

describe('an engineer who watches', () => {
  it('hears what the till hears, but orders nothing', async () => {
    const watcher = await visit()
    watcher.send({ ...HELLO, watch: true })
    await eventually(() => expect(watcher.heard).toHaveLength(1))
    socket.send({ type: 'garbage', device: 'scanner-1', bytes: 3 })
    await eventually(() => expect(watcher.heard).toHaveLength(2))
    watcher.send(PRINT)
    await watcher.gone
    expect(received).toEqual([])
    expect(log).toEqual(['dropped a connection: an order of a watcher'])
  })

  it('does not count as a till that took a scan or a card', async () => {
    const watcher = await visit()
    watcher.send({ ...HELLO, watch: true })
    await eventually(() => expect(watcher.heard).toHaveLength(1))
    socket.send({ type: 'scan', device: 'scanner-1', n: 1, text: '4006381333931' })
    socket.send({ type: 'card', device: 'reader-1', n: 1, card: { maskedPan: '411111******1111' } })
    await eventually(() => expect(watcher.heard).toHaveLength(3))
    const till = await visit()
    till.send(HELLO)
    await eventually(() => expect(till.heard).toHaveLength(3))
    expect(till.heard.slice(1)).toEqual(['{"type":"garbage","device":"scanner-1","bytes":13}', '{"type":"garbage","device":"reader-1","bytes":1}'])
  })
})

describe('a stranger is dropped and told nothing', () => {
  it.each<[string, unknown]>([
    ['a wrong token', { ...HELLO, token: `${TOKEN}!` }],
    ['another version', { ...HELLO, version: 1 }],
    ['a print before hello', PRINT],
    ['no JSON', 'GET / HTTP/1.1\r\n\r\n'],
    ['a line without end', 'x'.repeat(MAX_LINE_BYTES + 1)],
  ])('for %s', async (_, message) => {
    const stranger = await visit()
    stranger.send(message)
    await stranger.gone
    expect(stranger.heard).toEqual([])
    expect(received).toEqual([])
    expect(log.join()).not.toContain(TOKEN)
  })

  it('for saying nothing in time', async () => {
    const stranger = await visit()
    await eventually(() => expect(waits.map(({ after }) => after)).toEqual([HELLO_TIMEOUT]))
    waits[0]?.run()
    await stranger.gone
    expect(log).toEqual(['dropped a connection: no hello in time'])
  })

  it('and gets none of what the till is told', async () => {
    const [till, stranger] = [await visit(), await visit()]
    till.send(HELLO)
    await eventually(() => expect(till.heard).toHaveLength(1))
    socket.send({ type: 'garbage', device: 'scanner-1', bytes: 3 })
    await eventually(() => expect(till.heard).toHaveLength(2))
    expect(stranger.heard).toEqual([])
  })
})

it('tells the next till of scans that none heard, as thrown away, and never hands them over', async () => {
  for (let n = 1; n <= 2; n++) socket.send({ type: 'scan', device: 'scanner-1', n, text: '4006381333931' })
  const till = await visit()
  till.send(HELLO)
  await eventually(() => expect(till.heard).toHaveLength(2))
  expect(till.heard[1]).toBe('{"type":"garbage","device":"scanner-1","bytes":26}')
  const next = await visit()
  next.send(HELLO)
  await eventually(() => expect(next.heard).toHaveLength(1))
  socket.send({ type: 'garbage', device: 'scanner-1', bytes: 3 })
  await eventually(() => expect(next.heard).toHaveLength(2))
  expect(next.heard[1]).toBe('{"type":"garbage","device":"scanner-1","bytes":3}')
})

describe('a till that misbehaves later', () => {
  it('is dropped for a second hello or a message that cannot be read', async () => {
    for (const message of [HELLO, '{"type":"dance"}\n']) {
      const till = await visit()
      till.send(HELLO)
      till.send(message)
      await till.gone
    }
    expect(log).toEqual(['dropped a connection: a wrong hello', 'dropped a connection: a message cannot be read'])
  })

  it('is dropped when it does not read, and does not fill the memory', async () => {
    const till = await visit()
    till.send(HELLO)
    await eventually(() => expect(till.heard).toHaveLength(1))
    till.socket.pause()
    const message = { type: 'scan', device: 'scanner-1', n: 1, text: 'x'.repeat(4096) } as const
    for (let i = 0; i < 2000; i++) socket.send(message)
    expect(log).toEqual(['dropped a connection: it does not read'])
  })
})

it('never removes a file that is not a socket', async () => {
  const file = join(folder, 'precious')
  writeFileSync(file, 'data')
  const other = tillSocket({
    token: TOKEN,
    timers: systemTimers,
    log: () => {},
    welcome: () => ({ type: 'welcome', version: 2, devices: [] }),
    onMessage: () => {},
  })
  expect(await other.listen(file)).toMatchObject({ ok: false, code: 'till.busy' })
})
