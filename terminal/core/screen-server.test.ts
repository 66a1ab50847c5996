import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ok } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { serveScreen, type ScreenServer } from './screen-server.ts'

const TOKEN = 'screen-token-of-this-test'
const CUSTOMER = 'customer-token-of-this-test'
const folder = mkdtempSync(join(tmpdir(), 'screen-server-'))
const commands: Command[] = []
let opened = 0
let server: ScreenServer

beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), 'the customer’s page')
  server = await serveScreen({
    port: 0,
    page: undefined,
    token: TOKEN,
    log: () => {},
    opened: () => {},
    command(command) {
      commands.push(command)
      return ok(null)
    },
    customer: { page: folder, token: CUSTOMER, opened: () => (opened += 1) },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `open` once it is, or why not. */
function dial(path: string, token: string, origin?: string): Promise<WebSocket | string> {
  const url = new URL(`${path}?token=${token}`, server.url.replace('http:', 'ws:'))
  const socket = new WebSocket(url, origin === undefined ? {} : { origin })
  return new Promise((done) => {
    socket.on('open', () => done(socket))
    socket.on('error', (error) => done(error.message))
  })
}

async function opens(path: string, token: string): Promise<WebSocket> {
  const socket = await dial(path, token)
  return typeof socket === 'string' ? expect.fail(socket) : socket
}

describe('the display for customers', () => {
  test.each([
    ['/customer-display', TOKEN],
    ['/screen', CUSTOMER],
    ['/customer-display', ''],
    ['/constructor', CUSTOMER],
    ['/', CUSTOMER],
  ])('%s with the token %j is refused', async (path, token) => {
    expect(await dial(path, token)).toContain('403')
  })

  test('is refused to a page from elsewhere', async () => {
    expect(await dial('/customer-display', CUSTOMER, 'http://evil.example')).toContain('403')
  })

  test('hears what is for customers and nothing that is for the screen', async () => {
    const before = opened
    const [display, screen] = [await opens('/customer-display', CUSTOMER), await opens('/screen', TOKEN)]
    expect(opened).toBe(before + 1)
    const heard: string[] = []
    const last = new Promise<void>((done) => {
      display.on('message', (data: Buffer) => {
        heard.push(data.toString())
        if (heard.length === 2) done()
      })
    })
    const onScreen = new Promise<string>((done) => screen.once('message', (data: Buffer) => done(data.toString())))
    server.showCustomer({ type: 'slides', slides: [] })
    server.show({ type: 'core', state: 'up' })
    server.showCustomer({ type: 'core', state: 'up' })
    await last
    expect(heard).toEqual(['{"type":"slides","slides":[]}', '{"type":"core","state":"up"}'])
    expect(await onScreen).toBe('{"type":"core","state":"up"}')
    display.close()
    screen.close()
  })

  test('that says anything at all is put out, and nothing comes of it', async () => {
    for (const text of ['x', JSON.stringify({ type: 'command', id: 'a', command: { type: 'takePayment' } })]) {
      const display = await opens('/customer-display', CUSTOMER)
      const closed = new Promise((done) => display.once('close', done))
      display.on('error', () => {})
      display.send(text)
      await closed
    }
    expect(commands).toEqual([])
  })

  test('has a page of its own under its own address', async () => {
    const page = await fetch(server.customerUrl)
    expect([page.status, await page.text()]).toEqual([200, 'the customer’s page'])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    const bare = await fetch(server.customerUrl.slice(0, -1), { redirect: 'manual' })
    expect([bare.status, bare.headers.get('location')]).toEqual([308, '/customer-display/'])
    expect((await fetch(new URL('/customer-display/%2e%2e/%2e%2e/etc/passwd', server.url))).status).toBe(404)
    expect((await fetch(server.url)).status).toBe(404)
  })
})
